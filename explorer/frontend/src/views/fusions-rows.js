/** The kernels of a program with the gaps between them, made of the record fusions/<function>. */

/**
 * @typedef {{first: number, second: number, bytes: number, reason: any, readers: number, fused: number, unfused: number}} Pair
 *   first, second: places among the kernels; reason: of the record's header; fused, unfused: µs, NaN where unknown
 * @typedef {{producer: number, consumer: number, fused: number, unfused: number}} Inside lines of the optimized HLO, from 0
 * @typedef {{number: number, line: number, group: any, work: string, inside: Inside[], reads: Pair[]}} Kernel
 * @typedef {{before: Kernel, after: Kernel, direct: Pair | null, others: Pair[], kind: string, title: string, bytes: number}} Gap
 *   direct: what the kernel after it reads of the one before; others: what it reads of earlier ones;
 *   kind: of the reason, "empty" where nothing passes; bytes: of all its pairs
 */

const NOTHING = "nothing passes here";

/** @param {any} record @returns {{kernels: Kernel[], gaps: Gap[], pairs: Pair[]}} gaps by the kernel after them, one less than its place */
export function rowsOf({ header, buffers }) {
  const { kernels: rows, pairs: between, inside, bytes, times } = buffers;
  const pairs = Array.from(bytes, (size, i) => ({
    first: between[4 * i], second: between[4 * i + 1], reason: header.reasons[between[4 * i + 2]], readers: between[4 * i + 3],
    bytes: size, fused: times[2 * i], unfused: times[2 * i + 1],
  }));
  const kernels = header.work.map((work, number) => ({ number, work, line: rows[2 * number], group: header.groups[rows[2 * number + 1]], inside: [], reads: [] }));
  for (const pair of pairs) kernels[pair.second].reads.push(pair);
  for (let i = 0; i < inside.length / 3; i += 1) {
    const at = 2 * (pairs.length + i);
    kernels[inside[3 * i]].inside.push({ producer: inside[3 * i + 1], consumer: inside[3 * i + 2], fused: times[at], unfused: times[at + 1] });
  }
  return { kernels, gaps: kernels.slice(1).map((after, i) => gapOf(kernels[i], after)), pairs };
}

/** @returns {Gap} */
function gapOf(before, after) {
  const direct = after.reads.find(({ first }) => first === before.number) ?? null;
  const others = after.reads.filter((pair) => pair !== direct).sort((a, b) => b.first - a.first);
  const told = direct ?? others[0];
  return {
    before, after, direct, others,
    kind: told ? told.reason.kind : "empty",
    title: told ? told.reason.title : NOTHING,
    bytes: after.reads.reduce((sum, pair) => sum + pair.bytes, 0),
  };
}

/**
 * How often each reason keeps kernels apart, the one with the most bytes first.
 * @param {Pair[]} pairs @returns {{title: string, kind: string, count: number, bytes: number}[]}
 */
export function tally(pairs) {
  const found = new Map();
  for (const { reason, bytes } of pairs) {
    const row = found.get(reason.title) ?? { title: reason.title, kind: reason.kind, count: 0, bytes: 0 };
    found.set(reason.title, { ...row, count: row.count + 1, bytes: row.bytes + bytes });
  }
  return [...found.values()].sort((a, b) => b.bytes - a.bytes);
}
