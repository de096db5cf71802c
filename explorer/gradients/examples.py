"""The gradient of each example: which pull hardest, and how far they agree (the gradient noise scale)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from explorer.catalog.contract import PyTree
from explorer.display import Drawn
from explorer.gradients.standing import Standing, computing_dtype, number_above_0, parameter, place, standing
from explorer.training.run import Run

TOGETHER = 16  # gradients that are in memory at a time
SAME = 1e-3  # relative; the mean of the examples' gradients is the batch's, or the examples depend on each other
LISTED = 5


@dataclass(frozen=True, eq=False)
class ExampleGradients(Drawn):
    """What the gradient of each example's own loss is like, the penalty left out.

    Args:
      parameter: its name, or None for all parameters together.
      step: steps taken.
      rows: i32[B], which of the training examples.
      norms: f64[B], the length of each gradient.
      along: f64[B], its component along the mean gradient.
      mean_norm: the length of the mean gradient.
      coupled: whether an example's loss depends on the others, as with batch norm.
    """

    parameter: str | None
    step: int
    rows: np.ndarray
    norms: np.ndarray
    along: np.ndarray
    mean_norm: float
    coupled: bool

    @property
    def hardest(self) -> np.ndarray:
        """The places in `rows`, the longest gradient first, i64[B]."""
        return np.argsort(-self.norms, kind="stable")

    @property
    def variance(self) -> float:
        """The trace of the covariance of the examples' gradients, unbiased; NaN for fewer than two."""
        count = len(self.norms)
        if count < 2:
            return float("nan")
        return float((np.mean(self.norms**2) - self.mean_norm**2) * count / (count - 1))

    @property
    def signal(self) -> float:
        """The squared length of the true gradient, unbiased: it can come out below 0."""
        return self.mean_norm**2 - self.variance / len(self.norms)

    @property
    def noise_scale(self) -> float | None:
        """The simple noise scale, tr(Σ) / |G|², in examples; None where these are too few to tell.

        Source:
          McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", arXiv 1812.06162, section 2.2 and
          appendix A.1.
        """
        return self.variance / self.signal if self.signal > 0 else None

    @property
    def sentence(self) -> str:
        """What the noise scale says of the batch."""
        count = len(self.rows)
        if count < 2:
            return "One example has no spread: the noise scale needs at least two."
        if self.noise_scale is None:
            return (
                f"The gradients of these {count:,} examples differ so much that their mean is lost in the noise:"
                " the noise scale cannot be told. Ask for more examples."
            )
        scale = f"The gradient noise scale is {self.noise_scale:,.{0 if self.noise_scale >= 10 else 1}f} examples"
        if count < self.noise_scale:
            return f"{scale}: a larger batch than {count:,} would still make each step clearly better."
        return f"{scale}: a batch of {count:,} averages most of the noise away; a larger one helps little."

    def __str__(self) -> str:
        total = self.norms.sum() or 1.0
        of = "all parameters" if self.parameter is None else self.parameter
        lines = [
            self.sentence,
            f"Gradients of {len(self.rows):,} examples with respect to {of}, at step {self.step:,}.",
        ]
        for at in self.hardest[:LISTED]:
            norm = self.norms[at]
            cosine = self.along[at] / norm if norm else 0.0
            lines.append(
                f"Example {self.rows[at]:,} pulls by {norm:.3g}, {100 * norm / total:.1f} % of all;"
                f" cosine with the mean gradient {cosine:+.2f}."
            )
        if self.coupled:
            lines.append("The loss of an example here depends on the others in the batch (batch norm, dropout).")
        return "\n".join(lines)


def example_gradients(run: Run, name: str | None, *, examples: int | None, seed: int) -> ExampleGradients:
    """Return what the examples' gradients are like; see `Run.example_gradients`."""
    dtype = computing_dtype(run)
    which = None if name is None else parameter(run, name)
    count = None if examples is None else number_above_0("examples", examples)
    with place(run, dtype):
        at = standing(run, dtype, count, seed)
        whole = lambda params: _losses(run, at, params).mean()  # noqa: E731
        mean = _kept(jax.jit(jax.grad(whole))(at.carry.params), which)
        norms, along, sums = _measured(_alone(run, at), at, mean, which)
        off = np.sqrt(max(0.0, float(sums)))
        length = float(jnp.sqrt(_dot(mean, mean)))
        coupled = off > SAME * max(length, float(np.max(norms)) * SAME)
        if coupled:
            norms, along, _ = _measured(_within(run, at), at, mean, which)
    return ExampleGradients(name, at.step, at.rows, norms, along, length, coupled)


def _losses(run: Run, at: Standing, params: PyTree) -> jax.Array:
    model = run.setup.model
    outputs, _ = model.apply(params, at.carry.state, at.batch, key=at.key, train=True)
    return model.loss(outputs, at.batch)


def _alone(run: Run, at: Standing) -> Callable[[PyTree, jax.Array], PyTree]:
    """Return (params, i) -> the gradient of example i in a batch of its own: as cheap as can be."""
    model = run.setup.model

    def loss(params: PyTree, index: jax.Array) -> jax.Array:
        one = jax.tree.map(lambda x: x[index][None], dict(at.batch))
        outputs, _ = model.apply(params, at.carry.state, one, key=at.key, train=True)
        return model.loss(outputs, one).mean()

    return jax.grad(loss)


def _within(run: Run, at: Standing) -> Callable[[PyTree, jax.Array], PyTree]:
    """Return (params, i) -> the gradient of example i's loss in its batch: right where examples are coupled."""
    return jax.grad(lambda params, index: _losses(run, at, params)[index])


def _measured(gradient: Any, at: Standing, mean: PyTree, which: int | None) -> tuple[np.ndarray, np.ndarray, Any]:
    """Return norms f64[B], components along the mean, and how far the mean of all is from `mean`, squared."""

    def measure(params: PyTree, mean: PyTree) -> tuple[Any, Any, Any]:
        length = jnp.sqrt(_dot(mean, mean))

        def one(total: PyTree, indices: jax.Array) -> tuple[PyTree, tuple[jax.Array, jax.Array]]:
            grads = jax.vmap(lambda i: _kept(gradient(params, jnp.maximum(i, 0)), which))(indices)
            real = indices >= 0
            total = jax.tree.map(lambda t, g: t + jnp.tensordot(real.astype(g.dtype), g, 1), total, grads)
            norm = jnp.sqrt(jax.vmap(lambda g: _dot(g, g))(grads))
            return total, (norm, jax.vmap(lambda g: _dot(g, mean))(grads) / jnp.where(length > 0, length, 1.0))

        total, (norms, along) = jax.lax.scan(one, jax.tree.map(jnp.zeros_like, mean), blocks)
        off = jax.tree.map(lambda t, m: t / count - m, total, mean)
        return norms.ravel()[:count], along.ravel()[:count], _dot(off, off)

    count = max(1, len(at.rows))
    size = min(TOGETHER, count)
    indices = np.full(-(-count // size) * size, -1, np.int32)
    indices[:count] = np.arange(count)
    blocks = jnp.asarray(indices.reshape(-1, size))
    norms, along, off = jax.jit(measure)(at.carry.params, mean)
    return np.asarray(norms, np.float64), np.asarray(along, np.float64), off


def _kept(grads: PyTree, which: int | None) -> list[jax.Array]:
    leaves = jax.tree.leaves(grads)
    return leaves if which is None else [leaves[which]]


def _dot(one: PyTree, other: PyTree) -> jax.Array:
    return sum(
        (jnp.vdot(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)), jnp.zeros(())
    )
