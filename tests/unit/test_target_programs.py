"""Programs for TPUs, compiled here without one: what they show, and what they refuse."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import target_functions
from jax.sharding import AbstractMesh, AxisType, NamedSharding
from jax.sharding import PartitionSpec as P
from target_functions import S, small, step, step_arguments

import explorer
from explorer.compiler.profile import MeasureError
from explorer.compiler.targets.process import TargetError, process_for
from explorer.errors import FieldError

WARM_S = 5.0


@pytest.fixture(scope="module")
def looked():
    """The train step for a TPU v5e; the process is warm then."""
    return explorer.inspector(target="tpu-v5e:2x2")(step, *step_arguments())


def line_of(text):
    """The line, from 1, of a piece of the source of the functions."""
    lines = Path(target_functions.__file__).read_text(encoding="utf-8").split("\n")
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_train_step_is_the_program_of_a_tpu_and_its_lines_lead_to_the_source(looked):
    hlo = looked.stages["hlo"]
    assert looked.problem is None
    assert looked.device == "TPU v5e, 2x2 chips (compile only)"
    assert hlo.text.startswith("HloModule jit_step")
    assert ":T(8,128)" in hlo.text  # tiles of a TPU's memory; no other compiler writes them
    matmul = line_of("hidden = jax.nn.relu(x @ params")
    related = looked.relatives("source", matmul)
    assert all(related[stage] for stage in ("jaxpr", "stablehlo", "hlo_before", "hlo"))
    assert matmul in {span.line for line in related["hlo"] for span in hlo.sources(line)}


def test_the_figures_are_xlas_own_for_that_target_and_sane(looked):
    x, w = 2 * 128 * 784 * 256, 2 * 128 * 256 * 10
    assert looked.cost["flops"] > 2 * x + 3 * w
    assert all(value >= 0 for value in looked.cost.values())
    assert looked.memory["argument_bytes"] >= 3 * 4 * (784 * 256 + 256 + 2560 + 10)
    assert looked.instructions.missing is None
    # XLA for TPU counts its own padding besides; what both count is the arithmetic of the matrix products
    assert looked.instructions.totals()["flops"] == pytest.approx(looked.cost["flops"], rel=0.05)
    assert looked.summary.totals["fusions"] > 0
    assert json.loads(looked.to_json())["device"].startswith("TPU v5e")


def test_an_estimate_that_is_not_sane_is_not_shown(looked):
    told = looked.compiled
    told._cost = {**told._cost, "optimal_seconds": -1.0}
    again = explorer.Inspection(looked.name, looked.device, {}, compiled=told)
    assert "optimal_seconds" not in again.cost
    assert again.cost["flops"] == looked.cost["flops"]


def test_the_passes_of_a_tpus_compiler_are_there(looked):
    assert looked.passes.missing is None
    assert any("tpu" in name and "fusion" in name for name in looked.passes.ran)
    changed = [found for found in looked.passes if found.changed]
    assert len(changed) > 5
    assert looked.passes[-1].text.count("fusion(") > 0


def test_measuring_what_is_not_here_is_refused_in_plain_words(looked):
    with pytest.raises(MeasureError, match="TPU v5e, 2x2 chips is not in this machine"):
        looked.measure()


def test_a_warm_process_compiles_the_train_step_in_time(looked):
    process = process_for("tpu").pid
    start = time.perf_counter()
    again = explorer.inspector(target="tpu-v5e:2x2")(step, *step_arguments(batch=64))
    seconds = time.perf_counter() - start
    assert again.stages["hlo"].available
    assert process_for("tpu").pid == process
    print(f"784-256-10 train step for TPU v5e: {seconds:.2f} s, of which XLA {again.times_ms['compile']:,.0f} ms")
    assert seconds < WARM_S


@pytest.mark.parametrize("target", ["tpu-v4", "tpu-v5p:2x2x2", "tpu-v6e:1x1", "tpu-v6e:3x5", "tpu-7x:4x8x8"])
def test_every_generation_compiles(target):
    looked = explorer.inspector(target=target)(small, S((8, 128), np.float32))
    assert "T(8,128)" in looked.stages["hlo"].text
    assert looked.cost["flops"] > 0


def test_a_step_over_256_chips_shows_its_all_reduce_and_the_line_that_made_it():
    over = {"mesh": {"data": 256}, "specs": (None, None, P("data"), P("data"))}
    looked = explorer.inspector(target="tpu-v6e:16x16", **over)(step, *step_arguments(batch=1024))
    assert "num_partitions=256" in looked.stages["hlo"].text
    reduces = [found for found in looked.collectives if found.kind == "all-reduce"]
    assert reduces
    assert {found.devices for found in reduces} == {256}
    # every gradient is summed over the batch, which lies on all chips
    assert sum(found.bytes for found in reduces) >= 4 * (784 * 256 + 256 + 2560 + 10)
    sources = {span.line for found in reduces for span in found.sources}
    assert line_of("hidden = jax.nn.relu") in sources
    told = [finding for finding in looked.summary if finding.kind == "collective"]
    assert any("all-reduce among 256 devices" in finding.text and finding.lines for finding in told)
    assert all(finding.value > 0 for finding in told)


def test_a_mesh_of_two_axes_splits_the_weights_too():
    def f(w, x):
        return x @ w

    shapes = (S((512, 512), np.float32), S((128, 512), np.float32))
    over = {"mesh": {"data": 2, "model": 2}, "specs": (P("model", None), P("data", "model"))}
    looked = explorer.inspector(target="tpu-v5e:2x2", **over)(f, *shapes)
    assert "f32[256,512]" in looked.stages["hlo"].text  # the half of w that a chip holds
    assert [found.devices for found in looked.collectives] == [2]
    assert looked.memory["argument_bytes"] == 4 * (512 * 512 // 2 + 128 * 512 // 4)
    assert explorer.inspector(target="tpu-v5e:2x2")(f, *shapes).collectives == ()


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"mesh": {"data": 8}}, "it has 8 devices. Allowed: up to 4, as TPU v5e, 2x2 chips has"),
        ({"mesh": {"data": 0}}, "the axis 'data' has the size 0"),
        ({"specs": (P("data"),)}, "there is none. Give one: mesh="),
        ({"mesh": {"data": 4}, "specs": (P("batch"),)}, "no axis 'batch'. It has: data."),
        ({"mesh": {"data": 4}, "specs": (P("data"),)}, "axis 0 of x has 6 elements. They must divide into 4"),
        ({"mesh": {"data": 4}, "specs": (P(None, None, None),)}, "names 3 axes. The array has 2"),
        ({"mesh": {"data": 4}, "specs": (P(), P())}, "one for each of 1 arguments"),
    ],
)
def test_a_sharding_that_does_not_fit_is_told_in_words(over, says):
    with pytest.raises(FieldError) as caught:
        explorer.inspector(target="tpu-v5e:2x2", **over)(small, S((6, 128), np.float32))
    assert says in str(caught.value)


def test_a_program_for_more_devices_than_the_target_has_is_refused():
    mesh = AbstractMesh((256,), ("data",), axis_types=(AxisType.Auto,))
    x = S((1024, 8), np.float32, sharding=NamedSharding(mesh, P("data")))
    looked = explorer.inspector(target="tpu-v6e:4x4")(small, x)
    assert "made for 256 devices, and TPU v6e, 4x4 chips has 16" in looked.stages["hlo"].reason


def test_another_option_makes_another_program():
    plain = explorer.inspector(target="tpu-v5e")(small, S((16, 128), np.float32))
    told = explorer.inspector(target="tpu-v5e", compiler_options={"xla_no_such_option": True})(
        small, S((16, 128), np.float32)
    )
    assert plain.stages["hlo"].available
    assert "xla_no_such_option" in told.stages["hlo"].reason
    assert told.stages["stablehlo"].available


def test_a_text_that_makes_xla_abort_ends_the_count_and_not_the_kernel(looked):
    lone = "HloModule m\n\nENTRY %e (x: f32[2]) -> f32[2] {\n  ROOT %x = f32[2]{0} parameter(7)\n}\n"
    with pytest.raises(TargetError, match=r"ended|aborted|stopped"):
        looked.compiled.counted([lone])
    product = "HloModule m\n\nENTRY %e (x: f32[8,8]) -> f32[8,8] {\n  %x = f32[8,8]{1,0} parameter(0)\n"
    product += "  ROOT %d = f32[8,8]{1,0} dot(%x, %x), lhs_contracting_dims={1}, rhs_contracting_dims={0}\n}\n"
    counted, refused = looked.compiled.counted([product, "no HLO"])
    assert counted["flops"] == 2 * 8**3
    assert refused is None
