"""Makes the pictures that stand in the texts. Run: python tests/notebooks/pictures.py [NAME ...]

A JupyterLab of its own runs a cell of a notebook, a headless Chromium uses the widget as a reader would, and its
screenshot goes to notebooks/images. Tests do not run this: what is on screen they look at themselves.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from execution import FOLDER
from playwright.sync_api import Locator, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "browser"))
from chromium import ARGS, INSTALL, chromium
from lab import Lab, wait_idle

RUN_FIRST = """() => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = notebook.widgets.findIndex((cell) => cell.model.type === "code");
  window.jupyterapp.commands.execute("notebook:run-cell");
  window.jupyterapp.commands.execute("application:toggle-left-area");
}"""


def trained(root: Locator) -> None:
    """Train the network to the end."""
    root.locator('[data-command="start"]').click()
    root.locator(".jx-status-word", has_text="Finished").wait_for(timeout=120_000)


def pointed_at(root: Locator) -> None:
    """Keep a line of the Python, with its relatives in the three stages that matter most on a page's width."""
    for stage, wanted in {"source": 1, "jaxpr": 1, "stablehlo": 0, "hlo_before": 0, "hlo": 1}.items():
        button = root.locator(f'.jx-stage[data-stage="{stage}"]')
        button.wait_for()
        if (button.get_attribute("aria-pressed") == "true") != bool(wanted):
            button.click()
    source = root.locator('.jx-code-pane[data-stage="source"]')
    source.locator(".cm-line", has_text="hidden =").get_by_text("gelu", exact=True).click()
    root.locator('.jx-code-pane[data-stage="hlo"] .jx-kin').first.wait_for()
    root.page.keyboard.press("n")  # to the first of them in the jaxpr


def fused(root: Locator) -> None:
    """Let the slider stand at the pass that fuses."""
    root.get_by_role("button", name="Show the passes").click()
    root.locator(".jx-passes-item", has_text="fusion").first.click()
    root.locator(".jx-passes-item[aria-selected=true]", has_text="fusion").wait_for()


# The notebook, what is done with the widget, how wide the browser is, and the first and the last part that are shown.
PICTURES: dict[str, tuple[str, Callable[[Locator], None], int, tuple[str, str]]] = {
    "explorer": ("01_quickstart.ipynb", trained, 1400, ("", "")),
    "linked-panes": ("02_follow_your_function.ipynb", pointed_at, 1600, (".jx-findings", ".jx-sources")),
    "passes": ("03_inside_xla.ipynb", fused, 1400, (".jx-passes", ".jx-passes")),
}


def make(name: str, lab: Lab, page: Page) -> Path:
    """Make a picture; returns its path."""
    notebook, act, width, shown = PICTURES[name]
    page.set_viewport_size({"width": width, "height": 4000})
    lab.open_notebook(page, notebook)
    page.evaluate(RUN_FIRST)
    root = page.locator("section.jx").first
    root.wait_for(timeout=90_000)
    wait_idle(page)
    act(root)
    root.evaluate("(element) => element.scrollIntoView()")
    page.wait_for_timeout(1_000)  # what scrolls or is drawn comes to rest
    path = FOLDER / "images" / f"{name}.png"
    boxes = [root.locator(part).bounding_box() if part else root.bounding_box() for part in ("", *shown)]
    whole, top, end = [box for box in boxes if box is not None]
    page.screenshot(path=path, clip={**whole, "y": top["y"], "height": end["y"] + end["height"] - top["y"]})
    return path


def main(names: list[str]) -> None:
    """Make the pictures of these names, such as "passes"; all, where there is none."""
    executable = chromium()
    if executable is None:
        raise SystemExit(INSTALL)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab(Path(folder))
        try:
            shutil.copytree(FOLDER, lab.root, dirs_exist_ok=True)
            browser = playwright.chromium.launch(executable_path=executable, args=ARGS)
            for name in names or PICTURES:
                path = make(name, lab, browser.new_page())
                print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
            browser.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main(sys.argv[1:])
