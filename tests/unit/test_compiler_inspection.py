"""What an inspection holds besides text and sources, and what it does when a part cannot be had."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from explorer.compiler.cost import COST, UNITS
from explorer.compiler.inspector import inspect
from explorer.compiler.look import look
from explorer.compiler.stage import STAGES
from explorer.records import decode, encode

F = jax.ShapeDtypeStruct((4, 4), jnp.float32)


def f(w, x):
    return jnp.tanh(x @ w)


def test_the_flops_of_a_matrix_product_are_twice_its_three_sizes():
    m, k, n = 8, 16, 32
    a, b = jax.ShapeDtypeStruct((m, k), jnp.float32), jax.ShapeDtypeStruct((k, n), jnp.float32)
    looked = inspect(jnp.matmul, a, b)
    assert looked.cost["flops"] == 2 * m * n * k
    assert looked.memory["argument_bytes"] == 4 * (m * k + k * n)
    assert looked.memory["output_bytes"] == 4 * m * n
    assert looked.memory["temp_bytes"] == 0
    assert looked.cost["bytes_accessed"] == 4 * (m * k + k * n + m * n)
    assert set(looked.cost) <= set(COST) == set(UNITS)


def test_a_donated_argument_is_counted_as_an_alias():
    donated = jax.jit(lambda x: x + 1, donate_argnums=0)
    assert inspect(donated, F).memory["alias_bytes"] == 64
    assert inspect(lambda x: x + 1, F).memory["alias_bytes"] == 0


def test_transcendentals_and_times_are_given():
    looked = inspect(lambda x: jnp.tanh(x), F)
    assert looked.cost["transcendentals"] == 16
    assert all(looked.times_ms[step] > 0 for step in ("trace", "lower", "compile"))
    assert looked.problem is None


def test_nothing_is_allocated_for_shapes():
    size = 100_000  # 40 GB each
    big = jax.ShapeDtypeStruct((size, size), jnp.float32)
    looked = look(lambda x: (x * 2).sum(), (big,), device=jax.devices()[0])
    assert looked.memory["argument_bytes"] == 4 * size * size
    assert looked.stages["hlo"].available


def test_the_records_survive_a_page():
    looked = look(jax.grad(lambda w, x: f(w, x).sum()), (F, F), name="gradient of the loss")
    records = looked.records("gradient")
    assert list(records) == ["inspection/gradient", "source/gradient", *(f"stage/gradient/{stage}" for stage in STAGES)]
    summary = decode(encode(records["inspection/gradient"])).header
    assert summary["title"] == "gradient of the loss"
    assert summary["device"] == looked.device == str(jax.devices()[0])
    assert [stage["stage"] for stage in summary["stages"]] == list(STAGES)
    assert summary["cost"]["flops"] == looked.cost["flops"]
    assert summary["versions"]["jax"] == jax.__version__
    source = decode(encode(records["source/gradient"])).header
    assert [file["owner"] for file in source["files"]] == ["user"]
    assert (
        source["files"][source["main"]]["text"]
        .split("\n")[source["first"] - 1]
        .startswith("    looked = look(jax.grad(lambda")
    )
    for stage in STAGES:
        record = decode(encode(records[f"stage/gradient/{stage}"]))
        assert record.buffers["text"] == looked.stages[stage].text
        assert record.header["lines"] == looked.stages[stage].text.count("\n") + 1
        links = record.buffers["links"]
        assert links.dtype == np.int32
        assert len(links) > 3
        assert (np.diff(links[:, 0]) >= 0).all()
        assert links[:, 0].max() < record.header["lines"]
        assert links[:, 1].max() < len(source["files"])
        assert links[:, 6].max() < len(record.header["scopes"])


def test_names_are_those_people_know():
    class Model:
        def __call__(self, x):
            return x

    assert inspect(f, F, F).name == "f"
    assert inspect(jax.jit(f), F, F).name == "f"
    assert inspect(Model(), F).name == "Model"
    assert look(f, (F, F), name="loss").name == "loss"


def test_an_inspection_says_in_a_line_what_it_is():
    words = repr(inspect(f, F, F))
    assert re.match(r"<Inspection of f for cpu:0: source \d+ lines, jaxpr \d+ lines, stablehlo ", words)
    assert len(words) < 200


def test_the_context_of_the_caller_holds():
    with jax.enable_x64(True):
        inside = inspect(f, np.ones((4, 4)), np.ones((4, 4)))
    outside = inspect(f, np.ones((4, 4)), np.ones((4, 4)))
    assert "f64[4,4] = dot_general" in inside.stages["jaxpr"].text
    assert "f64[4,4]" in inside.stages["hlo"].text
    assert "f64" not in outside.stages["hlo"].text


def test_weak_types_stay_weak_on_a_device():
    weak = look(lambda x, y: x * y, (2.0, jnp.ones(3, jnp.bfloat16)), device=jax.devices()[0])
    assert "bf16[3] = mul" in weak.stages["jaxpr"].text


DEVICES = """
import jax, jax.numpy as jnp
from explorer.compiler.inspector import inspect
from explorer.compiler.look import look
first, second = jax.devices()
there = jax.device_put(jnp.ones(3), second)
print(look(lambda x: x * 2, (there,), device=first).device)
print(look(lambda x: x * 2, (jnp.ones(3),), device=second).device)
print(look(lambda: jnp.ones(3), device=second).device)
print(inspect(lambda x: x * 2, there).device)
sharded = jax.ShapeDtypeStruct((4,), jnp.float32, sharding=jax.NamedSharding(
    jax.make_mesh((2,), ("i",)), jax.P("i")))
print(inspect(lambda x: x * 2, sharded).device)
"""


def test_it_is_compiled_for_the_device_asked_for():
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=2", "JAX_PLATFORMS": "cpu"}
    run = subprocess.run(
        [sys.executable, "-c", DEVICES],
        env={**os.environ, **flags},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second, third, fourth, both = run.stdout.splitlines()
    assert (first, second, third, fourth) == ("cpu:0", "cpu:1", "cpu:1", "cpu:1")
    assert both == "cpu:0, cpu:1"


def returning(value):
    return lambda *_, **__: value


def raising(error):
    def broken(*_, **__):
        raise error

    return broken


@pytest.mark.parametrize(
    ("owner", "stage", "others"),
    [
        (jax.stages.Lowered, "stablehlo", ("jaxpr", "hlo")),
        (jax.stages.Compiled, "hlo", ("jaxpr", "stablehlo")),
    ],
)
@pytest.mark.parametrize("how", [returning(None), raising(NotImplementedError("no text on this backend"))])
def test_a_text_that_cannot_be_had_says_why_and_the_others_come(monkeypatch, owner, stage, others, how):
    monkeypatch.setattr(owner, "as_text", how)
    looked = inspect(f, F, F)
    assert not looked.stages[stage].available
    assert re.search(r"no text on this backend|gives no", looked.stages[stage].reason)
    assert all(looked.stages[other].available for other in others)
    assert looked.records("model")[f"stage/model/{stage}"].header["lines"] == 0


@pytest.mark.parametrize("how", [returning(None), returning([]), raising(NotImplementedError())])
def test_figures_that_cannot_be_had_are_left_out(monkeypatch, how):
    monkeypatch.setattr(jax.stages.Compiled, "cost_analysis", how)
    monkeypatch.setattr(jax.stages.Compiled, "memory_analysis", how)
    looked = inspect(f, F, F)
    assert (looked.cost, looked.memory) == ({}, {})
    assert looked.stages["hlo"].available


def test_figures_below_zero_are_left_out(monkeypatch):
    figures = {"flops": 3.0, "optimal_seconds": -2.0, "transcendentals": float("nan")}
    monkeypatch.setattr(jax.stages.Compiled, "cost_analysis", returning(figures))
    assert inspect(f, F, F).cost == {"flops": 3.0}


def test_a_failed_compile_leaves_the_earlier_stages(monkeypatch):
    monkeypatch.setattr(jax.stages.Lowered, "compile", raising(RuntimeError("RESOURCE_EXHAUSTED: 80 GB")))
    looked = inspect(f, F, F)
    assert looked.stages["jaxpr"].available
    assert looked.stages["stablehlo"].available
    assert "RESOURCE_EXHAUSTED: 80 GB" in looked.stages["hlo"].reason
    assert looked.problem["text"] == "RESOURCE_EXHAUSTED: 80 GB"
    assert looked.times_ms["compile"] is None
    json.dumps(dict(looked.records("model")["inspection/model"].header))


def test_a_text_is_shown_even_if_its_sources_cannot_be_read(monkeypatch):
    text = jax.stages.Lowered.as_text
    monkeypatch.setattr(
        jax.stages.Lowered,
        "as_text",
        lambda self, *a, debug_info=False, **k: "module {}" if debug_info else text(self, *a, **k),
    )
    stage = inspect(f, F, F).stages["stablehlo"]
    assert "stablehlo.dot_general" in stage.text
    assert "source lines could not be read" in stage.reason
    assert len(stage.links.rows) == 0
