/** Draws a graph that was laid out: boxes that can be clicked and reached by keyboard, arrows, and folds with a count. */
import { fill, svg } from "../dom.js";
import { integer } from "../format.js";

const ROW = 36; // px, the height of a box
const WIDE = 7.3; // px of a letter

/** What kinds of work there are, by what an operation is called. */
const KINDS = [
  { kind: "product", of: /^(dot|dot_general|convolution|conv_general_dilated|ragged_dot\w*|ragged-dot)$/ },
  { kind: "fusion", of: /^fusion$/ },
  { kind: "input", of: /^(parameter|input)$/ },
  { kind: "control", of: /^(while|conditional|scan|cond|call|jit|custom_\w+|remat2|closed_call|shard_map)$/ },
  { kind: "far", of: /^(all-|reduce-scatter|collective|psum|pmax|pmin|all_|ppermute|custom-call|copy)/ },
];

/** @param {string} operation */
export const kindOf = (operation) => KINDS.find(({ of }) => of.test(operation))?.kind ?? "plain";

/** @param {{operation: string, type: string}} node */
export function sizeOf({ operation, type }) {
  const longest = Math.max(operation.length + 3, shortType(type).length);
  return { width: Math.round(longest * WIDE + 16), height: ROW };
}

/** A tuple's type can be very long. @param {string} type */
const shortType = (type) => {
  const plain = type.replace(/\{[^{}]*\}/g, "");
  return plain.length > 26 ? `${plain.slice(0, 24)}…` : plain;
};

/**
 * @param {{go: (node: any) => void, open: (node: any) => void}} on
 */
export function graphPicture(on) {
  const arrow = `jx-arrow-${Math.random().toString(36).slice(2)}`;
  const root = svg("svg.jx-graph-picture", { role: "group", "aria-label": "The graph" });
  let zoom = 1;
  let size = { width: 0, height: 0 };

  function scale() {
    root.setAttribute("width", String(Math.round(size.width * zoom)));
    root.setAttribute("height", String(Math.round(size.height * zoom)));
  }

  /** @param {import("./graph-model.js").Drawn} node @param {import("./graph-layout.js").Place} place */
  function box(node, { x, y, width, height }, { opens, opened, chosen }) {
    const kind = kindOf(node.operation);
    const says = `${node.operation}, ${node.type}${node.cut ? ", more around it" : ""}`;
    const group = svg("g.jx-graph-node", {
      transform: `translate(${x - width / 2} ${y - height / 2})`, tabindex: "0", role: "button", "aria-label": `${says}; go to its line`,
      "data-kind": kind, "data-id": node.id, "data-chosen": String(chosen),
      onclick: () => on.go(node),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== "+") return;
        event.preventDefault();
        event.stopPropagation();
        event.key === "+" && opens ? on.open(node) : on.go(node);
      },
    },
      svg("title", {}, `${says}\n${node.type}`),
      svg("rect", { width, height, rx: kind === "input" ? height / 2 : 5, "stroke-dasharray": node.cut ? "4 3" : null }),
      svg("text.jx-graph-name", { x: 8, y: 15 }, node.operation),
      svg("text.jx-graph-type", { x: 8, y: 29 }, shortType(node.type)));
    if (!opens) return group;
    const sign = svg("g.jx-graph-open", { transform: `translate(${width - 17} 4)`, role: "button", "aria-label": opened ? "Close" : "Show what is inside",
      onclick: (event) => {
        event.stopPropagation();
        on.open(node);
      } },
      svg("title", {}, "Show what is inside (+)"), svg("rect", { width: 13, height: 13, rx: 3 }), svg("path", { d: "M3.5 6.5h6M6.5 3.5v6" }));
    group.append(sign);
    return group;
  }

  return {
    element: root,
    /**
     * @param {import("./graph-layout.js").Laid} laid
     * @param {import("./graph-model.js").Visible} visible
     * @param {{opens: (node: import("./graph-model.js").Drawn) => boolean, chosen: string}} told
     */
    draw(laid, visible, { opens, chosen }) {
      const nodes = new Map(visible.nodes.map((node) => [node.id, node]));
      const groups = new Map(visible.groups.map((group) => [group.id, group]));
      size = { width: laid.width, height: laid.height };
      root.setAttribute("viewBox", `0 0 ${laid.width} ${laid.height}`);
      fill(root,
        svg("defs", {}, svg("marker", { id: arrow, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path.jx-graph-head", { d: "M0 0 8 4 0 8z" }))),
        laid.groups.map((place) => {
          const { count, size: of } = groups.get(place.id);
          return svg("g.jx-graph-fold", { transform: `translate(${place.x - place.width / 2} ${place.y - place.height / 2})` },
            svg("rect", { width: place.width, height: place.height, rx: 8 }),
            svg("text", { x: 10, y: 15 }, `× ${integer(count)}, one shown`),
            svg("title", {}, `${integer(count)} equal parts of ${integer(of)} operations each, one after the other; one of them is shown.`));
        }),
        laid.edges.map(({ points }) => svg("path.jx-graph-edge", { d: `M${points.map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`, "marker-end": `url(#${arrow})` })),
        laid.boxes.map((place) => {
          const node = nodes.get(place.id);
          return box(node, place, { opens: opens(node), opened: false, chosen: node.id === chosen });
        }));
      scale();
    },
    choose(id) {
      for (const each of root.querySelectorAll("[data-id]")) each.setAttribute("data-chosen", String(each.getAttribute("data-id") === id));
    },
    /** @param {number} by how much larger; 0 for the size that fits a width @param {number} [width] */
    zoom(by, width = 0) {
      zoom = by ? Math.min(2.5, Math.max(0.15, zoom * by)) : Math.min(1, width / Math.max(1, size.width));
      scale();
    },
    /** Where a node lies, in px of the picture. */
    placeOf: (id) => root.querySelector(`[data-id="${CSS.escape(id)}"]`),
  };
}
