/**
 * Gradients by parameter: a live table, and the numbers of the one that is chosen.
 * Draws the records parameters, series and gradient/<parameter>.
 */
import { fill, h } from "../dom.js";
import { paced } from "../pace.js";
import css from "../style/gradients.css";
import reading from "../style/reading.css";
import { onTheme } from "../theme.js";
import { hints } from "./code-hint.js";
import { parameterTable } from "./gradients-list.js";
import { rowsOf } from "./gradients-rows.js";
import { gradientValues } from "./gradients-values.js";

/**
 * @param {any} host see the view contract in the hosts folder
 * @param {HTMLElement} el
 * @returns {() => void} cleanup
 */
export function mount(host, el) {
  const over = new AbortController();
  const { signal } = over;
  const table = parameterTable(pick);
  const values = gradientValues({ get: () => host.get("ui")?.unit ?? 0, set: (unit) => host.pick({ unit }) });
  const message = h("p.jx-grads-message", { role: "status" });
  const root = h("div.jx-gradients", {}, h("style", {}, reading, css), table.element, message, values.element);
  let shown = null;
  let width = 0;
  fill(el, root);
  hints(root, signal);

  function chosen() {
    const parameter = host.get("ui")?.parameter ?? null;
    return host.get("parameters")?.header.parameters.some(({ name }) => name === parameter) ? parameter : null;
  }

  function pick(name) {
    const parameter = name === chosen() ? null : name;
    host.pick({ parameter });
    host.command?.("select_parameter", { parameter });
  }

  function draw() {
    const parameters = host.get("parameters")?.header;
    table.element.hidden = !parameters;
    if (parameters) table.draw(rowsOf(parameters, host.get("series")), chosen());
    drawValues(parameters);
  }

  function drawValues(parameters) {
    const name = chosen();
    const record = name === null ? undefined : host.get(`gradient/${name}`);
    values.element.hidden = !record;
    message.hidden = Boolean(record);
    if (!record) message.textContent = sentence(parameters, name);
    if (record && record !== shown) values.show(record);
    shown = record ?? null;
  }

  function sentence(parameters, name) {
    if (!parameters) return host.command ? "Every parameter of the model will be listed here, with its gradient, as soon as a model is chosen." : "This page was saved without gradients.";
    if (name === null) return "Choose a parameter to see its gradient's actual numbers.";
    return host.command ? `The numbers of ${name} come with the next step. Start the training, or take one step.` : `This page was saved without the gradient of ${name}.`;
  }

  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || chosen() === null) return;
    event.stopPropagation();
    pick(chosen());
  }, { signal });

  const repaint = () => {
    if (shown) values.redraw();
  };
  onTheme(() => requestAnimationFrame(repaint), signal);
  const size = new ResizeObserver(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    repaint();
  });
  size.observe(root);

  const follow = paced(draw, 250);
  const offs = [...["parameters", "gradient/", "ui"].map((key) => host.on(key, draw)), host.on("series", follow), follow.stop];
  draw();
  return () => {
    for (const off of offs) off();
    size.disconnect();
    over.abort();
    el.replaceChildren();
  };
}
