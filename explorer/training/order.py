"""Which examples each step takes: shuffled epochs, precomputed in blocks, the same for the same seed."""

from __future__ import annotations

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

    def at(self, step: int) -> np.ndarray:
        """Return the examples that the step after `step` steps takes, i32[batch_size]."""
        return self.block(step // self.rows)[step % self.rows]
