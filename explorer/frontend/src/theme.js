/** Light or dark: JupyterLab, VS Code, MyST and others mark their page, else the system's wish counts. */
/** @returns {"light" | "dark" | "light dark"} */
function scheme() {
  const { body, documentElement: html } = document;
  const lab = body?.dataset.jpThemeLight;
  if (lab) return lab === "true" ? "light" : "dark";
  const marks = [body?.className, body?.dataset.theme, html.className, html.dataset.theme].join(" ");
  if (/\b(vscode-)?dark\b/.test(marks)) return "dark";
  return /\b(vscode-)?light\b/.test(marks) ? "light" : "light dark";
}

/** What tells one look of the page from another. */
function look() {
  const { color, backgroundColor } = getComputedStyle(document.body);
  return `${scheme()} ${color} ${backgroundColor}`;
}

/**
 * Calls back when the page turns from light to dark: by the system, or by a host that marks its root element. Hosts
 * change those marks for other reasons too, JupyterLab several times a second, so the look itself is compared.
 * @param {() => void} changed @param {AbortSignal} signal
 */
export function onTheme(changed, signal) {
  let seen = look();
  const compare = () => {
    const now = look();
    if (now === seen) return;
    seen = now;
    changed();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal });
  const marks = new MutationObserver(compare);
  const options = { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-light"] };
  for (const node of [document.documentElement, document.body]) marks.observe(node, options);
  signal.addEventListener("abort", () => marks.disconnect());
}

/**
 * Keeps the element's colour scheme that of the page around it; the fallback colours follow from it.
 * @param {HTMLElement} root
 * @param {AbortSignal} signal
 */
export function followTheme(root, signal) {
  const follow = () => void (root.style.colorScheme = scheme());
  onTheme(follow, signal);
  follow();
}
