"""A pasted program is run up to its first fault, which is named with what to write instead, until it trains."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import jax.numpy as jnp
import pytest
from article_programs import LINEAR_REGRESSION, NEURAL_NETWORK

from explorer.compiler.explain.explaining import explain
from explorer.errors import FieldError


def corrected(program, *changes):
    for old, new in changes:
        assert program.count(old) == 1, old
        program = program.replace(old, new)
    return program


def named(explanation, title, line, *words):
    """Assert that a fault is named at the line that holds this code, with these words; return its place."""
    (fault,) = [fault for fault in explanation.faults if fault.title == title and line in _line(explanation, fault)]
    text = f"{fault.what} {fault.instead}"
    for word in words:
        assert word in text
    return fault


def _line(explanation, fault):
    return explanation.lines[fault.line - 1]


def losses(explanation):
    printed = [line for line in explanation.output.splitlines() if "loss" in line]
    return [float(line.rpartition(" ")[2]) for line in printed]


def test_the_linear_regression_until_it_trains():
    program = LINEAR_REGRESSION

    # 1. no data
    found = explain(program, seconds=60)
    assert found.ended == "raised"
    assert found.fault.title == "There is no data"
    assert "batch = ..." in _line(found, found.fault)
    assert "`batch = (inputs, targets)`" in found.fault.instead
    # what raises nothing is named beside it
    leak = named(
        found, "The targets leak into the prediction", "jnp.mean(targets)",
        "`predict` uses `targets`", "Write `def predict(weights, inputs):`", "call `predict(weights, inputs)`",
    )  # fmt: skip
    line = _line(found, leak)
    assert line[leak.place.column : leak.place.end_column] == "targets"
    named(
        found,
        "The parameters start over at every step",
        "params = start",
        "Write `params = start` once, before the loop",
    )
    program = corrected(
        program,
        ("    batch = ...                                            # no data\n",
         "    inputs = jax.random.normal(jax.random.key(step), (32, 1))\n"
         "    batch = (inputs, 3.0 * inputs[:, 0] + 1.0)\n"),
    )  # fmt: skip

    # 2. params and batch are mixed up
    found = explain(program, seconds=60)
    assert found.fault.title == "The parameters and the batch are mixed up"
    assert "weights, inputs, targets = params" in _line(found, found.fault)
    assert "array of shape (1,)" in found.fault.what
    assert "Write `weights = params` and `inputs, targets = batch`." in found.fault.instead
    program = corrected(
        program, ("    weights, inputs, targets = params ", "    weights = params\n    inputs, targets = batch")
    )

    # 3. no such module
    found = explain(program, seconds=60)
    assert found.fault.title == "There is no such module"
    assert "jax.optimizers" in _line(found, found.fault)
    for words in ("`optimizer = optax.adam(0.001)`", "`state = optimizer.init(params)` once before the loop",
                  "`updates, state = optimizer.update(grads, state, params)`"):  # fmt: skip
        assert words in found.fault.instead
    half = corrected(
        program,
        ("import jax.numpy as jnp\n", "import jax.numpy as jnp\nimport optax\n"),
        ("fast_objective = jax.jit(objective)\n", "fast_objective = jax.jit(objective)\n"
         "optimizer = optax.adam(0.01)\n"),
        ("    params = jax.optimizers.adam(params, 0.001).update(params, grads)",
         "    updates, state = optimizer.update(grads, optimizer.init(params), params)\n"
         "    params = optax.apply_updates(params, updates)"),
    )  # fmt: skip

    # 4. it runs now, and what is left raises nothing: the state, the start and the leak
    found = explain(half.replace("range(1000)", "range(3)"), seconds=60)
    assert found.ended == "finished"
    assert {fault.kind for fault in found.faults} == {"no state", "starts over", "targets leak"}
    named(found, "The optimizer's state is not carried", "optimizer.init(params)", "once, before the loop")
    carried = corrected(
        half,
        (
            "optimizer = optax.adam(0.01)\n",
            "optimizer = optax.adam(0.01)\nparams = start\nstate = optimizer.init(params)\n",
        ),
        ("optimizer.init(params), params)", "state, params)"),
    )
    found = explain(carried.replace("range(1000)", "range(3)"), seconds=60)
    assert [fault.kind for fault in found.faults] == ["targets leak", "starts over"]
    whole = "\n".join(line for line in carried.split("\n") if "# starts over at every step" not in line)
    found = explain(whole.replace("range(1000)", "range(3)"), seconds=60)
    assert [fault.kind for fault in found.faults] == ["targets leak"]
    program = corrected(
        whole,
        ("def predict(weights, inputs, targets):", "def predict(weights, inputs):"),
        ("jnp.dot(inputs, weights) + jnp.mean(targets)", "jnp.dot(inputs, weights[:1]) + weights[1]"),
        ("predict(weights, inputs, targets) - targets", "predict(weights, inputs) - targets"),
        ("start = jnp.zeros((1,))", "start = jnp.zeros((2,))"),
    )

    # 5. nothing is left, and it trains
    found = explain(program, seconds=60)
    assert found.faults == ()
    assert found.sentence.startswith("No fault was found. The program ran to its end, in ")
    history = losses(found)
    assert len(history) == 1000
    assert history[0] > 1
    assert history[-1] < 0.01
    assert found.namespace["params"].shape == (2,)


def test_the_neural_network_until_it_trains():
    program = NEURAL_NETWORK

    # 1. no key, and no scale
    found = explain(program, seconds=60)
    assert found.fault.title == "There is no such module"
    assert "first = jnp.random.normal" in _line(found, found.fault)
    assert "`jax.random.normal(key, (784, 256))`" in found.fault.instead
    assert "takes a key" in found.fault.what
    named(found, "A random number needs a key", "second = jnp.random.normal", "`jax.random.normal(key, (256, 10))`")
    named(
        found,
        "The initial weights have no scale",
        "first = ",
        "784",
        "`jax.random.normal(key, (784, 256)) * (2 / 784) ** 0.5`",
    )
    program = corrected(
        program,
        ("first = jnp.random.normal((784, 256))", "one, two = jax.random.split(jax.random.key(0))\n"
         "first = jax.random.normal(one, (784, 256))"),
        ("second = jnp.random.normal((256, 10))", "second = jax.random.normal(two, (256, 10))"),
    )  # fmt: skip

    # 2. no data
    found = explain(program, seconds=60)
    assert found.fault.title == "There is no data"
    assert len([fault for fault in found.faults if fault.kind == "no scale"]) == 2
    program = corrected(
        program,
        ("jax.random.normal(one, (784, 256))", "jax.random.normal(one, (784, 256)) * (2 / 784) ** 0.5"),
        ("jax.random.normal(two, (256, 10))", "jax.random.normal(two, (256, 10)) * (2 / 256) ** 0.5"),
        ("    batch = ...\n", "    batch = (inputs, targets)\n"),
        ("fast_objective =", "inputs = jax.random.normal(jax.random.key(1), (64, 784))\n"
         "targets = jax.nn.one_hot(jnp.arange(64) % 10, 10)\nfast_objective ="),
    )  # fmt: skip

    # 3. jnp.relu
    found = explain(program, seconds=60)
    assert found.fault.title == "There is no such name"
    assert "It is `jax.nn.relu`." in found.fault.instead
    line = _line(found, found.fault)
    assert line[found.fault.place.column : found.fault.place.end_column] == "jnp.relu"
    assert [fault.kind for fault in found.faults[1:]] == ["starts over"]
    program = corrected(program, ("jnp.relu(", "jax.nn.relu("))

    # 4. no such module
    found = explain(program, seconds=60)
    assert "`optimizer = optax.adam(0.001)`" in found.fault.instead
    program = corrected(
        program,
        ("import jax.numpy as jnp\n", "import jax.numpy as jnp\nimport optax\n"),
        ("    params = jax.optimizers.adam(params, 0.001).update(params, grads)",
         "    updates, state = optimizer.update(grads, state, params)\n"
         "    params = optax.apply_updates(params, updates)"),
        ("    params = (first, second, first_bias, second_bias)\n", ""),
        ("for step in", "params = (first, second, first_bias, second_bias)\noptimizer = optax.adam(0.001)\n"
         "state = optimizer.init(params)\nfor step in"),
    )  # fmt: skip

    # 5. nothing is left, and it trains
    found = explain(program, seconds=200)
    assert found.faults == ()
    assert found.ended == "finished"
    history = losses(found)
    assert len(history) == 1000
    assert history[0] > 0.1
    assert history[-1] < 1e-3


@pytest.mark.parametrize(
    "loop", ["while True:\n    pass\n", "while True:\n    try:\n        x = 1\n    except Exception:\n        x = 2\n"]
)
def test_a_loop_without_end_is_stopped_and_said(loop):
    began = time.monotonic()
    found = explain(loop, seconds=0.5)
    assert time.monotonic() - began < 5
    assert found.ended == "stopped"
    assert found.stopped >= 1
    assert "The program was stopped after its time of 0.5 s, at line " in found.sentence
    assert not found.gave_up


def test_a_program_that_cannot_be_stopped_is_left_and_said(monkeypatch):
    monkeypatch.setattr("explorer.compiler.explain.running.GRACE_S", 0.3)
    began = time.monotonic()
    found = explain("import time\ntime.sleep(3)\n", seconds=0.3)
    assert time.monotonic() - began < 2.5
    assert found.gave_up
    assert "It did not stop when it was asked to" in found.sentence


def test_the_end_of_the_process_does_not_wait_for_it():
    code = (
        "import explorer.compiler.explain.running as r; r.GRACE_S = 0.2\n"
        "from explorer.compiler.explain.explaining import explain\n"
        "print(explain('import time\\ntime.sleep(600)', seconds=0.2).gave_up)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "True"


def test_what_cannot_be_read():
    found = explain("import jax\nx = jax.numpy.ones(3\ny = 2\n")
    assert found.ended == "not run"
    assert found.fault.title == "This is not Python yet"
    assert found.fault.line in (2, 3)
    assert "bracket" in found.fault.instead


def test_a_program_of_its_own_error_and_what_it_printed(capsys):
    found = explain("print('hello')\nraise KeyError('mine')\n")
    assert found.fault.title == "It raised KeyError"
    assert found.fault.line == 2
    assert found.output == "hello\n"
    assert capsys.readouterr().out == ""
    assert explain("import sys\nsys.exit(0)\n").faults == ()


def test_a_path_and_a_function(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import jax.numpy as jnp\nx = jnp.ones((2, 3))\ny = x @ x\n")
    for program in (path, str(path)):
        found = explain(program, seconds=60)
        assert found.fault.line == 3
        assert "`x @ x.T`" in found.fault.instead

    def trains(params, n):
        start = params
        for _ in range(n):
            params = start
            params = params - 0.1 * params
        return jnp.relu(params)  # here

    found = explain(trains, jnp.ones(3), 2)
    assert _line(found, found.fault).endswith("# here\n")
    (silent,) = [fault for fault in found.faults if fault.kind == "starts over"]
    assert _line(found, silent)[silent.place.column : silent.place.end_column] == "params = start"


def test_no_false_alarms():
    program = """
import jax, jax.numpy as jnp, optax

def predict(params, inputs):
    return inputs @ params["w"] + params["b"]

def loss(params, inputs, targets):
    return jnp.mean((predict(params, inputs) - targets) ** 2)

inputs = jax.random.normal(jax.random.key(1), (32, 16))
targets = inputs @ jnp.ones(16)
start = {"w": jax.random.normal(jax.random.key(0), (16,)) * 0.1, "b": 0.0}
optimizer = optax.adam(0.1)
for seed in range(2):
    params = start
    state = optimizer.init(params)
    for step in range(2):
        value, grads = jax.value_and_grad(loss)(params, inputs, targets)
        updates, new_state = optimizer.update(grads, state, params)
        state = new_state
        params = optax.apply_updates(params, updates)
    print(value)
"""
    found = explain(program, seconds=60)
    assert found.faults == ()
    assert found.ended == "finished"


def test_side_effects():
    program = """
import jax, jax.numpy as jnp
kept = []

@jax.jit
def step(x):
    print("x is", x)
    kept.append(x)
    return x * 2

step(jnp.ones(3))
"""
    kinds = [(fault.line, fault.title) for fault in explain(program, seconds=60).faults]
    assert kinds == [(7, "It prints only while JAX traces"), (8, "A list outside is changed inside a traced function")]


def test_what_it_cannot_take():
    with pytest.raises(FieldError, match="no file"):
        explain("nothing_there.py")
    with pytest.raises(FieldError, match="above 0"):
        explain("x = 1\n", seconds=0)


def test_how_it_shows_itself(tmp_path):
    found = explain(NEURAL_NETWORK, seconds=60)
    header = found.records()["explanation"].header
    assert header["faults"][0]["kind"] == "raised"
    assert header["files"][0]["text"] == NEURAL_NETWORK
    page = found.save(tmp_path / "explained.html").read_text()
    assert 'data-kind="explain"' in page
    assert str(Path.cwd()) not in page
