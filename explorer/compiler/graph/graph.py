"""A program as a graph of operations, computation by computation; each is read when it is first asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from explorer.compiler.graph.repeats import Repeat, in_order, repeats_in
from explorer.errors import FieldError
from explorer.records import Record

INPUTS = frozenset({"parameter", "input"})
# What stands for no work and no data of its own: drawn only on request.
QUIET = frozenset({"constant", "get-tuple-element", "tuple", "bitcast", "after-all", "literal"})
ROOT, HUSH = 1, 2  # flags of a node
AT_ONCE = 3_000  # operations that are read in well under 0.1 s; of a larger program the entry first


@dataclass(slots=True)
class Node:
    """One operation.

    Args:
      line: of the stage's text, from 0.
      operation: its opcode or primitive.
      type: of its value, as the text has it.
      operands: the nodes of the same computation that it reads, as places in it.
      inside: the computation that it runs, such as that of a fusion; -1 for none.
      number: which input of the computation it is, from 0; -1 where it is none.
      root: whether its value is what the computation gives back.
    """

    line: int
    operation: str
    type: str
    operands: list[int] = field(default_factory=list)
    inside: int = -1
    number: int = -1
    root: bool = False


class Graph(ABC):
    """The operations of a text, computation by computation.

    Args:
      names: of the computations.
      entry: the computation that runs when the function is called.
      sizes: how many operations each computation has.
    """

    def __init__(self, names: Sequence[str], entry: int, sizes: Sequence[int]) -> None:
        self.names, self.entry, self.sizes = names, entry, sizes
        whole = sum(sizes) <= AT_ONCE
        self._wanted = dict.fromkeys(range(len(names)) if whole else [entry] if names else [])
        self._read: dict[int, list[Node]] = {}
        self._fused: set[int] = set()  # what the fusions of all that was read run
        self._shapes: dict[int, int] = {}
        self._numbers: dict[Hashable, int] = {}

    def __repr__(self) -> str:
        return f"<graph of {sum(self.sizes):,} operations in {len(self.names):,} computations>"

    def nodes(self, computation: int | None = None) -> list[Node]:
        """Return the operations of a computation, in the order of the text; those of the entry for None."""
        number = self.entry if computation is None else computation
        if number not in self._read:
            self._read[number] = nodes = self.read(number)
            self._fused |= {node.inside for node in nodes if node.operation == "fusion"}
        return self._read[number]

    def want(self, computation: int) -> None:
        """Have a computation in every record from now on.

        Raises:
          FieldError: there is no such computation.
        """
        if not 0 <= computation < len(self.names):
            raise FieldError(
                "computation", f"there is no number {computation}.", f"Allowed: 0 to {len(self.names) - 1}."
            )
        self._wanted.setdefault(computation)

    def repeats(self, computation: int) -> tuple[list[int], list[Repeat]]:
        """Return a computation's places in an order in which what repeats lies in a row, and the repeats in it."""
        nodes = self.nodes(computation)
        if computation in self._fused:  # one kernel: what repeats in it are no layers
            return list(range(len(nodes))), []
        operands = [node.operands for node in nodes]
        order = in_order(operands, [place for place, node in enumerate(nodes) if node.root])
        return order, repeats_in(order, operands, [self._number(node) for node in nodes])

    def record(self, function: str, stage: str) -> Record:
        """Return the record graph/<function>/<stage>: of a small program all of it, of another what is wanted.

        `nodes` are rows of (line, operation, type, computation, inside, number, flags: 1 the root, 2 bookkeeping);
        `edges` rows of (from, to, which operand); `order` the nodes of each computation in an order in which `repeats`,
        rows of (first place in it, how many nodes, how often), lie one after the other. header["sizes"]: how many
        operations each computation has, here or not.
        """
        operations: dict[str, int] = {}
        types: dict[str, int] = {}
        rows: list[tuple[int, ...]] = []
        edges: list[tuple[int, int, int]] = []
        order: list[int] = []
        folds: list[tuple[int, int, int]] = []
        for computation, nodes in {number: self.nodes(number) for number in self._wanted}.items():
            first = len(rows)
            places, repeats = self.repeats(computation)
            folds += [(first + r.first, r.period, r.count) for r in repeats]
            order += [first + place for place in places]
            for to, node in enumerate(nodes, first):
                edges += [(first + place, to, which) for which, place in enumerate(node.operands)]
                flags = ROOT * node.root + HUSH * (node.operation in QUIET and not node.root)
                operation = operations.setdefault(node.operation, len(operations))
                kind = types.setdefault(node.type, len(types))
                rows.append((node.line, operation, kind, computation, node.inside, node.number, flags))
        header = {
            "function": function,
            "stage": stage,
            "operations": list(operations),
            "types": list(types),
            "computations": list(self.names),
            "sizes": list(self.sizes),
            "entry": self.entry,
            "reason": None,
        }
        buffers = {
            "nodes": np.array(rows, np.int32).reshape(-1, 7),
            "edges": np.array(edges, np.int32).reshape(-1, 3),
            "order": np.array(order, np.int32),
            "repeats": np.array(folds, np.int32).reshape(-1, 3),
        }
        return Record("graph", header, buffers)

    @abstractmethod
    def read(self, computation: int) -> list[Node]:
        """Return the operations of a computation, in the order of the text."""

    def contents(self, computation: int) -> Iterable[Hashable]:
        """Return what two computations have in common exactly where they compute the same."""
        return ((self._number(node), *node.operands) for node in self.nodes(computation))

    def shape_of(self, computation: int) -> int:
        """Return a number for a computation: two have the same where they compute the same, whatever it is called."""
        if computation not in self._shapes:
            parts = ("computation", *self.contents(computation))
            self._shapes[computation] = self._numbers.setdefault(parts, len(self._numbers))
        return self._shapes[computation]

    def _number(self, node: Node) -> int:
        """Return a number for a node: two have the same where they do the same."""
        inside = self.shape_of(node.inside) if node.inside >= 0 else -1
        return self._numbers.setdefault((node.operation, node.type, inside), len(self._numbers))


def missing(function: str, stage: str, reason: str) -> Record:
    """Return the record where there is no graph, with the reason."""
    lists: dict[str, list[object]] = {name: [] for name in ("operations", "types", "computations", "sizes")}
    header = {"function": function, "stage": stage, **lists, "entry": 0, "reason": reason}
    empty = {"nodes": (0, 7), "edges": (0, 3), "order": (0,), "repeats": (0, 3)}
    return Record("graph", header, {n: np.zeros(s, np.int32) for n, s in empty.items()})
