/** From a series to what a screen can show: the first, lowest, highest and last point of each column of pixels. */

/**
 * @param {{steps: Uint32Array, values: Float32Array}} series
 * @param {number} from index of the first point
 * @param {number} to index after the last
 * @param {number} first step at the left edge
 * @param {number} perColumn steps in a column
 * @returns {number[]} indices of finite points in order; -1 where a value that is not finite breaks the line
 */
export function thin({ steps, values }, from, to, first, perColumn) {
  const kept = [];
  let column = -1;
  let start = -1, low = -1, high = -1, end = -1;
  const flush = () => {
    if (start < 0) return;
    kept.push(start);
    const [a, b] = low < high ? [low, high] : [high, low];
    for (const index of [a, b, end]) if (index !== kept[kept.length - 1]) kept.push(index);
    start = -1;
  };
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) {
      flush();
      if (kept[kept.length - 1] !== -1) kept.push(-1);
      continue;
    }
    const at = Math.floor((steps[i] - first) / perColumn);
    if (at !== column) {
      flush();
      column = at;
    }
    if (start < 0) start = low = high = i;
    else if (value < values[low]) low = i;
    else if (value > values[high]) high = i;
    end = i;
  }
  flush();
  return kept;
}

/** The points that are not finite. @returns {Array<{step: number, value: number}>} at most `limit` */
export function broken({ steps, values }, from, to, limit = 200) {
  const found = [];
  for (let i = from; i < to && found.length < limit; i++) if (!Number.isFinite(values[i])) found.push({ step: steps[i], value: values[i] });
  return found;
}

/** The least and greatest finite value; on a logarithmic axis of those above zero. @returns {[number, number] | null} */
export function extent({ values }, from, to, logarithmic) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = from; i < to; i++) {
    const value = values[i];
    if (!Number.isFinite(value) || (logarithmic && value <= 0)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : null;
}

/**
 * An exponential mean over steps, not points, so that thinning does not change what it means; what is not finite is left out.
 * @param {{steps: Uint32Array, values: Float32Array, length: number}} series
 * @param {number} over steps after which a value weighs 1/e
 * @returns {Float32Array} one value for each point
 */
export function smooth({ steps, values, length }, over) {
  const out = new Float32Array(length);
  let mean = 0;
  let weight = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (Number.isFinite(value)) {
      const keep = i ? Math.exp(-(steps[i] - steps[i - 1]) / over) : 0;
      mean = keep * mean + (1 - keep) * value;
      weight = keep * weight + (1 - keep);
    }
    out[i] = Number.isFinite(value) ? mean / weight : value;
  }
  return out;
}
