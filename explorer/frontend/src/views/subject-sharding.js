/** How a program is spread over devices: the mesh they make, and which of its axes splits each axis of each argument. */
import { fill, h } from "../dom.js";
import { integer } from "../format.js";

const MOST = 120; // arrays with menus of their own; the others can be typed

/**
 * @typedef {{name: string, shape: number[], axes: {axis: number, now: string, options: {value: string, reason: string | null}[]}[]}} Split
 * @param {{typed: (typed: {mesh: string, specs: string}) => void, mesh: (mesh: string) => void, split: (split: {argument: string, axis: number, names: string}) => void}} send
 */
export function sharding(send) {
  let typing = false; // what is half typed stays
  const commit = () => {
    typing = false;
    send.typed({ mesh: mesh.value.trim(), specs: specs.value.trim() });
  };
  const field = (kind, name, placeholder, title) => h(`input.jx-input.${kind}`, { type: "text", spellcheck: "false", "aria-label": name, placeholder, title, oninput: () => (typing = true), onchange: commit });
  const picked = h("select.jx-subject-meshes", { "aria-label": "Choose a mesh", onchange: ({ target }) => send.mesh(target.value) });
  const mesh = field("jx-subject-mesh", "Mesh", "data=4, model=2", "The axes of the mesh with their sizes. Empty: one device.");
  const specs = field("jx-subject-specs", "Axes of the arguments", "; data; params['w']: None, model", "For each argument, separated by semicolons, the mesh axis that splits each of its axes; or by name. Nothing, or None: whole on every device.");
  const note = h("span.jx-quiet");
  const splits = h("div.jx-subject-splits", { role: "group", "aria-label": "How each array is split" });
  const element = h("div.jx-subject-spread", {}, h("div.jx-subject-mesh-row", {}, picked, mesh, specs, note), splits);

  return {
    element,
    /** @param {{sharding: {mesh: string, specs: string, most: number, meshes: string[], splits: Split[]}, busy: string | null, problem: {field: string} | null}} header */
    draw({ sharding: now, busy, problem }) {
      const known = now.meshes.includes(now.mesh);
      fill(picked, h("option", { value: "", selected: !now.mesh }, "one device"), now.meshes.map((one) => h("option", { value: one, selected: one === now.mesh }, one)),
        now.mesh && !known ? h("option", { value: now.mesh, selected: true }, `${now.mesh} (typed)`) : null);
      const used = (now.mesh.match(/=\s*\d+/g) ?? []).reduce((count, size) => count * Number(size.slice(1)), 1);
      note.textContent = now.mesh ? `${used === now.most ? "all" : integer(used)} of ${integer(now.most)} devices` : `one of ${integer(now.most)} devices: choose a mesh to use more`;
      specs.hidden = !now.mesh;
      const held = splits.contains(element.ownerDocument.activeElement) || splits.matches(":focus-within");
      const focused = held ? /** @type {any} */ (splits.querySelector(":focus"))?.dataset.at : null;
      fill(splits, now.splits.slice(0, MOST).map((one) => arrayRow(one, send.split)),
        now.splits.length > MOST ? h("p.jx-quiet", {}, `and ${integer(now.splits.length - MOST)} more arrays: type their names above`) : null);
      if (focused) /** @type {any} */ (splits.querySelector(`[data-at="${CSS.escape(focused)}"]`))?.focus();
      if (typing || busy || ["mesh", "specs"].includes(problem?.field ?? "")) return;
      mesh.value = now.mesh;
      specs.value = now.specs;
    },
  };
}

/** @param {Split} one @param {(split: {argument: string, axis: number, names: string}) => void} send */
function arrayRow({ name, shape, axes }, send) {
  return h("div.jx-split", {}, h("code", {}, name), axes.map(({ axis, now, options }) =>
    h("label.jx-split-axis", {}, integer(shape[axis]),
      h("select", { "aria-label": `${name}, axis ${axis}`, "data-at": `${name}/${axis}`, "data-split": String(now !== ""), "aria-invalid": String(options.some(({ value, reason }) => value === now && reason)), title: options.find(({ value }) => value === now)?.reason ?? null, onchange: ({ target }) => send({ argument: name, axis, names: target.value }) },
        options.map(({ value, reason }) => h("option", { value, selected: value === now, disabled: Boolean(reason) && value !== now, title: reason }, `${value || "whole"}${reason ? `: ${reason}` : ""}`))))));
}
