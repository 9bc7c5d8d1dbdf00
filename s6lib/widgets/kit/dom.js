// Elements: made, brought up to date, and what is clicked.

const SVG = ["svg", "line", "path", "circle", "text", "g"];

/** An element with attributes, listeners (`onclick`) and children; null and false leave an attribute out. A
 *  text in the place of the attributes is the class. */
export function make(tag, properties = {}, ...children) {
  const node = SVG.includes(tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", tag)
    : document.createElement(tag);
  if (typeof properties === "string") properties = { class: properties };
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(3).filter((child) => child !== null));
  return node;
}

/** Sets text and attributes only where they differ: the browser then lays out and paints only those. */
export function put(node, { text, ...attributes }) {
  if (text !== undefined && node.textContent !== text) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null) node.removeAttribute(key);
    else if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
  }
}

export function button(label, content, onclick, properties = {}) {
  return make(
    "button",
    { type: "button", "aria-label": label, title: label, onclick, ...properties },
    content,
  );
}

/** An icon from the path that it fills, on a ground of 24 by 24. */
export const icon = (path) =>
  make("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "icon" }, make("path", { d: path }));

/** Words that are heard and not seen. */
export const unseen = (text) => make("span", "unseen", text);
