"""How a program is spread over a mesh: picked array by array, typed by name, and what does not fit said in words."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from inspection_panels import opened
from jax.sharding import PartitionSpec as P
from target_functions import S

import explorer
from explorer.compiler.subject import Subject
from explorer.compiler.targets.sharding_menus import meshes
from explorer.compiler.targets.sharding_typed import typed
from explorer.errors import FieldError

PARAMS = {"w": S((784, 256), jnp.float32), "b": S((256,), jnp.float32)}


def dense(params, x):
    return jnp.tanh(x @ params["w"] + params["b"])


@pytest.fixture
def subject():
    return Subject(dense, (PARAMS, S((32, 784), jnp.float32))).with_target("tpu-v5e:4x4")


def told(subject):
    """What a panel is told of how it is spread."""
    return subject.record("f").header["sharding"]


def splits(subject):
    """What splits each axis of each array now, by the array's name."""
    return {one["name"]: [axis["now"] for axis in one["axes"]] for one in told(subject)["splits"]}


def test_the_meshes_that_are_offered_have_all_devices():
    assert meshes(16) == ["data=16", "data=8, model=2", "data=4, model=4", "data=2, model=8"]
    assert meshes(7) == ["data=7"]
    for count in (4, 12, 256):
        assert {np.prod([size for _, size in typed(mesh, "").mesh]) for mesh in meshes(count)} == {count}


def test_a_mesh_and_an_axis_after_the_other_are_picked(subject):
    assert told(subject)["splits"] == []
    subject = subject.with_mesh("data=4, model=4")
    assert splits(subject) == {"params['b']": [""], "params['w']": ["", ""], "x": ["", ""]}
    subject = subject.with_split("params['w']", 1, "model").with_split("x", 0, "data").with_split("x", 1, "model")
    assert splits(subject) == {"params['b']": [""], "params['w']": ["", "model"], "x": ["data", "model"]}
    assert told(subject)["specs"] == "; data, model; params['w']: None, model"
    found = subject.look().sharding
    assert found.specs == ({"b": P(), "w": P(None, "model")}, P("data", "model"))
    subject = subject.with_split("x", 1, "").with_split("x", 0, "data+model")
    assert splits(subject)["x"] == ["data+model", ""]


def test_what_is_written_reads_the_same_when_it_is_typed(subject):
    picked = subject.with_mesh("data=4, model=4").with_split("params['b']", 0, "model").with_split("x", 0, "data+model")
    again = subject.with_sharding(told(picked)["mesh"], told(picked)["specs"])
    assert splits(again) == splits(picked)
    whole = subject.with_sharding("data=16", "params: data")
    assert splits(whole) == {"params['b']": ["data"], "params['w']": ["data", ""], "x": ["", ""]}


def test_another_mesh_keeps_what_it_can(subject):
    subject = subject.with_sharding("data=4, model=4", "params['w']: None, model; x: data")
    assert splits(subject.with_mesh("data=16")) == {"params['b']": [""], "params['w']": ["", ""], "x": ["data", ""]}
    assert told(subject.with_mesh(""))["mesh"] == ""


def test_the_menus_say_what_does_not_fit(subject):
    subject = subject.with_mesh("data=4, model=4").with_split("params['w']", 1, "model")
    rows = next(one["axes"][0] for one in told(subject)["splits"] if one["name"] == "params['w']")
    assert {o["value"]: o["reason"] for o in rows["options"]} == {
        "": None,
        "data": None,
        "model": "model splits another axis of it",
        "data+model": "model splits another axis of it",
        "model+data": "model splits another axis of it",
    }
    wide = subject.with_mesh("data=5").with_split("x", 0, "data")
    options = {o["value"]: o["reason"] for o in told(wide)["splits"][-1]["axes"][0]["options"]}
    assert options == {"": None, "data": "32 does not divide into 5"}


@pytest.mark.parametrize(
    ("mesh", "specs", "field", "says"),
    [
        ("data=4, data=4", "", "mesh", "two axes called 'data'"),
        ("data=4", "params['q']: data", "specs", "no argument called 'params['q']'. There are: params, x."),
        ("data=4", "x: data, data", "specs", "'data' splits two axes of x."),
        ("data=4", "x: model", "specs", "the mesh has no axis 'model'"),
        ("data=5", "x: data", "specs", "axis 0 of x has 32 elements"),
        ("data=3", "params['w']: None, data", "specs", "axis 1 of params['w'] has 256 elements"),
        ("data=32", "", "mesh", "up to 16, as TPU v5e, 4x4 chips has"),
        ("", "x: data", "specs", "there is none"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(subject, mesh, specs, field, says):
    with pytest.raises(FieldError) as caught:
        subject.with_sharding(mesh, specs).look()
    assert caught.value.field == field
    assert says in str(caught.value)


def test_an_array_that_is_not_there_cannot_be_picked(subject):
    with pytest.raises(FieldError, match="Choose one first"):
        subject.with_split("x", 0, "data")
    with pytest.raises(FieldError, match="no axis 2 of 'x'"):
        subject.with_mesh("data=16").with_split("x", 2, "data")


def test_a_panel_picks_runs_and_tells_the_exchanges():
    x = np.ones((32, 784), np.float32)
    params = {name: np.ones(leaf.shape, np.float32) for name, leaf in PARAMS.items()}
    with opened(explorer.inspector(target="tpu-v5e:2x2")(dense, params, x)) as (inside, panel):

        def header(key):
            assert inside.wait(120)
            return panel.snapshot()[key].header

        assert header("sharding/function")["exchanges"] == []
        inside.command("set_mesh", {"mesh": "data=2, model=2"})
        inside.command("set_split", {"argument": "params['w']", "axis": 0, "names": "model"})
        inside.command("set_split", {"argument": "x", "axis": 0, "names": "data"})
        inside.command("set_split", {"argument": "x", "axis": 1, "names": "model"})
        (exchange,) = header("sharding/function")["exchanges"]
        assert (exchange["kind"], exchange["axes"], exchange["shape"]) == ("all-reduce", ["model"], "f32[16,256]")
        first = dense.__code__.co_firstlineno
        assert [place["line"] for place in exchange["places"]] == [first + 1]
        assert header("sharding/function")["run"] is None
        inside.command("run_sharded", {"function": "function"})
        ran = header("sharding/function")["run"]
        assert ran["agrees"]
        assert [(r["shape"], r["piece"]) for r in ran["results"]] == [([32, 256], [16, 256])]
        inside.command("set_split", {"argument": "x", "axis": 1, "names": ""})
        assert header("sharding/function")["run"] is None
        inside.command("set_split", {"argument": "x", "axis": 0, "names": "nothing"})
        assert header("subject/function")["problem"]["field"] == "specs"
        assert "he mesh has no axis 'nothing'" in header("subject/function")["problem"]["text"]
