/** Asks a Web Worker for layouts; the newest question is answered. */
import source from "./graph-worker.js?worker";

/** @typedef {{id: string, x: number, y: number, width: number, height: number}} Place middle and size, in px */
/** @typedef {{width: number, height: number, boxes: Place[], groups: Place[], edges: {from: string, to: string, points: {x: number, y: number}[]}[]}} Laid */

/** @param {(laid: Laid) => void} done @param {(problem: string) => void} failed */
export function layouts(done, failed) {
  /** @type {Worker | null} */
  let worker = null;
  let number = 0;

  function start() {
    // The front end is one file, so the worker's code is text in it; a page opened from a disk may make a worker of it too.
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(address);
    URL.revokeObjectURL(address);
    worker.onmessage = ({ data }) => {
      if (data.number !== number) return;
      if (data.laid) done(data.laid);
      else failed(data.problem);
    };
    worker.onerror = (event) => failed(event.message || "This page does not allow a Web Worker.");
  }

  return {
    /** Starts it before there is anything to lay out: a worker takes as long to start as a picture to be laid out. */
    warm() {
      try {
        if (!worker) start();
      } catch {
        // a page that allows no worker is told so when there is a graph
      }
    },
    /** @param {Omit<import("./graph-worker.js").Wanted, "number">} wanted */
    ask(wanted) {
      number += 1;
      try {
        if (!worker) start();
        worker?.postMessage({ ...wanted, number });
      } catch (error) {
        failed(String(error));
      }
    },
    destroy() {
      worker?.terminate();
      worker = null;
    },
  };
}
