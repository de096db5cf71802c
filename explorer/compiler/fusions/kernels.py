"""The kernels of a program in the order in which they run, and which of them reads what another one makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from explorer.compiler.call_graph import Calls
from explorer.compiler.collectives import bytes_of, kind_of
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import CONTROL, FUSION
from explorer.compiler.hlo.shapes import TupleShape

# What passes a value on, or names one, and is no work of its own.
_PASSES_ON = frozenset({"bitcast", "get-tuple-element", "opt-barrier", "add-dependency", "domain"})
_NO_WORK = frozenset({"parameter", "constant", "tuple", "after-all", "partition-id", "replica-id"})
_NOT_WORK = _NO_WORK | _PASSES_ON


class Kernel(NamedTuple):
    """What the device runs as one piece.

    Args:
      place: of its instruction among all of the module's.
      group: the place of the computation that it runs with: the entry, a loop's body, a branch.
      parts: the places of the instructions that do its work: those it was fused of, or itself.
    """

    place: int
    group: int
    parts: tuple[int, ...]


class Neighbours(NamedTuple):
    """Two kernels of which one reads what the other makes.

    Args:
      producer, consumer: their places among the kernels.
      bytes: that are written by the one and read by the other.
    """

    producer: int
    consumer: int
    bytes: int


class Layout(NamedTuple):
    """The kernels of a program.

    Args:
      kernels: in the order in which they run, the entry's first, then those of each loop and branch.
      neighbours: by their consumers, in this order.
    """

    kernels: tuple[Kernel, ...]
    neighbours: tuple[Neighbours, ...]


def layout_of(module: Module, calls: Calls) -> Layout:
    """Return the kernels of an optimized module and who reads what.

    Args:
      module: what the device runs.
      calls: who runs what in it.
    """
    return _Walk(module, calls).layout()


def links_inside(module: Module, parts: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield which part of a fused kernel reads what which other part makes: (producer, consumer)."""
    names = {Instruction(module, index).name: index for index in parts}
    if not names:
        return
    computation = Instruction(module, parts[0]).computation
    inside = {one.name: one for one in computation}
    for index in parts:
        seen: set[int] = set()
        for operand in Instruction(module, index).operands:
            name = operand.name.removeprefix("%")
            while name in inside and inside[name].opcode in _PASSES_ON and inside[name].operands:
                name = inside[name].operands[0].name.removeprefix("%")
            if name in names and names[name] not in seen:
                seen.add(names[name])
                yield names[name], index


class _Walk:
    def __init__(self, module: Module, calls: Calls) -> None:
        self.module, self.calls = module, calls
        self.names = {(instruction.computation.first, instruction.name): instruction.index for instruction in module}
        self.places = {computation.name: place for place, computation in enumerate(module.computations)}
        self.callers: dict[int, list[int]] = defaultdict(list)  # of a computation that calls run, their places
        for index, called in calls.callers.items():
            if Instruction(module, index).opcode == "call":
                for _, place in called:
                    self.callers[place].append(index)

    def layout(self) -> Layout:
        role = self.calls.role
        places = [place for place in range(len(role)) if role[place] == "run" and not self._inlined(place)]
        places.sort(key=lambda place: not self.module.computations[place].is_entry)
        kernels = [Kernel(index, place, tuple(self._parts(index))) for place in places for index in self._steps(place)]
        number = {kernel.place: at for at, kernel in enumerate(kernels)}
        found = []
        for at, kernel in enumerate(kernels):
            read: dict[int, int] = defaultdict(int)
            for producer, count in set(self._reads(kernel.place)):
                if producer in number and producer != kernel.place:
                    read[number[producer]] += count
            found += [Neighbours(producer, at, count) for producer, count in sorted(read.items())]
        return Layout(tuple(kernels), tuple(found))

    def _inlined(self, place: int) -> bool:
        """Say whether a computation is a stretch of the one that calls it, as XLA for CPU makes one for threads."""
        return len(self.callers[place]) == 1

    def _steps(self, place: int) -> Iterator[int]:
        computation = self.module.computations[place]
        for index in range(computation.first, computation.last):
            opcode = Instruction(self.module, index).opcode
            if opcode in CONTROL:
                inner = [called for _, called in self.calls.callers.get(index, ()) if self._inlined(called)]
                if opcode == "call" and inner:
                    yield from self._steps(inner[0])
            elif opcode not in _NOT_WORK and not opcode.endswith(("-done", "-update")):
                yield index

    def _parts(self, index: int) -> Iterator[int]:
        if Instruction(self.module, index).opcode not in FUSION:
            yield index
            return
        for _, place in self.calls.callers.get(index, ()):
            computation = self.module.computations[place]
            for part in range(computation.first, computation.last):
                if Instruction(self.module, part).opcode not in _NOT_WORK:
                    yield part

    def _reads(self, index: int) -> Iterator[tuple[int, int]]:
        """Yield the instructions that make what an instruction reads, with the bytes of that."""
        for operand in self._operands(index):
            yield from self._made(operand, None)

    def _operands(self, index: int) -> list[int]:
        instruction = Instruction(self.module, index)
        first = instruction.computation.first
        found = (self.names.get((first, operand.name.removeprefix("%"))) for operand in instruction.operands)
        return [operand for operand in found if operand is not None]

    def _made(self, index: int, element: int | None) -> Iterator[tuple[int, int]]:
        """Yield which instructions make a value, or an element of it, where it is not handed on by a loop."""
        instruction = Instruction(self.module, index)
        opcode, operands = instruction.opcode, self._operands(index)
        if opcode == "get-tuple-element" and operands:
            yield from self._made(operands[0], int(dict(instruction.attributes)["index"]))
        elif opcode == "tuple":
            chosen = operands if element is None else operands[element : element + 1]
            for operand in chosen:
                yield from self._made(operand, None)
        elif (opcode in _PASSES_ON or opcode.endswith(("-done", "-update"))) and operands:
            yield from self._made(operands[0], element)
        elif opcode == "parameter":
            for caller in self._inlined_at(index):
                handed = self._operands(caller)
                number = int(instruction.literal or 0)
                if number < len(handed):
                    yield from self._made(handed[number], element)
        elif opcode == "call":
            for _, place in self.calls.callers.get(index, ()):
                computation = self.module.computations[place]
                if self._inlined(place) and computation.root is not None:
                    yield from self._made(computation.root.index, element)
        elif opcode not in _NO_WORK and opcode not in CONTROL:
            shape = instruction.shape
            if element is None and kind_of(instruction):
                yield index, bytes_of(instruction)
                return
            if opcode == "copy-start":  # of (what it writes, what it reads, a mark)
                element = 0
            if element is not None and isinstance(shape, TupleShape) and element < len(shape.elements):
                shape = shape.elements[element]
            yield index, shape.bytes

    def _inlined_at(self, index: int) -> list[int]:
        place = self.module.owners[index]
        return self.callers[place] if self._inlined(place) else []
