"""Neural network modules: their parameters are arguments, and the lines of the person's classes are found."""

from __future__ import annotations

import linecache
import subprocess
import sys

import jax
import jax.numpy as jnp
import pytest

import explorer

X = jax.ShapeDtypeStruct((8, 4), jnp.float32)

EQUINOX = """
import equinox, jax, jax.numpy as jnp

class Net(equinox.Module):
    inner: equinox.nn.Linear
    activation: callable

    def __init__(self):
        self.inner = equinox.nn.Linear(4, 3, key=jax.random.key(0))
        self.activation = jax.nn.relu

    def __call__(self, x):
        return self.activation(jax.vmap(self.inner)(x))

    def loss(self, x):
        return (self(x) ** 2).sum()

def loss(net, x):
    return net.loss(x)

net = Net()
jitted_loss = equinox.filter_jit(loss)

@equinox.filter_jit
def step(net, x):
    slopes = equinox.filter_grad(loss)(net, x)
    return equinox.apply_updates(net, jax.tree.map(lambda slope: -0.1 * slope, slopes))
"""
NNX = """
from flax import nnx
import jax, jax.numpy as jnp

class Net(nnx.Module):
    def __init__(self):
        self.inner = nnx.Linear(4, 3, rngs=nnx.Rngs(0))
        self.norm = nnx.BatchNorm(3, rngs=nnx.Rngs(0), use_running_average=True)

    def __call__(self, x):
        return jax.nn.relu(self.norm(self.inner(x)))

    def loss(self, x):
        return (self(x) ** 2).sum()

def loss(net, x):
    return net.loss(x)

net = Net()
jitted_loss = nnx.jit(loss)

@nnx.jit
def step(net, x):
    graph, state = nnx.split(net)
    return nnx.merge(graph, jax.tree.map(lambda w: 0.9 * w, state))

learning = Net()
learning.norm.use_running_average = False
"""
LIBRARIES = {"equinox": EQUINOX, "flax": NNX}


@pytest.fixture(scope="module", params=LIBRARIES)
def library(request):
    source, file = LIBRARIES[request.param], f"/tmp/ipykernel_3/{request.param}.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = {"__name__": "cell"}
    exec(compile(source, file, "exec", dont_inherit=True), space)
    return space | {"file": file}


def lines(looked, stage):
    """Return the lines of the person's file that a stage comes from."""
    found = looked.stages[stage]
    spans = (span for n in range(found.lines) for span in found.sources(n + 1))
    return {(span.line, span.function) for span in spans if span.file.startswith("/tmp/ipykernel_3/")}


def test_a_modules_parameters_are_arguments_and_not_constants(library):
    looked = explorer.inspect(library["net"], X)
    assert looked.name == "Net"
    assert "f32[8,4]" in looked.stages["jaxpr"].text.split("let")[0]
    assert looked.memory["argument_bytes"] >= 4 * (8 * 4 + 4 * 3 + 3)
    assert "__call__" in {function for _, function in lines(looked, "hlo")}
    header = looked.records()["source/function"].header
    assert header["files"][header["main"]]["file"] == library["file"]
    assert "__call__" in header["files"][header["main"]]["text"].split("\n")[header["first"] - 1]


def test_a_method_and_a_function_of_a_module_have_gradients(library):
    for fn, args in ((library["net"].loss, (X,)), (library["loss"], (library["net"], X))):
        looked = explorer.inspector(transform=["grad"])(fn, *args)
        assert looked.name == "grad of loss"
        assert "dot_general" in looked.stages["jaxpr"].text
        assert looked.memory["output_bytes"] >= 4 * (4 * 3 + 3)
        assert "loss" in {function for _, function in lines(looked, "jaxpr")}


def test_a_librarys_own_jit_takes_modules_and_gives_them_back(library):
    looked = explorer.inspect(library["jitted_loss"], library["net"], X)
    assert looked.name == "loss"
    assert looked.memory["output_bytes"] == 4
    assert "loss" in {function for _, function in lines(looked, "hlo")}
    stepped = explorer.inspect(library["step"], library["net"], X)
    assert stepped.name == "step"
    assert stepped.memory["output_bytes"] >= 4 * (4 * 3 + 3)  # the new parameters, and no activation function
    assert "step" in {function for _, function in lines(stepped, "jaxpr")}


def test_what_a_call_changes_comes_out_and_nothing_else(library):
    result = 4 * 8 * 3
    assert explorer.inspect(library["net"], X).memory["output_bytes"] == result
    for net in (library[name] for name in ("learning",) if name in library):  # new batch statistics
        assert explorer.inspect(net, X).memory["output_bytes"] > result


def test_the_libraries_are_imported_only_where_such_a_module_is_given():
    code = (
        "import sys, explorer; explorer.inspect(lambda x: x + 1, 1.0);"
        "print(sorted({'equinox', 'flax'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
