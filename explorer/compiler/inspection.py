"""From a function and its arguments to what JAX and XLA make of it, stage by stage."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from explorer.compiler import shown
from explorer.compiler.as_json import as_json
from explorer.compiler.collectives import Collective, collectives_of
from explorer.compiler.compare import Comparison, compared
from explorer.compiler.cost import cost_of, memory_of
from explorer.compiler.findings.evidence import Evidence
from explorer.compiler.frames import owner
from explorer.compiler.fusions.decided import Decided
from explorer.compiler.fusions.fusions import Fusions, fusions_of
from explorer.compiler.graph.graph import Graph
from explorer.compiler.graph.of import graph_of
from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.reader import read
from explorer.compiler.instruction_cost import counted_here
from explorer.compiler.instructions import Instructions
from explorer.compiler.issue import issue_of
from explorer.compiler.kept import Arguments
from explorer.compiler.links import Links, source_links
from explorer.compiler.machine.kernels import Kernels
from explorer.compiler.machine.stages import NO_TPU_CODE, Stages
from explorer.compiler.machine.written import Written
from explorer.compiler.memory.memory import Memory
from explorer.compiler.memory.residuals import NOT_TRACED, Residuals, residuals_of
from explorer.compiler.memory.timeline import timeline_of
from explorer.compiler.memory.tried import Tried, try_checkpoint, try_donation
from explorer.compiler.options import without_pass
from explorer.compiler.passes.passes import Passes
from explorer.compiler.problem import Problem
from explorer.compiler.profile import APART, WITHOUT_BUFFERS, Measured, MeasureError, measure, needs_apart
from explorer.compiler.roofline.peaks import Peaks
from explorer.compiler.roofline.record import roof_of
from explorer.compiler.roofline.roofline import Roofline, roofline
from explorer.compiler.sharded.run import ShardedRun, run_sharded
from explorer.compiler.snapshot import Snapshot, key_of, looks, snapshot_of
from explorer.compiler.source import Definition, Files
from explorer.compiler.stage import NO_TEXT, STAGES, MissingError, Stage
from explorer.compiler.steps import Steps
from explorer.compiler.summary import Summary, summary_of
from explorer.compiler.targets.process import TargetError
from explorer.compiler.targets.program import Compiled
from explorer.compiler.targets.sharding import Sharding, sharding_of
from explorer.display import Shown
from explorer.errors import FieldError
from explorer.records import Record

COMPILE_ONLY = "{} is not in this machine: the program was compiled for it, and cannot run here."
NO_SOURCE = "There is no Python source to show: it was made without a file, or its file cannot be read."


class Inspection(Shown):
    """What JAX and XLA made of one function for one device. Texts, links and figures are made when first asked for.

    Args:
      name: the function's name as people read it.
      device: the device it was compiled for, such as "cpu:0".
      stages: "jaxpr", "stablehlo", "hlo_before" and "hlo" to Stage; one that cannot be had says why.
      files: the table of source files that the stages' links point into.
      definition: where the function is defined, if that is known.
      compiled: the program, None where it could not be compiled.
      times_ms: milliseconds to trace, lower and compile, each None where it was not done.
      problem: {"title", "text", "where", "detail"} of what went wrong, else None.
      arguments: gives back (args, kwargs) of the look, to measure with; None where they are not known.
      steps: what made the stages, to look at the passes and to compile again; None where nothing could be traced.
    """

    kind = "inspection"
    follows = "explorer.app.inspect_panel"

    def __init__(
        self,
        name: str,
        device: str,
        stages: Mapping[str, Stage],
        *,
        files: Files | None = None,
        definition: Definition | None = None,
        compiled: Any = None,
        times_ms: Mapping[str, float | None] | None = None,
        problem: Problem | None = None,
        arguments: Callable[[], Arguments] | None = None,
        steps: Steps | None = None,
    ) -> None:
        self.name, self._device = name, device
        self.files, self.definition, self.compiled = files or Files(), definition, compiled
        self.times_ms = times_ms or {"trace": None, "lower": None, "compile": None}
        self.problem, self._arguments, self._steps = problem, arguments, steps
        self._summary: tuple[Measured | None, Summary] | None = None
        self._graphs: dict[str, Graph] = {}
        self.subject: Any = None  # what was looked at, and what can be changed of it
        self.sharding: Sharding | None = None  # how it is spread over devices, array by array
        self.ran_sharded: ShardedRun | None = None  # what `run_sharded` gave last
        self.stages = Stages({"source": self._source(), **stages}, lambda: self.kernels, self.platform)

    def __repr__(self) -> str:
        stages = ", ".join(f"{name} {s.lines:,} lines" for name, s in self.stages.items() if s.available)
        missing = ", ".join(name for name, s in self.stages.items() if not s.available)
        told = f"<Inspection of {self.name} for {self.device}: {stages or 'no stage'}"
        return f"{told}; not available: {missing}>" if missing else f"{told}>"

    @property
    def title(self) -> str:
        """What stands in a notebook where widgets cannot be shown."""
        return f"Inspection of {self.name}"

    @property
    def subtitle(self) -> str:
        """What is shown, for the panel's header."""
        return f"What jit made of {self.name}"

    @property
    def device(self) -> str:
        """The device it was compiled for, such as "cpu:0"."""
        return self._device

    @property
    def platform(self) -> str:
        """What the program is for, as JAX calls it: "cpu", "cuda", "rocm" or "tpu"."""
        asked = None if self._steps is None else self._steps.options.platform
        return asked or re.split(r"[:_]", self._device)[0].lower()

    @property
    def ui(self) -> dict[str, Any]:
        """What a panel of it shows first."""
        return {"tab": "compile", "function": shown.ALONE}

    @cached_property
    def cost(self) -> Mapping[str, float]:
        """flops, bytes_accessed (bytes), transcendentals of one call, as XLA counts them; what XLA does not give is
        missing. XLA counts the body of a loop once."""
        return cost_of(self.compiled)

    @cached_property
    def memory(self) -> Memory:
        """argument_bytes, output_bytes, temp_bytes, alias_bytes, code_bytes, peak_bytes of one call; and, made when
        asked for, `timeline`: what lives when, `residuals`: what the backward pass keeps."""
        return Memory(
            memory_of(self.compiled),
            lambda: timeline_of(self._written, self.instructions.module, self.stages["hlo"].sources),
            self._residuals,
            self._donation,
            lambda policy: try_checkpoint(self.compiled, self.subject, policy),
        )

    def _residuals(self) -> Residuals:
        if self._steps is None or self._steps.traced is None:
            return Residuals(missing=NOT_TRACED)
        return residuals_of(self._steps.traced.jaxpr, self.files, self._steps.outside)

    def _donation(self) -> Tried:
        if self._steps is None:
            return Tried("donation", {}, {}, missing=self.stages["hlo"].reason)
        return try_donation(self._steps)

    @cached_property
    def instructions(self) -> Instructions:
        """One record for each instruction of the optimized HLO; empty, with a note why, where there is none."""
        stage = self.stages["hlo"]
        if not stage.available:
            return Instructions("", missing=stage.reason or NO_TEXT["hlo"])
        try:
            count = self.compiled.counted if isinstance(self.compiled, Compiled) else counted_here
            return Instructions(stage.text, stage.sources, count=count)
        except HloSyntaxError as error:  # a printer that changed with a version
            return Instructions("", missing=f"The optimized HLO could not be read: {error}")

    @cached_property
    def collectives(self) -> tuple[Collective, ...]:
        """Where devices exchange data, each with `.name .kind .bytes .devices .axes .line .sources .parts`; of one
        device, none."""
        mesh = () if self.sharding is None else self.sharding.mesh
        return collectives_of(self.instructions.module, self.stages["hlo"].sources, mesh)

    @property
    def spans_devices(self) -> bool:
        """Whether the program is for several devices."""
        text = self.stages["hlo"].text
        return text.find("num_partitions=", 0, max(0, text.find("\n"))) >= 0

    @cached_property
    def fusions(self) -> Fusions:
        """Every pair of neighbours, in one kernel or in two, each with `.producer .consumer .fused .reason .us_fused
        .us_unfused .sources`: the reason that XLA recorded, in plain words, and the times that its model gives. Where
        its compiler records reasons, as that for GPUs does, the program is compiled once more for it."""
        module, stage = self.instructions.module, self.stages["hlo"]
        if not len(module):
            return Fusions(missing=stage.reason or NO_TEXT["hlo"])
        decided = Decided(missing=stage.reason) if self._steps is None else self._steps.decided(self.platform)
        return fusions_of(module, self.instructions.costs.calls, decided, stage.sources)

    @cached_property
    def passes(self) -> Passes:
        """Every pass of XLA's, in order, with what it made of the program; empty, with a note why, where they cannot
        be had. The program is compiled once more for it."""
        if self._steps is None:
            return Passes(missing=self.stages["hlo"].reason)
        return self._steps.passes()

    @cached_property
    def kernels(self) -> Kernels:
        """What the device runs as one piece each, with LLVM IR and machine code, or PTX; empty, with a note why, where
        they cannot be had. The program is compiled once more for it."""
        if self.platform == "tpu":
            return Kernels(Written(missing=NO_TPU_CODE), self.instructions.module)
        return Kernels(self._written, self.instructions.module, self.stages["hlo"].sources)

    @cached_property
    def _written(self) -> Written:
        return Written(missing=self.stages["hlo"].reason) if self._steps is None else self._steps.written()

    @property
    def roofline(self) -> Roofline:
        """Every kernel that does arithmetic, with `.flops .bytes .intensity .microseconds .bound`, under the roof of
        its device; by measured time once `measure` was called. A device that is here is measured for about a second."""
        return roofline(self.instructions, *self.roof)

    @cached_property
    def roof(self) -> tuple[Peaks, tuple[str, ...]]:
        """What the device can do at most, and sentences on how that is known."""
        return roof_of(self)

    def graph(self, stage: str = "hlo") -> Graph:
        """Return the program as operations and what flows between them, computation by computation.

        Args:
          stage: "hlo" or "jaxpr".

        Raises:
          FieldError: there is no graph of such a stage, or the stage cannot be had, with the reason.
        """
        if stage not in self._graphs:
            self._graphs[stage] = graph_of(self, stage)
        return self._graphs[stage]

    def without_pass(self, name: str) -> Inspection:
        """Return an inspection of the same program, compiled without a pass of XLA's; `compare` tells what it bought.

        Args:
          name: of the pass, such as "fusion"; every time it runs is left out.

        Raises:
          FieldError: no pass of this name ran, with the names of those that did.
        """
        if self._steps is None or self.passes.missing is not None:
            raise FieldError("name", self.passes.missing or "The program could not be compiled.", "")
        ran = self.passes.ran
        if name not in ran:
            raise FieldError("name", f"no pass called '{name}' ran.", f"These did: {', '.join(ran)}.")
        options = self._steps.options.compiler_options
        steps = self._steps.recompiled(without_pass(options, name))
        return Inspection(
            f"{self.name} without {name}",
            self.device,
            steps.stages,
            files=self.files,
            definition=self.definition,
            compiled=steps.compiled,
            times_ms=steps.times_ms,
            problem=steps.problem,
            arguments=self._arguments,
            steps=steps,
        )

    def measure(self, runs: int = 5) -> Instructions:
        """Run the function under the profiler and fill in `measured_us` of its instructions.

        Args:
          runs: how many calls to profile, with the arguments of the look; what was only a shape, or is gone by
            now, is made up: standard normal numbers, integers 0 and 1.

        Returns:
          The instructions.

        Raises:
          MeasureError: it cannot be run or profiled here, with the reason.
          Whatever the function raises when it runs.
        """
        if self.compiled is None:
            raise MeasureError(self.stages["hlo"].reason or "There is no compiled program to run.")
        if isinstance(self.compiled, Compiled):
            raise MeasureError(COMPILE_ONLY.format(self.compiled.target.title))
        instructions = self.instructions
        given = None if self._arguments is None else self._arguments()
        compiled, note = self.compiled, ""
        if needs_apart(compiled) and self._steps is not None and self._steps.lowered is not None:
            compiled, note = (
                self._steps.recompiled({**self._steps.options.compiler_options, **APART}).compiled,
                WITHOUT_BUFFERS,
            )
        instructions.measured = measure(compiled, given, module=instructions.module.name, runs=runs, note=note)
        return instructions

    def run_sharded(
        self, mesh: Mapping[str, int] | None = None, specs: Sequence[Any] = (), *, timeout: float = 300.0
    ) -> ShardedRun:
        """Run the function spread over a mesh of simulated CPU devices, and on one, and compare the results.

        It runs in a process of its own with so many devices; the kernel and its devices stay as they are. The times
        are those of simulated devices, which share the cores of this machine.

        Args:
          mesh, specs: as `inspector` takes them; those of the look, where not given. At most 256 devices.
          timeout: seconds that all of it may take.

        Returns:
          Of each array that the function returns how far both are apart, the tolerance and its reason. Arguments of
          which only the shape is known are made up: standard normal numbers, integers 0 and 1.

        Raises:
          FieldError: there is no mesh, it is too large, or it does not fit the arguments.
          TargetError: it could not be run, in words; also where what runs it died, was cancelled or took too long.
        """
        asked = sharding_of(mesh, specs) or self.sharding
        if asked is None:
            raise FieldError("mesh", "there is none.", 'Give one: run_sharded(mesh={"data": 8}, specs=[...]).')
        if self._steps is None or self._arguments is None:
            raise TargetError(self.stages["jaxpr"].reason or NOT_TRACED)
        self.ran_sharded = run_sharded(
            self._steps.traced, self._arguments(), asked, self._steps.options.statics, timeout
        )
        return self.ran_sharded

    @property
    def summary(self) -> Summary:
        """What is worth knowing about the program, ranked; by measured time once `measure` was called."""
        measured = self.instructions.measured
        if self._summary is None or self._summary[0] is not measured:
            self._summary = measured, summary_of(self._evidence)
        return self._summary[1]

    @cached_property
    def _evidence(self) -> Evidence:
        before = self.stages["hlo_before"]
        try:
            written = (read(before.text), before.links) if before.available else None
        except HloSyntaxError:  # a printer that changed with a version
            written = None
        return Evidence(self.instructions, self.stages["hlo"].links, self.files, written)

    def snapshot(self) -> Snapshot:
        """Return what is remembered of it to compare with later: the texts, compressed, and the figures."""
        return snapshot_of(self)

    def compare(self, other: Inspection | Snapshot) -> Comparison:
        """Compare it with another look, at the same function or at another.

        Args:
          other: what was before; this is what is now.
        """
        before = other if isinstance(other, Snapshot) else other.snapshot()
        name = before.name if before.name != self.name else f"{before.name}, another look"
        return compared(before, self.snapshot(), name)

    @cached_property
    def since(self) -> Comparison | None:
        """What changed since the last look at a function of this name, transformed in the same way and for the
        same device; None where there was none."""
        key = None if self.subject is None else key_of(self.subject.fn)
        if key is None or not self.stages["hlo"].available:
            return None
        now = self.snapshot()
        before = looks.swap(f"{key}: {self.name} for {self.device}", now)
        return None if before is None else compared(before, now, f"your last look, {before.ago(now.when)}")

    def to_json(self) -> str:
        """Return all of it as JSON: stages with texts and spans, figures, instructions, versions; `version` is of
        this form."""
        return as_json(self)

    def issue(self, program: str | None = None) -> str:
        """Return it as Markdown for an issue: the findings, an excerpt, the versions and a program that shows it.

        Args:
          program: one that shows it; None makes one of the function and its arguments.
        """
        return issue_of(self, program)

    @cached_property
    def main(self) -> int | None:
        """The file that is shown as the source: the function's own, or the one of the user's that most lines come
        from where that is a library's; None where there is none."""
        if self.definition is not None and owner(self.definition.file) == "user":
            return self.files.add(self.definition.file)
        counts: Counter[int] = Counter()
        for stage in self._linked().values():
            counts.update(stage.rows[stage.rows[:, 7] == 0, 1].tolist())
        names = self.files.names
        users = [file for file, _ in counts.most_common() if owner(names[file]) == "user"]
        if users:
            return users[0]
        if self.definition is not None and owner(self.definition.file) == "library":
            return self.files.add(self.definition.file)
        return None

    def _source(self) -> Stage:
        def text() -> str:
            found = None if self.main is None else self.files.text(self.main)
            if found is None:
                raise MissingError(NO_SOURCE)
            return found

        return Stage("source", text, files=self.files, links=lambda: source_links(self.main or 0, self._linked()))

    def _linked(self) -> dict[str, Links]:
        return {name: self.stages[name].links for name in STAGES}

    def relatives(self, stage: str, line: int) -> dict[str, list[int]]:
        """Return the lines of every stage that share a span of source, in the same named scope, with a line.

        Args:
          stage: "source", "jaxpr", "stablehlo", "hlo_before" or "hlo"; or "llvm_before", "llvm" or "asm".
          line: from 1.

        Returns:
          Lines from 1 by stage; that of `stage` holds the line itself where it has relatives. Of the last three, where
          they were asked for before, each kernel is told by its first line.

        Raises:
          FieldError: there is no such stage.
          IndexError: the text has no such line.
        """
        if stage not in self.stages:
            raise FieldError("stage", f"there is none called '{stage}'.", f"Allowed: {', '.join(self.stages)}.")
        chosen = self.stages[stage]
        if not 0 < line <= chosen.lines:
            raise IndexError(f"the {stage} text has {chosen.lines:,} lines; there is no line {line}")
        keys = chosen.links.keys(chosen.head(line) - 1)
        return {name: [n + 1 for n in other.links.lines(keys)] for name, other in self.stages.items()}

    def records(self, function: str | None = None) -> dict[str, Record]:
        """Return the records by their keys: inspection/<function>, source/<function>, stage/<function>/<stage>.

        Args:
          function: what the keys call it, among the functions of an explorer; None where it is shown by itself, then
            with the list of functions that it is the only one of.
        """
        return shown.alone(self) if function is None else shown.texts_of(self, function)

    def figures(self, function: str = shown.ALONE) -> dict[str, Record]:
        """Return the records that cost time to make, by their keys: instructions/<function>, summary/<function>,
        sharding/<function>."""
        return shown.figures_of(self, function)

    def first_records(self) -> dict[str, Record]:
        """Return what is shown at once: of a large program the first text, the others when that is on screen."""
        return shown.first_records_of(self)

    def page_records(self) -> dict[str, Record]:
        """Return what a page shows: the figures, what changed since the last look, and the passes, too."""
        return shown.page_records_of(self)
