"""The graph of an HLO module."""

from __future__ import annotations

import re

from explorer.compiler.graph.graph import Graph, Node, starts
from explorer.compiler.hlo.attributes import CALLING
from explorer.compiler.hlo.module import Module

_NAMES = re.compile(r"%?([A-Za-z_][\w.-]*)(?=[,)\s]|$)")
_FLAT = re.compile(r"[^()]*")
_CALLED = re.compile(rf"\b(?:{'|'.join(CALLING)})=\{{?%?([\w.-]+)")


def hlo_graph(module: Module) -> Graph:
    """Return the graph of a module: the computations in the order of its text, a fusion as one node."""
    graph = Graph([c.name for c in module.computations], firsts=starts([len(c) for c in module.computations]))
    number_of = {name: number for number, name in enumerate(graph.names)}
    entry = module.entry
    graph.entry = 0 if entry is None else number_of[entry.name]
    for computation in module.computations:
        places: dict[str, int] = {}
        for place in range(computation.first, computation.last):
            found = module.instructions[place]
            opcode = found.opcode
            node = Node(found.line - 1, opcode, found.shape_text, root=found.is_root)
            if opcode == "parameter":
                node.number = int(found.inner_text)
            elif opcode != "constant":
                start = module.inner_starts[place]
                flat = _FLAT.match(module.text, start, module.ends[place])
                end = flat.end() if flat else start
                inner = module.text[start:end] if module.text[end] == ")" else found.inner_text
                named = (places.get(name) for name in _NAMES.findall(inner))
                node.operands = [operand for operand in named if operand is not None]
                called = _CALLED.search(module.text, start + len(inner), module.ends[place])
                node.inside = number_of.get(called[1], -1) if called else -1
            places[found.name] = place
            graph.nodes.append(node)
    return graph
