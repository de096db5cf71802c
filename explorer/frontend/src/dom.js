/**
 * Makes an element: h("button.jx-button", {type: "button", onclick: fn, "aria-label": "Stop"}, "Stop").
 * Text goes in as text nodes, never as HTML, so that a record cannot carry markup into the page.
 *
 * @param {string} spec tag with classes, "tag.class.class"
 * @param {Record<string, any>} [attributes] `on*` become listeners, null and false are left out
 * @param {...any} children nodes, texts, or arrays of them; null and false are left out
 * @returns {any} the element
 */
export function h(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElement(tag);
  if (classes.length) node.className = classes.join(" ");
  set(node, attributes);
  append(node, children);
  return node;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG elements. @returns {any} */
export function svg(spec, attributes = {}, ...children) {
  const [tag, ...classes] = spec.split(".");
  const node = document.createElementNS(SVG, tag);
  if (classes.length) node.setAttribute("class", classes.join(" "));
  set(node, attributes);
  append(node, children);
  return node;
}

/** Sets what differs: to write what is there already still has the browser style the element, and its page, again. */
export function assign(node, properties) {
  for (const [name, value] of Object.entries(properties)) {
    if (node[name] === value) continue;
    const text = name === "textContent" && node.childNodes.length === 1 && node.firstChild instanceof Text;
    if (text) node.firstChild.data = value; // the node stays, where textContent puts another in its place
    else node[name] = value;
  }
}

/** Empties the element and fills it anew. */
export function fill(node, ...children) {
  node.replaceChildren();
  append(node, children);
  return node;
}

function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
}

function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}
