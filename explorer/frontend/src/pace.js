/** Figures that people read need not change at every frame; only the curve does. */

/**
 * Calls `act` at once, then at most every `ms`; the last call is never lost. All that are paced alike act in the same
 * frame, so that the frames between have nothing to lay out.
 * Calls come with the drawing of a frame, and `act` waits for the next of them: every frame of its own would be drawn,
 * laid out and composited once more. Only where no call follows does it come by itself.
 * @param {() => void} act
 * @param {number} ms
 */
export function paced(act, ms) {
  let last = -Infinity;
  let timer = 0;
  const run = () => {
    clearTimeout(timer);
    timer = 0;
    last = Math.floor(performance.now() / ms) * ms;
    act();
  };
  const call = () => {
    const wait = last + ms - performance.now();
    if (wait <= 0) run();
    else timer ||= window.setTimeout(run, wait + ms / 2);
  };
  call.stop = () => clearTimeout(timer);
  return call;
}
