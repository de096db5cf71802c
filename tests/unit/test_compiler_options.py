"""Passes switched off and other compiler options: compared, refused at their field, and never the kernel's end."""

from __future__ import annotations

import os

import jax
import jax.numpy as jnp
import pytest
from inspection_panels import opened, subject

import explorer
from explorer.compiler.options import in_words, passes_off, without_pass
from explorer.compiler.options_known import KNOWN
from explorer.compiler.subject import Subject
from explorer.compiler.targets.environment import HERE
from explorer.compiler.targets.process import process_for
from explorer.errors import FieldError

X = jax.ShapeDtypeStruct((64, 64), jnp.float32)


def network(w, x):
    return jnp.mean((jnp.tanh(x @ w) - 1.0) ** 2)


def scattered(x):
    return x.at[jnp.arange(3)].add(1.0)


@pytest.fixture(scope="module", autouse=True)
def ended():
    yield
    process_for(HERE).close()


@pytest.fixture
def shown():
    with opened(explorer.inspect(jax.grad(network), X, X)) as inside_and_panel:
        yield inside_and_panel


def hlo(panel):
    return panel.snapshot()["stage/function/hlo"].buffers["text"]


def operations(panel):
    return [line.partition(", metadata=")[0] for line in hlo(panel).split("\n") if " = " in line]


def figures(panel):
    comparison = panel.snapshot()["comparison/function"].header
    return comparison, {row["name"]: row for row in comparison["rows"]}


def test_what_fusion_bought_is_compared_side_by_side(shown):
    inside, panel = shown
    assert " fusion(" in hlo(panel)
    inside.command("passes", {"function": "function"})
    assert inside.wait(60)
    told = {one["name"]: one["optional"] for one in panel.snapshot()["passes/function"].header["passes"]}
    assert told["fusion"]
    assert not told.get("pipeline-start", False)
    inside.command("set_passes_off", {"passes": ["fusion"]})
    assert inside.wait(60)
    assert "tanh_subtract_fusion" not in hlo(panel)
    assert subject(panel)["passes_off"] == ["fusion"]
    comparison, rows = figures(panel)
    assert comparison["with"] == "network"
    assert rows["bytes"]["after"] > rows["bytes"]["before"]
    assert rows["instructions"]["after"] != rows["instructions"]["before"]
    assert rows["temporary memory"]["after"] >= rows["temporary memory"]["before"]
    assert any(stage["stage"] == "hlo" and stage["changed"] for stage in comparison["stages"])
    assert "measured time" not in rows
    inside.command("measure_both", {})
    assert inside.wait(120)
    _, rows = figures(panel)
    assert rows["measured time"]["before"] > 0
    assert rows["measured time"]["after"] > 0
    inside.command("set_passes_off", {"passes": []})
    assert inside.wait(60)
    assert " fusion(" in hlo(panel)


def test_an_option_that_xla_does_not_know_is_refused_at_its_field(shown):
    inside, panel = shown
    before = operations(panel)
    for options, told in [
        ({"xla_no_such_option": "1"}, "No such compile option: 'xla_no_such_option'"),
        (
            {"xla_cpu_enable_fast_math": "perhaps"},
            "The value of xla_cpu_enable_fast_math cannot be 'perhaps'. Allowed: true, false.",
        ),
        ({"not an option": "1"}, "no name of an option. Write name=value"),
    ]:
        inside.command("set_compiler_options", {"options": options})
        assert inside.wait(60)
        assert subject(panel)["problem"]["field"] == "compiler_options"
        assert told in subject(panel)["problem"]["text"]
        assert subject(panel)["compiler_options"] == {}
        assert operations(panel) == before
    inside.command("set_compiler_options", {"options": {"xla_cpu_enable_fast_math": "true"}})
    assert inside.wait(60)
    assert subject(panel)["problem"] is None
    assert subject(panel)["compiler_options"] == {"xla_cpu_enable_fast_math": True}


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="another device's compiler cannot be tried elsewhere")
def test_a_pass_that_xla_cannot_do_without_leaves_the_kernel_as_it_was(shown):
    looked = explorer.inspect(scattered, X)
    without = looked.without_pass("scatter_simplifier")
    assert not without.stages["hlo"].available
    assert "SIGABRT" in without.stages["hlo"].reason
    assert "the kernel is as it was" in without.stages["hlo"].reason
    assert without.problem["title"] == "Not compiled with these options"
    inside, panel = shown
    inside.command("set_compiler_options", {"options": {"xla_cpu_parallel_codegen_split_count": "-3"}})
    assert inside.wait(60)
    assert subject(panel)["problem"]["field"] == "compiler_options"  # an abort, or in later versions a refusal
    assert subject(panel)["compiler_options"] == {}
    assert os.getpid()  # still here
    assert looked.without_pass("dce").stages["hlo"].available


def test_every_known_option_is_taken_by_xla():
    for name, known in KNOWN.items():
        assert known.help.endswith(".")
        for value in known.values[:2]:
            looked = Subject(network, (X, X)).with_compiler_options({name: str(value)}).look()
            assert looked.stages["hlo"].available, (name, looked.stages["hlo"].reason)


def test_options_are_told_in_words_and_passes_by_the_names_of_their_files():
    options = without_pass(without_pass({"xla_x": 1}, "fusion"), "simplify_all")
    assert passes_off(options) == ("fusion", "simplify_all")
    assert options["xla_disable_hlo_passes"] == "fusion,simplify_all,simplify all"
    assert in_words(options) == "without fusion, simplify_all, with xla_x=1"
    assert Subject(network, (X, X)).with_passes_off(["fusion"]).name == "network without fusion"
    with pytest.raises(FieldError, match="cannot be '7'"):
        Subject(network, (X, X)).with_compiler_options({"xla_backend_optimization_level": "7"})
