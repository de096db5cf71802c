"""Measured time of each instruction, on the device that is here."""

from __future__ import annotations

import math
import tempfile
import threading
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.compiler.made_up import arguments_for
from explorer.compiler.profile import MeasureError, measure

X = jax.ShapeDtypeStruct((192, 192), jnp.float32)


def work(x):
    def body(c, _):
        return jnp.tanh(c @ c), c.sum()

    c, sums = jax.lax.scan(body, x, None, length=20)
    return jnp.sort(c, axis=0), sums


def test_every_step_of_the_device_has_its_time_and_a_loop_the_sum_of_its_turns():
    looked = explorer.inspect(work, X)
    assert all(math.isnan(i.measured_us) for i in looked.instructions)
    found = looked.measure(runs=3)
    by_name = {i.name: i for i in found}
    [loop] = [i for i in by_name.values() if i.opcode == "while"]
    inside = [i for i in found if i.computation != loop.computation and not math.isnan(i.measured_us)]
    assert loop.measured_us > 0
    # steps of one turn may overlap, and medians of few runs are rough
    assert 0.5 * loop.measured_us < sum(i.measured_us for i in inside) < 2 * loop.measured_us
    matmul = max(inside, key=lambda i: i.executed_flops)
    assert matmul.executed_flops == 20 * 2 * 192**3
    assert matmul.measured_us > 20 * 2 * 192**3 / 1e12 * 1e6  # no two cores do a teraflop a second
    sort = next(i for i in by_name.values() if i.opcode == "sort")
    assert sort.measured_us > 0
    fused = {i.computation for i in found} - {i.computation for i in inside} - {loop.computation}
    assert all(math.isnan(i.measured_us) for i in found if i.computation in fused)
    assert found.totals()["measured_us"] <= 1.5 * found.measured.call_us


def test_the_record_says_that_it_was_measured_and_how():
    looked = explorer.inspect(work, X)
    assert looked.figures()["instructions/function"].header["measured"] is None
    looked.measure(runs=2)
    record = looked.figures()["instructions/function"]
    assert record.header["measured"]["runs"] == 2
    assert record.header["measured"]["device"] == "cpu:0"
    assert "the median of the calls" in record.header["measured"]["note"]
    assert "Parts of a fusion" in record.header["measured"]["note"]
    assert np.nanmax(record.buffers["measured_us"]) > 0


def test_it_works_in_a_thread_and_leaves_nothing_behind():
    looked = explorer.inspect(work, X)
    before = set(Path(tempfile.gettempdir()).glob("jax-explorer-*"))
    done = []
    threads = [threading.Thread(target=lambda: done.append(looked.measure(runs=1))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 2
    assert done[0].measured.microseconds
    assert set(Path(tempfile.gettempdir()).glob("jax-explorer-*")) <= before


def test_the_arguments_of_the_look_are_used_while_they_live():
    x = jnp.full((192, 192), 0.01)
    looked = explorer.inspect(work, x)
    assert "made up" not in looked.measure(runs=1).measured.note
    del x
    assert "Inputs were made up" in looked.measure(runs=1).measured.note


def test_donated_arguments_survive():
    x = jnp.ones((64, 64))
    looked = explorer.inspect(jax.jit(lambda x: x * 2, donate_argnums=0), x)
    looked.measure(runs=3)
    assert float(x.sum()) == 64 * 64


def test_made_up_inputs_are_of_every_kind():
    def fn(key, floats, halves, integers, flags, numbers, empty):
        noise = jax.random.normal(key, floats.shape)
        return noise + floats[integers], halves * 2, flags & True, numbers.real, empty.sum()

    shapes = (
        jax.eval_shape(lambda: jax.random.key(0)),
        jax.ShapeDtypeStruct((4, 3), jnp.float32),
        jax.ShapeDtypeStruct((2,), jnp.bfloat16),
        jax.ShapeDtypeStruct((4,), jnp.int32),
        jax.ShapeDtypeStruct((), jnp.bool_),
        jax.ShapeDtypeStruct((3,), jnp.complex64),
        jax.ShapeDtypeStruct((0, 2), jnp.float32),
    )
    looked = explorer.inspect(fn, *shapes)
    leaves, _, made = arguments_for(looked.compiled, None)
    assert made
    assert [leaf.dtype for leaf in leaves] == [shape.dtype for shape in shapes]
    assert [leaf.shape for leaf in leaves] == [shape.shape for shape in shapes]
    assert set(np.asarray(leaves[3]).tolist()) <= {0, 1}
    again, _, _ = arguments_for(looked.compiled, None)
    assert np.array_equal(leaves[1], again[1])
    assert looked.measure(runs=1).measured.runs == 1


def test_another_profile_is_told_in_words(tmp_path):
    looked = explorer.inspect(work, X)
    with jax.profiler.trace(str(tmp_path)), pytest.raises(MeasureError, match="Another profile is being taken"):
        looked.measure(runs=1)


def test_a_program_that_is_not_in_the_profile_is_told_in_words():
    looked = explorer.inspect(work, X)
    with pytest.raises(MeasureError, match="holds no instruction of 'jit_other'"):
        measure(looked.compiled, module="jit_other", runs=1)
