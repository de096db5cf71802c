"""Tracing, lowering and compiling in turn, each as far as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax

from explorer.compiler import hlo_spans, jaxpr_spans, stablehlo_spans
from explorer.compiler.classic_errors import first_line
from explorer.compiler.frames import Frame
from explorer.compiler.fresh import trace
from explorer.compiler.problem import Problem, problem_of
from explorer.compiler.spans import spans_of
from explorer.compiler.stage import Stage, unavailable


class Steps:
    """The three steps of one look; what fails leaves the later stages unavailable, each with a reason.

    Args:
      fn: what is looked at; a `Traced`, `Lowered` or `Compiled` has the steps before it behind it.
      outside: the frames around the look; no operation comes from them.
    """

    def __init__(self, fn: Any, outside: frozenset[Frame]) -> None:
        self.fn, self.outside = fn, outside
        self.traced: Any = fn if isinstance(fn, jax.stages.Traced) else None
        self.lowered: Any = fn if isinstance(fn, jax.stages.Lowered) else None
        self.compiled: Any = fn if isinstance(fn, jax.stages.Compiled) else None
        self.made: set[tuple[str, Frame]] = set()  # primitives of the jaxpr and where each was made
        self.stages: dict[str, Stage] = {}
        self.times_ms: dict[str, float | None] = {"trace": None, "lower": None, "compile": None}
        self.problem: Problem | None = None

    def trace(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Make the jaxpr; whatever the function raises is raised on."""
        if self.lowered is not None or self.compiled is not None:
            self.stages["jaxpr"] = unavailable("jaxpr", "What was handed over is past tracing already.")
            return
        if self.traced is None:
            self.traced = self._timed("trace", lambda: trace(self.fn, args, kwargs))
        try:
            jaxpr = jaxpr_spans.read(self.traced.jaxpr, self.outside)
            self.stages["jaxpr"], self.made = _stage("jaxpr", jaxpr.text, jaxpr.lines), jaxpr.made
        except Exception as error:  # a printer that changed with a version must not take the text away
            text = self.traced.jaxpr.pretty_print(use_color=False)
            self.stages["jaxpr"] = _without_sources("jaxpr", text, error)

    def lower(self) -> None:
        """Make the StableHLO."""
        if self.compiled is not None:
            self.stages["stablehlo"] = unavailable("stablehlo", "What was handed over is compiled already.")
            return
        try:
            if self.lowered is None:
                self.lowered = self._timed("lower", self.traced.lower)
            text = self.lowered.as_text()
        except Exception as error:  # whatever a lowering rule raises: the jaxpr is still shown
            self._fail("stablehlo", error)
            return
        if text is None:
            self.stages["stablehlo"] = unavailable("stablehlo", "JAX gives no StableHLO text here.")
            return
        try:
            lines = stablehlo_spans.read(text, self.lowered.as_text(debug_info=True), self.outside)
            self.stages["stablehlo"] = _stage("stablehlo", text, lines)
        except Exception as error:  # as above
            self.stages["stablehlo"] = _without_sources("stablehlo", text, error)

    def compile(self) -> None:
        """Make the optimized HLO."""
        if self.compiled is None and self.lowered is None:
            self.stages["hlo"] = unavailable("hlo", "There is no StableHLO to compile.")
            return
        try:
            if self.compiled is None:
                self.compiled = self._timed("compile", self.lowered.compile)
            text = self.compiled.as_text()
        except Exception as error:  # whatever XLA raises: the earlier stages are still shown
            self._fail("hlo", error)
            return
        if text is None:
            self.stages["hlo"] = unavailable("hlo", "The compiler for this device gives no HLO text.")
            return
        try:
            self.stages["hlo"] = _stage("hlo", text, hlo_spans.read(text, self.outside, self.made))
        except Exception as error:  # as above
            self.stages["hlo"] = _without_sources("hlo", text, error)

    def _timed(self, step: str, do: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = do()
        self.times_ms[step] = (time.perf_counter() - start) * 1e3
        return result

    def _fail(self, stage: str, error: Exception) -> None:
        self.problem = self.problem or problem_of(error, self.fn)
        self.stages[stage] = unavailable(stage, first_line(f"{type(error).__name__}: {error}"))


def _stage(name: str, text: str, lines: list[list[Frame]]) -> Stage:
    spans, sources = spans_of(lines)
    return Stage(name, text, True, None, spans, sources)


def _without_sources(name: str, text: str, error: Exception) -> Stage:
    reason = f"The source lines could not be read: {first_line(f'{type(error).__name__}: {error}')}"
    return Stage(name, text, True, reason)
