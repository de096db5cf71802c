"""Programs for TPUs, compiled here without one: what they show, and what they refuse."""

import json
import time
from pathlib import Path

import jax
import numpy as np
import pytest
import target_functions
from jax.sharding import AbstractMesh, NamedSharding
from jax.sharding import PartitionSpec as P
from target_functions import S, small, step, step_arguments

import explorer
from explorer.compiler.profile import MeasureError
from explorer.compiler.targets.process import process_for

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
    mesh = AbstractMesh((256,), ("data",))
    params, state, x, y = step_arguments(batch=1024)
    everywhere = NamedSharding(mesh, P())
    params, state = jax.tree.map(lambda a: S(a.shape, a.dtype, sharding=everywhere), (params, state))
    x, y = (S(a.shape, a.dtype, sharding=NamedSharding(mesh, P("data"))) for a in (x, y))
    looked = explorer.inspector(target="tpu-v6e:16x16")(step, params, state, x, y)
    hlo = looked.stages["hlo"]
    assert "num_partitions=256" in hlo.text
    reduces = [n for n, line in enumerate(hlo.text.split("\n"), 1) if " all-reduce(" in line]
    assert reduces
    sources = {span.line for line in reduces for span in hlo.sources(line)}
    assert line_of("hidden = jax.nn.relu") in sources  # the gradient of w1 sums over the batch
    few = explorer.inspector(target="tpu-v6e:4x4")(step, params, state, x, y)
    assert "made for 256 devices, and TPU v6e, 4x4 chips has 16" in few.stages["hlo"].reason


def test_another_option_makes_another_program():
    plain = explorer.inspector(target="tpu-v5e")(small, S((16, 128), np.float32))
    told = explorer.inspector(target="tpu-v5e", compiler_options={"xla_no_such_option": True})(
        small, S((16, 128), np.float32)
    )
    assert plain.stages["hlo"].available
    assert "xla_no_such_option" in told.stages["hlo"].reason
    assert told.stages["stablehlo"].available
