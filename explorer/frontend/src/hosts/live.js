/** Records from a running kernel, over a comm: says ready, acknowledges what it has drawn, sends commands. */
import { paced } from "../pace.js";
import { openPanel } from "../panel.js";
import { Assembler } from "../records.js";
import { Store } from "../store.js";
import { watchKernel } from "./kernel.js";

const ASK_AGAIN = [2000, 4000, 8000, 16000]; // ms; a kernel busy with a cell answers late
const ACK = 900; // ms between acknowledgements at least; one speaks for all batches drawn before it
const QUIET = 5000; // ms without a broadcast, after which a busy kernel is spoken of
const PATIENCE = 5000; // ms until a command that nobody answered is spoken of

/**
 * @param {any} model anywidget's
 * @param {HTMLElement} el
 * @returns {() => void} cleanup
 */
export function openLive(model, el) {
  const over = new AbortController();
  const view = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  const store = new Store();
  const assembler = new Assembler();
  let expected = 0; // the number of the next batch; 0 until the first one
  let drawn = 0;
  let gone = false;
  let timer = 0;
  let broadcast = -Infinity; // when one came last

  const host = {
    get: (key) => store.get(key),
    keys: (prefix) => store.keys(prefix),
    on: (key, listener) => store.on(key, listener),
    pick(patch) {
      model.set("ui", { ...store.get("ui"), ...patch });
      model.save_changes();
    },
    command(name, args = {}) {
      if (gone) return;
      send({ type: "command", name, args });
      clearTimeout(timer);
      timer = setTimeout(() => connection("slow", "No answer from the kernel yet: it is busy with another cell, or gone."), PATIENCE);
    },
  };

  function connection(state, text) {
    if (gone) return;
    gone = state === "gone";
    if (gone) over.abort();
    if (store.get("connection")?.state !== state) store.set("connection", { state, text });
  }

  function send(message) {
    if (!gone) model.send({ ...message, view });
  }

  function acknowledge() {
    if (expected) send({ type: "ack", seq: drawn, hidden: document.hidden });
  }

  // Each message to the kernel makes JupyterLab show it as busy and idle again, which costs more than our curve.
  const acknowledged = paced(acknowledge, ACK);
  const part = ({ of }) => of > 1; // of a large text: the sooner it is acknowledged, the sooner the rest comes

  /** Asks for everything, and asks again until something comes. */
  function ready(attempt = 0) {
    expected = 0;
    send({ type: "ready" });
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (performance.now() - broadcast > QUIET) connection("waiting", "Waiting for the kernel: it is busy with another cell.");
      ready(Math.min(attempt + 1, ASK_AGAIN.length - 1));
    }, ASK_AGAIN[attempt]);
  }

  function heard(content, buffers) {
    if (content?.type === "closed") return connection("gone", "This explorer was closed. Run the cell again to open it.");
    if (content?.type === "broadcast") return overheard(content, buffers);
    if (content?.type !== "batch" || content.to !== view) return;
    clearTimeout(timer);
    connection("live", "");
    if (content.probe ? content.seq !== expected - 1 : content.seq !== expected && content.seq !== 1) {
      return expected ? ready() : undefined; // one was lost; or, having asked for everything, this is of before
    }
    if (content.probe) return drawn === content.seq ? acknowledge() : undefined;
    if (content.seq === 1) {
      store.clear();
      assembler.half.clear();
    }
    expected = content.seq + 1;
    content.items.forEach((item, i) => take(item, bytesOf(buffers[i])));
    store.afterDrawing(() => {
      drawn = content.seq;
      content.items.some(part) ? acknowledge() : acknowledged();
    });
  }

  /** A kernel that a loop keeps busy does not hear us, but tells everybody what is new: all of it, to be drawn as it is. */
  function overheard(content, buffers) {
    broadcast = performance.now();
    connection("live", "");
    content.items.forEach((item, i) => take(item, bytesOf(buffers[i])));
  }

  function take(item, bytes) {
    try {
      if (item.of === 0) return store.drop(item.key);
      const record = assembler.take(item, bytes);
      if (record) store.put(item.key, record);
    } catch (error) {
      const header = { level: "error", title: `What the kernel sent as “${item.key}” cannot be read`, text: error.message, where: null, detail: null };
      store.put(`notice/browser/${item.key}`, { kind: "notice", header, buffers: {} });
    }
  }

  const uiChanged = () => store.set("ui", model.get("ui") ?? {});
  store.set("ui", model.get("ui") ?? {});
  store.set("connection", { state: "opening", text: "" });
  const cleanup = openPanel(el, host, model.get("arrangement") ?? {});
  model.on("msg:custom", heard);
  model.on("change:ui", uiChanged);
  document.addEventListener("visibilitychange", acknowledge, { signal: over.signal });
  watchKernel(model, () => connection("gone", "No longer connected: run the cell again."), over.signal);
  ready();

  return () => {
    send({ type: "bye" });
    clearTimeout(timer);
    acknowledged.stop();
    over.abort();
    model.off("msg:custom", heard);
    model.off("change:ui", uiChanged);
    cleanup();
    store.close();
  };
}

/** @param {DataView | ArrayBuffer} buffer as the host hands it over */
function bytesOf(buffer) {
  return buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
