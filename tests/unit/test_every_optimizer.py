"""Every optimizer takes real steps on both of the article's models with the default that the picker offers."""

import numpy as np
import pytest

from explorer.catalog import optimizers
from explorer.training.config import RunConfig
from explorer.training.run import Run

# What 50 steps at the default do not improve, measured; the test fails when another joins them.
NOT_LOWER = {
    "linear-regression": {"lars"},  # its step is scaled by the norm of the params, and not at all where they are zero
    "neural-network": {"acprop", "rprop"},
}


@pytest.mark.slow  # two minutes; what each optimizer compiles to and that it steps is in test_optimizers.py
@pytest.mark.parametrize("model", NOT_LOWER)
def test_fifty_steps_of_every_optimizer(model, capsys):
    not_lower = {}
    for name in optimizers.names():
        config = RunConfig(model=model, optimizer=name, steps=50, batch_size=32, diagnostics=0, eval_every=50)
        run = Run(config).start().wait()
        assert run.status == "finished", (name, run.divergence and run.divergence.sentence())
        assert len(run.history.column("loss")) == 50
        before, after = run.history.column("held_out/loss")[[0, -1]]
        assert np.isfinite(after), name
        if not after < before:
            not_lower[name] = f"{before:.4g} -> {after:.4g}"
    with capsys.disabled():
        print(f"\n{model}: held-out loss not lower after 50 steps: {not_lower or 'none'}")
    assert set(not_lower) <= NOT_LOWER[model]
