"""The second notebook as a person uses it: all of it run in a real JupyterLab, and a line followed.

Screenshots of its panels are left in artifacts/.
"""

import shutil
from pathlib import Path

import pytest
from lab import run_all
from page_watch import Watch
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"
# What the reader sees, in the order of the cells, and words that are in it.
PANELS = (
    ("What jit made of loss", "hidden = jax.nn.gelu"),
    ("What jit made of jit of grad of loss", "grad"),
    ("What jit made of loss", "Compared with your last look"),
    ("What was traced and compiled, and why", "Define it once with def"),
    ("Where length stops being finite", "slope of the square root"),
    ("What is wrong with your program", "The parameters start over at every step"),
)


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """The page of the notebook, all of whose cells were run, and what it did wrong."""
    shutil.copytree(ROOT / "notebooks", lab.root, dirs_exist_ok=True)
    # So tall that JupyterLab keeps every cell in the page.
    context = browser.new_context(viewport={"width": 1500, "height": 12_000})
    context.set_default_timeout(15_000)
    watch = Watch(context)
    page = context.new_page()
    lab.open_notebook(page, "02_follow_your_function.ipynb")
    run_all(page, 120)
    yield page, watch
    context.close()


def test_every_panel_is_there_and_says_what_it_is_for(notebook):
    page, _ = notebook
    ARTIFACTS.mkdir(exist_ok=True)
    shown = page.locator("section.jx")
    expect(shown).to_have_count(len(PANELS))
    for n, (title, said) in enumerate(PANELS):
        expect(shown.nth(n)).to_contain_text(title)
        expect(shown.nth(n)).to_contain_text(said)
        shown.nth(n).screenshot(path=ARTIFACTS / f"02-{n + 1}.png")
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0


def test_pointing_at_a_line_of_python_lights_the_lines_that_run(notebook):
    page, _ = notebook
    root = page.locator("section.jx").first
    root.locator('.jx-stage[data-stage="hlo"]').click()
    runs = root.locator('.jx-code-pane[data-stage="hlo"]')
    runs.locator(".cm-line", has_text="HloModule").wait_for()
    source = root.locator('.jx-code-pane[data-stage="source"]')
    name = source.locator(".cm-line", has_text="hidden =").get_by_text("gelu", exact=True)
    name.click()  # which brings what came of it into sight, and keeps it
    lit = runs.locator(".cm-line.jx-related")
    expect(lit.first).to_be_visible()
    page.keyboard.press("Escape")
    source.locator(".cm-line", has_text="def f32").hover()
    expect(lit).to_have_count(0)
    name.hover()
    expect(lit.first).to_be_visible()
    expect(root.locator(".jx-bar-counts")).to_contain_text("in HLO")


def test_nothing_was_logged_and_nothing_was_asked_of_the_network(notebook):
    notebook[1].clean()
