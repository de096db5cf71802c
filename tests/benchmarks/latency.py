"""How far the screen is behind the training. Run: python tests/benchmarks/latency.py

Prints, for 784-256-10 at batch 32 in JupyterLab in headless Chromium:
  chunk to pixels    from the end of a compiled call to the paint of its steps; target: median < 100 ms
  frames             a second, while training; target: at least 12
  pause              from the click to the run's stop; target: every one < 150 ms
  end                from the last step to "Finished" on screen; target: < 500 ms
"""

from __future__ import annotations

import argparse
import statistics
import time

from screen import Screen, screen

SETUP = """
import time
import explorer
app = explorer.Explorer(model="neural-network", batch_size=32, steps={steps})
log = []
def note(run):
    return lambda: log.append((run.step_count, run.status, time.time()))
def watch():
    log.clear()
    app.run.subscribe(note(app.run))
watch()
app
"""

# Stamps each number of steps after the frame that shows it was painted.
WATCH = """() => {
  window.painted = [];
  const bar = document.querySelector('section.jx [role="progressbar"]');
  new MutationObserver(() => {
    const step = Number(bar.getAttribute("aria-valuenow"));
    requestAnimationFrame(() => setTimeout(() => {
      window.painted.push([step, (performance.timeOrigin + performance.now()) / 1000]);
    }));
  }).observe(bar, { attributes: true, attributeFilter: ["aria-valuenow"] });
  document.addEventListener("click", () => {
    window.clicked = (performance.timeOrigin + performance.now()) / 1000;
  }, true);
}"""


def _drawn(shown: Screen) -> list[tuple[float, float]]:
    """Return (time painted, seconds after its call ended) of each painted number of steps."""
    ended = {step: at for step, status, at in reversed(shown.ask("[l for l in log]")) if status == "running"}
    return [(at, at - ended[step]) for step, at in shown.page.evaluate("() => window.painted") if step in ended]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--pauses", type=int, default=20)
    given = parser.parse_args()
    with screen(SETUP.format(steps=given.steps)) as shown:
        shown.root.locator('[data-command="start"]:enabled').wait_for()
        time.sleep(5)  # the choices are looked at in the background
        shown.page.evaluate(WATCH)
        shown.press("start")
        shown.until("app.run.step_count > 200")
        shown.do("log.clear()")
        shown.page.evaluate("() => { window.painted = []; }")
        time.sleep(5)
        drawn = _drawn(shown)
        after = sorted(seconds for _, seconds in drawn)
        frames = (len(drawn) - 1) / (drawn[-1][0] - drawn[0][0])
        rate = shown.ask("app.run.steps_per_second")
        print(f"784-256-10, batch 32, training at {rate:,.0f} steps a second with the widget drawing")
        _say("chunk to pixels", statistics.median(after) * 1000, "ms", 100, below=True)
        print(f"  {'':18} 95th percentile {after[int(len(after) * 0.95)] * 1000:.0f} ms over {len(after)} frames")
        _say("frames", frames, "a second", 12, below=False)

        waits = []
        for _ in range(given.pauses):
            shown.do("log.clear()")
            shown.press("pause")
            shown.until("app.run.status == 'paused'")
            stopped = shown.ask("next(at for _, status, at in log if status == 'paused')")
            waits.append(stopped - shown.page.evaluate("() => window.clicked"))
            shown.root.locator('[data-command="resume"]').click()
            shown.until("app.run.status == 'running'")
        _say("pause, worst", max(waits) * 1000, "ms", 150, below=True)
        print(f"  {'':18} median {statistics.median(waits) * 1000:.0f} ms of {len(waits)}")

        shown.until("app.run.status == 'finished'", 300)
        shown.root.get_by_text("Finished").first.wait_for()
        ended = shown.ask("next(at for _, status, at in log if status == 'finished')")
        last = shown.page.evaluate("() => window.painted.at(-1)")
        assert last[0] == given.steps
        _say("end", (last[1] - ended) * 1000, "ms", 500, below=True)


def _say(name: str, value: float, unit: str, target: float, *, below: bool) -> None:
    met = value < target if below else value >= target
    print(f"  {name:18} {value:6.1f} {unit}; target {'<' if below else '>='} {target}: {'met' if met else 'MISSED'}")


if __name__ == "__main__":
    main()
