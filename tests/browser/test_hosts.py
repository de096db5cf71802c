"""Every view in every kind of host: JupyterLab, a page, a shadow root, a sandboxed iframe."""

from __future__ import annotations

import json
import shutil
from html import escape
from pathlib import Path

import pytest
import sample
from lab import run_all
from pages import packed, page_of
from playwright.sync_api import FrameLocator, Locator, expect

pytestmark = pytest.mark.browser

# An anywidget-like host that only holds values, inside a shadow root, as MyST does it.
SHADOW = """<!doctype html><html lang=en><meta charset=utf-8><title>t</title><body><div id=host></div>
<script type=module>
import widget from "./explorer.js";
const values = __VALUES__;
const refuse = () => { throw new Error("this host cannot do that"); };
const model = { get: (name) => values[name], set: refuse, on: refuse, off: refuse, send: refuse, save_changes: refuse,
                get widget_manager() { return refuse(); } };
const root = document.getElementById("host").attachShadow({ mode: "open" });
const el = document.createElement("div");
root.append(el);
window.cleanup = await widget.render({ model, el });
</script>"""


def see_linked_panes(root: Locator | FrameLocator) -> None:
    """Assert that the panes are linked, and that the cost and what stands out lead to their line."""
    pane = lambda stage: root.locator(f'.jx-code-pane[data-stage="{stage}"]')  # noqa: E731
    expect(pane("jaxpr").locator(".cm-content")).to_contain_text("dot_general")
    pane("jaxpr").locator(".cm-line", has_text="dot_general").hover()
    expect(pane("source").locator(".jx-span")).to_have_text("x @ w")
    expect(root.locator(".jx-bar-counts")).to_contain_text("1 in HLO")
    expect(root.locator(".jx-findings")).to_contain_text("return x @ w does all of the arithmetic.")
    root.locator(".jx-findings").get_by_role("button", name="net.py:2:12").click()
    expect(pane("hlo").locator(".jx-kin")).to_contain_text("dot_general")
    expect(pane("hlo").locator(".jx-heat-mark").last).to_have_text("100 %")
    expect(root.get_by_role("table", name="Your lines").locator("[aria-selected=true]")).to_contain_text("return x @ w")


def see_every_view(root: Locator | FrameLocator, live: bool) -> None:
    """Assert that each view holds what the sample's records say."""
    see = lambda where, what: expect(root.locator(where).first).to_contain_text(what)  # noqa: E731
    see(".jx-head", "Neural network on MNIST")
    see(".jx-head", "jax 0.10.2")
    see(".jx-head", "Connected" if live else "Saved page")
    see(".jx-transport", "step 420 of 1,000")
    see(".jx-runs", "adam")
    expect(root.locator(".jx-chart canvas")).to_be_visible()
    see(".jx-compact", "output/b")
    root.get_by_text("Model and data").click()
    see(".jx-layers", "256 × 10")
    expect(root.locator(".jx-images canvas")).to_have_count(10)
    root.get_by_role("tab", name="Gradients").click()
    root.get_by_role("button", name="hidden/w").click()
    expect(root.locator(".jx-gradients")).to_contain_text("28 × 28")
    root.get_by_role("tab", name="Compile").click()
    see_linked_panes(root)
    if live:
        expect(root.get_by_role("textbox", name="Learning rate")).to_have_value("0.001")
    else:
        see(".jx-chosen-list", "0.001")
        expect(root.get_by_role("button", name="Start")).to_have_count(0)
    root.get_by_role("tab", name="Learn").click()
    expect(root.locator(".jx-chart canvas")).to_be_visible()


def test_a_page(page, site, watch):
    page.goto(site.add("page.html", page_of(sample.everything())))
    see_every_view(page.locator("body"), live=False)
    in_head = page.evaluate("[...document.head.querySelectorAll('style')].map((style) => style.textContent)")
    assert not [text for text in in_head if ".jx" in text]
    watch.clean()


def test_a_shadow_root_of_a_host_that_can_do_nothing(page, site, watch):
    values = {
        "records": {key: packed(record) for key, record in sample.everything().items()},
        "arrangement": {"kind": "explorer"},
        "ui": {},
    }
    page.goto(site.add("shadow.html", SHADOW.replace("__VALUES__", json.dumps(values))))
    see_every_view(page.locator("#host"), live=False)
    page.evaluate("window.cleanup()")
    expect(page.locator(".jx")).to_have_count(0)
    watch.clean()


def test_a_sandboxed_iframe(page, site, watch):
    inner = escape(page_of(sample.everything()))
    frame = f'<iframe sandbox="allow-scripts" style="width:1200px;height:850px" srcdoc="{inner}"></iframe>'
    page.goto(site.add("frame.html", f"<!doctype html><title>t</title>{frame}"))
    see_every_view(page.frame_locator("iframe"), live=False)
    watch.clean()


def test_arrangements_hold_what_they_name(page, site, watch):
    page.goto(site.add("run.html", page_of(sample.everything(), "run")))
    expect(page.get_by_role("tab")).to_have_text(["Learn", "Gradients"])
    expect(page.locator(".jx-controls")).to_have_count(0)
    page.goto(site.add("inspection.html", page_of(sample.everything(), "inspection")))
    expect(page.locator('.jx-code-pane[data-stage="jaxpr"] .cm-content')).to_contain_text("dot_general")
    expect(page.locator(".jx-transport")).to_have_count(0)
    watch.clean()


def test_a_page_without_some_records_says_what_is_missing(page, site, watch):
    page.goto(site.add("empty.html", page_of({})))
    body = page.locator("body")
    expect(body).to_contain_text("This page was saved without its model.")
    expect(body).to_contain_text("This page was saved without its data.")
    expect(body).to_contain_text("This page was saved without its choices.")
    watch.clean()


def test_a_record_that_cannot_be_read_is_said_and_the_rest_is_shown(page, site, watch):
    text = page_of(sample.everything()).replace(packed(sample.everything()["model"]), "bm8=")
    page.goto(site.add("broken.html", text))
    expect(page.get_by_role("alert").first).to_contain_text("“model” in this page cannot be read")
    expect(page.locator(".jx-runs")).to_contain_text("adam")
    watch.clean()


CELLS = [
    "from explorer.views.panel import Panel\nimport sample\n"
    "panel = Panel()\nheard = []\n"
    "def on_command(name, args):\n"
    "    heard.append((name, args))\n"
    "    if name == 'reset': raise ValueError('nothing to reset')\n"
    "    if name == 'script': panel.put('script', records['script'])\n"
    "panel.on_command(on_command)\n"
    "records = sample.everything()\n"
    "class Stream:\n"
    "    def since(self, cursor, limit):\n"
    "        return (records['frame/1'], 1) if cursor is None else (None, 1)\n"
    "panel.add_stream(Stream())\n"
    "for key, record in records.items():\n"
    "    if record.kind != 'frame': panel.put(key, record)\n"
    "panel",
]


@pytest.fixture
def notebook(lab, page):
    """A notebook with a live panel that shows the sample."""
    shutil.copy(Path(sample.__file__), lab.root / "sample.py")
    lab.open_notebook(page, lab.write("panel.ipynb", CELLS))
    run_all(page)
    return page.locator(".jp-OutputArea .jx")


def test_jupyterlab(notebook, page, watch):
    expect(notebook).to_have_count(1)
    page.set_viewport_size({"width": 1700, "height": 1000})  # beside the file browser, panes need the room
    see_every_view(notebook, live=True)
    watch.clean()


def test_jupyterlab_commands_and_what_they_raise(notebook, page, watch):
    notebook.get_by_role("button", name="Resume").click()
    notebook.get_by_role("button", name="Reset").click()
    expect(notebook.get_by_role("alert")).to_contain_text("nothing to reset")
    notebook.get_by_role("button", name="Dismiss").click()
    expect(notebook.get_by_role("alert").filter(has_text="nothing to reset")).to_have_count(0)
    notebook.get_by_role("button", name="Copy as plain JAX").click()
    expect(notebook.get_by_role("dialog")).to_contain_text("print(jax.devices())")
    page.keyboard.press("Escape")
    expect(notebook.get_by_role("dialog")).to_have_count(0)
    watch.clean()


def test_jupyterlab_keys_stay_inside(notebook, page, watch):
    cells = page.locator(".jp-Cell").count()
    notebook.locator(".jx-transport").click(position={"x": 5, "y": 5})
    for key in ("b", "a", "d", "d", ".", "r"):  # a, b and dd are the notebook's: cell above, below, delete
        page.keyboard.press(key)
    expect(notebook.get_by_role("alert")).to_contain_text("nothing to reset")
    page.keyboard.press("?")
    expect(notebook.get_by_role("dialog")).to_contain_text("Take one step")
    page.keyboard.press("Escape")
    assert page.locator(".jp-Cell").count() == cells
    watch.clean()


def test_jupyterlab_a_restarted_kernel_is_seen(notebook, page):
    expect(notebook.locator(".jx-head")).to_contain_text("Connected")
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.sessionContext.restartKernel() }")
    expect(notebook.locator(".jx-strip")).to_contain_text("No longer connected: run the cell again.")
    expect(notebook.get_by_role("button", name="Resume")).to_be_disabled()
    expect(notebook.get_by_role("textbox", name="Learning rate")).to_be_disabled()
    expect(notebook.locator(".jx-runs")).to_contain_text("adam")


def test_jupyterlab_a_killed_kernel_is_seen(lab, page):
    kill = "import os, threading\nthreading.Timer(1.5, lambda: os.kill(os.getpid(), 9)).start()"
    lab.open_notebook(page, lab.write("killed.ipynb", [*CELLS, kill]))
    run_all(page)
    strip = page.locator(".jx .jx-strip")
    expect(strip).to_contain_text("No longer connected: run the cell again.", timeout=30_000)


def test_jupyterlab_a_reload_shows_everything_again(notebook, page, lab):
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")
    page.reload()
    again = page.locator(".jp-OutputArea .jx")
    expect(again.locator(".jx-transport")).to_contain_text("step 420 of 1,000", timeout=40_000)
    expect(again.locator(".jx-compact")).to_contain_text("output/b")
