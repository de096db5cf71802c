"""The learning-rate range test: train a little at ever higher rates, see where the loss falls and where it breaks."""

from __future__ import annotations

import importlib
import time
from functools import cached_property
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np

from explorer.catalog import targets
from explorer.display import Shown
from explorer.errors import FieldError
from explorer.records import Record
from explorer.training.config import RunConfig
from explorer.training.live import positive
from explorer.training.order import Order
from explorer.training.precision import precision
from explorer.training.setup import Setup, setup
from explorer.training.step import Carry, train_step_of

SMOOTH = 0.9  # of an exponential average, corrected for its start
BROKEN = 4  # times its lowest value, where the loss counts as broken
RULE = (
    "A tenth of the rate at which the smoothed loss was lowest, before it rose to four times that: a rate well on the "
    "way down, with room before the edge."
)
SOURCE = (
    "The test: Smith, Cyclical Learning Rates for Training Neural Networks, 2017, arXiv:1506.01186. The rule: Howard "
    "and Gugger, fastai: A Layered API for Deep Learning, 2020, arXiv:2002.04688."
)


class RangeTest(Shown):
    """What a range test found; shows itself in a notebook. Make one with `explorer.lr_range_test`.

    Args:
      setup: of what was trained.
      rates: f64[n], ascending, the learning rate of each step.
      losses: f64[n], the loss of each step's batch, before its update; NaN and infinity where it broke.
      seconds: how long it took, with compiling.
    """

    kind: ClassVar[str] = "range_test"

    def __init__(self, setup: Setup, rates: np.ndarray, losses: np.ndarray, seconds: float) -> None:
        self.setup, self.rates, self.losses, self.seconds = setup, rates, losses, seconds
        self.config = setup.config
        self.field = str(setup.optimizer.live)

    rule, source = RULE, SOURCE

    @cached_property
    def smoothed(self) -> np.ndarray:
        """The losses averaged over the steps before: f64[n], as long as they are finite, then NaN."""
        found, average = np.full(len(self.losses), np.nan), 0.0
        for i, loss in enumerate(self.losses):
            if not np.isfinite(loss):
                break
            average = SMOOTH * average + (1 - SMOOTH) * loss
            found[i] = average / (1 - SMOOTH ** (i + 1))
        return found

    @cached_property
    def end(self) -> int:
        """The number of steps before the loss broke."""
        lowest = np.minimum.accumulate(np.nan_to_num(self.smoothed, nan=np.inf))
        scale = np.maximum(np.abs(lowest), 1e-12)
        broken = ~np.isfinite(self.smoothed) | (self.smoothed - lowest > (BROKEN - 1) * scale)
        return int(np.argmax(broken)) if broken.any() else len(self.losses)

    @property
    def lowest(self) -> int | None:
        """The step at which the smoothed loss was lowest; None where it never fell."""
        best = int(np.argmin(self.smoothed[: self.end])) if self.end else 0
        return best or None

    @property
    def suggestion(self) -> float | None:
        """The learning rate by `rule`; None where the loss never fell."""
        return None if self.lowest is None else float(self.rates[self.lowest] / 10)

    @property
    def sentence(self) -> str:
        """What was found, in words."""
        name = self.field.replace("_", " ")
        if self.lowest is None:
            return f"The loss did not fall at any {name} from {self.rates[0]:.3g} to {self.rates[-1]:.3g}."
        low = f"The loss was lowest at a {name} of {self.rates[self.lowest]:.3g}"
        then = f" and broke at {self.rates[self.end]:.3g}" if self.end < len(self.rates) else ""
        return f"{low}{then}. Suggested: {self.suggestion:.3g}."

    def plot(self) -> Any:
        """Return the losses by learning rate as a plotly figure."""
        return importlib.import_module("explorer.app.range_test").plot(self)

    # How it shows itself

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        return f"Learning-rate range test. {self.sentence}"

    @property
    def subtitle(self) -> str:
        """What was trained."""
        optimizer = self.setup.optimizer.info.title
        return f"Learning-rate range test: {self.setup.model.title} on {self.setup.dataset.title}, {optimizer}"

    @property
    def device(self) -> str:
        """Where it ran, as people read it."""
        return str(targets.describe(self.config.device)["title"])

    def records(self) -> dict[str, Record]:
        """Return what a panel shows, by key."""
        header = {
            "field": self.field,
            "optimizer": self.setup.optimizer.info.title,
            "suggestion": self.suggestion,
            "lowest": self.lowest,
            "end": self.end,
            "sentence": self.sentence,
            "rule": self.rule,
            "source": self.source,
            "seconds": self.seconds,
        }
        buffers = {
            "rates": self.rates.astype(np.float64),
            "losses": self.losses.astype(np.float64),
            "smoothed": self.smoothed,
        }
        return {"range_test": Record("range_test", header, buffers)}

    def __repr__(self) -> str:
        return f"<RangeTest: {self.sentence}>"


def lr_range_test(
    config: RunConfig | None = None, *, low: float = 1e-6, high: float = 10.0, points: int = 100, **fields: Any
) -> RangeTest:
    """Try learning rates, a step at each, from low to high, and suggest one.

    Args:
      config: what to train; instead, its fields may be given by name. Its own learning rate and steps are not used.
      low, high: the rates to begin and to end at; those between are spread evenly by their logarithm.
      points: how many, which is the number of steps.

    Returns:
      The rates, the losses and the suggestion with its rule; it shows itself in a notebook.

    Raises:
      FieldError: the configuration cannot be used, or the optimizer has no learning rate that can move.

    Source:
      Smith, Cyclical Learning Rates for Training Neural Networks, 2017, arXiv:1506.01186.
    """
    low, high = positive("low", low), positive("high", high)
    if low >= high:
        raise FieldError("high", f"must be above low, {low:g}; you gave {high:g}.", "")
    if isinstance(points, bool) or not isinstance(points, int) or not 10 <= points <= 10_000:
        raise FieldError("points", f"must be a whole number from 10 to 10,000; you gave {points!r}.", "")
    return tried(setup(config.but(**fields) if config is not None else RunConfig(**fields)), low, high, points)


def tried(setup: Setup, low: float = 1e-6, high: float = 10.0, points: int = 100) -> RangeTest:
    """Test what is set up; see `lr_range_test`."""
    optimizer, config = setup.optimizer, setup.config
    if optimizer.live is None:
        raise FieldError("optimizer", f"has no learning rate to test: {optimizer.why_not_live}", "")
    began = time.perf_counter()
    rates = np.geomspace(low, high, points)
    order = Order(setup.examples, config.batch_size if setup.dataset.train else 1, config.seed)  # type: ignore[arg-type]
    rows = np.concatenate([order.block(i) for i in range(-(-points // order.rows))])[:points]
    train_step = train_step_of(setup.model, optimizer)

    def test(carry: Carry, data: Any, rows: jax.Array, rates: jax.Array) -> jax.Array:
        key = jax.random.key(config.seed)

        def take(carry: Carry, at: tuple[jax.Array, jax.Array, jax.Array]) -> tuple[Carry, jax.Array]:
            step, row, rate = at
            carry = carry._replace(opt_state=optimizer.set_live(carry.opt_state, rate))
            batch = jax.tree.map(lambda x: x[row], data)
            carry, loss, *_ = train_step(carry, batch, jax.random.fold_in(key, step))
            return carry, loss

        return jax.lax.scan(take, carry, (jnp.arange(points), rows, rates))[1]

    with precision(config.dtype), jax.default_device(setup.device):
        losses = jax.jit(test)(setup.initial(), setup.data(), rows, jnp.asarray(rates, jnp.float32))
        found = np.asarray(losses, np.float64)
    return RangeTest(setup, rates, found, time.perf_counter() - began)
