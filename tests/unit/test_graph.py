"""Programs as graphs: every operation with its line, what flows into what, and equal layers found and checked."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from glossary_samples import equations, traced
from hlo_texts import TEXTS

import explorer
from explorer.compiler.graph.graph import AT_ONCE, Graph, Node
from explorer.compiler.graph.hlo_graph import HloGraph
from explorer.compiler.graph.jaxpr_graph import JaxprGraph
from explorer.compiler.graph.repeats import Repeat, in_order, repeats_in
from explorer.compiler.hlo.reader import read
from explorer.compiler.shown import ON_DEMAND
from explorer.errors import FieldError


def network(layers, x):
    for w in layers:
        x = x + jax.nn.relu(x @ w) @ w.T
    return (x**2).mean()


def printed(layers: int) -> str:
    return str(jax.make_jaxpr(jax.grad(network))([jnp.ones((8, 8))] * layers, jnp.ones((4, 8))))


def all_nodes(graph: Graph) -> list[Node]:
    return [node for number in range(len(graph.names)) for node in graph.nodes(number)]


def reads(graph: Graph, node: Node) -> list[str]:
    return [graph.nodes()[operand].operation for operand in node.operands]


@pytest.mark.parametrize("name", sorted(TEXTS))
def test_every_instruction_is_a_node_that_reads_its_operands(name):
    module = read(TEXTS[name])
    graph = HloGraph(module)
    for node, instruction in zip(all_nodes(graph), module, strict=True):
        assert node.operation == instruction.opcode
        assert node.line == instruction.line - 1
        own = {each.name: each for each in instruction.computation}
        wanted = [o.name.removeprefix("%") for o in instruction.operands if o.name.removeprefix("%") in own]
        assert [instruction.computation[o].name for o in node.operands] == wanted
        assert graph.names[node.inside] in dict(map(reversed, instruction.called)) if node.inside >= 0 else True


def test_a_fusion_knows_what_is_inside_and_where_its_inputs_go():
    graph = HloGraph(read(TEXTS["cpu_adam"]))
    fusions = [node for node in all_nodes(graph) if node.operation == "fusion"]
    assert fusions
    for fusion in fusions:
        inner = graph.nodes(fusion.inside)
        assert sorted(node.number for node in inner if node.number >= 0) == list(range(len(fusion.operands)))
        assert sum(node.root for node in inner) == 1


def test_the_lines_of_a_jaxpr_are_those_of_its_equations():
    for each in traced():
        text = str(each.jaxpr)
        graph, lines = JaxprGraph(text), text.split("\n")
        made = [node for node in all_nodes(graph) if node.operation != "input"]
        assert all(f"= {node.operation}" in lines[node.line] for node in made)
        # What gives nothing back, such as a print, is no node.
        top = [e for e in each.jaxpr.jaxpr.eqns if any(str(v) != "_" for v in e.outvars)]
        own = [node.operation for node in graph.nodes() if node.number < 0]
        named = [e.primitive.name for e in top if e.primitive.name in own]
        assert len(named) <= len(own)
        assert {node.operation for node in made} <= {e.primitive.name for e in equations(each.jaxpr.jaxpr)}


def test_a_jaxpr_flows_from_its_inputs_to_its_results():
    graph = JaxprGraph(str(jax.make_jaxpr(lambda a, b: jnp.tanh(a @ b) + a)(jnp.ones((4, 4)), jnp.ones((4, 4)))))
    (add,) = (node for node in graph.nodes() if node.root)
    assert add.operation == "add"
    assert reads(graph, add) == ["tanh", "input"]
    (product,) = graph.nodes()[add.operands[0]].operands
    assert [graph.nodes()[o].number for o in graph.nodes()[product].operands] == [0, 1]


def test_jaxprs_inside_equations_are_computations_of_their_own():
    graph = JaxprGraph(
        str(jax.make_jaxpr(lambda v: jax.lax.scan(lambda c, x: (jnp.sin(c) * x, c), 0.0, v))(jnp.ones(8)))
    )
    (scan,) = (node for node in graph.nodes() if node.operation == "scan")
    inside = [node.operation for node in graph.nodes(scan.inside)]
    assert {"sin", "mul", "input"} <= set(inside)
    assert graph.names[scan.inside] == "jaxpr of scan"


@pytest.mark.parametrize("layers", [3, 24])
def test_equal_layers_are_folded_with_their_number(layers):
    graph = JaxprGraph(printed(layers))
    order, repeats = graph.repeats(graph.entry)
    nodes = graph.nodes()
    largest = max(repeats, key=lambda r: r.period * r.count)
    assert largest.count in (layers, layers - 1)  # the first backward layer is unlike the others
    folded = [nodes[order[largest.first + k]].operation for k in range(largest.period)]
    assert "dot_general" in folded
    for turn in range(largest.count):
        start = largest.first + turn * largest.period
        assert [nodes[order[start + k]].operation for k in range(largest.period)] == folded


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
        graph = HloGraph(read(text))
        for number in range(len(graph.names)):
            order, _ = graph.repeats(number)
            place = {node: i for i, node in enumerate(order)}
            assert all(place[o] < place[n] for n in order for o in graph.nodes(number)[n].operands)


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


def test_the_graph_of_an_inspection_is_read_in_python_too():
    found = explorer.inspect(network, [jax.ShapeDtypeStruct((8, 8), jnp.float32)] * 3, jnp.ones((4, 8)))
    lines = found.stages["jaxpr"].text.split("\n")
    graph = found.graph("jaxpr")
    products = [node for node in graph.nodes() if node.operation == "dot_general"]
    assert len(products) == 6
    assert all("dot_general" in lines[node.line] for node in products)
    assert found.graph() is found.graph("hlo")
    with pytest.raises(FieldError, match="no graph of 'stablehlo'"):
        found.graph("stablehlo")


def large_module() -> str:
    """Return a module of many equal layers, each a fusion, whose insides are together more than is read at once."""
    inner = "\n".join(
        f"  %{{f}}.{i} = f32[8]{{{{0}}}} add(%{{f}}.{i - 1}, %{{f}}.{max(i - 2, 0)})" for i in range(1, 99)
    )
    fused, body = [], []
    for layer in range(40):
        steps = inner.format(f=f"a{layer}")
        if layer == 20:  # reads something else than the others, with the same types
            steps = steps.replace(
                "%a20.50 = f32[8]{0} add(%a20.49, %a20.48)", "%a20.50 = f32[8]{0} add(%a20.48, %a20.49)"
            )
        fused.append(f"%fused.{layer} (p: f32[8]) -> f32[8] {{\n  %a{layer}.0 = f32[8]{{0}} parameter(0)\n{steps}\n"
                     f"  ROOT %a{layer}.99 = f32[8]{{0}} negate(%a{layer}.98)\n}}\n")  # fmt: skip
        above = f"%t{layer - 1}.6" if layer else "%x"
        body.append(f"  %f{layer} = f32[8]{{0}} fusion({above}), kind=kLoop, calls=%fused.{layer}")
        body.append(f"  %t{layer}.0 = f32[8]{{0}} tanh(%f{layer})")
        body += [f"  %t{layer}.{i} = f32[8]{{0}} sine(%t{layer}.{i - 1})" for i in range(1, 7)]
    last = "  ROOT %out = f32[8]{0} negate(%t39.6)"
    entry = "ENTRY %main (x: f32[8]) -> f32[8] {\n  %x = f32[8]{0} parameter(0)\n" + "\n".join([*body, last]) + "\n}\n"
    return "HloModule large\n\n" + "\n".join([*fused, entry])


def test_of_a_large_program_the_entry_comes_first_and_the_inside_of_a_fusion_when_it_is_wanted():
    module = read(large_module())
    assert len(module) > AT_ONCE
    graph = HloGraph(module)
    first = graph.record("f", "hlo")
    assert len(first.buffers["nodes"]) == len(module.entry) == first.header["sizes"][graph.entry]
    fusion = next(node for node in graph.nodes() if node.operation == "fusion")
    graph.want(fusion.inside)
    more = graph.record("f", "hlo")
    # what was drawn keeps its number, so that the picture on screen stays as it is
    assert np.array_equal(more.buffers["nodes"][: len(module.entry)], first.buffers["nodes"])
    assert set(more.buffers["nodes"][len(module.entry) :, 3]) == {fusion.inside}
    with pytest.raises(FieldError, match="no number 41"):
        graph.want(41)


def test_layers_are_equal_only_where_the_insides_of_their_fusions_are():
    graph = HloGraph(read(large_module()))
    _, repeats = graph.repeats(graph.entry)
    assert [(r.period, r.count) for r in repeats] == [(8, 20), (8, 19)]
