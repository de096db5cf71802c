"""Every pair of neighbours of a program: fused, or kept apart and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from explorer.compiler.call_graph import Calls
from explorer.compiler.findings.words import amount, duration
from explorer.compiler.fusions.decided import Decided
from explorer.compiler.fusions.kernels import Layout, layout_of, links_inside
from explorer.compiler.fusions.matched import Matched
from explorer.compiler.fusions.one import Fusion, Sources
from explorer.compiler.fusions.reasons import (
    COPIED,
    FAR_SLOWER,
    NOT_HELD,
    OF_THE_FIRST,
    RESULT_TOO,
    SLOWER,
    UNTOLD,
    Reason,
    recorded,
)
from explorer.compiler.fusions.record import fusions_record
from explorer.compiler.fusions.verdicts import Times, verdicts_of
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.reader import read
from explorer.compiler.listed import Listed
from explorer.records import Record

FAR = 1000  # times as long: XLA's model rates work that would be done again so, up to hours
ALL_OR_NONE = "XLA fuses a result into all that read it or into none, and {} this one."
SHARED = ALL_OR_NONE + " What it recorded is of one of them, which need not be the second here: {}"
PRICED = "{} " + ALL_OR_NONE + " The times are of all of them."


class Apart(NamedTuple):
    """Why two kernels are apart.

    Args:
      reason: in words.
      times: as XLA's model has them, None where it has none.
      readers: how many kernels read the first, None where XLA did not tell.
      handed_on: whether it is also a result, or goes into a loop.
    """

    reason: Reason
    times: Times | None = None
    readers: int | None = None
    handed_on: bool = False

    @property
    def text(self) -> str:
        """The reason, and of whom it is, in sentences."""
        alone = self.readers is None or self.readers + self.handed_on < 2
        if alone or self.reason is RESULT_TOO or self.reason.recorded in OF_THE_FIRST:
            return self.reason.text
        who = f"{self.readers:,} kernels read" if self.readers != 1 else "more than the second reads"
        if self.reason.kind == "recorded":
            return SHARED.format(who, self.reason.text)
        return PRICED.format(self.reason.text, who) if self.times else self.reason.text


class Fusions(Listed[Fusion]):
    """The pairs of neighbours of a program, by the kernels that read, in the order in which these run: what a kernel
    reads of another one, then what it is fused of. Empty, with a reason, where the program is not known.

    Args:
      module: the optimized HLO.
      layout: its kernels.
      apart: of each two neighbouring kernels, in the order of `layout.neighbours`, why they are two.
      gains: of each kernel the estimates that led to it, by the places of its parts.
      sources_of: from a line of the optimized HLO, from 1, to where it comes from.
      note: one sentence on why no reasons were recorded at all, else None.
      missing: why nothing is known.
    """

    def __init__(
        self,
        module: Module | None = None,
        layout: Layout | None = None,
        apart: Sequence[Apart] = (),
        gains: Sequence[dict[int, Times]] = (),
        sources_of: Callable[[int], Sources] = lambda line: (),
        note: str | None = None,
        missing: str | None = None,
    ) -> None:
        self.module, self.layout = module or Module(""), layout or Layout((), ())
        self.apart, self.gains, self.note, self.missing = tuple(apart), tuple(gains), note, missing
        self._sources_of = sources_of
        self.inside = tuple(  # of each fused kernel: its place, and the places of two of its parts
            (at, *pair)
            for at, kernel in enumerate(self.layout.kernels)
            if len(kernel.parts) > 1
            for pair in links_inside(self.module, kernel.parts)
        )
        super().__init__(tuple(self._pairs()))

    def __repr__(self) -> str:
        if self.missing is not None:
            return f"<no fusions: {self.missing}>"
        two = [pair for pair in self if not pair.fused]
        head = f"<{len(self.layout.kernels):,} kernels: {len(self) - len(two):,} pairs fused, {len(two):,} kept apart>"
        rows = [f"{p.producer} -> {p.consumer}, {amount(p.bytes, 'B')}{_times(p)}{self._why(p)}" for p in two]
        return "\n".join([head, *([self.note] if self.note else []), *rows])

    def _why(self, pair: Fusion) -> str:
        """Return the reason, where it is not the same for all."""
        return "" if pair.reason == self.note else f": {pair.reason}"

    def record(self, function: str) -> Record:
        """Return the record of `function`'s fusions."""
        return fusions_record(function, self)

    def _pairs(self) -> Iterator[Fusion]:
        into: dict[int, list[int]] = {}
        for number, pair in enumerate(self.layout.neighbours):
            into.setdefault(pair.consumer, []).append(number)
        inside: dict[int, list[tuple[int, int]]] = {}
        for at, producer, consumer in self.inside:
            inside.setdefault(at, []).append((producer, consumer))
        for at in range(len(self.layout.kernels)):
            for number in into.get(at, ()):
                yield self._two(number)
            for producer, consumer in inside.get(at, ()):
                yield self._one(at, producer, consumer)

    def _two(self, number: int) -> Fusion:
        pair, apart = self.layout.neighbours[number], self.apart[number]
        first, second = (Instruction(self.module, self.layout.kernels[at].place) for at in pair[:2])
        times, readers = apart.times, apart.readers
        return Fusion(
            first.name,
            second.name,
            False,
            apart.text,
            apart.reason.recorded,
            times.fused if times else None,
            times.unfused if times else None,
            pair.bytes,
            readers,
            None,
            (first.line, second.line),
            self._sources_of,
        )

    def _one(self, kernel: int, producer: int, consumer: int) -> Fusion:
        first, second = Instruction(self.module, producer), Instruction(self.module, consumer)
        times = self.gains[kernel].get(producer)
        return Fusion(
            first.name,
            second.name,
            True,
            None,
            None,
            times.fused if times else None,
            times.unfused if times else None,
            0,
            times.readers if times else None,
            Instruction(self.module, self.layout.kernels[kernel].place).name,
            (first.line, second.line),
            self._sources_of,
        )


def fusions_of(
    module: Module, calls: Calls, decided: Decided, sources_of: Callable[[int], Sources] = lambda line: ()
) -> Fusions:
    """Return the pairs of neighbours of a program, with what XLA decided of them.

    Args:
      module: the optimized HLO.
      calls: who runs what in it.
      decided: what XLA recorded.
      sources_of: from a line of the optimized HLO, from 1, to where it comes from.
    """
    layout = layout_of(module, calls)
    if decided.dump is None:
        none = Apart(Reason("none", "no reason recorded", decided.missing or UNTOLD.text))
        apart, gains = [none] * len(layout.neighbours), [{}] * len(layout.kernels)  # type: ignore[var-annotated]
    else:
        verdicts = verdicts_of(decided.dump.decisions)
        matched = Matched(module, layout, verdicts, read(decided.dump.before), read(decided.after))
        apart = [_apart(matched, pair.producer, pair.consumer) for pair in layout.neighbours]
        gains = [matched.gains(at) for at in range(len(layout.kernels))]
    return Fusions(module, layout, apart, gains, sources_of, decided.missing)


def _apart(matched: Matched, producer: int, consumer: int) -> Apart:
    found = matched.verdict(producer, consumer)
    if found is None:
        return Apart(UNTOLD)
    (reason, times, copied), readers, handed_on = found
    if copied:
        return Apart(COPIED, None, readers, handed_on)
    if reason is not None:
        of_result = handed_on and reason == RESULT_TOO.recorded
        return Apart(RESULT_TOO if of_result else recorded(reason), None, readers, handed_on)
    if times is None:
        return Apart(NOT_HELD, None, readers, handed_on)
    if times.fused > FAR * times.unfused:
        return Apart(FAR_SLOWER, None, readers, handed_on)
    return Apart(SLOWER, times, readers, handed_on)


def _times(pair: Fusion) -> str:
    if pair.us_fused is None or pair.us_unfused is None:
        return ""
    return f", modelled {duration(pair.us_fused)} fused, {duration(pair.us_unfused)} apart"
