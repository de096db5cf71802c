"""The graph of an HLO module."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator

from explorer.compiler.graph.graph import Graph, Node
from explorer.compiler.hlo.attributes import CALLING
from explorer.compiler.hlo.module import Module

_NAMES = re.compile(r"%?([A-Za-z_][\w.-]*)(?=[,)\s]|$)")
_FLAT = re.compile(r"[^()]*")
_CALLED = re.compile(rf"\b(?:{'|'.join(CALLING)})=\{{?%?([\w.-]+)")
_NAMED = re.compile(r"%([\w.-]+)")


class HloGraph(Graph):
    """The graph of a module: the computations in the order of its text, a fusion as one node.

    Args:
      module: as read already.
    """

    def __init__(self, module: Module) -> None:
        self._module = module
        self._number_of = {c.name: number for number, c in enumerate(module.computations)}
        entry = next((number for number, c in enumerate(module.computations) if c.is_entry), 0)
        super().__init__(list(self._number_of), entry, [len(c) for c in module.computations])

    def read(self, computation: int) -> list[Node]:
        """Return the instructions of a computation."""
        module = self._module
        own = module.computations[computation]
        places: dict[str, int] = {}
        nodes: list[Node] = []
        for index in range(own.first, own.last):
            found = own[index - own.first]
            node = Node(found.line - 1, found.opcode, found.shape_text, root=found.is_root)
            if node.operation == "parameter":
                node.number = int(found.inner_text)
            elif node.operation != "constant":
                start = module.inner_starts[index]
                flat = _FLAT.match(module.text, start, module.ends[index])
                end = flat.end() if flat else start
                inner = module.text[start:end] if module.text[end] == ")" else found.inner_text
                named = (places.get(name) for name in _NAMES.findall(inner))
                node.operands = [operand for operand in named if operand is not None]
                called = _CALLED.search(module.text, start + len(inner), module.ends[index])
                node.inside = self._number_of.get(called[1], -1) if called else -1
            places[found.name] = len(nodes)
            nodes.append(node)
        return nodes

    def contents(self, computation: int) -> Iterator[Hashable]:
        """Yield the opcodes, the types and who reads whom, straight from the text: of a large program all is compared,
        though little is read."""
        module = self._module
        own = module.computations[computation]
        between = slice(own.first, own.last)
        yield module.opcode_of[between].tobytes()
        text = module.text
        yield tuple(text[a:b] for a, b in zip(module.name_ends[between], module.shape_ends[between], strict=True))
        seen: dict[str, Hashable] = {}
        for name in _NAMED.findall(text, module.starts[own.first], module.ends[own.last - 1]) if own else ():
            if name not in seen:
                called = self._number_of.get(name)
                seen[name] = len(seen) if called is None else ("computation", self.shape_of(called))
            yield seen[name]
