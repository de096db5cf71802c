"""How a run's function is compiled, in the view: only that is offered, what compiles is told, and can be cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import compile_sample
import jax.numpy as jnp
import pytest
from playwright.sync_api import expect
from view_page import ViewPage

import explorer
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


@pytest.fixture(scope="module")
def found() -> Any:
    return explorer.inspect(lambda x: jnp.sin(x) * 2, jnp.ones(8))


@pytest.fixture(scope="module")
def records(found: Any) -> Mapping[str, Record]:
    subject = found.subject.record("loss", compiled_only=True)
    return {"functions": compile_sample.functions(), **found.records("loss"), "subject/loss": subject}


def test_a_runs_function_has_only_the_choices_of_how_it_is_compiled(
    open_view: OpenView, records: Mapping[str, Record]
) -> None:
    view = open_view("code", records)
    labels = view.find(".jx-subject-row:not([hidden]) .jx-subject-label")
    expect(labels).to_have_text(["Inspected", "Device", "Compiler"])
    field = view.root.get_by_role("combobox", name="Another compiler option, as name=value")
    field.fill("xla_llvm_disable_expensive_passes=true")
    field.press("Enter")
    assert view.sent()[-1] == ["set_compiler_options", {"options": {"xla_llvm_disable_expensive_passes": "true"}}]


def test_what_is_compiled_for_a_machine_that_is_not_here_is_told_and_cancelled(
    open_view: OpenView, records: Mapping[str, Record], found: Any
) -> None:
    subject = found.subject.with_target("tpu-v5e:2x2")
    busy = subject.record("loss", None, "Compiling for TPU v5e, 2x2 chips …", compiled_only=True)
    view = open_view("code", {"functions": records["functions"], "subject/loss": busy})
    expect(view.find(".jx-code-message")).to_contain_text("Compiling for TPU v5e, 2x2 chips")
    view.button("Cancel").click()
    assert view.sent()[-1] == ["cancel", {}]
