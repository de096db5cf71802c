"""What is inspected can be changed: transformations, dtype and shapes; and without a kernel it is text."""

from __future__ import annotations

from collections.abc import Callable

import compile_sample
import pytest
from playwright.sync_api import Locator
from view_page import ViewPage

from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]
GRAD = {"name": "grad", "options": {"argnums": 1}}
JIT = {"name": "jit", "options": {}}


def opened(open_view: OpenView, live: bool = True, **changes: object) -> ViewPage:
    records = {"functions": compile_sample.functions(), "subject/loss": compile_sample.subject(**changes)}
    return open_view("code", records, live=live)


def chips(view: ViewPage) -> Locator:
    return view.root.get_by_role("list", name="Transformations, the innermost first").get_by_role("listitem")


def names(view: ViewPage) -> list[str]:
    return [text.split("\n")[0].split(" ")[0] for text in chips(view).all_inner_texts()]


def test_the_name_and_the_chips_say_what_is_inspected(open_view: OpenView) -> None:
    view = opened(open_view)
    assert view.find(".jx-subject-name").inner_text() == "jit(grad(loss))"
    assert names(view) == ["grad", "jit"]
    assert "argnums=1" in chips(view).first.inner_text()


def test_a_transformation_is_added_moved_and_taken_away(open_view: OpenView) -> None:
    view = opened(open_view)
    view.root.get_by_label("Add a transformation").select_option("vmap")
    added = [GRAD, JIT, {"name": "vmap", "options": {}}]
    assert view.sent() == [["set_transforms", {"transforms": added}]]
    view.put({"subject/loss": compile_sample.subject(transforms=added)})
    assert names(view) == ["grad", "jit", "vmap"]
    chips(view).nth(2).get_by_role("button").first.focus()
    view.page.keyboard.press("Alt+ArrowLeft")
    view.settle()
    assert names(view) == ["grad", "vmap", "jit"]
    assert view.page.evaluate("document.activeElement.textContent") == "vmap", "the focus goes with the chip"
    view.page.keyboard.press("Delete")
    view.settle()
    assert view.sent()[-1] == ["set_transforms", {"transforms": [GRAD, JIT]}]
    view.root.get_by_role("button", name="Take grad away").click()
    assert view.sent()[-1] == ["set_transforms", {"transforms": [JIT]}]


def test_a_chip_is_dragged_before_another(open_view: OpenView) -> None:
    view = opened(open_view)
    chips(view).nth(1).drag_to(chips(view).first)
    assert view.sent()[-1] == ["set_transforms", {"transforms": [JIT, GRAD]}]


def test_the_options_of_a_transformation(open_view: OpenView) -> None:
    view = opened(open_view)
    chips(view).first.get_by_role("button").first.click()
    field = view.root.get_by_label("argnums")
    assert field.input_value() == "1"
    field.fill("(0, 1)")
    field.press("Enter")
    assert view.sent()[-1][1]["transforms"][0] == {"name": "grad", "options": {"argnums": [0, 1]}}


def test_what_does_not_fit_says_why(open_view: OpenView) -> None:
    view = opened(open_view)
    hessian = view.root.get_by_label("Add a transformation").locator("option[value=hessian]")
    assert hessian.inner_text() == "hessian: the output is no scalar"
    assert hessian.is_disabled()
    assert view.root.get_by_label("dtype", exact=True).locator("option[value=float64]").is_disabled()


def test_dtype_and_shapes_are_sent(open_view: OpenView) -> None:
    view = opened(open_view)
    view.root.get_by_label("dtype", exact=True).select_option("bfloat16")
    assert view.sent()[-1] == ["set_dtype", {"dtype": "bfloat16"}]
    shared = view.root.get_by_label("Size of params.w axis 0, batch.x axis 1", exact=True)
    assert shared.input_value() == "40"  # axes that must agree have one control
    shared.fill("80")
    shared.press("Enter")
    assert view.sent()[-1] == ["set_axis", {"argument": "params.w", "axis": 0, "size": 80}]
    slider = view.root.get_by_label("Size of batch.x axis 0, slider")
    slider.focus()
    slider.press("End")
    assert view.sent()[-1] == ["set_axis", {"argument": "batch.x", "axis": 0, "size": 1024}]


def test_one_picker_says_what_runs_here_and_what_is_only_compiled_for(open_view: OpenView) -> None:
    view = opened(open_view)
    device = view.root.get_by_label("device", exact=True)
    groups = device.locator("optgroup").evaluate_all("all => all.map((each) => each.label)")
    assert groups == ["runs here", "compile only", "install: pip install 'jax-explorer[gpu-targets]'"]
    assert device.locator("option[value=gpu-h100]").is_disabled()
    assert view.root.get_by_label("Chips along each axis").is_hidden()
    device.select_option("tpu-v5e:2x2")
    assert view.sent()[-1] == ["set_target", {"target": "tpu-v5e:2x2"}]
    device.select_option("")
    assert view.sent()[-1] == ["set_target", {"target": None}]


def test_how_many_chips_is_typed(open_view: OpenView) -> None:
    view = opened(open_view, target="tpu-v5e:4x4", size="4x4")
    assert view.root.get_by_label("device", exact=True).input_value() == "tpu-v5e:2x2"
    chips = view.root.get_by_label("Chips along each axis")
    assert chips.input_value() == "4x4"
    assert "compile only" in view.find(".jx-subject-device").inner_text()
    chips.fill("16x16")
    chips.press("Enter")
    assert view.sent()[-1] == ["set_target", {"target": "tpu-v5e:16x16"}]
    view.put({"subject/loss": compile_sample.subject(target="gpu-h100:8", size="8")})
    assert view.root.get_by_label("How many").input_value() == "8"
    assert "not autotuned" in view.find(".jx-subject-device").inner_text()


def test_what_was_typed_wrong_stays_to_be_put_right(open_view: OpenView) -> None:
    view = opened(open_view, target="tpu-v5e:2x2", size="2x2")
    chips = view.root.get_by_label("Chips along each axis")
    chips.fill("4x")
    chips.press("Enter")
    problem = {"field": "target", "text": "Write such as 2x2."}
    view.put({"subject/loss": compile_sample.subject(target="tpu-v5e:2x2", size="2x2", busy="Looking again …")})
    view.put({"subject/loss": compile_sample.subject(target="tpu-v5e:2x2", size="2x2", problem=problem)})
    assert chips.input_value() == "4x"
    assert "Write such as 2x2." in view.find(".jx-subject").get_by_role("alert").inner_text()


def test_a_mesh_and_how_each_argument_is_split_are_typed(open_view: OpenView) -> None:
    view = opened(open_view)
    assert view.root.get_by_label("Mesh", exact=True).is_hidden(), "there is one device"
    several = {"target": "tpu-v5e:4x4", "size": "4x4"}
    none = {"mesh": "", "specs": "", "most": 16, "meshes": ["data=16"], "splits": []}
    view.put({"subject/loss": compile_sample.subject(**several, sharding=none)})
    mesh, specs = (view.root.get_by_label(name, exact=True) for name in ("Mesh", "Axes of the arguments"))
    assert "one of 16 devices" in view.find(".jx-subject-spread").inner_text()
    mesh.fill("data=16")
    mesh.press("Enter")
    assert view.sent()[-1] == ["set_sharding", {"mesh": "data=16", "specs": ""}]
    view.put({"subject/loss": compile_sample.subject(**several, sharding={**none, "mesh": "data=16"})})
    specs.fill("; data")
    specs.press("Enter")
    assert view.sent()[-1] == ["set_sharding", {"mesh": "data=16", "specs": "; data"}]
    told = {"field": "specs", "text": "the mesh has no axis 'batch'."}
    spread = {**none, "mesh": "data=16", "specs": "; batch"}
    view.put({"subject/loss": compile_sample.subject(**several, sharding=spread, problem=told)})
    assert "no axis 'batch'" in view.find(".jx-subject").get_by_role("alert").inner_text()


def test_what_compiles_in_another_process_can_be_cancelled(open_view: OpenView) -> None:
    view = opened(open_view, busy="Looking again …")
    cancel = view.root.get_by_role("button", name="Cancel")
    assert cancel.count() == 0
    view.put({"subject/loss": compile_sample.subject(target="tpu-v5e:2x2", size="2x2", busy="Looking again …")})
    assert view.root.get_by_label("Chips along each axis").input_value() == "2x2"
    cancel.click()
    assert view.sent()[-1] == ["cancel", {}]


def test_a_problem_stands_at_its_field_and_busy_is_said(open_view: OpenView) -> None:
    view = opened(open_view, problem={"field": "dtype", "text": "dtype must be a float."}, busy="Compiling ...")
    field = view.find(".jx-subject-row").filter(has_text="as given")
    assert "dtype must be a float." in field.get_by_role("alert").inner_text()
    assert "Compiling ..." in view.find(".jx-subject-busy").inner_text()


def test_without_a_kernel_it_is_text(open_view: OpenView) -> None:
    view = opened(open_view, live=False)
    subject = view.root.get_by_role("region", name="What is inspected")
    assert "grad (argnums 1), then jit" in subject.inner_text()
    assert "params.w: float32[40, 300]" in subject.inner_text()
    assert subject.locator("select, input, button").count() == 0


def test_where_nothing_can_be_changed_nothing_is_shown(open_view: OpenView) -> None:
    view = open_view("code", {"functions": Record("functions", compile_sample.functions().header)})
    assert view.root.get_by_role("region", name="What is inspected").count() == 0
