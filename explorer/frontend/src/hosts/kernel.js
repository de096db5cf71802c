/**
 * Tells when the kernel behind a widget is gone. anywidget's model does not say; two things around it do:
 * the widget manager's own model, whose comm dies on a restart, and the manager's kernel, which also knows of a crash.
 */

const LOST = ["restarting", "autorestarting", "terminating", "dead"];

/**
 * @param {any} model anywidget's; its manager may be missing or throw
 * @param {() => void} gone called at most once
 * @param {AbortSignal} signal
 */
export async function watchKernel(model, gone, signal) {
  try {
    const manager = model.widget_manager;
    const kernel = manager.kernel;
    const status = (_, state) => LOST.includes(state) && gone();
    kernel?.statusChanged?.connect(status);
    kernel?.disposed?.connect(gone);
    signal.addEventListener("abort", () => {
      kernel?.statusChanged?.disconnect(status);
      kernel?.disposed?.disconnect(gone);
    });
    const real = await manager.get_model(model.get("identity"));
    if (signal.aborted) return;
    const live = () => real.comm_live === false && gone();
    real.on("comm_live_update", live);
    real.on("comm:close", gone);
    signal.addEventListener("abort", () => {
      real.off("comm_live_update", live);
      real.off("comm:close", gone);
    });
    live();
  } catch {
    // This host shows no kernel; a command that nobody answers is still spoken of.
  }
}
