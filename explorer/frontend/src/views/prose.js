/** Sentences from the kernel: what stands between backquotes is code. */
import { h } from "../dom.js";

/** @param {string | null} text @returns {(string | HTMLElement)[]} */
export function prose(text) {
  return (text ?? "").split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
}
