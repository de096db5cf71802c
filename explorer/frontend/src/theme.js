/** Light or dark: JupyterLab, VS Code, MyST and others mark their page, else the system's wish counts. */
import { onTheme } from "./views/gradients-colours.js";

/** @returns {"light" | "dark" | "light dark"} */
function scheme() {
  const { body, documentElement: html } = document;
  const lab = body?.dataset.jpThemeLight;
  if (lab) return lab === "true" ? "light" : "dark";
  const marks = [body?.className, body?.dataset.theme, html.className, html.dataset.theme].join(" ");
  if (/\b(vscode-)?dark\b/.test(marks)) return "dark";
  return /\b(vscode-)?light\b/.test(marks) ? "light" : "light dark";
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
