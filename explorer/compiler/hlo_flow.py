"""Where the results of a module's instructions go: through tuples, loops, branches, calls and fusions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from explorer.compiler.frames import Frame
from explorer.compiler.hlo.instruction import LITERAL, Instruction
from explorer.compiler.hlo.reader import read
from explorer.compiler.origins import Origins, Trace
from explorer.compiler.rules import MERGED

_RUNS = frozenset({"call", "fusion"})
PASSING = frozenset({"parameter", "tuple", "get-tuple-element", "while", "conditional", "optimization-barrier", *_RUNS})
_EACH_ANOTHER = frozenset({"custom-call", "rng", "rng-bit-generator", "infeed", "after-all", *PASSING})
_OPERAND = re.compile(r"%?([\w.-]+)(?:#\d+)?(?=,|$)")  # "%call#1" is its element 1, as XLA of jax 0.12 prints it
FAR = 400  # instructions that are passed on the way of one result


class Operation(NamedTuple):
    """What stays of an operation through optimization: the expression that made it, and as what."""

    frame: Frame
    scope: str
    primitive: str


def operations_of(origins: Origins, primitives: Iterable[str]) -> tuple[Operation, ...]:
    """Return what the operation of a line is called, by where the line itself comes from."""
    return tuple(Operation(o.frame, o.scope, p) for o in origins if o.rule in ("", MERGED) for p in primitives)


class At(NamedTuple):
    """A value on its way: that of an instruction, or one element of the tuple that it is."""

    instruction: int
    element: int | None


class Flow:
    """Where the results of a module's instructions go.

    Args:
      text: of the module.
      trace: the origins of its lines.
      primitives: of the lines that say so what JAX calls the operation, apart for the forward and the backward pass.

    Raises:
      HloSyntaxError: the text is not HLO.
    """

    def __init__(self, text: str, trace: Trace, primitives: Mapping[int, tuple[str, ...]]) -> None:
        self.module = module = read(text)
        self.operations: dict[int, tuple[Operation, ...]] = {}  # what each instruction that is one is called
        self.inputs: set[int] = set()  # instructions that are arguments of the function
        for number, line in enumerate(module.lines):
            opcode = module.opcodes[module.opcode_of[number]]
            is_input = opcode == "parameter" and module.computations[module.owners[number]].is_entry
            if (is_input or opcode not in PASSING) and (own := operations_of(trace.of(line), primitives.get(line, ()))):
                self.operations[number] = own
                if is_input:
                    self.inputs.add(number)
        self.uses: dict[int, list[tuple[int, int]]] = defaultdict(list)  # the users of each, and as which operand
        self.parameters: dict[tuple[int, int], int] = {}  # by computation and number
        self.callers: dict[int, list[int]] = defaultdict(list)
        self.called: dict[int, list[int]] = {}  # the computations that an instruction passes its operands to
        self.elements: dict[int, int] = {}  # which one a get-tuple-element takes
        self.operands: dict[int, list[int]] = {}
        self.opcodes = [module.opcodes[number] for number in module.opcode_of]
        index = {c.name: number for number, c in enumerate(module.computations)}
        for computation in module.computations:
            names: dict[str, int] = {}
            for at in range(computation.first, computation.last):
                self._add(at, names, index)

    def _add(self, at: int, names: dict[str, int], index: Mapping[str, int]) -> None:
        module, opcode = self.module, self.opcodes[at]
        names[module.text[module.name_starts[at] : module.name_ends[at]].lstrip("%")] = at
        if opcode == "parameter":
            self.parameters[module.owners[at], int(Instruction(module, at).literal or 0)] = at
        self.operands[at] = operands = [] if opcode in LITERAL else [names[name] for name in self._names(at)]
        for slot, operand in enumerate(operands):
            self.uses[operand].append((at, slot))
        if opcode == "get-tuple-element":
            self.elements[at] = int(dict(Instruction(module, at).attributes)["index"])
        elif opcode in ("while", "conditional", *_RUNS):
            self.called[at] = [index[name.removeprefix("%")] for _, name in Instruction(module, at).called]
            for other in self.called[at]:
                self.callers[other].append(at)

    def _names(self, at: int) -> list[str]:
        """Return the names of an instruction's operands: nearly all are a plain list, which is read at once."""
        start = self.module.inner_starts[at]
        inner = self.module.text[start : self.module.text.find(")", start)]
        if "(" in inner or '"' in inner or "[" in inner:
            names = (operand.name.removeprefix("%") for operand in Instruction(self.module, at).operands)
            return [name.partition("#")[0] for name in names]
        return _OPERAND.findall(inner)

    def users(self, at: At) -> Iterator[At]:
        """Yield where a value goes next."""
        for user, slot in self.uses.get(at.instruction, ()):
            yield from self._into(user, slot, at.element)
        if self.module.roots[at.instruction]:
            for caller in self.callers.get(self.module.owners[at.instruction], ()):
                yield At(caller, at.element)
                if self.opcodes[caller] == "while":
                    yield from self._parameters(caller, 0, at.element)

    def _into(self, user: int, slot: int, element: int | None) -> Iterable[At]:
        opcode = self.opcodes[user]
        if opcode == "tuple":
            return [At(user, slot)]
        if opcode == "get-tuple-element":
            return [At(user, None)] if element in (None, self.elements[user]) else []
        if opcode == "while":
            return [At(user, element), *self._parameters(user, 0, element)]
        if opcode in _RUNS:
            return self._parameters(user, slot, element)
        if opcode == "conditional":
            return self._branch(user, slot - 1, element) if slot else [At(user, None)]
        return [At(user, element if opcode == "optimization-barrier" else None)]

    def _parameters(self, user: int, slot: int, element: int | None) -> list[At]:
        every = [self.parameters.get((computation, slot)) for computation in self.called[user]]
        return [At(parameter, element) for parameter in every if parameter is not None]

    def _branch(self, user: int, branch: int, element: int | None) -> list[At]:
        parameter = self.parameters.get((self.called[user][branch], 0)) if branch < len(self.called[user]) else None
        return [] if parameter is None else [At(parameter, element)]

    @cached_property
    def next(self) -> Mapping[int, Sequence[int]]:
        """For each operation those that its result goes to first."""
        return {number: list(self._next(number)) for number in self.operations}

    @cached_property
    def last(self) -> Mapping[int, Sequence[int]]:
        """For each operation those that it takes results of."""
        found: dict[int, list[int]] = defaultdict(list)
        for number, users in self.next.items():
            for user in users:
                found[user].append(number)
        return found

    def _next(self, number: int) -> Iterator[int]:
        seen: set[At] = set()
        waiting = [At(number, None)]
        while waiting and len(seen) < FAR:
            for at in self.users(waiting.pop()):
                if at in seen:
                    continue
                seen.add(at)
                if at.instruction in self.operations:
                    yield at.instruction
                else:
                    waiting.append(at)

    def same(self, number: int) -> Iterable[int]:
        """Return the other operations that compute the same of the same."""
        return [other for other in self._alike[self._kinds[number]] if other != number and other in self.operations]

    @cached_property
    def _kinds(self) -> list[int]:
        """For each instruction the number of what it computes."""
        known: dict[tuple[object, ...], int] = {}
        kinds: list[int] = []
        module = self.module
        for at in range(len(module)):
            opcode = self.opcodes[at]
            if opcode in _EACH_ANOTHER:
                kind: tuple[object, ...] = (at,)
            else:
                text = module.text[module.name_ends[at] : module.ends[at]].partition(", metadata=")[0]
                inner = text if opcode in LITERAL else text.partition("(")[0] + text.partition(")")[2]
                kind = (module.owners[at], inner, *(kinds[operand] for operand in self.operands[at]))
            kinds.append(known.setdefault(kind, at))
        return kinds

    @cached_property
    def _alike(self) -> Mapping[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for at, kind in enumerate(self._kinds):
            found[kind].append(at)
        return found
