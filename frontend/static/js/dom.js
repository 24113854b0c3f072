/** Small helpers for building the page; text goes in as text only. */

const SVG = "http://www.w3.org/2000/svg";

/** Writes only what differs, so that an unchanged page costs no layout. */
export function setText(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

export function setHidden(node, hidden) {
  if (node && node.hidden !== hidden) node.hidden = hidden;
}

/** An attribute, or none for null. */
export function setAttribute(node, name, value) {
  if (!node) return;
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value);
}

export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

export function json(id) {
  const script = document.getElementById(id);
  return script ? JSON.parse(script.textContent) : null;
}

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}
