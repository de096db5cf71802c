"""The live host against a kernel that the test plays: what it says, and what it does when something is lost."""

from __future__ import annotations

import base64
import json

import pytest
import sample
from playwright.sync_api import Page, expect

from explorer.records import Record, encode, parts

pytestmark = pytest.mark.browser

PAGE = """<!doctype html><html lang=en><meta charset=utf-8><title>t</title><body><div id=here></div>
<script type=module>
import widget from "./explorer.js";
const traits = { records: {}, arrangement: { kind: "explorer" }, ui: {} };
const listeners = {};
window.said = [];
window.model = {
  get: (name) => traits[name],
  set: (name, value) => { traits[name] = value; (listeners[`change:${name}`] ?? []).forEach((fn) => fn()); },
  save_changes() {},
  on: (event, fn) => (listeners[event] ??= []).push(fn),
  off: (event, fn) => { listeners[event] = (listeners[event] ?? []).filter((each) => each !== fn); },
  send: (message) => said.push(message),
};
window.tell = (content, buffers) => (listeners["msg:custom"] ?? []).forEach((fn) =>
  fn(content, buffers.map((text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer))));
window.cleanup = widget.render({ model, el: document.getElementById("here") });
</script>"""


class Kernel:
    """Speaks to the one view of a page."""

    def __init__(self, page: Page, site) -> None:
        self.page = page
        page.goto(site.add("live.html", PAGE))
        page.wait_for_function("() => window.said?.length")
        self.view = self.said()[0]["view"]

    def said(self, kind: str | None = None) -> list[dict]:
        """What the view has said, of one type if named."""
        return [m for m in self.page.evaluate("() => window.said") if kind in (None, m["type"])]

    def batch(self, seq: int, items=(), *, probe: bool = False, to: str | None = None) -> None:
        """Send a batch of (key, part, of, bytes)."""
        content = {
            "type": "batch",
            "to": to or self.view,
            "seq": seq,
            "probe": probe,
            "items": [{"key": key, "part": part, "of": of} for key, part, of, _ in items],
        }
        buffers = [base64.b64encode(raw).decode() for *_, raw in items]
        self.page.evaluate("([content, buffers]) => window.tell(content, buffers)", [content, buffers])

    def put(self, seq: int, **records: Record) -> None:
        """Send whole records."""
        self.batch(seq, [(key, 0, 1, encode(record)) for key, record in records.items()])

    def hears(self, kind: str, count: int = 1) -> dict:
        """Wait until the view has said something so many times; return the last."""
        test = "([kind, count]) => window.said.filter((m) => m.type === kind).length >= count"
        self.page.wait_for_function(test, arg=[kind, count])
        return self.said(kind)[-1]


@pytest.fixture
def kernel(page, site):
    return Kernel(page, site)


def test_ready_then_an_acknowledgement_after_each_drawing(kernel, page, watch):
    assert kernel.said() == [{"type": "ready", "view": kernel.view}]
    kernel.put(1, status=sample.status(step=7))
    expect(page.locator(".jx-transport")).to_contain_text("step 7 of 1,000")
    assert kernel.hears("ack") == {"type": "ack", "view": kernel.view, "seq": 1, "hidden": False}
    kernel.batch(2)
    assert kernel.hears("ack", 2)["seq"] == 2, "an empty batch is answered too"
    watch.clean()


def test_batches_for_another_view_are_left_alone(kernel, page):
    kernel.put(1, status=sample.status(step=7))
    kernel.hears("ack")
    raw = encode(sample.status(step=9))
    kernel.batch(2, [("status", 0, 1, raw)], to="someone else")
    page.wait_for_timeout(100)
    expect(page.locator(".jx-transport")).to_contain_text("step 7 of 1,000")
    assert len(kernel.said("ack")) == 1


def test_a_lost_batch_is_noticed_and_everything_is_asked_for(kernel, page):
    kernel.put(1, status=sample.status(step=1))
    kernel.hears("ack")
    kernel.put(3, status=sample.status(step=3))
    kernel.hears("ready", 2)
    kernel.put(4, status=sample.status(step=4))
    page.wait_for_timeout(100)
    expect(page.locator(".jx-transport")).to_contain_text("step 1 of 1,000")
    kernel.put(1, status=sample.status(step=5))
    expect(page.locator(".jx-transport")).to_contain_text("step 5 of 1,000")
    assert kernel.hears("ack", 2)["seq"] == 1


def test_a_probe_finds_a_lost_batch_and_a_lost_acknowledgement(kernel):
    kernel.put(1, status=sample.status(step=1))
    kernel.hears("ack")
    kernel.batch(1, probe=True)
    assert kernel.hears("ack", 2)["seq"] == 1, "it had drawn it: the acknowledgement was lost"
    assert len(kernel.said("ready")) == 1
    kernel.batch(2, probe=True)
    kernel.hears("ready", 2)


def test_parts_are_put_together(kernel, page):
    text = "x = 1\n" * 400_000
    record = Record("script", {"run": "1", "name": "s.py"}, {"text": text})
    pieces = list(parts(encode(record)))
    assert len(pieces) == 3
    kernel.put(1, status=sample.status())
    page.get_by_role("button", name="Copy as plain JAX").click()
    assert kernel.hears("command")["name"] == "script"
    for index, count, raw in pieces:
        kernel.batch(2 + index, [("script", index, count, raw)])
    shown = page.locator("dialog pre")
    expect(shown).to_be_visible()
    assert shown.evaluate("(pre) => pre.textContent") == text


def test_a_script_that_nobody_asked_for_opens_nothing(kernel, page):
    kernel.put(1, script=sample.everything()["script"], page=Record("page", {"name": "p.html"}, {"html": "x"}))
    kernel.hears("ack")
    expect(page.locator("dialog")).to_have_count(0)


def test_a_page_asked_for_is_saved_as_a_file(kernel, page, tmp_path):
    kernel.put(1, status=sample.status())
    page.get_by_role("button", name="Save as a page").click()
    assert kernel.hears("command")["name"] == "save_page"
    with page.expect_download() as download:
        kernel.put(2, page=Record("page", {"name": "run.html"}, {"html": "<p>α"}))
    assert download.value.suggested_filename == "run.html"
    download.value.save_as(tmp_path / "run.html")
    assert (tmp_path / "run.html").read_text(encoding="utf-8") == "<p>α"


def test_a_dropped_record_is_gone_from_the_screen(kernel, page):
    notice = Record("notice", {"level": "info", "title": "Here", "text": "", "where": None, "detail": None})
    kernel.batch(1, [("notice/1", 0, 1, encode(notice))])
    expect(page.locator(".jx-notices")).to_contain_text("Here")
    kernel.batch(2, [("notice/1", 0, 0, b"")])
    expect(page.locator(".jx-notice")).to_have_count(0)


def test_what_is_typed_goes_out_as_typed_and_the_problem_stands_beside_it(kernel, page):
    kernel.put(1, form=sample.form(), status=sample.status(status="ready"))
    rate = page.get_by_role("textbox", name="Learning rate")
    rate.fill("fast")
    rate.press("Enter")
    assert kernel.hears("command")["args"] == {"field": "learning_rate", "value": "fast"}
    said = "Learning rate must be a number above 0; you gave 'fast'."
    kernel.put(2, form=sample.form(learning_rate={"problem": said}))
    expect(page.locator("[data-field=learning_rate]")).to_contain_text(said)
    expect(rate).to_have_value("fast")
    expect(rate).to_have_attribute("aria-invalid", "true")
    rate.fill("0.01")
    rate.press("Enter")
    kernel.put(3, form=sample.form(learning_rate={"value": 0.01}))
    expect(rate).to_have_value("0.01")
    expect(rate).to_have_attribute("aria-invalid", "false")
    assert len(kernel.said("command")) == 2, "leaving the field sends nothing more"


def test_a_record_does_not_overwrite_what_is_being_typed(kernel, page):
    kernel.put(1, form=sample.form())
    rate = page.get_by_role("textbox", name="Learning rate")
    rate.fill("0.5")
    kernel.put(2, form=sample.form(batch_size={"value": 64}))
    expect(page.get_by_role("textbox", name="Batch size")).to_have_value("64")
    expect(rate).to_have_value("0.5")


def test_the_picker_shows_the_common_ones_then_all_and_why_one_does_not_fit(kernel, page):
    kernel.put(1, form=sample.form())
    picker = page.get_by_role("combobox", name="Optimizer")
    picker.click()
    options = page.get_by_role("listbox", name="Optimizer").get_by_role("option")
    expect(options).to_have_count(5)
    expect(options.nth(3)).to_contain_text("Does not fit: its line search needs the whole data as one batch")
    options.nth(3).click(force=True)
    assert kernel.said("command") == [], "one that does not fit cannot be taken"
    page.get_by_text("All 46").click()
    expect(options).to_have_count(46)
    page.keyboard.type("other_4")
    expect(options).to_have_count(3)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert kernel.hears("command")["args"] == {"field": "optimizer", "value": "other_40"}
    expect(picker).to_be_focused()


def test_the_slider_is_logarithmic_and_sends_while_it_moves(kernel, page):
    kernel.put(1, form=sample.form(), status=sample.status(status="running", can=["pause"]))
    slider = page.get_by_role("slider", name="Learning rate, logarithmic")
    box = slider.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    value = float(kernel.hears("command")["args"]["value"])
    assert 10**-2.8 < value < 10**-2.2, "half way between 1e-6 and 10 lies 10**-2.5"
    slider.press("ArrowRight")
    kernel.hears("command", 2)


def test_a_kernel_that_does_not_answer_is_spoken_of(kernel, page):
    kernel.put(1, status=sample.status())
    kernel.hears("ack")
    page.get_by_role("button", name="Resume").click()
    strip = page.locator(".jx-strip")
    expect(strip).to_contain_text("No answer from the kernel yet", timeout=8000)
    kernel.batch(2)
    expect(strip).to_be_hidden()


def test_a_closed_explorer_says_so_and_its_buttons_end(kernel, page):
    kernel.put(1, status=sample.status(), form=sample.form())
    page.evaluate("() => window.tell({ type: 'closed' }, [])")
    expect(page.locator(".jx-strip")).to_contain_text("Run the cell again")
    expect(page.get_by_role("button", name="Resume")).to_be_disabled()
    expect(page.get_by_role("combobox", name="Optimizer")).to_be_disabled()


def test_hiding_and_showing_the_tab_is_told(kernel, page):
    kernel.put(1, status=sample.status())
    kernel.hears("ack")
    change = """(hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(change, True)
    assert kernel.hears("ack", 2)["hidden"] is True
    page.evaluate(change, False)
    assert kernel.hears("ack", 3) == {"type": "ack", "view": kernel.view, "seq": 1, "hidden": False}


def test_a_problem_offers_the_way_back(kernel, page):
    problem = {
        "title": "The loss is no longer finite",
        "text": "Step 12 made a NaN.",
        "where": "net.py:3",
        "detail": None,
        "can_go_back": True,
    }
    kernel.put(1, status=sample.status(status="diverged", step=12, can=["go_back", "reset"], problem=problem))
    alert = page.get_by_role("alert").filter(has_text="no longer finite")
    expect(alert).to_contain_text("net.py:3")
    alert.get_by_role("button", name="Go back to the last good state").click()
    assert kernel.hears("command")["name"] == "go_back"


def test_leaving_says_bye(kernel, page):
    page.evaluate("() => window.cleanup()")
    assert kernel.hears("bye")["view"] == kernel.view
    assert page.evaluate("() => document.getElementById('here').children.length") == 0


def test_the_state_of_the_browser_is_one_trait(kernel, page):
    kernel.put(1, frame=sample.curve(), runs=sample.runs("adam"))
    page.get_by_role("radio", name="log").click()
    page.get_by_role("tab", name="Gradients").click()
    ui = page.evaluate("() => window.model.get('ui')")
    assert json.dumps(ui, sort_keys=True) == '{"scale": "log", "tab": "gradients"}'
