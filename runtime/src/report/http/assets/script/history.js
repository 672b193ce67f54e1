// What the numbers were in the last minutes.

/// Times of samples, and for each number its values at those times, null where it was not on the page.
let times = [];
const series = new Map();

function restore() {
  try {
    const kept = JSON.parse(stored("history") ?? "{}");
    times = kept.times ?? [];
    for (const [key, values] of kept.series ?? []) series.set(key, values);
  } catch {
    // Not what this script wrote: it begins anew.
  }
}

function keep() {
  const text = JSON.stringify({ times, series: [...series] });
  if (text.length <= LARGEST_STORE) store("history", text);
}

/// What this tab remembers, where the browser lets it: it may be told not to, and there may be no room.
function stored(name) {
  try {
    return sessionStorage.getItem(`calipers-${name}`);
  } catch {
    return null;
  }
}

function store(name, text) {
  try {
    sessionStorage.setItem(`calipers-${name}`, text);
  } catch {
    // The next page begins anew.
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

/// When the first of the numbers that are shown here was seen.
function since() {
  const shown = [...document.querySelectorAll(".trend[data-count], .trend[data-level]")];
  const seen = shown.map((place) => (series.get(keyOf(place)) ?? []).findIndex((value) => value !== null));
  return times[Math.min(...seen.filter((at) => at >= 0))] ?? times[0];
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

/// How fast a count grew over the last minute, or as long as it was looked at, and how many seconds that is.
function rate(place) {
  const values = series.get(keyOf(place)) ?? [];
  const last = values.length - 1;
  let first = last;
  while (first > 0 && values[first - 1] !== null && values[first - 1] <= values[first]
    && times[last] - times[first - 1] <= 60_000) first--;
  if (first === last) return null;
  const seconds = (times[last] - times[first]) / 1000;
  return { speed: (values[last] - values[first]) / seconds, seconds };
}
