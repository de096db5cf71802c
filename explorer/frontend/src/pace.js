/** Figures that people read need not change at every frame; only the curve does. */

/**
 * Calls `act` at once, then at most every `ms`; the last call is never lost.
 * @param {() => void} act
 * @param {number} ms
 */
export function paced(act, ms) {
  let last = -Infinity;
  let timer = 0;
  const run = () => {
    timer = 0;
    last = performance.now();
    act();
  };
  const call = () => {
    if (timer) return;
    const wait = last + ms - performance.now();
    if (wait <= 0) run();
    else timer = window.setTimeout(run, wait);
  };
  call.stop = () => clearTimeout(timer);
  return call;
}
