"""What only a GPU can show: its profile, its memory, its own program beside the one compiled without it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.compiler import profile


def gpus():
    """The GPUs of this machine."""
    try:
        return jax.local_devices(backend="gpu")
    except RuntimeError:  # JAX has none, or was told not to look
        return []


on_a_gpu = pytest.mark.skipif(not gpus(), reason="there is no GPU that JAX can use in this machine")


def layer(w, x):
    return jnp.sum(jnp.tanh(x @ w) ** 2)


W, X = np.ones((512, 512), np.float32), np.ones((64, 512), np.float32)


@on_a_gpu
def test_the_profile_of_a_gpu_names_its_kernels_and_says_how_it_was_taken():
    seen = explorer.inspector(transform=["grad"], target="gpu")(layer, W, X)
    measured = [one for one in seen.measure(runs=3) if one.measured_us > 0]
    assert any(one.opcode in ("fusion", "custom-call", "dot") for one in measured)
    assert profile.WITHOUT_BUFFERS in seen.instructions.measured.note


@on_a_gpu
def test_the_memory_of_a_gpu_is_what_xla_reports():
    seen = explorer.inspector(target="gpu")(layer, W, X)
    report = seen.compiled.memory_analysis()
    assert seen.memory["argument_bytes"] == report.argument_size_in_bytes == W.nbytes + X.nbytes
    assert seen.memory.timeline.peak_bytes >= seen.memory["argument_bytes"]


@on_a_gpu
def test_its_own_program_beside_the_one_compiled_without_it():
    here = explorer.inspector(target="gpu")(layer, W, X)
    elsewhere = explorer.inspector(target="gpu-h100")(layer, W, X)
    if not elsewhere.stages["hlo"].available:
        pytest.skip(f"nothing compiles for other GPUs here: {elsewhere.stages['hlo'].reason}")
    assert here.compare(elsewhere).verdict
    assert "not autotuned" in repr(elsewhere)
    assert "not autotuned" not in repr(here)


@on_a_gpu
def test_the_same_run_on_the_gpu_and_on_the_cpu_learns_the_same():
    losses = [
        explorer.train(model="linear-regression", steps=50, device=device, progress=False).history.column("loss")
        for device in ("gpu", "cpu")
    ]
    np.testing.assert_allclose(*losses, rtol=1e-3)


def test_where_a_profile_would_hide_kernels_the_program_is_compiled_without_what_hides_them(monkeypatch):
    # The choice is a GPU's; that it is carried out, and said, shows on any device.
    monkeypatch.setattr("explorer.compiler.inspection.needs_apart", lambda compiled: True)
    seen = explorer.inspect(layer, W, X)
    measured = [one for one in seen.measure(runs=2) if one.measured_us > 0]
    assert measured
    assert profile.WITHOUT_BUFFERS in seen.instructions.measured.note
    monkeypatch.undo()
    assert profile.WITHOUT_BUFFERS not in explorer.inspect(layer, W, X).measure(runs=2).measured.note
