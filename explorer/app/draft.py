"""What stands in the form: every value as it was typed, and the setup that it makes or why it makes none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from explorer.catalog import optimizers, registry
from explorer.compiler.targets.listing import is_target
from explorer.compiler.targets.target import Target, parsed
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.data import examples_in
from explorer.training.fit import suited
from explorer.training.setup import Setup, filled, setup

CHOICES = ("model", "dataset", "optimizer")
SCALARS = ("device", "dtype", "batch_size", "steps", "seed", "eval_every", "diagnostics")


@dataclass(frozen=True)
class Draft:
    """The form's values; make one with `Draft.of`.

    Args:
      values: by field: "model", "model.hidden", "batch_size" and so on, as typed.
      problems: by field, a sentence on what is wrong and what is allowed.
      setup: what the values make, or None where there are problems.
      target: the machine to compile for, where one was picked that is not here; training stays on the device.
    """

    values: Mapping[str, Any]
    problems: Mapping[str, str] = field(default_factory=dict)
    setup: Setup | None = None
    target: Target | None = None

    @classmethod
    def of(cls, config: RunConfig) -> Draft:
        """Return the draft of a configuration.

        Raises:
          FieldError: the configuration cannot be used.
        """
        target = parsed(config.device) if is_target(config.device) else None
        made = setup(config if target is None else config.but(device=RunConfig().device))
        return cls(values_of(made.config), {}, made, target)

    def set(self, field: str, value: Any) -> Draft:
        """Return the draft after a person picked or typed `value`; a problem stays in it, it is not raised.

        Picking a model takes the model's own defaults; picking a data set or an optimizer takes the defaults of its
        options. What follows from the data goes with them: the model's classes, and no larger batches than they fill.
        Picking a machine that is not here changes what is compiled for, and no value.
        """
        if field == "device" and is_target(value):
            return replace(self, target=parsed(value))
        values = dict(self.values)
        if field in CHOICES:
            values = self._picked(field, value)
        elif field in values:
            values[field] = value
            if field.startswith("dataset."):
                values |= _suited(values)
        else:
            raise FieldError(field, "is not a field of the form.", registry.did_you_mean(field, values))
        return replace(checked(values), target=None if field == "device" else self.target)

    def _picked(self, field: str, name: Any) -> dict[str, Any]:
        kept = {k: v for k, v in self.values.items() if not k.startswith(f"{field}.")}
        kept[field] = name
        try:
            if field == "model":
                # A device or a seed belongs to the person, not to the model.
                own = {k: self.values[k] for k in ("device", "dtype", "seed", "diagnostics")}
                return values_of(filled(RunConfig(model=str(name)))) | own
            picked = kept | {f"{field}.{option}": value for option, value in _defaults(field, str(name)).items()}
            return picked | _suited(picked) if field == "dataset" else picked
        except FieldError:
            return kept


def _suited(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values that follow from the data set and its options; none where these are not right yet."""
    name, prefix = str(values["model"]), "dataset."
    options = {k.removeprefix(prefix): v for k, v in values.items() if k.startswith(prefix)}
    followed: dict[str, Any] = {}
    try:
        dataset = registry.dataset(str(values["dataset"]), options)
        if dataset.missing:
            return {}
        if "model.classes" in values:
            followed["model.classes"] = {**_defaults("model", name), **suited(Choice(name), dataset)}["classes"]
        if isinstance(values["batch_size"], int):
            followed["batch_size"] = min(values["batch_size"], examples_in(dataset.train))
    except FieldError:
        pass  # said at its field, when all are checked
    return followed


def checked(values: Mapping[str, Any]) -> Draft:
    """Return the draft of these values: every field is checked alone, then all together."""
    problems: dict[str, str] = {}

    def check(field: str, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except FieldError as error:
            problems[field] = f"{error.problem} {error.allowed}".strip()
            return None

    fields: dict[str, Any] = {}
    for kind in CHOICES:
        name = str(values[kind])
        known = check(kind, _defaults, kind, name)
        options = {k.split(".", 1)[1]: v for k, v in values.items() if k.startswith(f"{kind}.")}
        for option, value in options.items():
            if known is not None:
                options[option] = check(f"{kind}.{option}", _one, kind, name, {option: value})
        fields[kind] = Choice(name, **options)
    for name in SCALARS:
        fields[name] = check(name, _scalar, name, values[name])
    if problems:
        return Draft(dict(values), problems)
    made = None
    try:
        made = setup(RunConfig(**fields))
    except FieldError as error:
        where = next((f for f in values if f == error.field or f.endswith(f".{error.field}")), "model")
        problems[where] = f"{error.problem} {error.allowed}".strip()
    shown = dict(values) if made is None else values_of(made.config)
    return Draft(shown, problems, made)


def values_of(config: RunConfig) -> dict[str, Any]:
    """Return the values of a form that stands for a filled configuration, every option of its choices too."""
    values: dict[str, Any] = {}
    for kind in CHOICES:
        choice = getattr(config, kind)
        values[kind] = choice.name
        values |= {f"{kind}.{k}": v for k, v in {**_defaults(kind, choice.name), **choice}.items()}
    return values | {name: getattr(config, name) for name in SCALARS}


def _defaults(kind: str, name: str) -> dict[str, Any]:
    if kind == "optimizer":
        return optimizers.check(name, {})
    entry = registry.model(name) if kind == "model" else registry.dataset(name)
    return {option: o.default for option, o in entry.options.items()}


def _one(kind: str, name: str, option: dict[str, Any]) -> Any:
    (key,) = option
    if kind == "optimizer":
        return optimizers.check(name, option)[key]
    entry = registry.model(name) if kind == "model" else registry.dataset(name)
    return registry.check_option(key, entry.options[key], option[key])


def _scalar(name: str, value: Any) -> Any:
    return getattr(RunConfig(**{name: value}), name)


def without(config: RunConfig, option: str) -> RunConfig:
    """Return the configuration without one option of its optimizer, to compare what remains."""
    optimizer = config.optimizer
    assert isinstance(optimizer, Choice)
    return config.but(optimizer=Choice(optimizer.name, **{k: v for k, v in optimizer.items() if k != option}))
