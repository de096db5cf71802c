/** The buffers of a memory record, and where each is drawn: the stretches of memory lie on top of each other. */

const ROW = 5; // of `buffers`: kind, first step, last step, allocation, line of the optimized HLO from 0 or -1
const ORDER = ["argument", "constant", "output", "temporary"]; // from the bottom

/**
 * @typedef {{name: string, shape: string, kind: string, start: number, end: number, bytes: number, at: number, line: number}} Buffer
 *   at: its first byte, counted over all stretches of memory; line: of the optimized HLO, from 0, or -1
 */

/**
 * @param {any} record memory/<function>
 * @returns {Buffer[]}
 */
export function buffersOf({ header, buffers }) {
  const bases = basesOf(header.allocations);
  const shapes = buffers.shapes.split("\n");
  const names = buffers.buffers.length ? buffers.names.split("\n") : [];
  return names.map((name, i) => {
    const [kind, start, end, allocation, line] = buffers.buffers.subarray(ROW * i, ROW * i + ROW);
    const [bytes, offset] = buffers.sizes.subarray(2 * i, 2 * i + 2);
    return { name, shape: shapes[i], kind: header.kinds[kind], start, end, bytes, at: bases[allocation] + offset, line };
  });
}

/** The first byte of each stretch: arguments lie at the bottom, what is temporary on top; within these, as XLA counts. */
function basesOf(allocations) {
  const kind = (one) => (one.argument ? "argument" : one.constant ? "constant" : one.output ? "output" : "temporary");
  const order = allocations.map((one, i) => [ORDER.indexOf(kind(one)), i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const bases = [];
  let at = 0;
  for (const [, i] of order) (bases[i] = at), (at += allocations[i].bytes);
  return bases;
}

/** The buffers that are needed at a step, the largest first. @param {Buffer[]} buffers @param {number} step */
export function neededAt(buffers, step) {
  return buffers.filter(({ start, end }) => start <= step && step <= end).sort((a, b) => b.bytes - a.bytes);
}

/** The same without what is changed in place more than once: the bytes at a step. @param {any} record @param {number} step */
export const usedAt = (record, step) => record.buffers.used[Math.min(step, record.buffers.used.length - 1)];
