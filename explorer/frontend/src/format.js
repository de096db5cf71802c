// Numbers as people read them: three significant digits, thousands separators, units. The full value is for hover and copy.

const NBSP = "\u00a0";
const GROUPED = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 }); // made once: toLocaleString makes one a call

/** 1936.4 -> "1,936"; 0.00031 -> "3.1e-4"; NaN -> "NaN". @param {number} value */
export function number(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(digits - 1).replace("e+", "e").replace("-", "−").replace("e-", "e−");
  const shown = size >= 1000 ? GROUPED.format(Math.round(value)) : Number(value.toPrecision(digits)).toString();
  return shown.replace("-", "−");
}

/** Every digit of a float32: the shortest text that names this float32 and no other. @param {number} value */
export function full(value) {
  if (!Number.isFinite(value) || value === 0) return number(value);
  for (let digits = 6; digits <= 9; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(value)) return Number(text).toString();
  }
  return value.toString();
}

/** 1234567 -> "1,234,567". @param {number} value */
export function integer(value) {
  return GROUPED.format(Math.round(value));
}

/** 0.0004 s -> "400 µs"; 75 s -> "1 min 15 s". @param {number} value seconds */
export function seconds(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value < 1e-3) return `${number(value * 1e6)}${NBSP}µs`;
  if (value < 1) return value < 0.1 ? `${number(value * 1e3)}${NBSP}ms` : `${value.toFixed(1)}${NBSP}s`;
  if (value < 60) return `${value.toFixed(value < 10 ? 1 : 0)}${NBSP}s`;
  if (value < 3600) return `${Math.floor(value / 60)}${NBSP}min ${Math.round(value % 60)}${NBSP}s`;
  return `${Math.floor(value / 3600)}${NBSP}h ${Math.round((value % 3600) / 60)}${NBSP}min`;
}

/** 2097152 -> "2.1 MB". @param {number} value bytes */
export function bytes(value) {
  if (value === null || value === undefined) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) (value /= 1000), unit++;
  return `${unit ? Number(value.toPrecision(3)) : Math.round(value)}${NBSP}${units[unit]}`;
}

/** [784, 256] -> "784 × 256"; [] -> "scalar". @param {number[]} value */
export function shape(value) {
  return value.length ? value.map(integer).join(`${NBSP}×${NBSP}`) : "scalar";
}

/** 612.4 -> "612 ms"; 29134 -> "29.1 s". @param {number} value milliseconds */
export function milliseconds(value) {
  return value < 1000 ? `${number(value)}${NBSP}ms` : `${number(value / 1000)}${NBSP}s`;
}

/** 26235174 -> "26.2 M"; 40 -> "40". @param {number} value a count */
export function count(value) {
  const units = ["", "k", "M", "G", "T", "P"];
  let unit = 0;
  while (Math.abs(value) >= 1000 && unit < units.length - 1) (value /= 1000), (unit += 1);
  const text = unit ? Number(value.toPrecision(3)).toString() : number(value);
  return unit ? `${text}${NBSP}${units[unit]}` : text;
}
