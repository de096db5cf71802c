"""Which examples each step takes: shuffled epochs, precomputed in blocks, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import jax
import numpy as np

BLOCK = 1 << 20  # indices in one block at most; 4 MB


class Order:
    """The rows of `order[step]`, block by block.

    Every epoch is a fresh permutation of all examples; what does not fill a batch at its end is left for the next
    shuffle. Drawing indices inside the compiled loop would cost a small net two thirds of its speed.

    Args:
      examples: N.
      batch_size: at most N.
      seed: of the run.
    """

    def __init__(self, examples: int, batch_size: int, seed: int) -> None:
        self.examples, self.batch_size, self.seed = examples, batch_size, seed
        self.per_epoch = examples // batch_size
        self.epochs = max(1, BLOCK // (self.per_epoch * batch_size))
        self.rows = self.per_epoch * self.epochs

    def block(self, index: int) -> np.ndarray:
        """Return the examples of steps index * rows to (index + 1) * rows - 1, i32[rows, batch_size]."""
        rng = np.random.default_rng([self.seed, index])
        epochs = np.tile(np.arange(self.examples, dtype=np.int32), (self.epochs, 1))
        rng.permuted(epochs, axis=1, out=epochs)
        return epochs[:, : self.per_epoch * self.batch_size].reshape(self.rows, self.batch_size)

    def index(self, step: int) -> tuple[int, int]:
        """Return the block and the row in it of the step after `step` steps."""
        return divmod(step, self.rows)

    def at(self, step: int) -> np.ndarray:
        """Return the examples that the step after `step` steps takes, i32[batch_size]."""
        block, row = self.index(step)
        return self.block(block)[row]


class Blocks:
    """The blocks of an order, one after the other, the next one shuffled while the device works on this one.

    Args:
      order: what to read.
      place: NumPy block -> array on the device.
    """

    def __init__(self, order: Order, place: Callable[[np.ndarray], jax.Array]) -> None:
        self.order, self._place = order, place
        self._current: tuple[int, jax.Array] | None = None
        self._next: tuple[int, Future[np.ndarray]] | None = None

    def get(self, index: int, pool: ThreadPoolExecutor, more: bool) -> jax.Array:
        """Return block `index` on the device; `more` says whether the one after it will be needed."""
        if self._current is None or self._current[0] != index:
            ahead = self._next is not None and self._next[0] == index
            block = self._next[1].result() if self._next and ahead else self.order.block(index)
            self._current, self._next = (index, self._place(block)), None
        if more and self._next is None:
            self._next = index + 1, pool.submit(self.order.block, index + 1)
        return self._current[1]
