"""Why kernels are apart: what XLA wrote while it fused, found again in the optimized program, in plain words.

What XLA wrote is real: `fusions/` holds the text of `priority_fusion_dump.txt`, the module right after the pass and the
optimized one, from compiling this program for an H100 without one, with jax, jaxlib and jax-cuda13-plugin 0.10.2:

    def program(x, w, i):  # f32[4096,4096], f32[4096,64], s32[32]
        a = jnp.exp(x)
        s = a.sum(0)
        y = a / (1 + s)
        changed = x.at[i].add(1.0)
        return y.sum(1), jnp.tanh(y.mean(1) @ w), changed[:8].max(), s

through `compiler_options={"xla_dump_to": folder, "xla_dump_hlo_pass_re": ".*"}`. The dump is as XLA wrote it; from the
two modules the tables of source files and the attributes metadata and backend_config are left out.
"""

import math
import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.compiler.fusions.decided import Decided, decided_of
from explorer.compiler.fusions.dump import FusionDumpError, Joined, Priced, Refused, read
from explorer.compiler.fusions.fusions import fusions_of
from explorer.compiler.fusions.reasons import recorded
from explorer.compiler.fusions.verdicts import Times, verdicts_of
from explorer.compiler.instructions import Instructions

HERE = Path(__file__).parent / "fusions"
DUMP = (HERE / "h100_priority_fusion_dump.txt").read_text()
AFTER = (HERE / "h100_after_fusion.hlo").read_text()
OPTIMIZED = (HERE / "h100_optimized.hlo").read_text()
S = jax.ShapeDtypeStruct


def fusions(dump=DUMP, after=AFTER):
    program = Instructions(OPTIMIZED, lambda line: ())
    sources = OPTIMIZED.split("\n")
    return fusions_of(
        program.module, program.costs.calls, Decided(read(dump), after), lambda line: (sources[line - 1].split()[0],)
    )


@pytest.fixture(scope="module")
def found():
    return fusions()


def apart(found):
    return {(pair.producer, pair.consumer): pair for pair in found if not pair.fused}


def test_the_dump_is_read_decision_by_decision():
    dump = read(DUMP)
    counts = {kind: sum(isinstance(one, kind) for one in dump.decisions) for kind in (Refused, Priced, Joined)}
    assert counts == {
        Refused: DUMP.count("producer_ineligible {"),
        Priced: DUMP.count("update_priority {"),
        Joined: DUMP.count("  fusion {"),
    }
    assert Priced("fusion.8", ("fusion.3",), 30.1852493, 29.401) in dump.decisions
    assert dump.before.startswith("HloModule jit_program")
    assert "\n  exp.1.0 = f32[4096,4096]{1,0} exponential(x.1)\n" in dump.before


def test_a_text_of_another_form_is_refused_with_the_line():
    with pytest.raises(FusionDumpError, match="line 2"):
        read("fusion_steps {\n  = 3\n}")
    with pytest.raises(FusionDumpError, match="before it is complete"):
        read(DUMP[: DUMP.index("}")])
    with pytest.raises(FusionDumpError, match="producer_name"):
        read('fusion_steps { producer_ineligible { reason: "x" } }')


def test_strings_of_the_dump_come_back_as_they_were():
    told = read(r'fusion_steps { producer_ineligible { producer_name: "a" reason: "\"b\" \\ \303\244\n" } }')
    assert told.decisions == (Refused("a", '"b" \\ ä\n'),)


def test_every_pair_of_kernels_has_the_reason_that_xla_recorded(found):
    assert {names: pair.recorded for names, pair in apart(found).items()} == {
        (
            "input_reduce_fusion.2",
            "loop_add_fusion",
        ): "fusion into output of a reduce fusion would create a loop fusion",
        ("loop_add_fusion", "input_reduce_fusion.1"): None,
        ("input_reduce_fusion.1", "loop_multiply_fusion"): "the consumer is not fusible",
        ("loop_multiply_fusion", "input_reduce_fusion.3"): None,
        ("wrapped_slice", "input_scatter_fusion"): "do not fuse into the in-place operand of scatter",
        ("input_scatter_fusion", "input_reduce_fusion"): "do not fuse into the output of scatter",
        ("input_reduce_fusion", "input_reduce_fusion.4"): "both the producer and the consumer contain a reduce",
    }
    assert all(pair.reason for pair in apart(found).values())


def test_where_its_model_decided_the_times_are_those_that_xla_wrote_last(found):
    pair = apart(found)["loop_multiply_fusion", "input_reduce_fusion.3"]
    assert (pair.us_fused, pair.us_unfused) == (50.9922485, 19.4007492)
    assert "would take longer" in pair.reason
    assert pair.bytes == 4096 * 64 * 4
    refused = apart(found)["input_reduce_fusion", "input_reduce_fusion.4"]
    assert (refused.us_fused, refused.us_unfused) == (None, None)
    assert refused.reason.startswith("Both reduce many values to few")


def test_what_is_a_result_too_is_told_so(found):
    # s is returned, and 1 + s is made of it; XLA's reason is that of 1 + s
    both = apart(found)["input_reduce_fusion.2", "loop_add_fusion"].reason
    assert "more than the second reads this one" in both
    assert "ends in a reduction" in both
    # y.sum(1) is returned; XLA's reason is that of the instruction that gathers the results
    assert "has to be in memory anyway" in apart(found)["input_reduce_fusion.1", "loop_multiply_fusion"].reason


def test_what_is_in_one_kernel_is_told_with_what_led_to_it(found):
    inside = [pair for pair in found if pair.kernel == "input_reduce_fusion.1"]
    assert [(pair.producer.split(".")[0], pair.consumer.split(".")[0]) for pair in inside] == [
        ("exp", "div"),
        ("div", "div"),
        ("div", "reduce_sum"),
    ]
    assert all(pair.fused and pair.reason is None and pair.bytes == 0 for pair in inside)
    assert all(0 < pair.us_fused <= pair.us_unfused for pair in inside)  # else XLA had not fused them


def test_pairs_come_in_the_order_in_which_their_kernels_run(found):
    lines = [pair.lines[1] for pair in found if not pair.fused]
    assert lines == sorted(lines)
    for pair in found:
        assert OPTIMIZED.split("\n")[pair.lines[0] - 1].split("%")[1].startswith(f"{pair.producer} = ")
        assert OPTIMIZED.split("\n")[pair.lines[1] - 1].split("%")[1].startswith(f"{pair.consumer} = ")


def test_increments_are_added_up_and_none_below_zero_is_shown(found):
    assert "us_fused: -" in DUMP  # XLA writes what an estimate changes by
    shown = [us for pair in found for us in (pair.us_fused, pair.us_unfused) if us is not None]
    assert shown
    assert all(us > 0 and math.isfinite(us) for us in shown)


def test_a_sum_that_is_no_time_or_contradicts_what_xla_did_is_dropped():
    below = verdicts_of([Priced("a", ("b",), 9.0, 8.0), Priced("a", ("b",), -3.0, -4.0)])
    assert below.of["a"].times is None  # an increment without a base
    summed = verdicts_of([Priced("a", ("b",), 5.0, 9.0), Priced("a", ("c",), 6.0, 1.0)])
    assert summed.of["a"].times == Times(11.0, 10.0, 1)
    stayed = verdicts_of([Priced("a", ("b",), 5.0, 9.0)])
    assert stayed.of["a"].times is None  # to gain, and yet not fused
    fused = verdicts_of([Priced("a", ("b",), 9.0, 5.0), Joined("a", "b", "f")])
    assert fused.gains["f"] == {"a": None}  # not to gain, and yet fused


def test_what_was_fused_into_some_of_its_readers_is_known():
    verdicts = verdicts_of([Priced("a", ("b", "shape"), 5.0, 9.0), Joined("a", "b", "f")])
    assert verdicts.of["a"].copied
    assert verdicts.gains["f"]["a"] == Times(5.0, 9.0, 2)
    again = verdicts_of([Priced("a", ("b", "c"), 5.0, 9.0), Joined("a", "b", "f"), Refused("a", "no")])
    assert again.of["a"] == ("no", None, False)


def test_a_penalty_is_not_shown_as_a_time():
    far = re.sub(r"us_fused: 50\.9922485", "us_fused: 28620226600", DUMP)
    pair = apart(fusions(far))["loop_multiply_fusion", "input_reduce_fusion.3"]
    assert (pair.us_fused, pair.us_unfused) == (None, None)
    assert "more than 1,000 times slower" in pair.reason


def test_a_pair_that_xla_says_nothing_about_is_told_so():
    silent = DUMP.replace('producer_name: "slice.2"', 'producer_name: "nobody"')
    pair = apart(fusions(silent))["wrapped_slice", "input_scatter_fusion"]
    assert pair.recorded is None
    assert pair.reason.startswith("XLA recorded nothing about this pair.")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("over 8 unnested reductions in fusion", "too many reductions"),
        ("shared memory usage would be over the budget of 49152B", "too much shared memory"),
        ("Number of operands and output buffers is larger than allowed budget per fusion", "too many arrays"),
        ("Number of operands and outputs exceeds 96", "too many arrays"),
        ("Unsupported opcode scatter", "Triton has no scatter"),
        ("Fusion can not be tiled with SymbolicTileAnalysis: Failed to compute\n a tile", "no common tiles"),
        ("DUS and slice index mismatch", "changed in place"),
        ("Unsupported lhs conversion for dot algorithm ALG_DOT_BF16_BF16_F32", "not such a product"),
    ],
)
def test_reasons_are_explained_with_their_figures(written, title):
    reason = recorded(written)
    assert (reason.title, reason.recorded) == (title, written)
    assert "{" not in reason.text
    for number in re.findall(r"\d{2,}B?", title):
        assert number in reason.text


def test_elements_are_read_as_later_versions_of_xla_print_them(found):
    after = AFTER.replace("fusion(%fusion.4)", "fusion(%fusion.4#0)")
    assert after != AFTER
    assert [pair.reason for pair in fusions(after=after)] == [pair.reason for pair in found]


def test_a_reason_that_is_not_known_is_shown_as_xla_wrote_it():
    reason = recorded("the moon is full")
    assert reason.recorded == "the moon is full"
    assert "“the moon is full”" in reason.text


def two_kernels(x):
    first = jnp.linalg.qr(x)[1]  # a library call, which is fused into nothing
    return jnp.tanh(first) + 1.0


def test_on_a_cpu_the_neighbours_are_listed_and_that_no_reason_is_recorded():
    looked = explorer.inspect(two_kernels, S((8, 8), jnp.float32))
    two = [pair for pair in looked.fusions if not pair.fused]
    assert two
    assert all(
        pair.reason == "XLA for the CPU records no reason: its fusion passes do not write down what they leave "
        "apart, nor why."
        for pair in two
    )
    assert all(pair.recorded is pair.us_fused is pair.us_unfused is None for pair in two)
    names = {instruction.name for instruction in looked.instructions}
    assert {pair.producer for pair in two} | {pair.consumer for pair in two} <= names
    text = Path(__file__).read_text().split("\n")
    made = {(p.producer.split(".")[0], p.consumer.split(".")[0]): p for p in looked.fusions if p.fused}
    assert "jnp.tanh(first) + 1.0" in text[made["tanh", "add"].sources[0].line - 1]
    assert "XLA for the CPU records no reason" in repr(looked.fusions)


def test_a_page_holds_it_where_it_was_asked_for():
    looked = explorer.inspect(two_kernels, S((8, 8), jnp.float32))
    assert "fusions/function" not in looked.page_records()
    pairs = sum(not pair.fused for pair in looked.fusions)
    assert len(looked.page_records()["fusions/function"].buffers["pairs"]) == pairs > 0


def test_nothing_is_compiled_for_reasons_that_are_never_recorded():
    class Never:
        def compile(self, compiler_options=None):
            raise AssertionError("compiled")

    assert "for the CPU records no reason" in decided_of(Never(), {}, "cpu").missing
    assert "for TPUs records no reason" in decided_of(Never(), {}, "tpu").missing
    assert "could not be compiled once more: AssertionError: compiled" in decided_of(Never(), {}, "cuda").missing


def test_a_program_that_is_not_there_has_no_fusions_and_says_why():
    looked = explorer.inspector(target="tpu")(two_kernels, S((8, 8), jnp.float32))
    assert len(looked.fusions) == 0
    assert looked.fusions.missing == looked.stages["hlo"].reason


def test_the_record_holds_what_the_pairs_say(found):
    record = found.record("f")
    kernels = record.buffers["kernels"]
    lines = OPTIMIZED.split("\n")
    two = [pair for pair in found if not pair.fused]
    assert len(kernels) == 9
    for row, size, pair in zip(record.buffers["pairs"], record.buffers["bytes"], two, strict=True):
        first, second, reason, _ = row.tolist()
        assert f"%{pair.producer} = " in lines[kernels[first][0]]
        assert f"%{pair.consumer} = " in lines[kernels[second][0]]
        assert record.header["reasons"][reason]["text"] == pair.reason
        assert size == pair.bytes
    times = record.buffers["times"]
    assert len(times) == len(found)
    assert np.isnan(times[[pair.us_fused is None for pair in [*two, *(p for p in found if p.fused)]]]).all()
    assert record.header["work"][3] == "broadcast (2), multiply (2)"
