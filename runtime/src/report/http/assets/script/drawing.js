// How numbers went, as lines: small ones in rows, and larger ones with their axes.

/// How long a time all drawings of the page show, so that they can be compared.
let span = SHORTEST_WINDOW;

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
  const x = (time) => round(width * (1 - (end - time) / span));
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
    if (!point || point[0] < end - span) {
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
  const frame = { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img" };
  const svg = make("svg", parent, frame);
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

/// How fast a count grew, and over what time. Before there are two samples the mean since the start stays.
function sayRate(cell, seen, unit) {
  if (!seen) {
    // What was measured before is no longer so.
    if (cell.measured) say(cell, "");
    return;
  }
  cell.measured = true;
  if (!cell.querySelector("small")) cell.replaceChildren(" ", document.createElement("small"));
  say(cell.firstChild, `${humane(seen.speed, unit, true)} `);
  say(cell.lastChild, `in ${humane(Math.round(seen.seconds), "s")}`);
}

/// A line beside a number.
function drawCell(cell) {
  const drawn = points(cell);
  const isCount = "count" in cell.dataset;
  if (isCount) {
    const own = cell.parentNode.querySelector(".rate[data-own]");
    if (own) sayRate(own, rate(cell), cell.dataset.unit ?? "");
  }
  if (!drawn.some(Boolean)) return cell.replaceChildren();
  const range = bounds(drawn, isCount);
  const svg = cell.querySelector("svg") ?? canvas(cell, 120, 22);
  fill(svg, drawn, range, 120, 22);
  const [low, high] = drawn.filter(Boolean).reduce(
    ([low, high], [, value]) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
  const show = (value) => humane(value, cell.dataset.unit ?? "", isCount);
  const words = `${show(low)} to ${show(high)} over the last ${humane(span / 1000, "s")}`;
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
    const caption = make("figcaption", figure);
    make("span", caption);
    make("b", caption);
    const room = make("div", figure, { class: "room" });
    canvas(room, 720, 96);
    for (const side of ["reach", "from", "to"]) make("small", room, { class: side });
    room.addEventListener("pointermove", (event) => {
      const frame = room.getBoundingClientRect();
      figure.pointed = times.at(-1) - span * (1 - (event.clientX - frame.left) / frame.width);
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
  say(caption.firstChild, `${figure.dataset.title} `);
  say(caption.lastChild, `${show(value)}${ago > 0 ? `, ${humane(ago, "s")} ago` : ""}`);
  figure.querySelector("svg").setAttribute("aria-label", caption.textContent);
  say(figure.querySelector(".reach"), `${show(range[0])} to ${show(range[1])}`);
  say(figure.querySelector(".from"), `${humane(span / 1000, "s")} ago`);
  say(figure.querySelector(".to"), "now");
}

/// What can be seen, or soon: of a page with thousands of numbers few are drawn at a time.
function inSight(selector) {
  const isNear = (element) => {
    const { top, bottom } = (element.closest("section") ?? element).getBoundingClientRect();
    return bottom > -innerHeight && top < 2 * innerHeight;
  };
  return [...document.querySelectorAll(selector)].filter(isNear);
}

function draw() {
  if (times.length === 0) return;
  span = Math.min(WINDOW, Math.max(SHORTEST_WINDOW, times.at(-1) - since()));
  const [cells, headings] = [inSight("td.trend, span.trend"), inSight("th.trend")];
  const seen = times.at(-1) - since();
  const words = seen < SHORTEST_WINDOW ? "since opened" : `last ${Math.ceil(span / 60_000)} min`;
  for (const heading of headings) say(heading, words);
  for (const cell of cells) drawCell(cell);
  for (const figure of document.querySelectorAll("figure.trend")) drawFigure(figure);
}

let scrolled = 0;
addEventListener("scroll", () => {
  cancelAnimationFrame(scrolled);
  scrolled = requestAnimationFrame(draw);
}, { passive: true });
