// Numbers for people, as the server writes them.

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
