"""Names for runs that are shown together: by what differs between them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from explorer.training.config import Choice, Event, RunConfig, Turn


def flat(config: RunConfig) -> dict[str, Any]:
    """Return every setting of a configuration by name, the options of its choices beside it."""
    found: dict[str, Any] = {}
    for name in ("model", "dataset", "optimizer"):
        choice = getattr(config, name)
        if isinstance(choice, Choice):
            found[name] = choice.name
            found |= {f"{name}.{option}": value for option, value in choice.items()}
    fields = ("batch_size", "steps", "seed", "device", "dtype", "eval_every", "diagnostics")
    return found | {name: getattr(config, name) for name in fields}


def names(configs: Sequence[RunConfig], events: Sequence[Sequence[Event | Turn]]) -> list[str]:
    """Return a name for each run that says how it differs from the others, in the order of the runs.

    Args:
      configs: filled configurations, as each run began.
      events: what changed while each of them went on; for a branch that nothing changed, a turn with no field.
    """
    settings = [flat(config) for config in configs]
    keys = dict.fromkeys(key for setting in settings for key in setting)
    # The options of one optimizer mean nothing beside those of another: its name says enough.
    missing = object()
    differing = [k for k in keys if len({_text(s[k]) for s in settings if k in s}) > 1]
    found = []
    for index, (setting, changes) in enumerate(zip(settings, events, strict=True), start=1):
        said = [_said(k, setting[k]) for k in differing if setting.get(k, missing) is not missing]
        said += [_turned(e) for e in list(changes)[:2]]
        found.append(", ".join(said) or f"run {index}")
    return [name if found.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(found, start=1)]


def _turned(event: Event | Turn) -> str:
    what = f"{_said(event.field, event.value)} from" if event.field else "again from"
    return f"{what} step {event.step:,}"


def _said(key: str, value: Any) -> str:
    return (
        _text(value) if key in ("model", "dataset", "optimizer", "device", "dtype") else f"{_label(key)} {_text(value)}"
    )


def _label(key: str) -> str:
    return key.split(".")[-1].replace("_", " ")


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
