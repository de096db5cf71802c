/**
 * What of a graph is drawn: repeated layers once, fusions as one node until they are opened, bookkeeping passed over,
 * and of what is still too large the surroundings of one node.
 */

export const MOST = 110; // nodes drawn at once
const FEW = 3; // neighbours of a node of a layer that are drawn with it
const HUSH = 2; // flag of a node: bookkeeping

/**
 * @typedef {{computation: number, opened: Set<string>, focus: string, radius: number, all: boolean}} Chosen
 *   opened: the ids of nodes whose inside is shown; focus: what the picture is around; radius: in steps, 0 for what fits
 * @typedef {{id: string, node: number, line: number, operation: string, type: string, inside: number, group: string, cut: boolean}} Drawn
 *   cut: it has neighbours that are not drawn
 * @typedef {{nodes: Drawn[], edges: [string, string][], groups: {id: string, count: number, size: number}[], total: number, left: number, radius: number}} Visible
 *   total: operations of the computation; left: those that could be drawn and are not
 */

/** @param {any} record graph/<function>/<stage> */
export function graphModel({ header, buffers }) {
  const { nodes, edges, order, repeats } = buffers;
  const count = nodes.length / 7;
  const at = (node, column) => nodes[node * 7 + column];
  const operands = Array.from({ length: count }, () => /** @type {number[]} */ ([]));
  for (let i = 0; i < edges.length; i += 3) operands[edges[i + 1]][edges[i + 2]] = edges[i];

  const places = header.computations.map(() => /** @type {number[]} */ ([]));
  for (const node of order) places[at(node, 3)].push(node);
  /** of the nodes of later turns, the one in the first; of those in the first, the repeat */
  const first = new Map();
  const member = new Map();
  for (let i = 0; i < repeats.length; i += 3) {
    const [from, period, turns] = repeats.slice(i, i + 3);
    for (let k = 0; k < period; k += 1) {
      member.set(order[from + k], i / 3);
      for (let turn = 1; turn < turns; turn += 1) first.set(order[from + turn * period + k], order[from + k]);
    }
  }

  const here = new Set(Array.from(order, (node) => at(node, 3)));
  /** Whether a computation is in the record: of a large program only the entry, and what was asked for. */
  const has = (computation) => here.has(computation) || !header.sizes[computation];

  /** Whether the inside of a node can be shown in its place. */
  const opens = (node) => at(node, 4) >= 0 && ["fusion", "call", "jit", "custom_jvp_call", "custom_vjp_call", "closed_call", "remat2"].includes(header.operations[at(node, 1)]);

  /** Everything that could be drawn. @param {Chosen} chosen */
  function whole({ computation, opened, all }) {
    /** @type {Map<string, Drawn>} */
    const drawn = new Map();
    const links = new Set();
    const groups = new Map();

    /** @returns {string[]} what gives the value of the computation */
    function emit(inner, prefix, argument, group) {
      /** @type {Map<number, string[]>} */
      const from = new Map();
      let result = [];
      for (const node of places[inner]) {
        if (first.has(node)) {
          from.set(node, from.get(first.get(node)) ?? []);
          if (at(node, 6) & 1) result = from.get(node) ?? [];
          continue;
        }
        const number = at(node, 5);
        const read = operands[node].map((operand) => from.get(operand) ?? []);
        const id = prefix + node;
        const repeat = member.get(node);
        const own = repeat === undefined ? group : `${prefix}×${repeat}`;
        let gives;
        if (number >= 0 && argument) gives = argument(number);
        else if (at(node, 6) & HUSH && !all) gives = [...new Set(read.flat())];
        else if (opens(node) && opened.has(id) && has(at(node, 4))) gives = emit(at(node, 4), `${id}/`, (which) => read[which] ?? [], own);
        else {
          drawn.set(id, { id, node, line: at(node, 0), operation: header.operations[at(node, 1)], type: header.types[at(node, 2)], inside: at(node, 4), group: own, cut: false });
          for (const each of new Set(read.flat())) links.add(`${each}→${id}`);
          gives = [id];
        }
        if (repeat !== undefined && !groups.has(own)) groups.set(own, { id: own, count: repeats[repeat * 3 + 2], size: repeats[repeat * 3 + 1] });
        from.set(node, gives);
        if (at(node, 6) & 1) result = gives;
      }
      return result;
    }

    emit(computation, "", null, "");
    const pairs = [...links].map((link) => /** @type {[string, string]} */ (link.split("→")));
    return { drawn, pairs, groups };
  }

  /** @param {Chosen} chosen @returns {Visible} */
  function visible(chosen) {
    const { drawn, pairs, groups } = whole(chosen);
    const near = neighbours(pairs);
    let kept = new Set(drawn.keys());
    let radius = 0;
    if (drawn.size > MOST || chosen.radius) {
      const start = drawn.has(chosen.focus) ? [chosen.focus] : startOf(drawn);
      ({ kept, radius } = around(start, near, chosen.radius));
    }
    const nodes = [...drawn.values()].filter(({ id }) => kept.has(id)).map((node) => ({ ...node, cut: [...(near.get(node.id) ?? [])].some((id) => !kept.has(id)) }));
    const used = new Set(nodes.map(({ group }) => group));
    return {
      nodes,
      edges: pairs.filter(([from, to]) => kept.has(from) && kept.has(to)),
      groups: [...groups.values()].filter(({ id }) => used.has(id)),
      total: header.sizes[chosen.computation],
      left: drawn.size - nodes.length,
      radius,
    };
  }

  return {
    visible,
    opens,
    has,
    computations: header.computations.map((name, number) => ({ name, number, size: header.sizes[number] })),
    entry: header.entry,
    /** The nodes of a computation that were folded away. */
    folded: (computation) => places[computation].filter((node) => first.has(node)).length,
  };
}

/** @param {[string, string][]} pairs */
function neighbours(pairs) {
  const near = new Map();
  const add = (a, b) => (near.get(a) ?? near.set(a, new Set()).get(a)).add(b);
  for (const [from, to] of pairs) (add(from, to), add(to, from));
  return near;
}

/** What to look at first: a layer, the largest there is, or else the operation in the middle. */
function startOf(drawn) {
  const all = [...drawn.values()];
  const layers = new Map();
  for (const { id, group } of all) if (group) layers.set(group, [...(layers.get(group) ?? []), id]);
  const largest = [...layers.values()].sort((a, b) => b.length - a.length)[0];
  return largest ? largest.slice(0, MOST) : [all[Math.floor(all.length / 2)].id];
}

/** The nodes at most so many steps away, or, without a radius, the nearest that fit. */
function around(start, near, radius) {
  const kept = new Set(start);
  let edge = start;
  let steps = 0;
  if (start.length > 1 && !radius) {
    // A layer, and of what is around it only what does not belong to many others as well.
    for (const id of start) {
      const beside = [...(near.get(id) ?? [])].filter((other) => !start.includes(other));
      if (beside.length <= FEW) for (const other of beside) kept.add(other);
    }
    return { kept, radius: 1 };
  }
  while (edge.length && (radius ? steps < radius : true)) {
    const next = [...new Set(edge.flatMap((id) => [...(near.get(id) ?? [])]))].filter((id) => !kept.has(id));
    if (kept.size + next.length > (radius ? MOST * 3 : MOST)) {
      if (!steps) for (const id of next.slice(0, MOST - 1)) kept.add(id); // one node with very many neighbours
      break;
    }
    for (const id of next) kept.add(id);
    edge = next;
    steps += 1;
  }
  return { kept, radius: Math.max(1, steps) };
}
