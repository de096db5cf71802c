"""What starting and stopping leaves behind. Run: python tests/benchmarks/leftovers.py

A run is started and stopped 200 times inside one open explorer that a view listens to, without a browser; then
explorers are opened, run and closed. Threads, widgets and comms before and after must be equal.
"""

from __future__ import annotations

import argparse
import gc
import sys
import threading
import time

import comm
import ipywidgets.widgets.widget as widgets

import explorer
from explorer.views.panel import Panel


def there() -> dict[str, list[str]]:
    """Return the names of the threads, and the ids of the widgets and comms, that are there now."""
    return {
        "threads": sorted(t.name for t in threading.enumerate()),
        "widgets": sorted(widgets._instances),
        "comms": sorted(comm.get_comm_manager().comms),
    }


def at_rest(before: dict[str, list[str]], seconds: float = 10) -> dict[str, list[str]]:
    """Return what is there once it is no more than before, or once threads have had time to end."""
    end = time.monotonic() + seconds
    while (now := there()) != before and time.monotonic() < end:
        gc.collect()
        time.sleep(0.1)
    return now


def view(panel: Panel) -> None:
    """Listen to a panel as a browser would that has drawn everything it was sent."""
    panel._handle_custom_msg({"type": "ready", "view": "v"}, [])

    def drawn() -> None:
        while panel.comm is not None:
            panel._handle_custom_msg({"type": "ack", "view": "v", "seq": 1 << 30}, [])
            time.sleep(0.04)

    threading.Thread(target=drawn, name="view", daemon=True).start()


def press(app: explorer.Explorer, name: str, wanted: str) -> None:
    """Press a button, and wait for the status that it leads to."""
    app.panel._handle_custom_msg({"type": "command", "view": "v", "name": name, "args": {}}, [])
    end = time.monotonic() + 60
    while app.run.status != wanted:
        assert time.monotonic() < end, f"{name} led to {app.run.status}, not {wanted}"
        time.sleep(0.002)


def inside_one(times: int) -> tuple[dict[str, list[str]], dict[str, list[str]], int]:
    """Start and stop in one explorer; return what was there before, what is there after, and the runs shown."""
    app = explorer.Explorer(model="linear-regression", steps=10_000_000)
    view(app.panel)
    before: dict[str, list[str]] = {}
    for index in range(times + 1):
        press(app, "start", "running")
        while index % 2 and not app.run.step_count:  # every other one is stopped while it compiles
            time.sleep(0.002)
        press(app, "stop", "stopped")
        if not index:  # the first start makes what stays as long as the explorer is open
            time.sleep(5)
            before = there()
    after, shown = at_rest(before), len(app.runs)
    app.close()
    return before, after, shown


def opened(times: int) -> None:
    """Open an explorer, train, close it."""
    for _ in range(times):
        app = explorer.Explorer(model="linear-regression", steps=50)
        view(app.panel)
        press(app, "start", "running")
        app.run.wait()
        app.close()


def main() -> int:
    """Print what was left over; returns 1 when anything was."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=200)
    times = parser.parse_args().times
    opened(1)
    time.sleep(5)
    nothing = there()
    started = time.perf_counter()
    before, after, shown = inside_one(times)
    print(
        f"{times} times start and stop in one explorer, {time.perf_counter() - started:.0f} s; {shown} runs are shown"
    )
    left = report(before, after)
    opened(20)
    print("after closing that explorer and 20 more")
    left += report(nothing, at_rest(nothing))
    return 1 if left else 0


def report(before: dict[str, list[str]], after: dict[str, list[str]]) -> int:
    """Print each count before and after; return how many kinds differ."""
    for kind in before:
        more = [name for name in after[kind] if name not in before[kind]]
        verdict = "equal" if before[kind] == after[kind] else f"not equal: {more[:8]}"
        print(f"  {kind:8} {len(before[kind]):3} before, {len(after[kind]):3} after: {verdict}")
    return sum(before[kind] != after[kind] for kind in before)


if __name__ == "__main__":
    sys.exit(main())
