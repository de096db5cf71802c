"""The quickstart as a person uses it: real digits, a real JupyterLab, a real browser.

One notebook is opened once; the tests go through the widget in the order in which a reader would. Screenshots are
left in artifacts/.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from lab import ASK, answer, question, run_all, wait_idle
from page_watch import Watch

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / "artifacts"


class Widget:
    """The explorer on screen."""

    def __init__(self, page, watch):
        self.page, self.watch = page, watch
        self.root = page.locator("section.jx").first

    def field(self, name):
        """Return a field of the form."""
        return self.root.locator(f'[data-field="{name}"]')

    def pick(self, name, label):
        """Open a picker and choose an option by its label, as a mouse does."""
        self.field(name).locator("button.jx-picker").click()
        option = self.root.locator(".jx-option", has=self.page.get_by_text(label, exact=True))
        more = self.root.locator(".jx-option-all")
        if not option.count() and more.count():
            more.click()
        option.first.click()

    def type(self, name, text):
        """Type into a field and leave it."""
        box = self.field(name).locator("input").first
        box.fill(text)
        box.press("Tab")

    def press(self, command):
        """Press a button of the training row."""
        self.root.locator(f'[data-command="{command}"]').click()

    def wait_status(self, word, seconds=90):
        """Wait until the status reads so."""
        self.root.locator(".jx-status-word", has_text=word).wait_for(timeout=seconds * 1000)

    def step(self):
        """Return the number of steps taken that is on screen."""
        bar = self.root.locator('[role="progressbar"][aria-valuenow]').first
        bar.wait_for()
        return int(bar.get_attribute("aria-valuenow"))

    def wait_step(self, above, seconds=60):
        """Wait until more steps than this were taken."""
        self.page.wait_for_function(
            "([bar, n]) => Number(bar.getAttribute('aria-valuenow')) > n",
            arg=[self.root.locator('[role="progressbar"]').first.element_handle(), above],
            timeout=seconds * 1000,
        )

    def tab(self, name):
        """Open a tab."""
        self.root.get_by_role("tab", name=name).click()

    def shot(self, name):
        """Leave a screenshot of the widget."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.root.screenshot(path=ARTIFACTS / f"{name}.png")

    def column(self, name):
        """Return a column of the current run's history, asked of the kernel itself."""
        return self.ask(f"app.run.history.column({name!r}).tolist()")

    def ask(self, expression):
        """Evaluate an expression in the notebook's kernel and return its value."""
        return answer(self.page.evaluate(ASK, question(expression)))


@pytest.fixture(scope="module")
def widget(browser, lab):
    """The quickstart, opened and its first cell run."""
    shutil.copytree(ROOT / "notebooks", lab.root, dirs_exist_ok=True)
    context = browser.new_context(viewport={"width": 1500, "height": 1200}, accept_downloads=True)
    context.set_default_timeout(30_000)
    watch = Watch(context)
    page = context.new_page()
    lab.open_notebook(page, "01_quickstart.ipynb")
    page.evaluate("() => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = 1 }")
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-cell') }")
    page.locator("section.jx").first.wait_for(timeout=60_000)
    wait_idle(page)
    yield Widget(page, watch)
    context.close()


def test_it_opens_with_the_model_the_data_and_the_choices(widget):
    widget.wait_status("Ready")
    text = widget.root.inner_text()
    for said in ("Neural network", "MNIST digits", "203,530 parameters", "Adam", "1,000 steps to take"):
        assert said in text, said
    assert widget.field("optimizer.learning_rate").locator("input").first.input_value() == "0.001"
    assert widget.root.locator('[data-command="start"].jx-filled').count() == 1
    assert widget.root.locator(".jx-filled:visible").count() == 1
    widget.shot("1-ready")


def test_the_jaxpr_of_the_loss_is_there_before_anything_ran(widget):
    widget.tab("Compile")
    recorded = pane(widget.root, "jaxpr").locator(".cm-content")
    recorded.wait_for()
    assert "lambda" in recorded.inner_text()
    widget.tab("Learn")


def test_a_choice_that_does_not_fit_is_greyed_with_the_reason(widget):
    widget.field("dataset").locator("button.jx-picker").click()
    option = widget.root.locator(".jx-option", has_text="Points on a line")
    assert option.get_attribute("aria-disabled") == "true"
    assert "Does not fit" in option.inner_text()
    assert "float32" in option.inner_text()
    widget.page.keyboard.press("Escape")


def test_six_common_optimizers_come_first_and_the_others_behind_all_46(widget):
    widget.field("optimizer").locator("button.jx-picker").click()
    shown = widget.root.locator('[data-field="optimizer"] .jx-option:not(.jx-option-all)')
    assert shown.count() == 6
    widget.root.locator('[data-field="optimizer"] .jx-option-all').click()
    assert shown.count() >= 46
    widget.shot("2-all-optimizers")
    widget.page.keyboard.press("Escape")


def test_bad_input_is_said_at_its_field(widget):
    for name, typed, said in (
        ("optimizer.learning_rate", "fast", "must be a number above 0; you gave 'fast'"),
        ("batch_size", "5000", "at most the number of training examples, 4,000"),
        ("steps", "-1", "a whole number from 1"),
        ("seed", str(2**70), "from 0 to 4,294,967,295"),
    ):
        before = widget.field(name).locator("input").first.input_value()
        widget.type(name, typed)
        widget.field(name).locator(".jx-field-problem", has_text=said).wait_for()
        assert widget.root.locator('[data-command="start"]').is_disabled()
        if name == "optimizer.learning_rate":
            widget.shot("3-bad-input")
        widget.type(name, before)
        widget.field(name).locator(".jx-field-problem").wait_for(state="hidden")


def test_the_loss_falls_on_screen(widget):
    widget.type("steps", "400")
    widget.press("start")
    widget.wait_step(100)
    widget.shot("4-learning")
    widget.wait_status("Finished")
    assert widget.step() == 400
    widget.shot("5-finished")
    loss = widget.column("loss")
    assert len(loss) == 400
    assert sum(loss[-20:]) < 0.2 * sum(loss[:20])
    # The chart has drawn what the kernel recorded: the curve starts high at the left and ends low at the right.
    assert ink(widget, 0.02, 0.3) > 0
    assert ink(widget, 0.98, 0.3) == 0


def ink(widget, across, down):
    """Return how many pixels of the curve's colour lie above `down`, within 2 % of the width at `across`."""
    return widget.root.locator(".u-wrap canvas").first.evaluate(
        """(canvas, [across, down]) => {
          const box = canvas.parentElement.querySelector(".u-over");
          const scale = canvas.width / canvas.clientWidth;
          const left = box.offsetLeft * scale, top = box.offsetTop * scale;
          const width = box.clientWidth * scale, height = box.clientHeight * scale;
          const x = Math.max(0, left + (across - 0.02) * width);
          const pixels = canvas.getContext("2d").getImageData(x, top, 0.04 * width, down * height).data;
          let count = 0;
          for (let i = 0; i < pixels.length; i += 4) {
            const [r, g, b, a] = pixels.slice(i, i + 4);
            if (a > 100 && b > 120 && r < 60 && g < 150) count += 1;
          }
          return count;
        }""",
        [across, down],
    )


def test_log_axis_smoothing_and_hover(widget):
    widget.root.get_by_role("radio", name="log").or_(widget.root.get_by_text("log", exact=True)).first.click()
    box = widget.root.locator(".u-over").first.bounding_box()
    widget.page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    widget.root.locator(".jx-chart-hover, .jx-hover").first.wait_for()
    widget.shot("6-log-and-hover")
    widget.root.get_by_text("linear", exact=True).first.click()


def test_pause_one_step_resume_and_stop(widget):
    widget.press("reset")
    widget.wait_status("Ready")
    widget.type("steps", "100000")
    widget.press("start")
    widget.wait_step(20)
    widget.press("pause")
    widget.wait_status("Paused")
    at = widget.step()
    widget.press("step")
    widget.wait_step(at)
    assert widget.step() == at + 1
    widget.press("resume")
    widget.wait_step(at + 50)
    widget.press("stop")
    widget.wait_status("Stopped")


def test_the_learning_rate_moves_while_it_runs(widget):
    widget.press("reset")
    widget.wait_status("Ready")
    widget.press("start")
    widget.wait_step(20)
    slider = widget.field("optimizer.learning_rate").locator('input[type="range"]')
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    widget.page.wait_for_timeout(300)
    assert widget.root.locator(".jx-status-word").inner_text() == "Running"
    events = widget.ask("app.run.events")
    assert events
    assert events[-1][1] == "learning_rate"
    assert events[-1][2] > 0.001
    assert widget.root.locator(".jx-activity:visible").count() == 0
    widget.press("pause")
    widget.wait_status("Paused")


def test_the_script_of_the_run_runs_and_reaches_the_same_numbers(widget, tmp_path):
    widget.press("stop")
    widget.wait_status("Stopped")
    widget.press("reset")
    widget.type("steps", "60")
    widget.press("start")
    widget.wait_status("Finished")
    widget.root.get_by_role("button", name="Copy as plain JAX").click()
    text = widget.page.locator(".jx-script").inner_text()
    widget.page.keyboard.press("Escape")
    path = tmp_path / "script.py"
    path.write_text(text)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    printed = float(re.findall(r"step 60: loss ([\d.e+-]+)", done.stdout)[0])
    assert printed == pytest.approx(widget.column("loss")[-1], rel=1e-3)


def test_several_runs_are_overlaid_and_switchable(widget):
    widget.pick("optimizer", "SGD")
    widget.wait_status("Ready")
    widget.press("start")
    widget.wait_status("Finished")
    runs = widget.root.locator(".jx-run")
    assert runs.count() >= 2
    names = widget.root.locator(".jx-run-name").all_inner_texts()
    assert len(set(names)) == len(names)
    toggle = widget.root.locator(".jx-run-toggle").first
    toggle.click()
    assert toggle.get_attribute("aria-pressed") == "false"
    toggle.click()
    widget.shot("7-runs")


def test_gradients_live_and_a_unit_as_a_picture(widget):
    widget.tab("Gradients")
    row = widget.root.locator("tr", has_text="hidden/w").last
    shown = row.inner_text()
    assert "784\xa0×\xa0256" in shown
    norm = widget.column("grad_norm/hidden/w")[-1]
    assert float(re.findall(r"\d\.\d+(?:e.\d+)?", shown.replace("−", "-"))[0]) == pytest.approx(norm, rel=0.01)
    row.click()
    widget.root.get_by_text("Gradient of").first.wait_for()
    widget.root.locator("canvas:visible").first.wait_for()
    widget.shot("8-gradient")


SAID = (("jaxpr", "lambda"), ("stablehlo", "module @jit"), ("hlo_before", "HloModule"), ("hlo", "HloModule"))


def pane(root, stage):
    """Open the pane of a stage, where it is not, and return it."""
    button = root.locator(f'.jx-stage[data-stage="{stage}"]')
    button.wait_for()
    if button.get_attribute("aria-pressed") == "false":
        button.click()
    return root.locator(f'.jx-code-pane[data-stage="{stage}"]')


def test_all_functions_show_all_stages(widget):
    widget.tab("Compile")
    for function in ("Model", "Loss", "Gradient", "Whole train step"):
        widget.root.get_by_role("radio", name=function).or_(widget.root.get_by_text(function, exact=True)).last.click()
        for stage, said in SAID:
            pane(widget.root, stage).locator(".cm-content", has_text=said).wait_for()
    widget.shot("9-compile")
    text = widget.root.inner_text()
    assert "FLOPs" in text
    assert "Compile" in text


def test_the_linear_regression_finds_its_truth_and_shows_the_gradient_as_numbers(widget):
    widget.tab("Learn")
    widget.pick("model", "Linear regression")
    widget.wait_status("Ready")
    widget.press("start")
    widget.wait_status("Finished")
    found = widget.ask("[float(app.run.params['w'][0]), float(app.run.params['b'][0])]")
    assert found == pytest.approx([3, 2], abs=1e-3)
    widget.tab("Gradients")
    widget.root.locator('tbody tr[data-name="w"]').last.click()
    widget.root.get_by_text("Gradient of").first.wait_for()
    widget.shot("10-line")
    widget.tab("Learn")


def test_a_saved_page_opens_without_kernel_and_network(widget, browser, tmp_path):
    with widget.page.expect_download(timeout=90_000) as download:
        widget.root.get_by_role("button", name="Save as a page").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, offline=True)
    errors, asked = [], []
    page = context.new_page()
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.on("request", lambda r: asked.append(r.url) if not r.url.startswith(("file:", "data:", "blob:")) else None)
    page.goto(path.as_uri())
    root = page.locator("section.jx")
    root.locator(".u-wrap canvas").first.wait_for()
    assert "Linear regression" in root.inner_text()
    page.screenshot(path=ARTIFACTS / "11-page.png")
    root.get_by_role("tab", name="Compile").click()
    for stage, said in SAID:
        pane(root, stage).locator(".cm-content", has_text=said).wait_for()
    root.get_by_role("tab", name="Gradients").click()
    root.locator("h3:visible", has_text="Gradient of w").wait_for()  # it was open when the page was saved
    assert errors == []
    assert asked == []
    context.close()


def test_nothing_was_logged_and_nothing_was_asked_of_the_network(widget):
    widget.watch.clean()


def test_a_reload_finds_the_run_whole(widget):
    widget.press("reset")
    widget.type("steps", "200000000")
    widget.press("start")
    widget.wait_step(1000)
    widget.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
    widget.page.reload()
    wait_idle(widget.page)
    # The widget comes back by itself where the notebook keeps its view; else running the last line shows it again.
    widget.page.locator("section.jx").first.wait_for(timeout=60_000)
    widget.root = widget.page.locator("section.jx").first
    before = widget.step()
    widget.wait_step(before)
    first = widget.ask("int(app.run.history.steps[0])")
    assert first == 1
    widget.shot("12-after-reload")
    widget.press("pause")
    widget.wait_status("Paused")


def test_a_restarted_kernel_is_said(widget):
    widget.page.evaluate(
        "() => { window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }",
    )
    widget.root.get_by_text("No longer connected").first.wait_for(timeout=60_000)
    assert widget.root.locator('[data-command="start"]:enabled, [data-command="resume"]:enabled').count() == 0
    widget.shot("13-not-connected")


def test_the_whole_notebook_runs(widget, lab):
    wait_idle(widget.page)
    run_all(widget.page, 240)
    assert widget.page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert widget.page.get_by_text("w = 3.000").count() >= 1
    widget.page.screenshot(path=ARTIFACTS / "14-notebook.png")
