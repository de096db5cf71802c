"""The graph: fusions as one box until they are opened, equal layers once, and a click goes to the line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from pages import page_of
from playwright.sync_api import Page, expect
from view_page import ViewPage

from explorer.compiler.graph.graph import Graph
from explorer.compiler.graph.hlo_graph import HloGraph
from explorer.compiler.graph.jaxpr_graph import JaxprGraph
from explorer.compiler.graph.of import graphs_of
from explorer.records import Record

pytest_plugins = ["view_fixtures"]
pytestmark = pytest.mark.browser
OpenView = Callable[..., ViewPage]


def test_it_is_asked_for_and_then_drawn_each_operation_once(
    open_view: OpenView, records: Mapping[str, Record], found: Any
) -> None:
    view = open_view("code", records)
    view.button("Show the graph").click()
    assert ["graph", {"function": "loss", "stage": "hlo"}] in view.sent()
    view.put(graphs_of(found, "loss"))
    entry = found.instructions.module.entry
    expect(view.find(".jx-graph-count")).to_contain_text(f"of {len(entry)} operations")
    fusions = sum(instruction.opcode == "fusion" for instruction in entry)
    expect(view.find('.jx-graph-node[data-kind="fusion"]')).to_have_count(fusions)
    shown = view.find(".jx-graph-node").count()
    assert view.find(".jx-graph-count").inner_text() == f"showing {shown} of {len(entry)} operations"
    # what is inside a fusion comes in its place
    view.find(".jx-graph-open").first.click()
    expect(view.find('.jx-graph-node[data-kind="fusion"]')).to_have_count(fusions - 1)
    assert view.find(".jx-graph-node").count() >= shown
    view.button("Draw each fusion as one box again").click()
    expect(view.find(".jx-graph-node")).to_have_count(shown)


def test_a_click_and_enter_go_to_the_line(open_view: OpenView, records: Mapping[str, Record], found: Any) -> None:
    view = open_view("code", {**records, **graphs_of(found, "loss")})
    lines = found.stages["hlo"].text.split("\n")
    view.find('.jx-graph-node[data-kind="product"]').first.click()
    pin = view.ui()["pin"]
    assert pin["stage"] == "hlo"
    assert " dot(" in lines[pin["line"]]
    expect(
        view.find('.jx-code-pane[data-stage="hlo"] .jx-pinned-origin, .jx-code-pane[data-stage="hlo"]').first
    ).to_be_visible()
    view.find(".jx-graph-node").filter(has_text="while").first.focus()
    view.page.keyboard.press("Enter")
    assert " while(" in lines[view.ui()["pin"]["line"]]


def network(layers: Any, x: Any) -> Any:
    for w in layers:
        x = x + jax.nn.relu(x @ w) @ w.T
    return (x**2).mean()


def test_equal_layers_are_drawn_once_with_their_number_in_a_page_from_a_disk(
    page: Page, tmp_path: Path, records: Mapping[str, Record], found: Any
) -> None:
    text = str(jax.make_jaxpr(jax.grad(network))([jnp.ones((8, 8))] * 24, jnp.ones((4, 8))))
    graph = {**graphs_of(found, "loss"), "graph/loss/jaxpr": JaxprGraph(text).record("loss", "jaxpr")}
    path = tmp_path / "page.html"
    path.write_text(page_of({**records, **graph}, "inspection"), encoding="utf-8")
    page.goto(path.as_uri())
    page.get_by_role("radio", name="JAX recorded (jaxpr)").click()
    expect(page.locator(".jx-graph-fold").first).to_contain_text("× 24, one shown")
    nodes = page.locator(".jx-graph-node").count()
    assert nodes <= 110
    expect(page.locator(".jx-graph-count")).to_contain_text(f"showing {nodes} of 462 operations")
    expect(page.locator(".jx-graph-count")).to_contain_text("are in equal layers that are drawn once")


def test_of_a_large_program_what_is_inside_is_asked_for_and_comes_in_its_place(
    open_view: OpenView, records: Mapping[str, Record], found: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("explorer.compiler.graph.graph.AT_ONCE", 10)
    graph: Graph = HloGraph(found.instructions.module)
    view = open_view("code", {**records, "graph/loss/hlo": graph.record("loss", "hlo")})
    expect(view.find(".jx-graph-node").first).to_be_visible()
    shown = view.find(".jx-graph-node").count()
    view.find(".jx-graph-open").first.click()
    name, asked = view.sent()[-1]
    assert name == "graph"
    assert (asked["function"], asked["stage"]) == ("loss", "hlo")
    assert graph.names[asked["inside"]].startswith(("fused", "wrapped", "parallel"))
    expect(view.find(".jx-graph-count")).to_contain_text("Reading what is inside")
    graph.want(asked["inside"])
    view.put({"graph/loss/hlo": graph.record("loss", "hlo")})
    expect(view.find(".jx-graph-count")).to_contain_text("operations")
    expect(view.find(".jx-graph-node")).to_have_count(shown - 1 + work_in(graph, asked["inside"]))
    # the other text is asked for when it is picked
    view.root.get_by_role("radio", name="JAX recorded (jaxpr)").click()
    assert view.sent()[-1] == ["graph", {"function": "loss", "stage": "jaxpr"}]


def work_in(graph: Graph, computation: int) -> int:
    """Return how many of a computation's operations are drawn where its caller is opened."""
    quiet = ("constant", "parameter", "bitcast", "tuple", "get-tuple-element")
    return sum(node.operation not in quiet or node.root for node in graph.nodes(computation))
