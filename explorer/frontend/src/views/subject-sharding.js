/** How a program is spread over devices: the mesh they make, and which of its axes splits each axis of each argument. */
import { h } from "../dom.js";
import { integer } from "../format.js";

/** @param {(typed: {mesh: string, specs: string}) => void} send */
export function sharding(send) {
  let typing = false; // what is half typed stays
  const commit = () => {
    typing = false;
    send({ mesh: mesh.value.trim(), specs: specs.value.trim() });
  };
  const field = (kind, name, placeholder, title) => h(`input.jx-input.${kind}`, { type: "text", spellcheck: "false", "aria-label": name, placeholder, title, oninput: () => (typing = true), onchange: commit });
  const mesh = field("jx-subject-mesh", "Mesh", "data=4, model=2", "The axes of the mesh with their sizes. Empty: one device.");
  const specs = field("jx-subject-specs", "Axes of the arguments", "; data; data, model", "For each argument, separated by semicolons, the mesh axis that splits each of its axes. Nothing, or None: whole on every device.");
  const note = h("span.jx-quiet");
  const element = h("div.jx-subject-spread", {}, mesh, specs, note);

  return {
    element,
    /** @param {{sharding: {mesh: string, specs: string, most: number}, busy: string | null, problem: {field: string} | null}} header */
    draw({ sharding: now, busy, problem }) {
      note.textContent = now.mesh ? `of ${integer(now.most)} devices` : `one of ${integer(now.most)} devices: give a mesh to use more`;
      if (typing || busy || ["mesh", "specs"].includes(problem?.field ?? "")) return;
      mesh.value = now.mesh;
      specs.value = now.specs;
    },
  };
}
