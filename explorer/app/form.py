"""The form as a record: every field with its value, what may be picked, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.app.draft import Draft
from explorer.catalog import optimizers, registry, targets
from explorer.catalog.contract import Option
from explorer.compiler.targets.listing import COMPILE_ONLY, RUNS_HERE, Listed, what_it_can
from explorer.compiler.targets.listing import targets as listed
from explorer.records import Record
from explorer.training.config import DTYPES

Reasons = Mapping[str, Mapping[str, str]]  # kind -> name -> why it does not fit

_SCALARS: dict[str, tuple[str, str, str]] = {
    "batch_size": ("training", "Batch size", "Examples that each step looks at."),
    "steps": ("training", "Steps", "Steps in all."),
    "seed": (
        "training",
        "Seed",
        "Decides the first params, the order of the examples and the model's random numbers.",
    ),
    "eval_every": (
        "training",
        "Held-out data every",
        "Steps between looks at the held-out data; 0 for never.",
    ),
    "diagnostics": ("training", "Norms every", "Steps between measurements of every norm; 0 for none."),
}
_BOUNDS = {"batch_size": 1, "steps": 1, "seed": 0, "eval_every": 0, "diagnostics": 0}


def form_record(draft: Draft, reasons: Reasons, locked: str | None, live: str | None) -> Record:
    """Return the form.

    Args:
      draft: what stands in it.
      reasons: why a choice does not fit, by kind and name; such choices are greyed.
      locked: why nothing but the live field may change now, or None.
      live: the optimizer's option that may change while training runs, or None.
    """
    fields = [
        *_choice(draft, "model", "Model", _models()),
        *_choice(draft, "dataset", "Data set", _datasets(reasons.get("dataset", {}))),
        *_choice(draft, "optimizer", "Optimizer", _optimizers(reasons.get("optimizer", {})), live),
        _device(draft),
        _field(
            draft,
            "dtype",
            "Number type",
            "device",
            "select",
            advanced=True,
            options=[{"value": d, "label": d} for d in DTYPES],
        ),
    ]
    for name, (group, label, text) in _SCALARS.items():
        advanced = name in ("eval_every", "diagnostics")
        fields.append(
            _field(
                draft,
                name,
                label,
                group,
                "number",
                help=text,
                integer=True,
                low=_BOUNDS[name],
                advanced=advanced,
                unit="steps" if advanced else None,
            )
        )
    if locked:
        fields = [f if f.get("live") else {**f, "disabled": locked} for f in fields]
    count = len(draft.problems)
    problem = f"Start waits for {count} field{'s' if count > 1 else ''} to be put right." if count else None
    return Record("form", {"fields": fields, "problem": problem})


def _field(draft: Draft, name: str, label: str, group: str, kind: str, **more: Any) -> dict[str, Any]:
    value = draft.values[name]
    shown = list(value) if isinstance(value, tuple) else value
    given = {k: v for k, v in more.items() if v is not None}
    problem = draft.problems.get(name)
    return {
        "name": name,
        "label": label,
        "group": group,
        "kind": kind,
        "value": shown,
        "problem": problem,
        **given,
    }


def _choice(
    draft: Draft, kind: str, label: str, options: list[dict[str, Any]], live: str | None = None
) -> list[dict[str, Any]]:
    group = "data" if kind == "dataset" else kind
    name = draft.values[kind]
    picked = next((o for o in options if o["value"] == name), {})
    fields = [
        _field(
            draft,
            kind,
            label,
            group,
            "select",
            options=options,
            help=picked.get("help"),
            doc=picked.get("doc"),
        )
    ]
    known, kinds, plain = _options(kind, str(name))
    for option, described in known.items():
        full = f"{kind}.{option}"
        if full in draft.values:
            fields.append(
                _field(
                    draft,
                    full,
                    option[0].upper() + option[1:].replace("_", " "),
                    group,
                    _kind(described, kinds.get(option)),
                    help=described.help,
                    low=described.low,
                    high=described.high,
                    integer=_is_integer(described, kinds.get(option)) or None,
                    options=[{"value": c, "label": str(c)} for c in described.choices] or None,
                    advanced=(option not in plain) or None,
                    **({"live": True, "log": True} if option == live else {}),
                )
            )
    return fields


def _options(kind: str, name: str) -> tuple[Mapping[str, Option], Mapping[str, str], tuple[str, ...]]:
    """Return the options of an entry, their kinds where they are known, and those that are always shown."""
    if kind == "optimizer":
        if name not in optimizers.names():
            return {}, {}, ()
        info = optimizers.get(name)
        return info.options, info.kinds, (info.learning_rate_field,)
    if name not in registry.names(kind):
        return {}, {}, ()
    entry = registry.model(name) if kind == "model" else registry.dataset(name)
    return entry.options, {}, tuple(o for o in entry.options if o not in ("seed", "classes"))


def _kind(option: Option, kind: str | None) -> str:
    if kind in ("select", "checkbox"):
        return kind
    if kind == "numbers":
        return "text"
    if option.choices:
        return "select"
    return "checkbox" if isinstance(option.default, bool) else "number"


def _is_integer(option: Option, kind: str | None) -> bool:
    return kind == "integer" or (isinstance(option.default, int) and not isinstance(option.default, bool))


def _models() -> list[dict[str, Any]]:
    found = [registry.model(name) for name in registry.names("model")]
    return [{"value": m.name, "label": m.title, "help": m.summary, "group": m.group} for m in found]


def _datasets(reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    found = [registry.dataset(name) for name in registry.names("dataset")]
    return [
        {
            "value": d.name,
            "label": d.title,
            "help": d.summary,
            "reason": reasons.get(d.name, d.missing),
            "group": d.group,
        }
        for d in found
    ]


def _optimizers(reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    names = optimizers.names()
    listed = []
    for name in names:
        info = optimizers.get(name)
        entry = {"value": name, "label": info.title, "help": info.summary, "reason": reasons.get(name)}
        entry["group"] = "Common" if info.common else f"All {len(names)}"
        listed.append(entry | ({"doc": info.reference} if info.reference else {}))
    for name, why in optimizers.missing().items():
        listed.append({"value": name, "label": name, "group": "Needs a wrapper", "reason": why})
    return listed


def _device(draft: Draft) -> dict[str, Any]:
    """Return the picker of a device: those that run here, and the machines that are only compiled for."""
    picked = draft.target
    found = [_listed(target) for target in listed()]
    if picked is None:
        return _field(draft, "device", "Device", "device", "select", options=found)
    if picked.name not in [option["value"] for option in found]:  # a size that was named
        found.append(_listed(Listed(picked.name, picked.title, what_it_can(picked.family))))
    here = targets.describe(str(draft.values["device"]))["title"]
    told = f"{picked.title} is compiled for; it is not here, and training runs on {here}."
    return {**_field(draft, "device", "Device", "device", "select", options=found, help=told), "value": picked.name}


def _listed(target: Listed) -> dict[str, Any]:
    option = {"value": target.name, "label": target.title, "help": target.can, "group": "Runs here"}
    if target.can == COMPILE_ONLY:
        return {**option, "group": "Compile only"}
    return option if target.can == RUNS_HERE else {**option, "group": "Compile only", "needs": target.can}
