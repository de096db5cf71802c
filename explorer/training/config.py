"""The configuration of a run: a frozen value that goes through JSON, and so into a link, a page and a script."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any, NamedTuple

from explorer.errors import FieldError

VERSION = 1
DTYPES = ("float32", "float64", "bfloat16", "float16")
MAX_SEED = 2**32 - 1
_RANGES = {
    "batch_size": (1, 1_000_000),
    "steps": (1, 1_000_000_000),
    "seed": (0, MAX_SEED),
    "eval_every": (0, 1_000_000_000),
    "diagnostics": (0, 1_000_000_000),
}


class Event(NamedTuple):
    """A change made while a run went on: from the step after `step` on, `field` is `value`."""

    step: int
    field: str
    value: float


class Turn(NamedTuple):
    """A setting that a branch of a run changed: from the step after `step` on, `field` is `value`."""

    step: int
    field: str
    value: Any


class Choice(Mapping[str, Any]):
    """A picked entry of the catalog and its options, such as `Choice("adam", learning_rate=1e-3)`.

    Args:
      name: the entry's name.
      options: the options that are set; the others keep their defaults. Read them as items.
    """

    __slots__ = ("_options", "name")

    def __init__(self, name: str, /, **options: Any) -> None:
        self.name = name
        self._options = MappingProxyType(options)

    def __getitem__(self, key: str) -> Any:
        return self._options[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._options)

    def __len__(self) -> int:
        return len(self._options)

    def __eq__(self, other: object) -> bool:
        same = isinstance(other, Choice) and self.name == other.name
        return same and dict(self) == dict(other)  # type: ignore[call-overload]

    def __hash__(self) -> int:
        return hash((self.name, json.dumps(dict(self), sort_keys=True)))

    def __repr__(self) -> str:
        return f"Choice({', '.join([repr(self.name), *(f'{k}={v!r}' for k, v in self.items())])})"

    def but(self, **options: Any) -> Choice:
        """Return the same entry with these options changed."""
        return Choice(self.name, **{**self, **options})


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides the numbers of a run. A field left at None takes the model's own default.

    Args:
      model, dataset, optimizer: a name or a `Choice`.
      batch_size: examples a step.
      steps: steps in all.
      seed: seeds the initial params, the order of the examples and the model's own random numbers.
      device: such as "cpu", "cpu:0", "gpu:1".
      dtype: of params and floating-point inputs: float32, float64, bfloat16 or float16.
      eval_every: steps between looks at the held-out data; 0 for never; None for fifty looks in all, at least 100
        steps apart.
      diagnostics: steps between measurements of the norms of every parameter; 0 for none.

    Raises:
      FieldError: a field is of the wrong type or out of range. Names are checked against the catalog by the run.
    """

    model: Choice | str = "neural-network"
    dataset: Choice | str | None = None
    optimizer: Choice | str | None = None
    batch_size: int | None = None
    steps: int | None = None
    seed: int = 0
    device: str = "cpu"
    dtype: str = "float32"
    eval_every: int | None = None
    diagnostics: int = 10

    def __post_init__(self) -> None:
        for name in ("model", "dataset", "optimizer"):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, Choice(value))
            elif not isinstance(value, Choice) and (value is not None or name == "model"):
                raise FieldError(name, f"must be a name or a Choice; you gave {value!r}.", "")
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None or name in ("seed", "diagnostics"):
                object.__setattr__(self, name, _whole(name, value, low, high))
        if self.dtype not in DTYPES:
            raise FieldError("dtype", f"there is no dtype '{self.dtype}'.", f"Allowed: {', '.join(DTYPES)}.")
        if not isinstance(self.device, str):
            raise FieldError("device", f"must be a name; you gave {self.device!r}.", "Such as 'cpu' or 'gpu:0'.")

    def but(self, **changes: Any) -> RunConfig:
        """Return this configuration with some fields changed."""
        return replace(self, **_known(changes))

    def to_json(self) -> str:
        """Return the configuration as JSON, with the version of its form."""
        body: dict[str, Any] = {"version": VERSION}
        for f in fields(self):
            value = getattr(self, f.name)
            is_choice = isinstance(value, Choice)
            body[f.name] = {"name": value.name, "options": dict(value)} if is_choice else value
        return json.dumps(body)

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Return the configuration that `to_json` wrote.

        Raises:
          FieldError: the text is not such JSON, is of another version, or a field is unknown or not allowed.
        """
        try:
            body = dict(json.loads(text))
        except (TypeError, ValueError) as error:
            raise FieldError("config", f"is not JSON of a configuration: {error}.", "") from error
        version = body.pop("version", None)
        if version != VERSION:
            raise FieldError("version", f"is {version!r}.", f"This explorer reads version {VERSION}.")
        for name in ("model", "dataset", "optimizer"):
            value = body.get(name)
            if isinstance(value, dict):
                body[name] = Choice(str(value.get("name")), **value.get("options", {}))
        return cls(**_known(body))


def _known(given: Mapping[str, Any]) -> dict[str, Any]:
    known = [f.name for f in fields(RunConfig)]
    for name in given:
        if name not in known:
            raise FieldError(name, "is not a field of a configuration.", f"Allowed: {', '.join(known)}.")
    return dict(given)


def _whole(name: str, value: Any, low: int, high: int) -> int:
    try:
        number = int(value)
        whole = not isinstance(value, bool) and (isinstance(value, str) or number == value)
    except (TypeError, ValueError, OverflowError):
        number, whole = 0, False
    if not whole or not low <= number <= high:
        allowed = f"a whole number from {low:,} to {high:,}"
        raise FieldError(name, f"must be {allowed}; you gave '{value}'.", "")
    return number
