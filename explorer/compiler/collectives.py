"""Where devices exchange data: the collectives that XLA put in, and the lines that made them necessary."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.shapes import Shape, TupleShape
from explorer.compiler.replica_groups import Mesh, axes_of, groups_of, moved_along

KINDS = frozenset(
    {
        "all-reduce",
        "all-gather",
        "reduce-scatter",
        "all-to-all",
        "ragged-all-to-all",
        "collective-permute",
        "collective-broadcast",
    }
)
_RESULT_SECOND = frozenset({"all-gather-start", "collective-permute-start"})  # of (what goes in, what comes out, ...)
FAR = 10  # instructions without metadata that a reason is looked for through
_NAMED = re.compile(r'op_name="([^"]*)"')
_SUMS = frozenset({"all-reduce", "reduce-scatter"})
_WHY = {
    "all-reduce": "each device computes {what} from its own piece{along}, and the results are {combined}",
    "reduce-scatter": "each device computes {what} from its own piece{along}, and keeps a piece of what is {combined}",
    "all-gather": "{what} needs all of what is split{along}",
    "all-to-all": "{what} needs what is split{along} split in another way",
    "ragged-all-to-all": "{what} needs what is split{along} split in another way",
    "collective-permute": "{what} needs pieces that other devices have{along}",
    "collective-broadcast": "{what} needs on every device what one has{along}",
}
_COMBINED = {"add": "added up", "maximum": "compared for the largest", "minimum": "compared for the smallest"}
_OPERATIONS = {"dot_general": "a product (dot_general)", "reduce_sum": "a sum (reduce_sum)"}


class Part(NamedTuple):
    """One array that a collective exchanges; XLA joins small ones into one exchange.

    Args:
      shape: such as "f32[256,10]".
      bytes: that each device holds of it afterwards.
      operation: what made it necessary, as JAX calls it, such as "dot_general"; "" where that is not told.
      backward: whether that is in the backward pass.
      sources: the lines of source that it stands in.
      made_by: the instruction that tells so, by its index.
    """

    shape: str
    bytes: int
    operation: str
    backward: bool
    sources: tuple[Any, ...]
    made_by: int


class Collective(NamedTuple):
    """An exchange of data among devices.

    Args:
      name: of the instruction, without the %.
      kind: such as "all-reduce".
      bytes: that each device holds after it.
      devices: how many exchange with each other; None where the text does not say.
      line: of the optimized HLO, from 1.
      sources: the lines of source that made it necessary.
      parts: the arrays that it exchanges, each with its own.
      axes: of the mesh, along which it is; None where there is no mesh, or where that is not told.
      combined: how what is reduced is put together, in words.
    """

    name: str
    kind: str
    bytes: int
    devices: int | None
    line: int
    sources: tuple[Any, ...] = ()
    parts: tuple[Part, ...] = ()
    axes: tuple[str, ...] | None = None
    combined: str = "put together"

    def why(self, part: Part) -> str:
        """Return in words why an array of it had to be exchanged."""
        otherwise = f"an operation ({part.operation})" if part.operation else "the program"
        what = _OPERATIONS.get(part.operation, otherwise)
        what += " of the backward pass" if part.backward else ""
        along = f" along {' and '.join(self.axes)}" if self.axes else ""
        return _WHY[self.kind].format(what=what, along=along, combined=self.combined)


def kind_of(collective: Instruction) -> str | None:
    """Return the kind of a collective, of one in two halves that of the first; None for any other instruction."""
    kind = collective.opcode.removesuffix("-start")
    if kind == "all-reduce" and _is_scatter(collective):
        return "reduce-scatter"
    return kind if kind in KINDS else None


def collectives_of(
    module: Module, sources_of: Callable[[int], tuple[Any, ...]], mesh: Mesh = ()
) -> tuple[Collective, ...]:
    """Return the collectives of a module, in the order of its text.

    Args:
      module: the optimized HLO.
      sources_of: from a line of the text, from 1, to where it comes from.
      mesh: the axes with their sizes that the program is spread over.
    """
    return tuple(_collective(one, sources_of, mesh) for one in module if kind_of(one) is not None)


def parts_of(collective: Instruction) -> list[tuple[str, int, Instruction]]:
    """Return the arrays that a collective exchanges: shape, bytes, and the instruction that made it necessary."""
    shape, kind = _result(collective), kind_of(collective)
    count = len(collective.operands)
    if not isinstance(shape, TupleShape) or len(shape.elements) != count or count < 2:
        telling = _telling(collective)
        named = _NAMED.search(telling.metadata)
        # jax 0.12 names the gathering of an argument by the argument: what computes with it made it necessary.
        made_by = _using(collective) if named and "/" not in named[1] else None
        return [(_plain(shape), shape.bytes, made_by or telling)]
    inside = {one.name: one for one in collective.computation}
    # What is summed is named by what computed it; the metadata of an exchange of several is that of one of them.
    made = [
        inside.get(o.name.removeprefix("%"), collective) if kind in _SUMS else collective for o in collective.operands
    ]
    return [(_plain(own), own.bytes, _telling(one)) for own, one in zip(shape.elements, made, strict=True)]


def bytes_of(collective: Instruction) -> int:
    """Return how many bytes each device holds after a collective."""
    return _result(collective).bytes


def devices_of(collective: Instruction) -> int | None:
    """Return how many devices a collective is among: the size of its first group."""
    groups = groups_of(dict(collective.attributes).get("replica_groups", ""))
    return None if groups is None else groups.shape[1]


def _collective(one: Instruction, sources_of: Callable[[int], tuple[Any, ...]], mesh: Mesh) -> Collective:
    attributes = dict(one.attributes)
    own = sources_of(one.line)
    parts = [_part(part, own, sources_of) for part in parts_of(one)]
    if "source_target_pairs" in attributes:
        axes = moved_along(attributes["source_target_pairs"], mesh)
    else:
        axes = axes_of(groups_of(attributes.get("replica_groups", "")), mesh)
    sources = tuple(dict.fromkeys([*own, *(source for part in parts for source in part.sources)]))
    kind = kind_of(one) or ""
    return Collective(
        one.name, kind, bytes_of(one), devices_of(one), one.line, sources, tuple(parts), axes, _combined(one)
    )


def _part(
    part: tuple[str, int, Instruction], otherwise: tuple[Any, ...], sources_of: Callable[[int], tuple[Any, ...]]
) -> Part:
    shape, size, made = part
    found = _NAMED.search(made.metadata)
    path = found[1] if found and made.opcode != "parameter" else ""
    # what is only carried to it comes from what was fused with it
    own = tuple(s for s in sources_of(made.line) if not getattr(s, "rule", "") and not getattr(s, "library", False))
    return Part(shape, size, path.rpartition("/")[2], "transpose(" in path, own or otherwise, made.index)


def _result(collective: Instruction) -> Shape:
    """Return the type of what each device holds afterwards."""
    caller = _caller(collective) if kind_of(collective) != collective.opcode.removesuffix("-start") else None
    shape = collective.shape if caller is None else caller.shape
    if collective.opcode in _RESULT_SECOND and isinstance(shape, TupleShape) and len(shape.elements) > 1:
        return shape.elements[1]
    return shape


def _combined(one: Instruction) -> str:
    """Return in words how a reduction puts together what the devices have."""
    applied = one.module.computation(dict(one.attributes).get("to_apply", "").removeprefix("%"))
    root = None if applied is None else applied.root
    return _COMBINED.get("" if root is None else root.opcode, "put together")


def _is_scatter(collective: Instruction) -> bool:
    """Say whether a sum is split again at once, which XLA for TPU writes as a fusion of an all-reduce and a slice."""
    return collective.computation.name.startswith("all-reduce-scatter")


def _telling(one: Instruction) -> Instruction:
    """Return the instruction that says what one is for: itself, or the nearest that it comes from, or that runs it."""
    for _ in range(FAR):
        if one.metadata:
            return one
        inside = {each.name: each for each in one.computation}
        operand = inside.get(one.operands[0].name.removeprefix("%")) if one.operands else None
        before = _caller(one) if operand is None or operand.opcode == "parameter" else operand
        if before is None:
            break
        one = before
    return one


def _using(one: Instruction) -> Instruction | None:
    """Return the first operation that computes with the value of an instruction; None where none is named."""
    users: dict[str, list[Instruction]] = defaultdict(list)
    for each in one.computation:
        for operand in each.operands:
            users[operand.name.removeprefix("%")].append(each)
    waiting = deque([one])
    for _ in range(FAR):
        for user in users[waiting.popleft().name] if waiting else ():
            found = _NAMED.search(user.metadata)
            if found and "/" in found[1]:
                return user
            waiting.append(user)
    return None


def _caller(one: Instruction) -> Instruction | None:
    """Return the fusion that an instruction is in; None where it is in none."""
    module = one.module
    found = re.search(rf"calls={re.escape(one.computation.printed_name)}(?![\w.-])", module.text)
    return None if found is None else Instruction(module, bisect_right(module.starts, found.start()) - 1)


def _plain(shape: Shape) -> str:
    return re.sub(r"\{[^{}]*\}", "", str(shape))
