// The live page's script: keeps what is shown up to date, draws how numbers went, and filters while one types.
//
// It asks for the page it stands on, as the server draws it for everybody, and takes over what differs. So there is one
// place where values become words and names become text, the same with a script and without; a tree of any size
// costs no more than its page; and what has been opened, selected or scrolled to stays as it is. The browser parses the
// answer into a document that runs nothing; what the script draws itself, it makes of elements and text nodes.
//
// The numbers of the last minutes are kept here, in the tab that shows them: the program measured keeps none, and
// nobody who looks costs it more than a page every two seconds.

const PERIOD = 1000 * (Number(new URLSearchParams(location.search).get("refresh")) || 2);
const PATIENCE = 10_000;
const WINDOW = 300_000;
const SHORTEST_WINDOW = 60_000;
const MOST_SAMPLES = 200;
// Samples further apart have a gap between them: the tab was hidden, or the server gone.
const GAP = Math.max(15_000, 3 * PERIOD);
const STORE = "calipers";
const LARGEST_STORE = 2_000_000;
const SVG = "http://www.w3.org/2000/svg";

const box = document.querySelector("input[type=search]");
const button = document.querySelector(".tools button");
const told = document.querySelector(".told");

// --- What the numbers were ---------------------------------------------------------------------------------------

/// Times of samples, and for each number its values at those times, null where it was not on the page.
let times = [];
const series = new Map();

function restore() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
    times = kept.times ?? [];
    for (const [key, values] of kept.series ?? []) series.set(key, values);
  } catch {
    sessionStorage.removeItem(STORE);
  }
}

function keep() {
  const text = JSON.stringify({ times, series: [...series] });
  try {
    if (text.length <= LARGEST_STORE) sessionStorage.setItem(STORE, text);
  } catch {
    // No room: the next page begins anew.
  }
}

function sample() {
  const now = Number(document.querySelector("time[data-ms]")?.dataset.ms);
  if (!now || now === times.at(-1)) return;
  if (now < times.at(-1)) {
    // Another clock, so another program or machine.
    times = [];
    series.clear();
  }
  times.push(now);
  for (const place of document.querySelectorAll("[data-count], [data-level]")) {
    const key = keyOf(place);
    if (!series.has(key)) series.set(key, Array(times.length - 1).fill(null));
    series.get(key).push(Number(place.dataset.count ?? place.dataset.level));
  }
  const old = times.findIndex((time) => time >= now - WINDOW - GAP);
  const drop = Math.max(old, times.length - MOST_SAMPLES);
  times.splice(0, drop);
  for (const [key, values] of series) {
    if (values.length < times.length + drop) values.push(null);
    values.splice(0, drop);
    if (values.every((value) => value === null)) series.delete(key);
  }
}

function keyOf(place) {
  return place.closest("[data-key]").dataset.key;
}

/// What is drawn of a number: `[time, value]`, and null for a gap. Of a count, how fast it grew.
function points(place) {
  const values = series.get(keyOf(place)) ?? [];
  const isCount = "count" in place.dataset;
  const drawn = [];
  for (let at = 0; at < values.length; at++) {
    const seconds = (times[at] - times[at - 1]) / 1000;
    const isGap = values[at] === null || seconds * 1000 > GAP;
    if (isGap && drawn.at(-1)) drawn.push(null);
    if (values[at] === null) continue;
    if (!isCount) drawn.push([times[at], values[at]]);
    else if (!isGap && at > 0 && values[at - 1] !== null) {
      const grown = values[at] - values[at - 1];
      // It fell: the program was started anew.
      if (grown >= 0) drawn.push([times[at], grown / seconds]);
    }
  }
  return drawn;
}

/// How fast a count grew over the last minute, or as long as it was looked at.
function rate(place) {
  const values = series.get(keyOf(place)) ?? [];
  const last = values.length - 1;
  let first = last;
  while (first > 0 && values[first - 1] !== null && values[first - 1] <= values[first]
    && times[last] - times[first - 1] <= 60_000) first--;
  return first < last ? (1000 * (values[last] - values[first])) / (times[last] - times[first]) : null;
}

// --- Drawing ----------------------------------------------------------------------------------------------------

function span() {
  return Math.min(WINDOW, Math.max(SHORTEST_WINDOW, times.at(-1) - times[0]));
}

/// What the drawing reaches from and to. A level that hardly changes is not blown up until its noise fills the room.
function bounds(drawn, isCount) {
  const values = drawn.filter(Boolean).map(([, value]) => value);
  let low = Math.min(...values);
  let high = Math.max(...values);
  if (isCount || (low >= 0 && low < high / 2)) low = 0;
  const least = Math.max(Math.abs(low), Math.abs(high)) / 10 || 1;
  if (high - low < least) {
    const middle = (high + low) / 2;
    [low, high] = low === 0 ? [0, least] : [middle - least / 2, middle + least / 2];
  }
  return [low, high];
}

function shape(drawn, [low, high], width, height) {
  const end = times.at(-1);
  const round = (x) => Math.round(x * 10) / 10;
  const x = (time) => round(width * (1 - (end - time) / span()));
  const y = (value) => round(height - 1.5 - ((height - 3) * (value - low)) / (high - low));
  let line = "";
  let area = "";
  let begun = null;
  const close = (last) => {
    if (begun === null) return;
    area += `V${height}H${begun}Z`;
    if (begun === last) line += "h.1"; // a single sample is a dot
    begun = null;
  };
  let last = 0;
  for (const point of drawn) {
    if (!point || point[0] < end - span()) {
      close(last);
      continue;
    }
    last = x(point[0]);
    const to = `${last} ${y(point[1])}`;
    line += begun === null ? `M${to}` : `L${to}`;
    area += begun === null ? `M${last} ${height}L${to}` : `L${to}`;
    begun ??= last;
  }
  close(last);
  return [line, area];
}

function make(name, parent, attributes = {}) {
  const isDrawing = name === "svg" || parent.namespaceURI === SVG;
  const element = isDrawing ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) element.setAttribute(attribute, value);
  return parent.appendChild(element);
}

function canvas(parent, width, height) {
  const svg = make("svg", parent, { viewBox: `0 0 ${width} ${height}`, role: "img" });
  make("path", svg, { class: "area" });
  make("path", svg, { class: "line" });
  return svg;
}

function fill(svg, drawn, range, width, height) {
  const [line, area] = shape(drawn, range, width, height);
  svg.querySelector(".line").setAttribute("d", line);
  svg.querySelector(".area").setAttribute("d", area);
}

function say(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

/// A line beside the numbers of a row.
function drawCell(cell) {
  const drawn = points(cell);
  const isCount = "count" in cell.dataset;
  if (isCount) {
    const own = cell.parentNode.querySelector(".rate[data-own]");
    const speed = own && rate(cell);
    if (own) say(own, speed === null ? "" : humane(speed, cell.dataset.unit ?? "", true));
  }
  if (!drawn.some(Boolean)) return cell.replaceChildren();
  const range = bounds(drawn, isCount);
  const svg = cell.querySelector("svg") ?? canvas(cell, 120, 22);
  fill(svg, drawn, range, 120, 22);
  const [low, high] = drawn.filter(Boolean).reduce(
    ([low, high], [, value]) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const show = (value) => humane(value, cell.dataset.unit ?? "", isCount);
  const words = `${show(low)} to ${show(high)} over the last ${humane(span() / 1000, "s")}`;
  svg.setAttribute("aria-label", words);
  say(svg.querySelector("title") ?? make("title", svg), words);
}

/// A drawing with its axes, which tells the values under the pointer.
function drawFigure(figure) {
  const drawn = points(figure);
  figure.hidden = !drawn.some(Boolean);
  if (figure.hidden) return;
  const isCount = "count" in figure.dataset;
  const show = (value) => humane(value, figure.dataset.unit ?? "", isCount);
  if (!figure.firstChild) {
    make("figcaption", figure);
    const room = make("div", figure, { class: "room" });
    canvas(room, 720, 96).setAttribute("preserveAspectRatio", "none");
    for (const side of ["high", "low", "from", "to"]) make("small", room, { class: side });
    room.addEventListener("pointermove", (event) => {
      const frame = room.getBoundingClientRect();
      figure.pointed = times.at(-1) - span() * (1 - (event.clientX - frame.left) / frame.width);
      drawFigure(figure);
    });
    room.addEventListener("pointerleave", () => {
      figure.pointed = undefined;
      drawFigure(figure);
    });
  }
  const range = bounds(drawn, isCount);
  fill(figure.querySelector("svg"), drawn, range, 720, 96);
  const known = drawn.filter(Boolean);
  const wanted = figure.pointed ?? times.at(-1);
  const distance = ([time]) => Math.abs(time - wanted);
  const [time, value] = known.reduce((best, next) => (distance(next) <= distance(best) ? next : best));
  const ago = Math.round((times.at(-1) - time) / 1000);
  const caption = figure.querySelector("figcaption");
  say(caption, `${figure.dataset.title} ${show(value)}${ago > 0 ? `, ${humane(ago, "s")} ago` : ""}`);
  figure.querySelector("svg").setAttribute("aria-label", caption.textContent);
  say(figure.querySelector(".high"), show(range[1]));
  say(figure.querySelector(".low"), show(range[0]));
  say(figure.querySelector(".from"), `${humane(span() / 1000, "s")} ago`);
  say(figure.querySelector(".to"), "now");
}

function draw() {
  if (times.length === 0) return;
  for (const heading of document.querySelectorAll("th.trend")) {
    say(heading, `last ${Math.ceil(span() / 60_000)} min`);
  }
  for (const cell of document.querySelectorAll("td.trend")) drawCell(cell);
  for (const figure of document.querySelectorAll("figure.trend")) drawFigure(figure);
}

// --- Numbers for people, as the server writes them --------------------------------------------------------------

function scaled(x, units) {
  const three = (x) => (Math.abs(x) >= 1000 ? Math.round(x) : Number(x.toPrecision(3)));
  const [unit, size] = units.findLast(([, size]) => Math.abs(three(x / size)) >= 1) ?? units[0];
  return three(x / size) + unit;
}

function number(x) {
  if (x !== 0 && !(Math.abs(x) >= 1e-6 && Math.abs(x) < 1e21)) return x.toExponential(2);
  return scaled(x, [["", 1], ["k", 1e3], ["M", 1e6], ["G", 1e9], ["T", 1e12], ["P", 1e15], ["E", 1e18]]);
}

function duration(x) {
  return Math.abs(x) < 119.5
    ? scaled(x * 1e9, [[" ns", 1], [" µs", 1e3], [" ms", 1e6], [" s", 1e9]])
    : scaled(x, [[" min", 60], [" h", 3600], [" d", 86_400]]);
}

function bytes(x) {
  return scaled(x, ["B", "KiB", "MiB", "GiB", "TiB"].map((unit, power) => [` ${unit}`, 1024 ** power]));
}

const IN_SECONDS = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9, min: 60, h: 3600 };
const IN_BYTES = { By: 1, KiBy: 1024, MiBy: 1024 ** 2 };

function humane(x, unit, perSecond = false) {
  const end = perSecond ? "/s" : "";
  if (unit in IN_SECONDS) return duration(x * IN_SECONDS[unit]) + end;
  if (unit in IN_BYTES) return bytes(x * IN_BYTES[unit]) + end;
  if (unit === "" || unit === "1" || (perSecond && unit.startsWith("{"))) return number(x) + end;
  if (unit === "%") return `${number(x)}%${end}`;
  return `${number(x)} ${unit.replace(/^\{|\}$/g, "")}${end}`;
}

// --- Taking over what differs ------------------------------------------------------------------------------------

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
    if (same.nodeType === Node.ELEMENT_NODE) update(same, wanted);
    else if (same.nodeValue !== wanted.nodeValue) same.nodeValue = wanted.nodeValue;
  }
  while (at) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

// --- Asking -----------------------------------------------------------------------------------------------------

let paused = sessionStorage.getItem(`${STORE}-paused`) === "yes";
let timer;
let asked = 0;
let answered = Date.now();

/// The page as it is now. XMLHttpRequest, because it gives a document that was parsed and not run, where `fetch` gives
/// a text that would still have to become one.
function ask(address) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("GET", address);
    request.responseType = "document";
    request.setRequestHeader("Accept", "text/html");
    request.timeout = PATIENCE;
    request.onload = () => resolve(request);
    request.onerror = request.ontimeout = reject;
    request.send();
  });
}

async function look() {
  clearTimeout(timer);
  const turn = ++asked;
  const began = performance.now();
  let wait = PERIOD;
  try {
    const { status, response } = await ask(location.href);
    if (turn !== asked) return;
    // Not asked more often than a tenth of the time, however long an answer takes.
    wait = Math.max(PERIOD, 9 * (performance.now() - began));
    answered = Date.now();
    document.body.classList.remove("gone");
    if (!response) tell(`The server answers ${status}; trying again.`, true);
    else if (status === 400 && box.value) tell(response.querySelector("main p").textContent, true);
    else take(response);
  } catch {
    if (turn !== asked) return;
    document.body.classList.add("gone");
    tell(`The server has not answered since ${new Date(answered).toLocaleTimeString()}; trying again.`, true);
  }
  later(wait);
}

function take(page) {
  const script = (of) => of.querySelector("script[src]")?.getAttribute("src");
  // A newer program has a newer page.
  if (script(page) !== script(document)) return location.reload();
  tell("", false);
  document.title = page.title;
  updateChildren(document.body, page.body);
  sample();
  draw();
}

function tell(text, isProblem) {
  say(told, text);
  told.hidden = !text;
  box.setAttribute("aria-invalid", String(isProblem && Boolean(box.value)));
}

function later(wait) {
  clearTimeout(timer);
  if (!paused && !document.hidden) timer = setTimeout(look, wait);
}

// --- Controls ---------------------------------------------------------------------------------------------------

function showPaused() {
  button.hidden = false;
  say(button, paused ? "paused" : "live");
  button.title = paused ? "Go on" : "Stop for a while";
  button.setAttribute("aria-pressed", String(!paused));
}

button.addEventListener("click", () => {
  paused = !paused;
  sessionStorage.setItem(`${STORE}-paused`, paused ? "yes" : "no");
  showPaused();
  if (paused) clearTimeout(timer);
  else look();
});

function filter() {
  const address = new URL(location);
  address.searchParams.delete("query");
  if (box.value.trim()) address.searchParams.set("find", box.value);
  else address.searchParams.delete("find");
  history.replaceState(null, "", address);
  look();
}

let typing;
box.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(filter, 150);
});
box.form.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  filter();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && document.activeElement !== box) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

document.addEventListener("visibilitychange", () => (document.hidden || paused ? clearTimeout(timer) : look()));
addEventListener("pagehide", keep);
addEventListener("pageshow", (event) => event.persisted && !paused && look());

restore();
sample();
draw();
showPaused();
later(PERIOD);
