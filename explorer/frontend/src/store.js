/** The latest record of each key, and the curves that frames append to; tells who asks, once per animation frame. */
import { Series } from "./series.js";

/** @typedef {import("./records.js").Rec} Rec */

export class Store {
  constructor() {
    /** @type {Map<string, any>} */
    this.values = new Map();
    /** @type {Map<string, {series: Map<string, Series>, events: any[]}>} */
    this.curves = new Map();
    /** @type {Map<string, Set<(key: string) => void>>} */
    this.listeners = new Map();
    this.changed = new Set();
    this.drawn = [];
    this.frame = 0;
    this.values.set("series", this.curves);
  }

  /** @param {string} key */
  get(key) {
    return this.values.get(key);
  }

  /** The keys that start with `prefix`. @param {string} prefix */
  keys(prefix) {
    return [...this.values.keys()].filter((key) => key.startsWith(prefix));
  }

  /**
   * @param {string} key a key, or a prefix that ends in "/"
   * @param {(key: string) => void} listener
   * @returns {() => void} off
   */
  on(key, listener) {
    if (!this.listeners.has(key)) this.listeners.set(key, new Set());
    this.listeners.get(key).add(listener);
    return () => this.listeners.get(key).delete(listener);
  }

  /** @param {string} key @param {Rec} record a frame is appended, others replace */
  put(key, record) {
    if (record.kind === "frame") return this.append(record);
    if (record.kind === "runs") this.forget(record);
    this.set(key, record);
  }

  /** A value that is no record: "ui", "connection". */
  set(key, value) {
    this.values.set(key, value);
    this.mark(key);
  }

  drop(key) {
    this.values.delete(key);
    this.mark(key);
  }

  clear() {
    for (const [key, value] of this.values) if (value?.kind) this.drop(key);
    this.curves.clear();
    this.mark("series");
  }

  /** Calls `then` after the next drawing, even when nothing changed. @param {() => void} then */
  afterDrawing(then) {
    this.drawn.push(then);
    this.schedule();
  }

  append({ header, buffers }) {
    let curve = this.curves.get(header.run);
    if (!curve || header.reset) this.curves.set(header.run, (curve = { series: new Map(), events: [] }));
    header.series.forEach(({ name, group }, i) => {
      if (!curve.series.has(name)) curve.series.set(name, new Series(group));
      curve.series.get(name).append(buffers[`${i}/steps`], buffers[`${i}/values`]);
    });
    curve.events.push(...header.events);
    this.mark("series");
  }

  /** Runs that were listed and no longer are, are gone; one not yet listed may have come a moment early. */
  forget(record) {
    const listed = new Set(record.header.runs.map(({ id }) => id));
    for (const { id } of this.values.get("runs")?.header.runs ?? []) if (!listed.has(id)) this.curves.delete(id);
    this.mark("series");
  }

  mark(key) {
    this.changed.add(key);
    this.schedule();
  }

  schedule() {
    this.frame ||= requestAnimationFrame(() => this.flush());
  }

  flush() {
    this.frame = 0;
    const keys = [...this.changed];
    this.changed.clear();
    for (const [wanted, listeners] of this.listeners) {
      const key = keys.find((each) => each === wanted || (wanted.endsWith("/") && each.startsWith(wanted)));
      if (key !== undefined) for (const listener of [...listeners]) this.tell(listener, key);
    }
    for (const then of this.drawn.splice(0)) then();
  }

  /** A view that fails to draw must not take the others with it. */
  tell(listener, key) {
    try {
      listener(key);
    } catch (error) {
      console.error(error);
    }
  }

  close() {
    cancelAnimationFrame(this.frame);
    this.listeners.clear();
  }
}
