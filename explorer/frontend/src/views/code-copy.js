/** Copies a text exactly. Where the browser refuses the clipboard (a sandboxed page), says so and returns false. */

/** @param {string} text @param {ParentNode & Node} root where a helper element may lie @returns {Promise<boolean>} */
export async function copy(text, root) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text, root);
  }
}

/** The older way, by a hidden selection; allowed in some pages where the clipboard is not. */
function copyBySelection(text, root) {
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("aria-hidden", "true");
  area.style.cssText = "position:fixed;top:0;left:0;opacity:0";
  root.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
