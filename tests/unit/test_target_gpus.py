"""Programs for NVIDIA GPUs, compiled without one; skipped where the extra, of 0.7 GB, is not installed."""

import os
import time
from pathlib import Path

import numpy as np
import pytest
from jax.sharding import PartitionSpec as P
from target_functions import S, small, step, step_arguments

import explorer
from explorer.compiler.profile import MeasureError
from explorer.compiler.targets import process as processes
from explorer.compiler.targets.installed import is_installed, to_install
from explorer.compiler.targets.process import Process

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed("gpu"), reason=f"no compiler for GPUs here: {to_install('gpu')}"),
]


@pytest.fixture(scope="module", autouse=True)
def toolkit(tmp_path_factory):
    """A CUDA toolkit of this machine that must not be used: its assembler says so, and fails."""
    folder = tmp_path_factory.mktemp("cuda")
    (folder / "bin").mkdir()
    for tool in ("ptxas", "nvlink"):
        path = folder / "bin" / tool
        path.write_text(f"#!/bin/sh\necho {tool} >> {folder}/used\nexit 1\n")
        path.chmod(0o755)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder / 'bin'}:{os.environ['PATH']}")
        patch.setenv("CUDA_HOME", str(folder))
        patch.setenv("CUDA_PATH", str(folder))
        yield folder


@pytest.fixture(scope="module")
def looked():
    return explorer.inspector(target="gpu-h100")(step, *step_arguments())


def test_the_train_step_is_a_program_of_the_gpu_and_says_that_it_is_not_autotuned(looked, toolkit):
    hlo = looked.stages["hlo"]
    assert looked.problem is None
    assert "is_scheduled=true" in hlo.text
    assert "__triton" in hlo.text or "__cublas" in hlo.text
    assert looked.device == "NVIDIA H100 80GB HBM3 (compile only, not autotuned)"
    assert any(hlo.sources(line) for line in range(1, hlo.lines + 1))
    assert not (toolkit / "used").exists()


def test_the_figures_are_what_xla_tells_and_no_others(looked):
    assert looked.cost == {}  # CUDA's compiler has no cost analysis of whole programs
    assert looked.memory["argument_bytes"] > 2_400_000
    assert looked.instructions.totals()["flops"] > 100_000_000
    with pytest.raises(MeasureError, match="NVIDIA H100 80GB HBM3 is not in this machine"):
        looked.measure()


def test_a_warm_process_compiles_it_in_time(looked):
    start = time.perf_counter()
    again = explorer.inspector(target="gpu-h100")(step, *step_arguments(batch=64))
    seconds = time.perf_counter() - start
    assert again.stages["hlo"].available
    print(f"784-256-10 train step for H100: {seconds:.2f} s, of which XLA {again.times_ms['compile']:,.0f} ms")
    assert seconds < 5.0


@pytest.mark.parametrize("target", ["gpu-a100", "gpu-a6000", "gpu-h200", "gpu-b200"])
def test_every_gpu_compiles(target):
    looked = explorer.inspector(target=target)(small, S((8, 128), np.float32))
    assert looked.stages["hlo"].available, looked.stages["hlo"].reason


@pytest.mark.parametrize("count", [8, 64])
def test_a_step_over_many_gpus_shows_its_all_reduce(count):
    over = {"mesh": {"data": count}, "specs": (None, None, P("data"), P("data"))}
    looked = explorer.inspector(target=f"gpu-h100:{count}", **over)(step, *step_arguments(batch=1024))
    assert f"num_partitions={count}" in looked.stages["hlo"].text
    assert {"all-reduce"} <= {found.kind for found in looked.collectives}


def test_an_abort_of_xla_stays_in_the_process(monkeypatch):
    around = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parent}{os.pathsep}{around}")
    empty = Process("gpu", module="empty_gpu_target")
    with monkeypatch.context() as patch:
        patch.setattr(processes, "_processes", {"gpu": empty})
        looked = explorer.inspector(target="gpu-h100")(small, S((4, 4), np.float32))
        assert "XLA ended it (SIG" in looked.stages["hlo"].reason
        assert "The kernel is as it was" in looked.stages["hlo"].reason
        assert empty.pid is None
        assert looked.stages["stablehlo"].available
    again = explorer.inspector(target="gpu-h100")(small, S((4, 4), np.float32))
    assert again.stages["hlo"].available
