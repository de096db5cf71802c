"""A branch of a run: the same up to a step, bit for bit, and from there on with other settings."""

from __future__ import annotations

from typing import Any

import jax

from explorer.errors import FieldError
from explorer.training.checkpoints import Checkpoint, Taken
from explorer.training.config import Choice, RunConfig, Turn
from explorer.training.names import flat
from explorer.training.precision import precision
from explorer.training.run import Run
from explorer.training.setup import Setup, setup
from explorer.training.step import Carry


def branch_of(run: Run, step: int, changes: dict[str, Any]) -> Run:
    """Return the branch; see `Run.branch`."""
    first = run.taken_at if run.turns else 0
    last = run.divergence.step - 1 if run.divergence is not None else run.step_count
    if isinstance(step, bool) or not isinstance(step, int) or not first <= step <= last:
        raise FieldError("step", f"must be a whole number from {first:,} to {last:,}; you gave {step!r}.", "")
    new = setup(changed(run.config, changes))  # before anything is computed: what cannot be is said at once
    _check_fits(run.setup, new, step)
    live = run.setup.optimizer.live
    asked = live is not None and (live in changes or live in (changes.get("optimizer") or ()))
    branch = _back_at(run, step)
    if live is None or _but(new.config, live) != _but(run.config, live):
        branch = _turned(branch, new, step, asked)
    elif asked:
        branch.set(**{live: _choice(new.config)[live]})
    branch.branched_at = step
    return branch


def changed(config: RunConfig, changes: dict[str, Any]) -> RunConfig:
    """Return a configuration with fields changed; options of its optimizer may be given by their own name.

    Raises:
      FieldError: a field is unknown, or not allowed.
    """
    optimizer = _choice(config)
    options = {name: value for name, value in changes.items() if name in optimizer}
    fields = {name: value for name, value in changes.items() if name not in optimizer}
    if options and "optimizer" in fields:
        raise FieldError(next(iter(options)), "belongs into the optimizer that is given too.", "")
    return config.but(**fields, **({"optimizer": optimizer.but(**options)} if options else {}))


def _choice(config: RunConfig) -> Choice:
    assert isinstance(config.optimizer, Choice)
    return config.optimizer


def _but(config: RunConfig, live: str) -> RunConfig:
    """Return the configuration without the option that may change while a run goes on."""
    optimizer = _choice(config)
    return config.but(optimizer=Choice(optimizer.name, **{k: v for k, v in optimizer.items() if k != live}))


def _back_at(run: Run, step: int) -> Run:
    """Return a run of the same settings that stands at `step`: from the nearest state, its steps taken again."""
    now, carry = run.snapshot()
    point = Checkpoint(step, carry, run.rate) if now == step else run.checkpoints.before(step)
    if point is None or point.step == 0:
        again = Run(run.config, events=[event for event in run.events if event.step <= step])
    else:
        to_come = [event for event in run.events if point.step <= event.step <= step] if now != step else []
        again = Run(run.config, events=to_come, taken=Taken(point, run.history.copy(point.step), "paused"))
    again.begun, again.turns = run.begun, run.turns
    if again.step_count < step:
        again.step(step - again.step_count).wait()
    return again


def _turned(run: Run, new: Setup, step: int, asked: bool) -> Run:
    """Return a run of other settings that goes on from where this one stands.

    Args:
      run: at the step, of the settings before.
      new: the settings from there on.
      step: where that is.
      asked: whether the learning rate is one of those settings; else it stays as it was moved on the way.
    """
    carry, optimizer = run.carry, new.optimizer
    rate = optimizer.options[optimizer.live] if optimizer.live else None
    with precision(new.config.dtype), jax.default_device(new.device):
        opt_state = optimizer.init(carry.params)
        if run.setup.optimizer.info.name == optimizer.info.name and _same(carry.opt_state, opt_state):
            opt_state = carry.opt_state
            rate = rate if asked else run.rate
            if rate is not None:
                opt_state = optimizer.set_live(opt_state, rate)
        carry = jax.device_put(Carry(carry.params, carry.state, opt_state), new.device)
    taken = Taken(Checkpoint(step, carry, rate), run.history, "paused" if step else "ready")
    turned = Run(new.config, taken=taken)
    before, after = flat(run.config), flat(new.config)
    own = [Turn(step, name, value) for name, value in after.items() if name in before and before[name] != value]
    if any(turn.field == "optimizer" for turn in own):  # its options mean nothing beside those of another
        own = [turn for turn in own if not turn.field.startswith("optimizer.")]
    turned.begun, turned.turns = run.begun, (*run.turns, *own)
    return turned


def _check_fits(old: Setup, new: Setup, step: int) -> None:
    """Raise where the params, or the model's own state, cannot go on under other settings."""
    if not _same(old.params_spec, new.params_spec):
        field = "dtype" if old.config.dtype != new.config.dtype else "model"
        raise FieldError(field, f"has other params than those at step {step:,}: it cannot go on from them.", "")
    if not _same(jax.eval_shape(old.initial).state, jax.eval_shape(new.initial).state):
        raise FieldError("model", f"has another state than that at step {step:,}: it cannot go on from it.", "")


def _same(one: Any, other: Any) -> bool:
    def form(tree: Any) -> Any:
        leaves, structure = jax.tree.flatten(tree)
        return structure, [(leaf.shape, str(leaf.dtype)) for leaf in leaves]

    return bool(form(one) == form(other))
