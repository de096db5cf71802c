"""The compiled calls of a run: each about as long as a frame of the screen, and what they leave in the history."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import jax
import numpy as np

from explorer.training.divergence import Divergence, find_divergence
from explorer.training.evaluate import Evaluator
from explorer.training.history import History
from explorer.training.loop import Loop, Outputs
from explorer.training.order import Blocks, Order
from explorer.training.setup import Setup
from explorer.training.step import Carry

FRAME_S = 0.04  # a call takes about this long; a command waits for one call at most


class Call(NamedTuple):
    """A call that computes: where it started and what it will return."""

    carry: Carry  # before its first step
    step: int  # taken before it
    rate: float | None  # the learning rate that holds in it, if the optimizer has one
    order: jax.Array
    row: int
    started: float  # time.perf_counter()
    returned: tuple[Carry, Outputs]


class Made(NamedTuple):
    """What a call came to: the carry, the steps taken in all, what went wrong, if it did, and its numbers."""

    carry: Carry
    step: int
    divergence: Divergence | None
    outputs: Outputs


class Calls:
    """Makes the compiled calls of one run, on the thread that trains.

    Args:
      setup: what is trained.
      history: what the calls record into.
      say: is told what is being done, in words, where it takes a while; None when it is over.
    """

    def __init__(self, setup: Setup, history: History, say: Callable[[str | None], None]) -> None:
        self.setup, self.history, self._say = setup, history, say
        batch_size = setup.config.batch_size if setup.dataset.train else 1
        assert batch_size is not None
        self.order = Order(setup.examples, batch_size, setup.config.seed)
        self.steps_per_second: float | None = None
        self._timed: deque[tuple[float, int]] = deque(maxlen=256)  # of the last calls: seconds a step, and steps
        self._blocks = Blocks(self.order, lambda block: jax.device_put(block, setup.device))
        self._loop: Loop | None = None
        self._evaluator: Evaluator | None = None
        self._data: Any = None
        self._per_step = FRAME_S / 16  # seconds; a first guess, replaced by what is measured

    def prepare(self, carry: Carry, step: int, pool: ThreadPoolExecutor) -> None:
        """Read the data and compile, the first time; before the first step, look at the held-out data."""
        if self._loop is not None:
            return
        self._say("reading the data")
        self._data = self.setup.data()
        loop = Loop(self.setup)
        order = self._blocks.get(0, pool, more=False)
        self._say("compiling the train step")
        loop.compile(carry, self._data, order)
        if self.setup.config.eval_every and self.setup.dataset.held_out is not None:
            self._say("compiling the look at held-out data")
            self._evaluator = Evaluator(self.setup)
            self._evaluator.compile(carry)
        self._say(None)
        self._loop = loop
        if step == 0:
            self._evaluate(carry, 0)

    def start(self, carry: Carry, step: int, until: int, rate: float | None, pool: ThreadPoolExecutor) -> Call:
        """Start a call, and return while it computes.

        Args:
          carry: after `step` steps.
          until: the step that the call must not go past.
          rate: the learning rate that holds in it, if the optimizer has one.
          pool: shuffles the next epochs.
        """
        assert self._loop is not None
        block, row = self.order.index(step)
        order = self._blocks.get(block, pool, more=until > (block + 1) * self.order.rows)
        started = time.perf_counter()
        returned = self._loop(carry, self._data, order, row, step, self._count(row, step, until))
        return Call(carry, step, rate, order, row, started, returned)

    def finish(self, call: Call) -> Made:
        """Wait for a call, and where it met a number that is not finite, find the step that made it."""
        after, outputs = call.returned
        done, finite = int(outputs.done), bool(outputs.finite)
        took = time.perf_counter() - call.started
        if done:
            self._timed.append((took / done, done))
        self._measure(done, took)
        if finite:
            return Made(after, call.step + done, None, outputs)
        # Replaying gives the same numbers, bit for bit, so the step is found by halving.
        self._say("looking for the step that made a number that is not finite")
        loop = self._loop
        assert loop is not None
        again = lambda n: loop(call.carry, self._data, call.order, call.row, call.step, n)  # noqa: E731
        found = find_divergence(self.setup, again, self._data, call.order, call.row, call.step, done)
        after, outputs = again(found.step - call.step)
        return Made(after, found.step, found, outputs)

    def record(self, call: Call, made: Made) -> None:
        """Put into the history what came of a call, and how the held-out data look after it, where that is due."""
        self._record(call.step, made.step - call.step, made.outputs, call.rate)
        if made.divergence is None:
            self._evaluate(made.carry, made.step)

    @property
    def seconds_per_step(self) -> float | None:
        """The median of what a step took, over the steps of the last calls; None before the first."""
        timed = sorted(self._timed)
        half = sum(steps for _, steps in timed) / 2
        for seconds, steps in timed:
            half -= steps
            if half <= 0:
                return seconds
        return None

    def _count(self, row: int, step: int, until: int) -> int:
        """Return how many steps the next call takes: a frame's worth, up to the next thing that is due."""
        assert self._loop is not None
        if self._evaluator is not None:
            until = min(until, (step // self._every + 1) * self._every)
        frame = max(1, int(FRAME_S / self._per_step))
        return max(1, min(frame, self._loop.capacity, self.order.rows - row, until - step))

    def _measure(self, steps: int, seconds: float) -> None:
        per_step = max(seconds, 1e-7) / max(steps, 1)
        self._per_step = 0.7 * self._per_step + 0.3 * per_step if self.steps_per_second else per_step
        self.steps_per_second = 1 / self._per_step

    def _record(self, step: int, done: int, outputs: Outputs, rate: float | None) -> None:
        steps = np.arange(step + 1, step + done + 1)
        with self.history.lock:
            self.history.append("loss", "train", steps, np.asarray(outputs.loss)[:done])
            if rate is not None:
                ends = np.unique([step + 1, step + done])
                self.history.append("learning_rate", "train", ends, np.full(len(ends), rate))
            every = self.setup.config.diagnostics
            if not every:
                return
            measured = steps[(steps - 1) % every == 0]
            table = np.asarray(outputs.norms)[: len(measured)]
            for index, name in enumerate(self.setup.parameters):
                grad, param, update = table[:, 0, index], table[:, 1, index], table[:, 2, index]
                with np.errstate(divide="ignore", invalid="ignore"):
                    ratio = update / param
                self.history.append(f"grad_norm/{name}", "diagnostic", measured, grad)
                self.history.append(f"param_norm/{name}", "diagnostic", measured, param)
                # A parameter that is still zero has no ratio yet.
                moved = param > 0
                self.history.append(f"update_ratio/{name}", "diagnostic", measured[moved], ratio[moved])

    @property
    def _every(self) -> int:
        every = self.setup.config.eval_every
        assert every is not None
        return every

    def _evaluate(self, carry: Carry, step: int) -> None:
        if self._evaluator is None or (step % self._every and step < (self.setup.config.steps or 0)):
            return
        for name, value in self._evaluator(carry).items():
            self.history.append(f"held_out/{name}", "held_out", [step], value)
