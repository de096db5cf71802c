/** Where the kernels begin in a text of kernels: their first lines, which have the links of all their lines. */

const HEADS = { llvm: /^; ModuleID = /, asm: /^[^\s;]/, ptx: /^\S+: {2}\/\/ / };

/**
 * @param {any} record of a stage
 * @returns {Int32Array | null} lines from 0, ascending; null for a text that is linked line by line
 */
export function kernelHeads({ header, buffers }) {
  const head = HEADS[header.language];
  if (!head) return null;
  const found = new Set(buffers.text.split("\n").flatMap((line, i) => (head.test(line) ? [i] : [])));
  for (let row = 0; row < buffers.links.length; row += 8) found.add(buffers.links[row]);
  return Int32Array.from(found).sort();
}
