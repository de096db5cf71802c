"""Each instruction's cost is XLA's own: they add up to its count of the module, loops as often as they run."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from catalog_models import each_model
from hlo_texts import TEXTS

import explorer
from explorer.compiler import instruction_cost, jax_private
from explorer.compiler.hlo.reader import read
from explorer.compiler.hlo.renamed import Kinds
from explorer.compiler.instruction_cost import BYTES, FLOPS, costs_of
from explorer.compiler.instructions import Instructions
from explorer.compiler.jax_private import hlo_cost
from explorer.training.config import RunConfig
from explorer.training.functions import functions_of
from explorer.training.precision import precision
from explorer.training.setup import setup

M = jnp.ones((8, 8))


def compiled(fn, *args):
    return jax.jit(fn).lower(*args).compile()


def counted_by_xla(program) -> float:
    found = program.cost_analysis()
    return found["flops"]


def entry(costs, module):
    """Return the FLOPs of the entry's instructions; what XLA does not know it counts as -1."""
    flops = costs.flops[module.entry.first : module.entry.last]
    return float(np.nansum(flops)) - unknown(costs)


def unknown(costs) -> int:
    return int(np.isnan(costs.flops[(costs.counts & FLOPS) > 0]).sum())


@pytest.mark.parametrize("model", each_model())
@pytest.mark.parametrize("function", ["loss", "gradient", "train_step"])
def test_the_sum_is_xlas_count_on_every_catalog_model(model, function):
    made = setup(RunConfig(model=model))
    with precision(made.config.dtype):
        chosen = functions_of(made)[function]
        program = compiled(chosen.call, *chosen.arguments)
    module = read(program.as_text())
    costs = costs_of(module)
    assert counted_by_xla(program) > 0
    assert entry(costs, module) == pytest.approx(counted_by_xla(program), rel=1e-6)
    assert costs.flops[(costs.counts & FLOPS) > 0].sum() == pytest.approx(counted_by_xla(program), rel=1e-6)
    assert np.nansum(costs.bytes[(costs.counts & BYTES) > 0]) == pytest.approx(
        program.cost_analysis()["bytes accessed"], rel=1e-6
    )


def loops(x):
    def body(c, _):
        inner = jax.lax.fori_loop(0, 3, lambda i, c: jnp.tanh(c @ c), c)
        return inner, inner.sum()

    return jax.lax.scan(body, x, None, length=7)


def convolution(x):
    return jax.lax.conv_general_dilated(
        x, jnp.ones((3, 3, 3, 8)), (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


PROGRAMS = {
    "loops": (loops, M),
    "while": (lambda x: jax.lax.while_loop(lambda c: c.sum() < 1e3, lambda c: c @ c, x), M),
    "cond": (lambda x: jax.lax.cond(x.sum() > 0, lambda x: x @ x, jnp.sin, x), M),
    "convolution": (convolution, jnp.ones((2, 16, 16, 3))),
    "scatter": (lambda x: x.at[jnp.array([1, 3, 1])].add(x[:3] * 2), M),
    "fusions": (lambda x: jax.nn.softmax(jnp.exp(x) * 2 + x.mean(0)) @ x, M),
    "sort": (lambda x: (jnp.sort(x, 0), jnp.argsort(x, 1), jnp.cumsum(x)), M),
    "fft": (lambda x: jnp.abs(jnp.fft.fft(x)), M),
    "random": (lambda x: jax.random.normal(jax.random.key(0), (64,)) + x.sum(), M),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_sum_is_xlas_count_on_what_is_hard_to_count(name):
    fn, x = PROGRAMS[name]
    program = compiled(fn, x)
    module = read(program.as_text())
    assert entry(costs_of(module), module) == pytest.approx(counted_by_xla(program), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "written_by_hand"])
def test_the_sum_is_xlas_count_on_every_dump_for_cpu_gpu_and_tpu(name):
    module = read(TEXTS[name])
    assert entry(costs_of(module), module) == pytest.approx(hlo_cost(TEXTS[name])["flops"], rel=1e-6)


def test_what_runs_beside_the_program_counts_once_where_it_starts():
    found = {i.name: i for i in Instructions(TEXTS["written_by_hand"])}
    assert (found["host-start"].flops, found["host-done"].flops) == (8 * 128, 0)
    assert found["negate.1"].executed_flops == 8 * 128
    costs = costs_of(read(TEXTS["written_by_hand"]))
    module = read(TEXTS["written_by_hand"])
    assert costs.counts[[i.index for i in module if i.name in ("host-start", "negate.1")]].tolist() == [3, 0]


def test_a_scan_of_100_executes_100_times_its_body():
    program = compiled(lambda x: jax.lax.scan(lambda c, _: (jnp.tanh(c @ c), None), x, None, length=100)[0], M)
    found = {i.name: i for i in Instructions(program.as_text())}
    [loop] = [i for i in found.values() if i.opcode == "while"]
    dots = [i for i in found.values() if "dot" in i.opcode or (i.opcode == "fusion" and i.flops >= 2 * 8**3)]
    assert dots
    for dot in dots:
        assert dot.flops == 2 * 8**3
        assert dot.executed_flops == 100 * dot.flops
    # the test of the loop runs once more than the body, and costs one comparison
    assert loop.executed_flops == pytest.approx(100 * loop.flops + 1)


def test_nested_loops_multiply():
    program = compiled(loops, M)
    found = Instructions(program.as_text())
    inner = [i for i in found if i.flops == 2 * 8**3 and i.opcode in ("dot", "fusion")]
    assert inner
    assert all(i.executed_flops == 21 * i.flops for i in inner)
    assert found.totals()["executed_flops"] > 20 * 2 * 8**3


def test_how_often_a_while_loop_runs_is_unknown_and_said():
    found = Instructions(compiled(*PROGRAMS["while"]).as_text())
    [loop] = [i for i in found if i.opcode == "while"]
    assert loop.flops >= 2 * 8**3
    assert math.isnan(loop.executed_flops)
    assert found.totals()["executed_flops"] is None
    assert any("is unknown" in note for note in found.notes)


def test_custom_calls_are_not_counted_and_named():
    def fn(x):
        return jnp.linalg.cholesky(x), jnp.linalg.eigh(x), jax.scipy.linalg.lu(x), jax.lax.top_k(x, 3)

    found = Instructions(compiled(fn, M).as_text())
    calls = [i for i in found if i.opcode == "custom-call"]
    assert len(calls) >= 4
    assert all(math.isnan(call.flops) and math.isnan(call.executed_flops) and math.isnan(call.bytes) for call in calls)
    [note] = [note for note in found.notes if note.startswith("XLA does not count")]
    for name in ("potrf", "syevd", "getrf", "TopK"):
        assert name in note
    assert found.totals()["uncounted"] == len(calls)


def test_a_conditional_counts_its_costliest_branch():
    found = list(Instructions(compiled(*PROGRAMS["cond"]).as_text()))
    conditionals = [i for i in found if i.opcode == "conditional"]
    assert [i.flops for i in conditionals] == [2 * 8**3]


def test_bytes_and_time_of_a_fusion_are_shared_among_its_parts():
    module = read(compiled(*PROGRAMS["fusions"]).as_text())
    costs = costs_of(module)
    fusions = [i for i in module if i.opcode == "fusion"]
    assert fusions
    for fusion in fusions:
        parts = np.flatnonzero((costs.whole == fusion.index) & (costs.part > 0))
        assert costs.part[parts].sum() == pytest.approx(1)
        assert {module.instructions[int(part)].opcode for part in parts}.isdisjoint({"parameter", "constant"})
        assert np.isnan(costs.bytes[parts[parts != fusion.index]]).all()
    moved = np.nan_to_num(costs.bytes)[costs.whole] * costs.part
    assert moved.sum() == pytest.approx(np.nansum(costs.bytes[(costs.counts & BYTES) > 0]))


def test_instructions_that_are_the_same_but_for_names_are_asked_for_once():
    def layers(x):
        for _ in range(12):
            x = jax.nn.softmax(x @ x) + 1
        return x

    module = read(compiled(layers, M).as_text())
    kinds = Kinds(module)
    assert len(kinds.examples) < len(module) / 3
    assert len({module.opcodes[module.opcode_of[i]] for i in kinds.examples}) == len(module.opcodes)


def test_without_jaxlibs_private_functions_the_figures_say_so(monkeypatch):
    monkeypatch.setattr(jax_private, "_analysed", None)
    found = Instructions(TEXTS["cpu_adam"])
    assert all(math.isnan(i.flops) and math.isnan(i.executed_flops) and math.isnan(i.bytes) for i in found)
    assert found.notes == (f"Nothing was counted: {jax_private.NO_COST}.",)
    assert found.totals()["flops"] is None
    record = found.record("f")
    assert record.header["counted_by"] is None
    assert np.isnan(record.buffers["flops"]).all()


def test_jaxlib_still_has_the_private_functions():
    assert (
        hlo_cost("HloModule m\n\nENTRY e {\n  a = f32[8] parameter(0)\n  ROOT b = f32[8] add(a, a)\n}\n")["flops"] == 8
    )
    with pytest.raises(ValueError, match="Syntax error"):
        hlo_cost("HloModule m\n\nnonsense")


def test_nothing_is_costed_before_it_is_asked_for(monkeypatch):
    asked = []
    monkeypatch.setattr(instruction_cost, "hlo_cost", lambda text: asked.append(text) or {"flops": 1.0})
    found = explorer.inspect(lambda x: jnp.sin(x) @ x, M)
    assert len(found.instructions) > 2
    assert "instructions of" in repr(found.instructions)
    assert found.stages["hlo"].text
    assert asked == []
    assert found.instructions[0].opcode == "parameter"
    assert asked


def test_the_record_has_a_row_for_each_instruction():
    text = compiled(loops, M).as_text()
    found = Instructions(text)
    record = found.record("f")
    lines = text.split("\n")
    names = [lines[line].removeprefix("  ").removeprefix("ROOT ").split(" = ")[0] for line in record.buffers["lines"]]
    assert names == [f"%{i.name}" for i in found]
    assert [record.header["opcodes"][code] for code in record.buffers["opcode"]] == [i.opcode for i in found]
    assert [record.header["computations"][c] for c in record.buffers["computation"]] == [i.computation for i in found]
    assert np.isnan(record.buffers["measured_us"]).all()
    assert (record.header["counted_by"], record.header["measured"]) == ("XLA", None)
    body = found[next(n for n, i in enumerate(found) if i.executed_flops == 21 * i.flops > 0)].computation
    runs = dict(zip(record.header["computations"], record.header["runs"], strict=True))
    assert runs[body] == 21
