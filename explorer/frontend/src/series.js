/**
 * One curve, bounded: every point up to CAPACITY, then the older part is thinned in buckets of a power of two steps.
 * Each bucket keeps its lowest, its highest and the first NaN, +inf and -inf, so that no spike, extreme or NaN is lost;
 * buckets of powers of two nest, so thinning again never moves what was kept.
 */

export const CAPACITY = 131072;

export class Series {
  /** @param {string} group "train", "held_out" or "diagnostic" */
  constructor(group, capacity = CAPACITY) {
    this.group = group;
    this.capacity = capacity;
    this.length = 0;
    this.bucket = 1; // steps in a bucket of the thinned part
    this.rawFrom = 0; // index from which every point is there
    this.steps = new Uint32Array(1024);
    this.values = new Float32Array(1024);
  }

  /**
   * @param {Uint32Array} steps rising; a step at or before the last one replaces it and what came after
   * @param {Float32Array} values
   */
  append(steps, values) {
    if (!steps.length) return;
    if (this.length && steps[0] <= this.steps[this.length - 1]) this.cut(this.indexOf(steps[0]));
    for (let from = 0; from < steps.length; ) {
      if (this.length === this.capacity) this.thin();
      const count = Math.min(steps.length - from, this.capacity - this.length);
      this.reserve(this.length + count);
      this.steps.set(steps.subarray(from, from + count), this.length);
      this.values.set(values.subarray(from, from + count), this.length);
      this.length += count;
      from += count;
    }
  }

  /** The index of the first point at or after `step`. @param {number} step */
  indexOf(step) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.steps[middle] < step) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  cut(length) {
    this.length = length;
    this.rawFrom = Math.min(this.rawFrom, length);
  }

  reserve(size) {
    if (size <= this.steps.length) return;
    const room = Math.min(this.capacity, Math.max(size, this.steps.length * 2));
    const steps = new Uint32Array(room);
    const values = new Float32Array(room);
    steps.set(this.steps);
    values.set(this.values);
    this.steps = steps;
    this.values = values;
  }

  /** Thins all but the last quarter until half of the capacity is free, or nearly. */
  thin() {
    const end = this.length - (this.capacity >> 2);
    let kept;
    do {
      this.bucket *= 2;
      kept = extremes(this.steps, this.values, end, this.bucket);
    } while (kept.length > this.capacity >> 2);
    const tail = this.length - end;
    kept.forEach((index, at) => {
      this.steps[at] = this.steps[index];
      this.values[at] = this.values[index];
    });
    this.steps.copyWithin(kept.length, end, end + tail);
    this.values.copyWithin(kept.length, end, end + tail);
    this.rawFrom = kept.length;
    this.length = kept.length + tail;
  }
}

/** The indices below `end` that their bucket keeps, in order. */
function extremes(steps, values, end, bucket) {
  const kept = [];
  for (let from = 0; from < end; ) {
    const name = Math.floor(steps[from] / bucket);
    let low = -1, high = -1, nan = -1, up = -1, down = -1;
    let at = from;
    for (; at < end && Math.floor(steps[at] / bucket) === name; at++) {
      const value = values[at];
      if (value === Infinity) up = up < 0 ? at : up;
      else if (value === -Infinity) down = down < 0 ? at : down;
      else if (value !== value) nan = nan < 0 ? at : nan;
      else {
        if (low < 0 || value < values[low]) low = at;
        if (high < 0 || value > values[high]) high = at;
      }
    }
    const found = [low, high, nan, up, down].filter((index) => index >= 0).sort((a, b) => a - b);
    for (const index of found) if (index !== kept[kept.length - 1]) kept.push(index);
    from = at;
  }
  return kept;
}
