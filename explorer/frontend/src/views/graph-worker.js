/** Lays a graph out, away from the page: runs as a Web Worker. Sizes and places in px. */
import dagre from "@dagrejs/dagre";

/**
 * @typedef {{id: string, width: number, height: number, group: string}} Box
 * @typedef {{number: number, boxes: Box[], edges: [string, string][], groups: string[]}} Wanted
 */

self.onmessage = ({ data }) => {
  try {
    self.postMessage({ number: data.number, laid: laidOut(data) });
  } catch (error) {
    self.postMessage({ number: data.number, problem: String(error) });
  }
};

/** @param {Wanted} wanted */
function laidOut({ boxes, edges, groups }) {
  const graph = new dagre.graphlib.Graph({ compound: groups.length > 0 });
  graph.setGraph({ rankdir: "TB", nodesep: 14, ranksep: 26, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const group of groups) graph.setNode(group, {});
  for (const { id, width, height, group } of boxes) {
    graph.setNode(id, { width, height });
    if (group) graph.setParent(id, group);
  }
  for (const [from, to] of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const place = (id) => {
    const { x, y, width, height } = graph.node(id);
    return { id, x, y, width, height };
  };
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    boxes: boxes.map(({ id }) => place(id)),
    groups: groups.map(place),
    edges: graph.edges().map((edge) => ({ from: edge.v, to: edge.w, points: graph.edge(edge).points })),
  };
}
