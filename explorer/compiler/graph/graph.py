"""A program as a graph of operations, computation by computation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from explorer.compiler.graph.repeats import Repeat, in_order, repeats_in
from explorer.records import Record

INPUTS = frozenset({"parameter", "input"})
# What stands for no work and no data of its own: drawn only on request.
QUIET = frozenset({"constant", "get-tuple-element", "tuple", "bitcast", "after-all", "literal"})
ROOT, HUSH = 1, 2  # flags of a node


@dataclass(slots=True)
class Node:
    """One operation.

    Args:
      line: of the stage's text, from 0.
      operation: its opcode or primitive.
      type: of its value, as the text has it.
      operands: the nodes of the same computation that it reads, as indices into `Graph.nodes`.
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


@dataclass(slots=True)
class Graph:
    """The nodes of a text, computation by computation.

    Args:
      names: of the computations.
      entry: the computation that runs when the function is called.
      nodes: of all computations, those of each together and in the order of the text.
      firsts: where the nodes of each computation begin, and where the last one's end.
    """

    names: list[str] = field(default_factory=list)
    entry: int = 0
    nodes: list[Node] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)

    def of(self, computation: int) -> range:
        """Return the places of a computation's nodes."""
        return range(self.firsts[computation], self.firsts[computation + 1])

    def repeats(self) -> list[tuple[int, list[int], list[Repeat]]]:
        """Return of each computation its nodes in the order in which repeats are found, and the repeats."""
        same = self._same()
        fused = {node.inside for node in self.nodes if node.operation == "fusion"}
        found: list[tuple[int, list[int], list[Repeat]]] = []
        for computation in range(len(self.names)):
            places = self.of(computation)
            if computation in fused:  # one kernel: what repeats in it are no layers
                found.append((computation, list(places), []))
                continue
            operands = [[o - places.start for o in self.nodes[p].operands] for p in places]
            roots = [p - places.start for p in places if self.nodes[p].root]
            order = in_order(operands, roots)
            repeats = repeats_in(order, operands, same[places.start : places.stop])
            found.append((computation, [places.start + o for o in order], repeats))
        return found

    def _same(self) -> list[int]:
        """Return a number for each node: two have the same where they do the same, whatever they are called."""
        numbers: dict[tuple[object, ...], int] = {}
        shapes: dict[int, int] = {}

        def shape_of(computation: int, above: frozenset[int]) -> int:
            """Return a number for a computation: two have the same where they compute the same."""
            if computation in above:
                return -1
            if computation not in shapes:
                places = self.of(computation)
                parts = tuple(
                    (number_of(p, above | {computation}), *(o - places.start for o in self.nodes[p].operands))
                    for p in places
                )
                shapes[computation] = numbers.setdefault(("computation", *parts), len(numbers))
            return shapes[computation]

        def number_of(place: int, above: frozenset[int]) -> int:
            node = self.nodes[place]
            inner = shape_of(node.inside, above) if node.inside >= 0 else -1
            return numbers.setdefault((node.operation, node.type, inner), len(numbers))

        return [number_of(place, frozenset()) for place in range(len(self.nodes))]

    def record(self, function: str, stage: str) -> Record:
        """Return the record graph/<function>/<stage>.

        `nodes` are rows of (line, operation, type, computation, inside, number, flags: 1 the root, 2 bookkeeping);
        `edges` rows of (from, to, which operand); `order` the nodes of each computation in an order in which `repeats`,
        rows of (first place in it, how many nodes, how often), lie one after the other.
        """
        operations = {name: i for i, name in enumerate(sorted({node.operation for node in self.nodes}))}
        types: dict[str, int] = {}
        rows = np.zeros((len(self.nodes), 7), np.int32)
        for computation, (first, last) in enumerate(pairwise(self.firsts)):
            rows[first:last, 3] = computation
        for place, node in enumerate(self.nodes):
            flags = ROOT * node.root + HUSH * (node.operation in QUIET and not node.root)
            kind = types.setdefault(node.type, len(types))
            rows[place, :3] = node.line, operations[node.operation], kind
            rows[place, 4:] = node.inside, node.number, flags
        edges = [(o, p, i) for p, node in enumerate(self.nodes) for i, o in enumerate(node.operands)]
        order: list[int] = []
        folds: list[tuple[int, int, int]] = []
        for _, places, repeats in self.repeats():
            folds += [(len(order) + r.first, r.period, r.count) for r in repeats]
            order += places
        header = {
            "function": function,
            "stage": stage,
            "operations": list(operations),
            "types": list(types),
            "computations": self.names,
            "entry": self.entry,
            "reason": None,
        }
        buffers = {
            "nodes": rows,
            "edges": np.array(edges, np.int32).reshape(-1, 3),
            "order": np.array(order, np.int32),
            "repeats": np.array(folds, np.int32).reshape(-1, 3),
        }
        return Record("graph", header, buffers)


def missing(function: str, stage: str, reason: str) -> Record:
    """Return the record where there is no graph, with the reason."""
    header = {"function": function, "stage": stage, "operations": [], "types": [], "computations": [], "entry": 0}
    empty = {"nodes": (0, 7), "edges": (0, 3), "order": (0,), "repeats": (0, 3)}
    return Record("graph", {**header, "reason": reason}, {n: np.zeros(s, np.int32) for n, s in empty.items()})


def starts(counts: Sequence[int]) -> list[int]:
    """Return where each of some runs begins when they lie one after the other, and where the last ends."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(int).tolist()
