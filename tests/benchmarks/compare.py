"""Ratios on a noisy machine: interleaved pairs, a median, and a bootstrap interval."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Ratio(NamedTuple):
    """The median of `ours / theirs` over pairs, with a 95 % bootstrap interval."""

    median: float
    low: float
    high: float

    def against(self, target: float) -> str:
        """Return the ratio beside its target; it misses only where the whole interval does."""
        verdict = "met" if self.low >= target else "missed" if self.high < target else "met within the noise"
        return f"{self.median:6.2f}  [{self.low:.2f}, {self.high:.2f}]  target >= {target}: {verdict}"

    def below(self, target: float) -> str:
        """Return the ratio beside a target that it is to stay below; it misses only where the whole interval does."""
        verdict = "met" if self.high < target else "missed" if self.low >= target else "met within the noise"
        return f"{self.median:6.2f}  [{self.low:.2f}, {self.high:.2f}]  target < {target}: {verdict}"


def ratio(ours: list[float], theirs: list[float], seed: int = 0) -> Ratio:
    """Return the ratio of paired measurements, such as steps a second, or seconds."""
    pairs = np.asarray(ours) / np.asarray(theirs)
    rng = np.random.default_rng(seed)
    medians = np.median(rng.choice(pairs, (2000, len(pairs))), axis=1)
    return Ratio(float(np.median(pairs)), *(float(q) for q in np.quantile(medians, [0.025, 0.975])))


def interleaved(cases: dict[str, Callable[[], float]], pairs: int, seed: int = 0) -> dict[str, list[float]]:
    """Call every case once per round, in random order, and return what each returned."""
    rng, found = np.random.default_rng(seed), {name: [] for name in cases}
    for _ in range(pairs):
        for name in rng.permutation(list(cases)):
            found[name].append(cases[name]())
    return found
