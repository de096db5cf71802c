"""Tracing, lowering and compiling in turn, each as far as it goes; texts and links are left to whoever asks first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import jax

from explorer.compiler import hlo_spans, jaxpr_spans, stablehlo_spans
from explorer.compiler.classic_errors import first_line
from explorer.compiler.constants import constant_bytes
from explorer.compiler.frames import Frame
from explorer.compiler.fresh import trace
from explorer.compiler.fusions.decided import Decided, decided_of
from explorer.compiler.hlo_gone import Reading
from explorer.compiler.machine.written import Written, written_of
from explorer.compiler.options import PLAIN, Options
from explorer.compiler.origins import Made, Origin, Trace
from explorer.compiler.passes.passes import Passes, passes_of
from explorer.compiler.problem import Problem, problem_of
from explorer.compiler.programs import Program, key_of, programs
from explorer.compiler.room import refusal
from explorer.compiler.source import Definition, Files, arguments_at
from explorer.compiler.stage import Stage, unavailable
from explorer.compiler.targets.process import TargetError
from explorer.compiler.targets.program import Lowered as ForTarget
from explorer.compiler.targets.program import check_size
from explorer.compiler.trial import survive

NOT_HERE = "There is no {} here: JAX can lower for it, and what XLA makes of that needs the device's own compiler."
NO_PASSES = "What was handed over is compiled already: give the function itself, or what it was lowered to."
HANDED_OVER = "What was handed over is {} already."


class Steps:
    """The three steps of one look; what fails leaves the later stages unavailable, each with a reason.

    Args:
      fn: what is looked at; a `Traced`, `Lowered` or `Compiled` has the steps before it behind it.
      outside: the frames around the look; no operation comes from them.
      files: the table of source files that the links point into.
      definition: where the function is defined, if that is known.
      options: how it is jitted, lowered and compiled.
    """

    def __init__(
        self,
        fn: Any,
        outside: frozenset[Frame],
        files: Files,
        definition: Definition | None,
        options: Options = PLAIN,
    ) -> None:
        self.fn, self.outside, self.files, self.definition, self.options = fn, outside, files, definition, options
        self.traced: Any = fn if isinstance(fn, jax.stages.Traced) else None
        self.lowered: Any = fn if isinstance(fn, jax.stages.Lowered) else None
        self.compiled: Any = fn if isinstance(fn, jax.stages.Compiled) else None
        self.made: Made = {}  # filled by the links of the jaxpr, or else of the StableHLO
        self.before: Reading | None = None  # filled by the links of the HLO before optimization
        self.stages: dict[str, Stage] = {}
        self.times_ms: dict[str, float | None] = {"trace": None, "lower": None, "compile": None}
        self.problem: Problem | None = None
        self.places: list[str] = []
        self.reads: Steps | None = None  # those that made the earlier stages, where others did

    def trace(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Make the jaxpr; whatever the function raises is raised on."""
        if self.lowered is not None or self.compiled is not None:
            self.stages["jaxpr"] = unavailable("jaxpr", HANDED_OVER.format("past tracing"))
            return
        # Where the program runs follows from its arguments and the default device, and neither is in the StableHLO.
        leaves = jax.tree.leaves((args, kwargs))
        here: Any = jax.config
        self.places = [str(here.jax_default_device), *(str(x.sharding) for x in leaves if isinstance(x, jax.Array))]
        if self.traced is None:
            self.traced = self._timed("trace", lambda: trace(self.fn, args, kwargs, self.options.jit))
        self.stages["jaxpr"] = _Jaxpr(self).stage()

    def lower(self) -> None:
        """Make the StableHLO."""
        if self.compiled is not None:
            for name in ("stablehlo", "hlo_before"):
                self.stages[name] = unavailable(name, HANDED_OVER.format("compiled"))
            return
        try:
            if self.lowered is None and self.options.target is not None:
                check_size(constant_bytes(self.traced.jaxpr))  # before they are copied
            if self.lowered is None:
                self.lowered = self._timed("lower", self._lower)
        except TargetError as error:
            self._not_for_target("stablehlo", error)
            self.stages["hlo_before"] = unavailable("hlo_before", str(error))
            return
        except Exception as error:  # whatever a lowering rule raises: the jaxpr is still shown
            self._fail("stablehlo", error)
            self.stages["hlo_before"] = unavailable("hlo_before", "There is no StableHLO to make it of.")
            return
        lowered = self.lowered

        def trace_text(text: str) -> Trace:
            debug = lowered.as_text(debug_info=True)
            found, made = stablehlo_spans.read(text, debug, self.outside, self.all_made(), self.arguments)
            self.made = self.made or made
            return found

        self.stages["stablehlo"] = Stage("stablehlo", lowered.as_text, trace_text, self.files)
        self.stages["hlo_before"] = Stage(
            "hlo_before", lambda: lowered.as_text(dialect="hlo", debug_info=True), self._trace_before, self.files
        )

    def compile(self) -> None:
        """Make the optimized HLO."""
        if self.compiled is None and self.lowered is None:
            why = self.stages["stablehlo"].known_reason if self.options.target else None
            self.stages["hlo"] = unavailable("hlo", why or "There is no StableHLO to compile.")
            return
        elsewhere = self.options.target is not None  # in a process that may run out of memory
        if not elsewhere and self.compiled is None and self.traced and (why := refusal(self.traced.jaxpr)):
            self.stages["hlo"] = unavailable("hlo", why)
            return
        if not elsewhere and self.options.platform is not None:
            self.stages["hlo"] = unavailable("hlo", NOT_HERE.format(self.options.platform.upper()))
            return
        try:
            if self.compiled is None:
                options = self.options
                key = key_of(self.lowered, sorted(options.compiler_options.items()), self.places, options.target)
                self.compiled, self.times_ms["compile"] = programs.get(key, self._compile)
        except TargetError as error:
            self._not_for_target("hlo", error)
            return
        except Exception as error:  # whatever XLA raises: the earlier stages are still shown
            self._fail("hlo", error)
            return
        self.stages["hlo"] = Stage("hlo", self.compiled.as_text, self._trace_hlo, self.files)

    def passes(self) -> Passes:
        """Compile the program once more, and return what each pass of XLA's made of it."""
        if self.lowered is None:
            return Passes(missing=NO_PASSES if self.compiled is not None else "There is no StableHLO to compile.")
        if self.compiled is None:
            return Passes(missing=self.stages["hlo"].reason)
        return passes_of(self.compilable, self.options.compiler_options, self._trace_hlo, self.files)

    def written(self) -> Written:
        """Compile the program once more, and return what XLA wrote of its kernels and its memory."""
        if self.lowered is None:
            return Written(missing=NO_PASSES if self.compiled is not None else "There is no StableHLO to compile.")
        if self.compiled is None:
            return Written(missing=self.stages["hlo"].reason)
        return written_of(self.compilable, self.options.compiler_options)

    def decided(self, platform: str) -> Decided:
        """Compile the program once more, where XLA then records what it decides about fusions, and return that.

        Args:
          platform: what it is for, such as "cpu" or "cuda".
        """
        if self.lowered is None:
            return Decided(missing=NO_PASSES)
        return decided_of(self.compilable, self.options.compiler_options, platform)

    def recompiled(self, compiler_options: Mapping[str, Any]) -> Steps:
        """Return steps that are the same up to the StableHLO, compiled with other options.

        Args:
          compiler_options: all of them, as `jax.stages.Lowered.compile` takes them.
        """
        steps = copy(self)
        steps.options = replace(self.options, compiler_options=dict(compiler_options))
        steps.stages, steps.times_ms = dict(self.stages), {**self.times_ms, "compile": None}
        steps.compiled, steps.problem = None, None
        steps.reads = self.reads or self
        steps.compile()
        return steps

    @property
    def compilable(self) -> Any:
        """What compiles the program where it has to be compiled: `jax.stages.Lowered`, or what does it elsewhere."""
        target = self.options.target
        return self.lowered if target is None else ForTarget(self.lowered, target, self.options.timeout)

    def _lower(self) -> Any:
        platform = self.options.platform
        return self.traced.lower() if platform is None else self.traced.lower(lowering_platforms=(platform,))

    def _compile(self) -> Program:
        options = dict(self.options.compiler_options)
        if self.options.target is None:
            survive(self.lowered, options)
        start = time.perf_counter()
        compiled = self.compilable.compile(compiler_options=options) if options else self.compilable.compile()
        if self.options.target is not None:  # without the start of the process, and the way there
            return Program(compiled, compiled.milliseconds)
        return Program(compiled, (time.perf_counter() - start) * 1e3)

    def all_made(self) -> Made:
        """Return which expression made which primitive, as far as the stages before tell."""
        for name in ("jaxpr", "stablehlo"):
            if not self.made and name in self.stages:
                _ = self.stages[name].links
        return self.made

    @cached_property
    def arguments(self) -> dict[str, Frame]:
        """Where each argument of the program is named in its source."""
        info = getattr(getattr(getattr(self.traced, "jaxpr", None), "jaxpr", None), "debug_info", None)
        names = getattr(info, "arg_names", None) or ()
        return arguments_at(map(str, names), self.definition.parameters if self.definition else {})

    def _trace_before(self, text: str) -> Trace:
        self.before = hlo_spans.read(text, self.outside, self.all_made(), self.arguments)
        return self.before.trace

    def _trace_hlo(self, text: str) -> Trace:
        if self.reads is not None:
            return self.reads._trace_hlo(text)
        return hlo_spans.read(text, self.outside, self.all_made(), self.arguments, self.all_before).trace

    def all_before(self) -> Reading:
        """Return the program before the optimization, and where each line comes from."""
        _ = self.stages["hlo_before"].links
        return self.before or Reading("", Trace(0), {})

    def _timed(self, step: str, do: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = do()
        self.times_ms[step] = (time.perf_counter() - start) * 1e3
        return result

    def _fail(self, stage: str, error: Exception) -> None:
        self.problem = self.problem or problem_of(error, self.fn)
        self.stages[stage] = unavailable(stage, first_line(f"{type(error).__name__}: {error}"))

    def _not_for_target(self, stage: str, error: TargetError) -> None:
        """Say why there is no program for a target; it is in plain words already, and no line is at fault."""
        target = self.options.target
        why, title = str(error), f"Not compiled for {target.title}" if target else "Not compiled with these options"
        told = Problem(title=title, text=why, what=why, instead="", where=None, place=None, detail=error.detail)
        self.problem = self.problem or told
        self.stages[stage] = unavailable(stage, why)


class _Jaxpr:
    """The text of a jaxpr and, from the same printing, where its lines come from."""

    def __init__(self, steps: Steps) -> None:
        self.steps, self.closed = steps, steps.traced.jaxpr
        self.stretches: jaxpr_spans.PrintedLines | None = None

    def stage(self) -> Stage:
        return Stage("jaxpr", self.text, self.trace, self.steps.files)

    def text(self) -> str:
        try:
            text, self.stretches = jaxpr_spans.printed(self.closed)
        except Exception:  # a printer that changed with a version must not take the text away
            return str(self.closed.pretty_print(use_color=False))
        return text

    def trace(self, text: str) -> Trace:
        if self.stretches is None:
            raise LookupError("JAX's printer does not tell them in this version")
        found, made = jaxpr_spans.read(self.closed, self.stretches, self.steps.outside)
        self.stretches = None
        self.steps.made = made
        # What is printed before it are jaxprs that several equations share.
        head = max(
            (n for n, line in enumerate(text.split("\n")) if line.startswith(("{ lambda", "in { lambda"))), default=0
        )
        found.set(head, [*found.of(head), *(Origin(frame) for frame in self.steps.arguments.values())])
        return found
