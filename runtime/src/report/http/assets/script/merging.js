// What is shown becomes what came, and only what differs is touched.

/// What only the browser knows of an element.
const THE_BROWSERS = new Set(["open"]);

function update(live, next) {
  const isOwn = live.hasAttribute("data-own");
  for (const { name, value } of next.attributes) {
    if ((!isOwn || name.startsWith("data-")) && live.getAttribute(name) !== value) live.setAttribute(name, value);
  }
  for (const { name } of [...live.attributes]) {
    const gone = !next.hasAttribute(name) && !THE_BROWSERS.has(name);
    if (gone && (!isOwn || name.startsWith("data-"))) live.removeAttribute(name);
  }
  if (!isOwn && live.nodeName !== "NOSCRIPT") updateChildren(live, next);
}

function updateChildren(live, next) {
  const key = (node) => node.dataset?.key;
  const keyed = new Map();
  for (const child of live.children) if (key(child) !== undefined) keyed.set(key(child), child);
  let at = live.firstChild;
  for (const wanted of [...next.childNodes]) {
    let same = key(wanted) === undefined ? at : keyed.get(key(wanted));
    if (same && (same.nodeName !== wanted.nodeName || key(same) !== key(wanted))) same = undefined;
    if (!same) {
      live.insertBefore(document.importNode(wanted, true), at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else live.insertBefore(same, at);
    if (key(wanted) !== undefined && !isNew(same, wanted.outerHTML)) continue;
    if (same.nodeType === Node.ELEMENT_NODE) update(same, wanted);
    else if (same.nodeValue !== wanted.nodeValue) same.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

/// What elements with a key were last made of: of a page with thousands of stats most are as they were.
const made = new WeakMap();

function isNew(element, text) {
  if (made.get(element) === text) return false;
  made.set(element, text);
  return true;
}
