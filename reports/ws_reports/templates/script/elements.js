// Elements, made from their parts. A text of the record becomes a text node or an attribute that holds text, no markup.

const one = (selector, within = document) => within.querySelector(selector);
const every = (selector, within = document) => [...within.querySelectorAll(selector)];

/**
 * Return an element: h("p.quiet", {title: "…"}, "text", another). An attribute that is a function listens to the
 * event of its name. Children may be nested in lists; those that are null, undefined or false are left out.
 */
function h(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return filled(document.createElement(tag), classes, attributes, children);
}

/** Return an element of SVG, likewise. */
function svg(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), classes, attributes, children);
}

function filled(element, classes, attributes, children) {
  element.classList.add(...classes);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key, value);
    else if (isThere(value)) element.setAttribute(key, value);
  }
  element.append(...flattened(children));
  return element;
}

function* flattened(children) {
  for (const child of children) {
    if (typeof child === "string" || child instanceof Node) yield child;
    else if (isThere(child)) yield* flattened(child);
  }
}

const isThere = (value) => value !== null && value !== undefined && value !== false;

const list = (items) =>
  h(
    "ul",
    {},
    items.map((item) => h("li", {}, item)),
  );

/** Return a button that copies `text`. */
function copier(words, text) {
  const copy = async () => {
    const told = await navigator.clipboard.writeText(text).then(
      () => "copied",
      () => "the browser does not allow it",
    );
    button.textContent = told;
    setTimeout(() => (button.textContent = words), 1500);
  };
  const button = h("button", { type: "button", click: copy }, words);
  return button;
}
