"""The answer first: each finding in the words the person reads, with its line."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hlo_texts import TEXTS

import explorer
from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.findings.words import amount, duration, percent
from explorer.compiler.instructions import Instructions
from explorer.compiler.links import Links
from explorer.compiler.source import Files
from explorer.compiler.summary import summary_of

SOURCE = Path(__file__).read_text(encoding="utf-8").split("\n")
BIG = np.arange(600 * 600, dtype=np.float32).reshape(600, 600) / 1e5


def found(looked, kind):
    return [finding for finding in looked.summary if finding.kind == kind]


def code(finding):
    """Return the line of this file that a finding is about."""
    assert finding.place is not None
    return SOURCE[finding.place.line - 1].strip()


def test_the_costliest_line_comes_first_with_its_share():
    def fn(x, w):
        cheap = jnp.sin(x) + 1
        costly = cheap @ w
        return costly.sum()

    looked = explorer.inspect(fn, jnp.ones((256, 256)), jnp.ones((256, 256)))
    first = looked.summary[0]
    assert (first.kind, first.measure, first.unit) == ("costly_line", "modelled", "FLOPs")
    assert code(first) == "costly = cheap @ w"
    assert "`costly = cheap @ w` does 100 % of the arithmetic (33.6 MFLOPs)" in first.text
    assert first.text.endswith(", in one call.")
    assert first.value == 2 * 256**3
    lines = looked.stages["hlo"].text.split("\n")
    assert "dot" in lines[first.lines[0] - 1]


def test_the_lines_of_a_loop_count_as_often_as_they_run():
    def fn(x):
        once = x @ x @ x @ x
        return jax.lax.scan(lambda c, _: (jnp.tanh(c @ x), None), once, None, length=50)[0]

    looked = explorer.inspect(fn, jnp.ones((64, 64)))
    [first, second] = found(looked, "costly_line")[:2]
    assert "in one call, loops as often as they run" in first.text
    assert code(first).startswith("return jax.lax.scan")
    assert "94 % of the arithmetic (26.2 MFLOPs)" in first.text  # 50 x 2 x 64 x 64 x 64
    assert code(second) == "once = x @ x @ x @ x"
    assert "6 % of the arithmetic (1.57 MFLOPs)" in second.text  # 3 x 2 x 64 x 64 x 64


def test_measured_time_ranks_the_lines_once_there_is_one():
    def fn(x):
        slow = jnp.sort(x, axis=0)
        return slow * 2 + 1

    looked = explorer.inspect(fn, jax.ShapeDtypeStruct((400, 400), jnp.float32))
    looked.measure(runs=3)
    first = looked.summary[0]
    assert (first.measure, first.unit) == ("measured", "µs")
    assert code(first) == "slow = jnp.sort(x, axis=0)"
    assert "of one call" in first.text
    assert "of what was measured" in first.text


def test_no_figure_is_lost_or_counted_twice_when_it_is_summed_by_line():
    def fn(x, w):
        y = jax.nn.gelu(x @ w)
        return jax.nn.softmax(y - y.mean(0)).sum()

    looked = explorer.inspect(jax.grad(fn), jnp.ones((64, 64)), jnp.ones((64, 64)))
    evidence = looked._evidence
    for values in (evidence.worked, evidence.moved):
        assert sum(evidence.by_line(values).values()) == pytest.approx(values.sum())
        assert all(value >= -1e-6 * values.sum() for value in evidence.by_line(values).values())
    assert evidence.moved.sum() == pytest.approx(looked.cost["bytes_accessed"], rel=1e-6)
    assert evidence.worked.sum() == pytest.approx(looked.cost["flops"], rel=1e-6)


def test_a_layout_copy_is_named_with_its_bytes():
    def fn(x):
        return jnp.sort(jnp.transpose(jnp.sort(x, axis=2), (2, 0, 1)), axis=2)

    [copy, *_] = found(explorer.inspect(fn, jnp.ones((32, 64, 16))), "layout_copy")
    assert code(copy).startswith("return jnp.sort(jnp.transpose")
    assert "only move" in copy.text
    assert copy.value >= 2 * 32 * 64 * 16 * 4
    assert copy.unit == "bytes"


def test_a_promotion_to_f64_is_named():
    def fn(x):
        return x * np.float64(2.0)

    with jax.enable_x64(True):
        looked = explorer.inspect(fn, jnp.ones(100, jnp.float32))
        [promotion] = found(looked, "promotion")
    assert code(promotion) == "return x * np.float64(2.0)"
    assert "turns f32 into f64: f64[100]" in promotion.text
    assert (promotion.measure, promotion.stage) == ("fact", "hlo_before")
    assert "convert" in looked.stages["hlo_before"].text.split("\n")[promotion.lines[0] - 1]


def test_a_weak_type_that_wins_over_bf16_is_named_and_a_python_number_is_not():
    def widened(x):
        return x * np.float32(2.0)

    def kept(x):
        return (x * 2.0).sum()

    x = jnp.ones((64, 64), jnp.bfloat16)
    [promotion] = found(explorer.inspect(widened, x), "promotion")
    assert "turns bf16 into f32: f32[64,64]" in promotion.text
    assert "a Python number keeps bf16" in promotion.text
    assert found(explorer.inspect(kept, x), "promotion") == []
    [asked] = found(explorer.inspect(lambda x: x.astype(jnp.float32) + 1, x), "promotion")
    assert "The line asks for it." in asked.text


def test_a_large_constant_is_named_with_where_it_is_used():
    def fn(x):
        return jnp.asarray(BIG) @ x

    [constant] = found(explorer.inspect(fn, jnp.ones(600)), "constant")
    assert code(constant) == "return jnp.asarray(BIG) @ x"
    assert "a constant of 1.44 MB (f32[600,600]) is part of the program" in constant.text
    assert "array from outside the function" in constant.text
    assert found(explorer.inspect(lambda big, x: big @ x, BIG, jnp.ones(600)), "constant") == []


def test_what_is_not_fused_is_named_without_a_made_up_reason():
    def fn(x):
        shifted = x - x.max()
        return jnp.exp(shifted) / jnp.exp(shifted).sum()

    alone = found(explorer.inspect(fn, jnp.ones((512, 512))), "not_fused")
    assert alone
    assert "reduce" in alone[0].text
    assert "“Why not fused?” tells whether the compiler recorded why." in alone[0].text


def test_what_xla_does_not_count_is_said():
    def fn(x):
        factor = jnp.linalg.cholesky(x)
        return jax.lax.while_loop(lambda c: c.sum() < 100, lambda c: c * 2, factor)

    call, loop = found(explorer.inspect(fn, jnp.eye(8)), "uncounted")
    assert code(call) == "factor = jnp.linalg.cholesky(x)"
    assert "potrf" in call.text
    assert "no total has them" in call.text
    assert code(loop).startswith("return jax.lax.while_loop")
    assert "how often is not known beforehand" in loop.text


def test_the_record_is_json_and_its_lines_count_from_0():
    looked = explorer.inspect(lambda x: jnp.linalg.cholesky(x @ x), jnp.eye(64))
    record = looked.figures("train_step")["summary/train_step"]
    header = json.loads(json.dumps(dict(record.header), allow_nan=False))
    assert header["totals"]["executed_flops"] == pytest.approx(2 * 64**3, rel=0.2)
    assert header["findings"][0]["kind"] == "costly_line"
    lines = looked.stages["hlo"].text.split("\n")
    for mine, written in zip(looked.summary, header["findings"], strict=True):
        assert [line + 1 for line in written["lines"]] == list(mine.lines)
        assert all(" = " in lines[line] for line in written["lines"])
    assert header["findings"][-1]["kind"] == "uncounted"


def test_the_summary_is_made_once_and_again_after_a_measurement():
    looked = explorer.inspect(lambda x: jnp.sin(x @ x), jnp.eye(64))
    modelled = looked.summary
    assert looked.summary is modelled
    looked.measure(runs=1)
    assert looked.summary[0].measure == "measured"
    assert looked.summary is looked.summary


def test_a_program_that_is_not_there_has_no_findings_and_says_why():
    looked = explorer.inspect(jax.jit(lambda x: x + 1).trace(1.0))
    assert isinstance(looked.instructions, Instructions)
    none = Instructions("", missing="The compiler for this device gives no HLO text.")
    looked.__dict__["instructions"] = none
    assert len(looked.summary) == 0
    assert repr(looked.summary) == "Nothing stands out."
    assert none.notes == ("The compiler for this device gives no HLO text.",)
    assert looked.figures()["instructions/function"].header["counted_by"] is None
    assert summary_of(looked._evidence).totals["flops"] is None


@pytest.mark.parametrize("name", TEXTS)
def test_programs_of_every_compiler_are_summed_up_without_their_source(name):
    found = Instructions(TEXTS[name])
    lines = TEXTS[name].split("\n")
    summary = summary_of(Evidence(found, Links(), Files()))
    assert summary.totals["instructions"] == len(found)
    for finding in summary:
        assert finding.place is None
        assert finding.text[0].isupper()
        assert finding.text.endswith(".")
        assert "  " not in finding.text
        assert all(" = " in lines[line - 1] for line in finding.lines)
    if "loop" in name:
        assert [f.kind for f in summary if f.kind == "uncounted"]


def test_hlo_that_a_later_version_prints_otherwise_takes_only_the_figures_away():
    looked = explorer.inspect(lambda x: jnp.sin(x) @ x, jnp.eye(64))
    text = looked.stages["hlo"].text
    looked.__dict__["instructions"] = Instructions(text.replace("sine(", "sine(/*new*/ "))
    records = looked.figures("f")
    [note] = records["instructions/f"].header["notes"]
    assert note.startswith("Nothing was counted: HLO, line ")
    assert records["summary/f"].header["totals"]["flops"] is None
    assert [f["text"] for f in records["summary/f"].header["findings"]] == [note]
    assert looked.page_records()["stage/function/hlo"].buffers["text"] == text


def test_figures_are_said_in_three_digits():
    assert amount(1_234, "FLOPs") == "1.23 kFLOPs"
    assert amount(0, "B") == "0 B"
    assert amount(999.4e15, "B") == "999 PB"
    assert amount(1.2e20, "B") == "120,000 PB"
    assert (duration(0.5), duration(1234.0), duration(3.5e6)) == ("0.5 µs", "1.23 ms", "3.5 s")
    assert (percent(0.123), percent(0.001), percent(0.0)) == ("12 %", "under 1 %", "0 %")
