"""Copy as plain JAX: the script of any entry runs without the explorer and reaches the run's numbers."""

import contextlib
import io

import pytest
import scripted_models

import explorer
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.run import Run
from explorer.training.script import script_of

QUICK = [
    RunConfig(model="ridge-regression", dataset=Choice("linear", noise=0.5)),
    RunConfig(model=Choice("mlp", depth=1, dropout=0.5), dataset=Choice("iris", held_out=60)),
    RunConfig(model="rosenbrock"),
]
SLOW = [RunConfig(model=name) for name in explorer.models()]


def printed(text: str) -> list[str]:
    """Run a script and return what it prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(text, "script.py", "exec"), {"__name__": "__main__"})
    return out.getvalue().splitlines()


def _same(config: RunConfig) -> None:
    run = Run(config.but(steps=20, eval_every=0, diagnostics=0)).start().wait()
    text = script_of(run)
    assert "import explorer" not in text
    assert "from explorer" not in text
    step, loss = printed(text)[-1].removeprefix("step ").split(": loss ")
    assert step == "20"
    assert float(loss) == pytest.approx(run.history.column("loss")[-1], rel=1e-4)


@pytest.mark.parametrize("config", QUICK, ids=lambda c: f"{c.model.name} on {c.dataset.name if c.dataset else 'own'}")
def test_the_script_of_an_entry_reaches_its_numbers(config):
    _same(config)


@pytest.mark.slow
@pytest.mark.parametrize("config", SLOW, ids=lambda c: c.model.name)
def test_the_script_of_every_model_reaches_its_numbers(config):
    _same(config)


def test_constants_helpers_and_imports_come_along(catalog):
    catalog.register("model", lambda: scripted_models.model(scripted_models.apply))
    _same(RunConfig(model="scripted"))
    text = script_of(Run(RunConfig(model="scripted")))
    assert "SCALE = 0.5" in text
    assert "from math import tanh as squash" in text
    assert "def objective_(" in text  # the script has an objective of its own
    assert '"only": "here"' not in text


@pytest.mark.parametrize(
    ("apply", "said"),
    [
        (scripted_models.closed(2.0), "it keeps values that only this kernel has"),
        (scripted_models.apply_hidden, "it uses 'HIDDEN', which only this kernel has"),
        (scripted_models.apply_renamed, "it calls 'batches', a name that the script needs"),
    ],
)
def test_what_no_script_can_hold_is_said(catalog, apply, said):
    catalog.register("model", lambda: scripted_models.model(apply))
    with pytest.raises(FieldError, match=said):
        script_of(Run(RunConfig(model="scripted")))
