"""An explorer on a real screen: JupyterLab in headless Chromium, asked from here."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from chromium import ARGS, INSTALL, chromium
from lab import ASK, Lab, answer, question, run_all
from playwright.sync_api import Page, sync_playwright


class Screen:
    """One notebook with one explorer on screen."""

    def __init__(self, page: Page) -> None:
        self.page, self.root = page, page.locator("section.jx").first

    def do(self, code: str) -> str:
        """Run code in the kernel and return what it printed."""
        return self.page.evaluate(ASK, code)

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the kernel."""
        return answer(self.do(question(expression)))

    def until(self, expression: str, seconds: float = 120) -> None:
        """Wait until an expression is true in the kernel, asking rarely so as not to disturb."""
        deadline = time.monotonic() + seconds
        while not self.ask(f"bool({expression})"):
            assert time.monotonic() < deadline, f"{expression} did not come true"
            time.sleep(0.5)

    def press(self, command: str) -> None:
        """Press a button of the training row."""
        self.root.locator(f'[data-command="{command}"]').click()


@contextmanager
def screen(*cells: str, script: str = "", seconds: float = 90) -> Iterator[Screen]:
    """Open a notebook of these cells, run them, and wait until an explorer is shown.

    Args:
      cells: of the notebook.
      script: JavaScript that runs in the page before anything else.
      seconds: how long the cells may take.
    """
    folder = Path(tempfile.mkdtemp())
    path = chromium()
    assert path is not None, INSTALL
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGS)
            page = browser.new_page(viewport={"width": 1500, "height": 1200})
            page.add_init_script(script)
            lab.open_notebook(page, lab.write("bench.ipynb", cells))
            run_all(page, seconds)
            shown = Screen(page)
            shown.root.wait_for(timeout=60_000)
            yield shown
            browser.close()
    finally:
        lab.close()
        shutil.rmtree(folder, ignore_errors=True)
