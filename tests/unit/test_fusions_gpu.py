"""Why kernels are apart, asked of the compiler for GPUs itself; skipped where the extra (0.7 GB) is not installed."""

import math

import jax.numpy as jnp
import pytest
from jax.sharding import PartitionSpec as P
from target_functions import S, step, step_arguments

import explorer
from explorer.compiler.fusions.reasons import recorded
from explorer.compiler.passes import dump as dumps
from explorer.compiler.targets.installed import is_installed, to_install

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not is_installed("gpu"), reason=f"no compiler for GPUs here: {to_install('gpu')}"),
]


def two_sums(x):
    a = jnp.exp(x)
    s = a.sum(0)
    return (a / (1 + s)).sum(1)


@pytest.fixture(scope="module")
def looked():
    return explorer.inspector(target="gpu-h100")(two_sums, S((8192, 8192), jnp.float32))


def test_each_gap_has_its_reason_and_the_times_are_sane(looked):
    two = [pair for pair in looked.fusions if not pair.fused]
    assert two
    assert looked.fusions.note is None
    for pair in two:
        assert pair.recorded is not None or pair.us_fused > pair.us_unfused  # its model decided
        assert pair.recorded is None or recorded(pair.recorded).title != "another reason"
        assert pair.bytes > 0
    assert any(pair.recorded == "both the producer and the consumer contain a reduce" for pair in two)
    fused = [pair for pair in looked.fusions if pair.fused]
    assert all(0 < pair.us_fused <= pair.us_unfused < math.inf for pair in fused)


def test_a_gap_leads_to_the_lines_of_both_kernels(looked):
    lines = looked.stages["source"].text.split("\n")
    pair = next(p for p in looked.fusions if p.recorded == "both the producer and the consumer contain a reduce")
    assert [lines[source.line - 1].strip() for source in pair.sources] == ["s = a.sum(0)", "a = jnp.exp(x)"]


def test_every_pair_of_the_train_step_is_explained_and_nothing_stays_on_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(dumps.tempfile, "tempdir", str(tmp_path))
    found = explorer.inspector(target="gpu-h100")(step, *step_arguments()).fusions
    assert all(pair.recorded or pair.us_fused is not None for pair in found if not pair.fused)
    assert list(tmp_path.iterdir()) == []


def test_what_devices_exchange_is_never_offered_and_told_so():
    spread = explorer.inspector(target="gpu-h100:8", mesh={"data": 8}, specs=(P("data"),))
    found = spread(lambda x: jnp.tanh((x * x).sum()) * 2.0, S((1024, 1024), jnp.float32)).fusions
    exchanged = [pair for pair in found if not pair.fused and "all-reduce" in pair.producer + pair.consumer]
    assert exchanged
    assert all(pair.reason for pair in exchanged)
