"""Which kernels of the optimized program are which instructions of the program that XLA decided about.

The decisions name instructions as they were while XLA fused. Fusions are renamed and merged after that, but what is
inside of them keeps its names: by these a kernel is found again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from explorer.compiler.fusions.kernels import Kernel, Layout
from explorer.compiler.fusions.verdicts import Times, Verdict, Verdicts
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import CONTROL, FUSION

_COPY = re.compile(r"\.clone(?:\.\d+)?$")  # of what is merged into another fusion
_NUMBER = re.compile(r"\.\d+$")  # XLA changes the last one to make a name its own
_READ_THROUGH = frozenset({"bitcast", "get-tuple-element"})

Kind = tuple[str, str, str]  # name without its last number, opcode, type


class Found(NamedTuple):
    """What XLA last decided of a producer.

    Args:
      verdict: what it decided.
      readers: how many kernels read it.
      handed_on: whether it is also a result of the program or of a loop's body, or what a loop or a branch starts with.
    """

    verdict: Verdict
    readers: int
    handed_on: bool


class Matched:
    """What XLA decided, for the kernels of the optimized program.

    Args:
      module: that program.
      layout: its kernels.
      verdicts: what XLA decided.
      before, after: the module before XLA fused, and right after.
    """

    def __init__(self, module: Module, layout: Layout, verdicts: Verdicts, before: Module, after: Module) -> None:
        self._module, self._kernels, self._verdicts = module, layout.kernels, verdicts
        self._homes = _homes(after)
        self._readers = _readers(after)
        self._hands_on = {one.name for one in after if one.opcode == "tuple" or one.opcode in CONTROL}
        self._of = [self._home(kernel) for kernel in self._kernels]
        self._find_wrapped(after)
        self._kinds = {one.name: _kind(one) for one in before}
        self._decided = _decided_names(before, after, verdicts)

    def verdict(self, producer: int, consumer: int) -> Found | None:
        """Return what XLA last decided of a kernel that another one reads, None where it decided nothing; both are
        places among the kernels."""
        readers = self._of[consumer]
        for name in self._of[producer]:
            found = self._verdicts.of.get(self._decided.get(name, name))
            if found is not None and readers & self._readers[name]:
                kernels = self._readers[name] - self._hands_on
                return Found(found, len(kernels), len(kernels) < len(self._readers[name]))
        return None

    def gains(self, kernel: int) -> dict[int, Times]:
        """Return the estimates that led to a fused kernel, by the places of the instructions that were fused into
        others in it, as far as these are found again."""
        found: dict[int, Times] = {}
        for name in self._of[kernel]:
            estimates = self._verdicts.gains.get(name, {})
            by_kind: dict[Kind, list[Times | None]] = defaultdict(list)
            for made, times in estimates.items():
                if made in self._kinds:
                    by_kind[self._kinds[made]].append(times)
            for part in self._kernels[kernel].parts:
                times = _same(by_kind.get(_kind(Instruction(self._module, part)), ()))
                if times is not None:
                    found[part] = times
        return found

    def _home(self, kernel: Kernel) -> set[str]:
        names = [Instruction(self._module, index).name for index in (kernel.place, *kernel.parts)]
        return {self._homes[name] for name in map(_plain, names) if name in self._homes}

    def _find_wrapped(self, after: Module) -> None:
        """Find the single instructions that were made a fusion each when all others were made, with another number."""
        claimed = set().union(*self._of)
        free: dict[Kind, list[str]] = defaultdict(list)
        lost: dict[Kind, list[int]] = defaultdict(list)
        for instruction in after:
            if instruction.name not in claimed and self._homes[instruction.name] == instruction.name:
                free[_kind(instruction)].append(instruction.name)
        for at, kernel in enumerate(self._kernels):
            if not self._of[at] and len(kernel.parts) == 1:
                lost[_kind(Instruction(self._module, kernel.parts[0]))].append(at)
        for kind, kernels in lost.items():
            if len(free[kind]) == len(kernels):  # else it is not known which is which
                for at, name in zip(kernels, free[kind], strict=True):
                    self._of[at] = {name}


def _plain(name: str) -> str:
    while found := _COPY.search(name):
        name = name[: found.start()]
    return name


def _kind(instruction: Instruction) -> Kind:
    return _NUMBER.sub("", _plain(instruction.name)), instruction.opcode, instruction.shape_text


def _homes(module: Module) -> Mapping[str, str]:
    """Return by the name of each instruction the one that runs it: the fusion that it is in, or itself."""
    homes = {instruction.name: instruction.name for instruction in module}
    for instruction in module:
        if instruction.opcode in FUSION:
            for _, called in instruction.called:
                computation = module.computation(called)
                for part in computation or ():
                    if part.opcode not in ("parameter", "constant"):
                        homes[part.name] = instruction.name
    return homes


def _decided_names(before: Module, after: Module, verdicts: Verdicts) -> Mapping[str, str]:
    """Return the names that XLA decided about for fusions that it made after all decisions, unrecorded: at last it
    fuses constants, so that an instruction with one becomes a fusion of another name."""
    there = {instruction.name for instruction in after}
    gone: dict[Kind, list[Instruction]] = defaultdict(list)
    known = {instruction.name: instruction for instruction in before}
    for instruction in before:
        if instruction.name not in there:
            gone[_kind(instruction)].append(instruction)
    names: dict[str, str] = {}  # of the fusion after, the name before
    for fusion in after:
        if fusion.opcode not in FUSION or fusion.name in known or fusion.name in verdicts.roots:
            continue
        root = next((c.root for _, called in fusion.called if (c := after.computation(called))), None)
        candidates = gone[_kind(root)] if root is not None else []
        read = {names.get(name, name) for name in _operands(fusion)}
        fitting = [one for one in candidates if read == {o for o in _operands(one) if known[o].opcode != "constant"}]
        chosen = next(iter(fitting or candidates[: len(candidates) == 1]), None)
        if chosen is not None:
            names[fusion.name] = chosen.name
            candidates.remove(chosen)
    return names


def _operands(instruction: Instruction) -> list[str]:
    return [operand.name.removeprefix("%").partition("#")[0] for operand in instruction.operands]


def _readers(module: Module) -> Mapping[str, set[str]]:
    """Return by the name of each instruction those that read its result, also in another shape."""
    direct: dict[str, list[Instruction]] = defaultdict(list)
    for instruction in module:
        for name in _operands(instruction):
            direct[name].append(instruction)
    readers: dict[str, set[str]] = defaultdict(set)
    for instruction in reversed(list(module)):  # those who read before those who are read
        for reader in direct[instruction.name]:
            through = reader.opcode in _READ_THROUGH
            readers[instruction.name] |= readers[reader.name] if through else {reader.name}
    return readers


def _same(times: Iterable[Times | None]) -> Times | None:
    """Return the estimate that all are; None where they differ, as then it is not known which is meant."""
    found = set(times)
    return found.pop() if len(found) == 1 else None
