"""Programs as graphs: every operation with its line, what flows into what, and equal layers found and checked."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from glossary_samples import equations, traced
from hlo_texts import TEXTS

import explorer
from explorer.compiler.graph.graph import Graph
from explorer.compiler.graph.hlo_graph import hlo_graph
from explorer.compiler.graph.jaxpr_graph import jaxpr_graph
from explorer.compiler.graph.repeats import Repeat, in_order, repeats_in
from explorer.compiler.hlo.reader import read
from explorer.compiler.shown import ON_DEMAND


def network(layers, x):
    for w in layers:
        x = x + jax.nn.relu(x @ w) @ w.T
    return (x**2).mean()


def printed(layers: int) -> str:
    return str(jax.make_jaxpr(jax.grad(network))([jnp.ones((8, 8))] * layers, jnp.ones((4, 8))))


def reads(graph: Graph, place: int) -> list[str]:
    return [graph.nodes[operand].operation for operand in graph.nodes[place].operands]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_instruction_is_a_node_that_reads_its_operands(name):
    module = read(TEXTS[name])
    graph = hlo_graph(module)
    assert len(graph.nodes) == len(module)
    for node, instruction in zip(graph.nodes, module, strict=True):
        assert node.operation == instruction.opcode
        assert node.line == instruction.line - 1
        own = {each.name: each for each in instruction.computation}
        wanted = [o.name.removeprefix("%") for o in instruction.operands if o.name.removeprefix("%") in own]
        assert [module.instructions[o].name for o in node.operands] == wanted
        assert graph.names[node.inside] in dict(map(reversed, instruction.called)) if node.inside >= 0 else True


def test_a_fusion_knows_what_is_inside_and_where_its_inputs_go():
    graph = hlo_graph(read(TEXTS["cpu_adam"]))
    fusions = [node for node in graph.nodes if node.operation == "fusion"]
    assert fusions
    for fusion in fusions:
        inner = [graph.nodes[place] for place in graph.of(fusion.inside)]
        assert sorted(node.number for node in inner if node.number >= 0) == list(range(len(fusion.operands)))
        assert sum(node.root for node in inner) == 1


def test_the_lines_of_a_jaxpr_are_those_of_its_equations():
    for each in traced():
        text = str(each.jaxpr)
        graph, lines = jaxpr_graph(text), text.split("\n")
        made = [node for node in graph.nodes if node.operation != "input"]
        assert all(f"= {node.operation}" in lines[node.line] for node in made)
        # What gives nothing back, such as a print, is no node.
        top = [e for e in each.jaxpr.jaxpr.eqns if any(str(v) != "_" for v in e.outvars)]
        own = [graph.nodes[place].operation for place in graph.of(graph.entry) if graph.nodes[place].number < 0]
        named = [e.primitive.name for e in top if e.primitive.name in own]
        assert len(named) <= len(own)
        assert {node.operation for node in made} <= {e.primitive.name for e in equations(each.jaxpr.jaxpr)}


def test_a_jaxpr_flows_from_its_inputs_to_its_results():
    graph = jaxpr_graph(str(jax.make_jaxpr(lambda a, b: jnp.tanh(a @ b) + a)(jnp.ones((4, 4)), jnp.ones((4, 4)))))
    (add,) = (place for place in graph.of(graph.entry) if graph.nodes[place].root)
    assert graph.nodes[add].operation == "add"
    assert reads(graph, add) == ["tanh", "input"]
    assert [
        graph.nodes[o].number for o in graph.nodes[graph.nodes[graph.nodes[add].operands[0]].operands[0]].operands
    ] == [0, 1]


def test_jaxprs_inside_equations_are_computations_of_their_own():
    graph = jaxpr_graph(
        str(jax.make_jaxpr(lambda v: jax.lax.scan(lambda c, x: (jnp.sin(c) * x, c), 0.0, v))(jnp.ones(8)))
    )
    (scan,) = (node for node in graph.nodes if node.operation == "scan")
    inside = [graph.nodes[place].operation for place in graph.of(scan.inside)]
    assert {"sin", "mul", "input"} <= set(inside)
    assert graph.names[scan.inside] == "jaxpr of scan"


@pytest.mark.parametrize("layers", [3, 24])
def test_equal_layers_are_folded_with_their_number(layers):
    graph = jaxpr_graph(printed(layers))
    _, order, repeats = next(found for found in graph.repeats() if found[0] == graph.entry)
    largest = max(repeats, key=lambda r: r.period * r.count)
    assert largest.count in (layers, layers - 1)  # the first backward layer is unlike the others
    folded = [graph.nodes[order[largest.first + k]].operation for k in range(largest.period)]
    assert "dot_general" in folded
    for turn in range(largest.count):
        start = largest.first + turn * largest.period
        assert [graph.nodes[order[start + k]].operation for k in range(largest.period)] == folded


def test_a_layer_that_differs_is_not_folded():
    words = [*range(10)] * 3
    chain = [[i - 1] if i else [] for i in range(30)]
    assert repeats_in(range(30), chain, words) == [Repeat(0, 10, 3)] or repeats_in(range(30), chain, words) == [
        Repeat(10, 10, 2)
    ]
    elsewhere = [list(o) for o in chain]
    elsewhere[25] = [3]  # the third turn reads something that the others do not
    found = repeats_in(range(30), elsewhere, words)
    assert all(r.first + r.period * r.count <= 20 for r in found)
    other = [*range(10), *range(10), *range(20, 30)]
    assert all(r.count == 2 for r in repeats_in(range(30), chain, other))


def test_the_order_has_operands_first():
    for text in TEXTS.values():
        graph = hlo_graph(read(text))
        for _, order, _ in graph.repeats():
            place = {node: i for i, node in enumerate(order)}
            assert all(place[o] < place[n] for n in order for o in graph.nodes[n].operands)


def test_in_order_keeps_what_no_root_leads_to():
    assert sorted(in_order([[], [0], [], [2]], [1])) == [0, 1, 2, 3]


def test_an_inspection_gives_both_graphs_on_demand():
    found = explorer.inspect(network, [jax.ShapeDtypeStruct((8, 8), jnp.float32)] * 3, jnp.ones((4, 8)))
    made = ON_DEMAND["graph"](found, "function")
    assert set(made) == {"graph/function/jaxpr", "graph/function/hlo"}
    record = made["graph/function/hlo"]
    nodes = np.asarray(record.buffers["nodes"])
    assert len(nodes) == len(found.instructions)
    text = found.stages["hlo"].text.split("\n")
    operations = record.header["operations"]
    assert all(f" {operations[row[1]]}(" in text[row[0]] for row in nodes)
    assert record.header["computations"][record.header["entry"]] == found.instructions.module.entry.name
