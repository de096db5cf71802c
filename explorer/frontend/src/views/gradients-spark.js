/** A line the size of a word: log10 of a norm over the steps. No spike is lost, and what is not finite is marked. */

/**
 * @param {HTMLCanvasElement} canvas
 * @param {{values: Float32Array, length: number} | undefined} series
 * @param {string} colour of the line
 */
export function spark(canvas, series, colour) {
  const ratio = devicePixelRatio || 1;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  if (!series?.length) return;
  const columns = columnsOf(series, width);
  const low = Math.min(...columns.map((column) => column.low));
  const high = Math.max(...columns.map((column) => column.high));
  const pad = 2 * ratio;
  const y = (value) => (high > low ? pad + ((height - 2 * pad) * (high - value)) / (high - low) : height / 2);
  const x = (i) => (columns.length > 1 ? pad + ((width - 2 * pad) * i) / (columns.length - 1) : width / 2);
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = 1.25 * ratio;
  context.lineJoin = "round";
  context.beginPath();
  let pen = false;
  columns.forEach((column, i) => {
    if (column.low > column.high) return void (pen = false);
    context[pen ? "lineTo" : "moveTo"](x(i), y(column.high));
    if (column.low < column.high) context.lineTo(x(i), y(column.low));
    pen = true;
  });
  context.stroke();
  const end = columns.length - 1;
  if (columns[end].high >= columns[end].low) context.fillRect(x(end) - 1.5 * ratio, y(columns[end].last) - 1.5 * ratio, 3 * ratio, 3 * ratio);
  context.strokeStyle = getComputedStyle(canvas).color; // the alarm
  columns.forEach((column, i) => column.broken && cross(context, x(i), 4 * ratio, 3 * ratio));
}

/** The lowest, highest and last log10 in each of at most `width` equal stretches of the series. */
function columnsOf({ values, length }, width) {
  const count = Math.min(length, Math.max(2, Math.floor(width / 2)));
  const columns = Array.from({ length: count }, () => ({ low: Infinity, high: -Infinity, last: 0, broken: false }));
  for (let i = 0; i < length; i += 1) {
    const column = columns[Math.min(count - 1, Math.floor((i * count) / length))];
    const value = Math.log10(values[i]);
    if (!Number.isFinite(values[i])) column.broken = true;
    else if (Number.isFinite(value)) {
      // a norm of exactly zero has no logarithm and leaves a gap
      column.low = Math.min(column.low, value);
      column.high = Math.max(column.high, value);
      column.last = value;
    }
  }
  return columns;
}

function cross(context, x, y, size) {
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x - size, y + size);
  context.lineTo(x + size, y - size);
  context.stroke();
}
