"""Instructions up to renaming: which are the same but for their names, and each kind as a module of its own.

A module of 93,564 instructions has some hundred kinds. A kind is an opcode, the types of its value and its
operands, the attributes that say what it computes, and the computations it calls, up to renaming too.
Names and metadata are left out: XLA's cost analysis does not look at them.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

from explorer.compiler.hlo.attributes import CALLING
from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.instruction import LITERAL, Instruction
from explorer.compiler.hlo.module import Module

CONTROL = frozenset({"while", "conditional", "call", "call-start", "async-start"})  # run computations as they stand
FUSION = frozenset({"fusion", "fusion-start"})  # run one as a single step

_SAYS_NOTHING = (  # of what is computed
    "metadata|backend_config|frontend_attributes|control-predecessors|sharding|parameter_replication|statistics|"
    "origin|original_value|operand_layout_constraints|output_to_operand_aliasing"
)
_PLAIN = re.compile(  # operands without types, attributes without nested braces: nearly all lines
    rf'([^(){{}}\[\]"]*+)\)((?:, (?!(?:{_SAYS_NOTHING})=)[\w\-]++=(?:[^,(){{}}\[\]" ]++|\{{[^{{}}"()\[\]]*+\}}))*+)'
    rf"(?=, (?:{_SAYS_NOTHING})=|$)"
)
_DROPPED = re.compile(_SAYS_NOTHING)
_COMMENT = re.compile(r"/\*[^*]*\*/")
_CALLS = re.compile(rf"\b({'|'.join(CALLING)})=(\{{[^{{}}]*\}}|[^,]+)")
_NAMED = re.compile(r"%?([^\s,{}%]+)")


class Kinds:
    """The kinds of a module's instructions.

    Args:
      module: what was read.

    Attributes:
      of: for each instruction the number of its kind.
      examples: for each kind the index of the first instruction of it.
      calling: for each kind whether it runs other computations.
      order: the computations, each after those it calls.

    Raises:
      HloSyntaxError: something inside an instruction is not HLO, or a computation calls itself.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.of = array("I", bytes(4 * len(module)))
        self.examples: list[int] = []
        self.order: list[int] = []
        self._lines: list[str] = []  # by kind
        self._calls: list[tuple[int, ...]] = []  # by kind: the bodies it calls
        self._kinds: dict[tuple[object, ...], int] = {}
        self._places = {c.name: place for place, c in enumerate(module.computations)}
        self._bodies: list[tuple[str, frozenset[int]]] = []  # a computation up to renaming, and the bodies it calls
        self._numbers: dict[str, int] = {}  # of a body
        self._body_of: dict[int, int] = {}  # by computation; -1 while it is being read
        self._types: dict[str, str] = {}  # a type without the comments in it
        for place in range(len(module.computations)):
            self._body(place)

    @property
    def calling(self) -> list[bool]:
        return [bool(calls) for calls in self._calls]

    def text(self, kind: int) -> str:
        """Return a module whose entry has one instruction of this kind, on parameters."""
        needed: set[int] = set()
        open_ = list(self._calls[kind])
        while open_:
            body = open_.pop()
            if body not in needed:
                needed.add(body)
                open_ += self._bodies[body][1]
        # a body has a higher number than those it calls, and XLA's parser wants them first
        bodies = "".join(f"k{body} {{\n{self._bodies[body][0]}}}\n\n" for body in sorted(needed))
        return f"HloModule m\n\n{bodies}ENTRY e {{\n{self._lines[kind]}}}\n"

    def _body(self, place: int) -> int:
        """Return the number of a computation up to renaming, having found the kinds of its instructions."""
        done = self._body_of.get(place)
        if done is not None:
            if done < 0:
                found = self.module.computations[place]
                raise HloSyntaxError(f"the computation {found.name} calls itself", found.line)
            return done
        self._body_of[place] = -1
        module, text, computation = self.module, self.module.text, self.module.computations[place]
        numbers: dict[str, int] = {}
        types: list[str] = []
        lines: list[str] = []
        calls: set[int] = set()
        for index in range(computation.first, computation.last):
            name_end, shape_end, inner = module.name_ends[index], module.shape_ends[index], module.inner_starts[index]
            shape, opcode = text[name_end + 3 : shape_end], module.opcodes[module.opcode_of[index]]
            type_ = self._types.get(shape)
            if type_ is None:
                type_ = self._types[shape] = _COMMENT.sub("", shape)
            names, attributes, inside = _parts(module, index, opcode, inner)
            called: tuple[int, ...] = ()
            if "=" in attributes and _CALLS.search(attributes):
                attributes, called = self._renamed(attributes)
                calls.update(called)
            try:
                operands = [numbers[name] for name in names]
            except KeyError as error:
                raise HloSyntaxError(f"{error.args[0]} is used before it is defined", module.lines[index] + 1) from None
            self._count(index, opcode, type_, operands, types, attributes, inside, called)
            numbers[text[module.name_starts[index] : name_end]] = len(types)
            given = inside or ",".join([f"i{operand}" for operand in operands])
            root = "ROOT " if module.roots[index] else ""
            lines.append(f"{root}i{len(types)} = {type_} {opcode}({given}){attributes}\n")
            types.append(type_)
        body = "".join(lines)
        number = self._numbers.setdefault(body, len(self._bodies))
        if number == len(self._bodies):
            self._bodies.append((body, frozenset(calls)))
        self._body_of[place] = number
        self.order.append(place)
        return number

    def _count(
        self,
        index: int,
        opcode: str,
        type_: str,
        operands: list[int],
        types: list[str],
        attributes: str,
        inside: str,
        called: tuple[int, ...],
    ) -> None:
        """Give the instruction its kind."""
        distinct = list(dict.fromkeys(operands)) if len(operands) > 1 else operands
        same = () if len(distinct) == len(operands) else tuple(distinct.index(operand) for operand in operands)
        key = (opcode, type_, *[types[operand] for operand in distinct], attributes, same)
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = len(self.examples)
            self.examples.append(index)
            given = [f"p{place} = {types[operand]} parameter({place})\n" for place, operand in enumerate(distinct)]
            taken = inside or ",".join(f"p{distinct.index(operand)}" for operand in operands)
            self._lines.append(f"{''.join(given)}ROOT r = {type_} {opcode}({taken}){attributes}\n")
            self._calls.append(called)
        self.of[index] = kind

    def _renamed(self, attributes: str) -> tuple[str, tuple[int, ...]]:
        """Return attributes with the computations they call renamed, and those."""
        called: list[int] = []

        def rename(match: re.Match[str]) -> str:
            bodies = [self._body(self._places[name]) for name in _NAMED.findall(match[2]) if name in self._places]
            called.extend(bodies)
            names = ",".join(f"k{body}" for body in bodies)
            return f"{match[1]}={{{names}}}" if match[2].startswith("{") else f"{match[1]}={names}"

        return _CALLS.sub(rename, attributes), tuple(called)


def _parts(module: Module, index: int, opcode: str, inner: int) -> tuple[Sequence[str], str, str]:
    """Return the names of an instruction's operands, the attributes that say something, and its literal."""
    if opcode in LITERAL:
        return (), "", Instruction(module, index).inner_text
    found = _PLAIN.match(module.text, inner, module.ends[index])
    if found is not None:
        inside = _COMMENT.sub("", found[1]) if "/*" in found[1] else found[1]
        names = inside.split(", ") if inside else ()
        if not any(" " in name for name in names):
            return names, found[2], ""
    instruction = Instruction(module, index)
    kept = [f", {a.name}={a.value}" for a in instruction.attributes if not _DROPPED.fullmatch(a.name)]
    return [operand.name for operand in instruction.operands], "".join(kept), ""
