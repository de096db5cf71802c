"""An explorer on a real screen: JupyterLab in headless Chromium, asked from here."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))

from conftest import ARGS, INSTALL, chromium
from lab import Lab, run_all
from playwright.sync_api import Page, sync_playwright

ASK = """async (code) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  let text = "";
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = (m) => { text += m.content.text ?? (m.content.traceback ?? []).join("\\n"); };
  await future.done;
  return text;
}"""


class Screen:
    """One notebook with one explorer on screen."""

    def __init__(self, page: Page) -> None:
        self.page, self.root = page, page.locator("section.jx").first

    def do(self, code: str) -> str:
        """Run code in the kernel and return what it printed."""
        return self.page.evaluate(ASK, code)

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the kernel."""
        text = self.do(f"import json; print('ANSWER' + json.dumps({expression}))")
        assert "ANSWER" in text, text
        return json.loads(text.split("ANSWER", 1)[1])

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
def screen(*cells: str) -> Iterator[Screen]:
    """Open a notebook of these cells, run them, and wait until an explorer is shown."""
    folder = Path(tempfile.mkdtemp())
    path = chromium()
    assert path is not None, INSTALL
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=ARGS)
            page = browser.new_page(viewport={"width": 1500, "height": 1200})
            lab.open_notebook(page, lab.write("bench.ipynb", cells))
            run_all(page)
            shown = Screen(page)
            shown.root.wait_for(timeout=60_000)
            yield shown
            browser.close()
    finally:
        lab.close()
        shutil.rmtree(folder, ignore_errors=True)
