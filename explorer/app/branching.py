"""Settings beside those of a run: as it stands now, and what differs from them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from explorer.app.draft import values_of
from explorer.training.config import Choice, RunConfig
from explorer.training.run import Run
from explorer.training.setup import Setup


def as_it_stands(run: Run) -> RunConfig:
    """Return a run's configuration with the learning rate that it has come to."""
    optimizer, live = run.config.optimizer, run.setup.optimizer.live
    assert isinstance(optimizer, Choice)
    return run.config if live is None else run.config.but(optimizer=optimizer.but(**{live: run.rate}))


def differing(run: Run, config: RunConfig) -> dict[str, Any]:
    """Return the fields of a configuration that are others than a run stands at, as `Run.branch` takes them."""
    now = as_it_stands(run)
    return {f.name: getattr(config, f.name) for f in fields(config) if getattr(config, f.name) != getattr(now, f.name)}


def same_but_rate(one: Setup, other: Setup) -> bool:
    """Return whether two setups train the same, but for the learning rate, and how long."""
    length = ("steps", "eval_every", "diagnostics", f"optimizer.{one.optimizer.live}")
    plain = [{k: v for k, v in values_of(each.config).items() if k not in length} for each in (one, other)]
    return plain[0] == plain[1]
