"""What lives when in memory: the figures are those of XLA's own reports, and each buffer knows its source line."""

from __future__ import annotations

import re
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.compiler.machine.written import Written
from explorer.compiler.memory.timeline import KINDS, timeline_of
from explorer.compiler.shown import ON_DEMAND
from explorer.records import decode, encode
from explorer.training.config import RunConfig
from explorer.training.look import look_at
from explorer.training.setup import setup

F = jax.ShapeDtypeStruct((64, 64), jnp.float32)


def network(w, v, x):
    hidden = jax.nn.relu(x @ w)
    return jnp.mean((jnp.tanh(hidden @ v) - 1) ** 2)


def looping(x, w):
    y = jax.lax.fori_loop(0, 7, lambda i, c: jnp.sin(c) @ w, x)
    return jnp.sum(jnp.linalg.cholesky(y.T @ y + 1e3 * jnp.eye(64)))


def scanned(x, ws):
    return jax.lax.scan(lambda c, w: (jnp.tanh(c @ w), c.sum()), x, ws)


def branching(x):
    return jax.lax.cond(x[0, 0] > 0, lambda x: jnp.sort(x), lambda x: x @ x, x)


def update(p, x):
    return jax.tree.map(lambda v: v - 0.1 * x.sum(), p), jnp.sin(x)


def closing_over(x):
    return x + jnp.asarray(TABLE)


TABLE = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)


@cache
def looked_at(name):
    if name in ("linear-regression", "neural-network"):
        return look_at(setup(RunConfig(model=name)), "train_step")
    inspect = explorer.inspector()
    return {
        "network": lambda: inspect(jax.value_and_grad(network, argnums=(0, 1)), F, F, F),
        "looping": lambda: inspect(jax.grad(looping), F, F),
        "scanned": lambda: inspect(scanned, F, jax.ShapeDtypeStruct((5, 64, 64), jnp.float32)),
        "branching": lambda: inspect(branching, F),
        "donated": lambda: explorer.inspector(donate_argnums=(0,))(update, {"a": F, "b": F}, F),
        "constant": lambda: inspect(closing_over, F),
    }[name]()


NAMES = (
    "linear-regression",
    "neural-network",
    "network",
    "looping",
    "scanned",
    "branching",
    "donated",
    "constant",
)


@pytest.fixture(scope="module", params=NAMES)
def looked(request):
    return looked_at(request.param)


def test_what_is_set_aside_is_what_xla_reports(looked):
    timeline, told = looked.memory.timeline, looked.compiled.memory_analysis()
    assert timeline.allocated["argument"] == told.argument_size_in_bytes
    assert timeline.allocated["output"] == told.output_size_in_bytes
    assert timeline.allocated["alias"] == told.alias_size_in_bytes
    assert timeline.allocated["temporary"] == told.temp_size_in_bytes
    whole = told.argument_size_in_bytes + told.output_size_in_bytes - told.alias_size_in_bytes + told.temp_size_in_bytes
    assert timeline.peak_bytes == whole + timeline.allocated["constant"]
    # XLA's own figure leaves out what is temporary, on CPU
    assert told.peak_memory_in_bytes == timeline.peak_bytes - told.temp_size_in_bytes
    report = looked._written.assignment
    total = sum(int(size) for size in re.findall(r"^allocation \d+: size (\d+)", report, re.M))
    threads = sum(int(size) for size in re.findall(r"^allocation \d+: size (\d+).*thread-local", report, re.M))
    assert timeline.peak_bytes == total - threads


def test_what_lives_at_the_peak_is_what_xla_reports(looked):
    report = looked._written.ranges
    step = int(re.search(r"Live ranges at (\d+) \(peak\)", report)[1])
    theirs = re.findall(r"^    (\S+): (\d+) bytes \(cumulative: (\d+) bytes\)", report, re.M)
    timeline = looked.memory.timeline
    ours = timeline.at(step)
    assert sorted((b.name, b.bytes) for b in ours) == sorted((n.removesuffix("{}"), int(b)) for n, b, _ in theirs)
    assert sum(b.bytes for b in ours) == int(theirs[-1][2])
    # XLA counts twice what a loop takes over, and looks for its peak without what the step itself frees
    assert timeline.used_bytes[step] <= int(theirs[-1][2])
    assert int(timeline.used_bytes.max()) <= timeline.peak_bytes


@pytest.mark.parametrize("name", ["linear-regression", "neural-network"])
def test_the_fullest_step_of_a_train_step_is_the_peak_of_xla(name):
    looked = looked_at(name)
    told = [int(n) for n in re.findall(r"cumulative: (\d+) bytes", looked._written.ranges)]
    assert int(looked.memory.timeline.used_bytes.max()) == told[-1]


def test_no_two_buffers_lie_in_one_place_at_one_time(looked):
    """But for one that is changed in place, and begins where the other does."""
    timeline = looked.memory.timeline
    for one in timeline:
        for other in timeline:
            if one.allocation == other.allocation and one.offset < other.offset < one.offset + one.bytes:
                assert other.start >= one.end or one.start >= other.end, (one, other)


def test_each_buffer_knows_its_instruction_line_and_kind():
    looked = looked_at("network")
    text = looked.stages["hlo"].text.split("\n")
    first = network.__code__.co_firstlineno
    by_name = {b.name: b for b in looked.memory.timeline}
    for buffer in by_name.values():
        assert f"%{buffer.instruction} = " in text[buffer.line - 1]
        assert buffer.kind in KINDS
        assert 0 <= buffer.start <= buffer.end <= len(looked.memory.timeline.steps)
    relu = by_name["broadcast_maximum_fusion"]
    assert relu.bytes == 64 * 64 * 4
    assert {s.line for s in relu.sources if not s.library} == {first + 1}
    arguments = [b for b in by_name.values() if b.kind == "argument"]
    assert sorted(b.bytes for b in arguments) == [64 * 64 * 4] * 3
    kept = looked.memory.timeline.by_source()
    assert sum(kept.values()) <= sum(b.bytes for b in looked.memory.timeline.at(looked.memory.timeline.fullest_step))
    assert list(kept.values()) == sorted(kept.values(), reverse=True)


def test_a_donated_argument_gives_its_memory_to_a_result():
    timeline = looked_at("donated").memory.timeline
    assert timeline.allocated["alias"] == 2 * 64 * 64 * 4
    shared = {b.allocation for b in timeline if b.kind == "argument"} & {
        b.allocation for b in timeline if b.kind == "output"
    }
    assert len(shared) == 2
    constant = looked_at("constant").memory.timeline
    assert any(b.kind == "constant" and b.bytes == 64 * 64 * 4 for b in constant)


def test_the_figures_cost_no_compile(monkeypatch):
    from explorer.compiler import steps

    asked = []
    monkeypatch.setattr(steps, "written_of", lambda *given: asked.append(given) or Written(missing="not now"))
    looked = explorer.inspect(network, F, F, F)
    assert dict(looked.memory)["argument_bytes"] == 3 * 64 * 64 * 4
    assert looked.memory["output_bytes"] == 4
    assert "argument 49,152" in repr(looked.memory)
    assert not asked
    assert "not now" in repr(looked.memory.timeline)
    assert len(looked.memory.timeline) == 0
    assert looked.memory.timeline.peak_bytes == 0
    assert len(looked.kernels) == 0
    assert len(asked) == 1  # for both


def test_a_report_in_another_form_says_so():
    looked = explorer.inspect(network, F, F, F)
    module = looked.instructions.module
    strange = looked._written._replace(assignment="allocation 0: size 4, parameter 0:\n value: something new\n")
    assert "could not be read" in timeline_of(strange, module).missing
    assert "could not be read" in timeline_of(looked._written._replace(ranges="HloLiveRange\n"), module).missing
    assert "does not tell" in timeline_of(looked._written._replace(assignment=""), module).missing


def test_the_record_holds_it_all(looked):
    (record,) = ON_DEMAND["memory"](looked, "f").values()
    back = decode(encode(record))
    timeline = looked.memory.timeline
    assert back.buffers["names"].split("\n") == [b.name for b in timeline]
    assert back.buffers["steps"].split("\n") == list(timeline.steps)
    assert back.buffers["used"].tolist() == timeline.used_bytes.tolist()
    assert back.header["peak_bytes"] == timeline.peak_bytes
    for row, (size, offset), buffer in zip(
        back.buffers["buffers"].tolist(), back.buffers["sizes"].tolist(), timeline, strict=True
    ):
        kind, start, end, allocation, line = row
        assert (back.header["kinds"][kind], start, end, size, offset) == (
            buffer.kind,
            buffer.start,
            buffer.end,
            buffer.bytes,
            buffer.offset,
        )
        assert back.header["allocations"][allocation]["bytes"] >= size + offset
        assert line == (-1 if buffer.line is None else buffer.line - 1)
