"""The first operation that made NaN or infinity is named, with its line, and nothing that is masked away."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from explorer.compiler.first_bad import first_bad
from explorer.compiler.frames import known_as
from explorer.errors import ExplorerError

W, X = jnp.ones((3, 4)), jnp.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])


def log_norm(w, x):
    norm = jnp.sum((x @ w) ** 2, axis=1)
    return jnp.mean(jnp.where(norm > 0, jnp.log(norm), 0.0))  # here: log


def root_norm(w, x):
    η = jnp.sqrt(jnp.sum((x @ w) ** 2, axis=1))  # here: sqrt
    return jnp.mean(jnp.where(η > 0, jnp.log(η), 0.0))


def divide(c, x):
    return c / x, c  # here: division


def scanned(x):
    return jax.lax.scan(divide, 1.0, x)[0]


def squared(x):
    return jax.lax.while_loop(lambda c: c[0] < 5, lambda c: (c[0] + 1, c[1] ** 2), (0, x))[1]


def attention(scores, mask):
    return jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1)


def test_the_gradient_of_a_masked_log():
    assert first_bad(log_norm, W, X) is None  # the -inf of the forward pass is masked away
    found = first_bad(jax.value_and_grad(log_norm), W, X)
    assert (found.primitive, found.direction) == ("div", "backward")
    assert (found.nans, found.infinities, found.shape, found.dtype) == (1, 0, (2,), "float32")
    assert found.text.endswith("# here: log")
    assert found.file == __file__
    assert found.text[found.column - 4 :].startswith("jnp.log(norm)")
    assert found.why == "0 divided by 0"
    assert "NaN" in found.sentence()
    assert "gradient of" in found.sentence()


def test_the_factor_that_only_the_backward_pass_reads_belongs_to_it():
    found = first_bad(jax.grad(root_norm), W, X)
    assert (found.primitive, found.direction, found.why) == ("div", "backward", "division by 0")
    assert found.text.endswith("# here: sqrt")
    assert found.column == 8  # in characters: the Greek letter before it is one


def test_a_log_of_zero():
    found = first_bad(lambda x: jnp.log(x).sum(), jnp.array([0.0, 1.0, 0.0]))
    assert (found.primitive, found.direction) == ("log", "forward")
    assert (found.nans, found.infinities, found.count) == (0, 2, 2)
    assert (found.inputs[0].low, found.inputs[0].high) == (0.0, 1.0)
    assert "2 of 3 values are infinite, from 0 to 1: the logarithm of 0" in found.sentence()
    assert f"{known_as(__file__)}, line {found.line}" in found.sentence()


@pytest.mark.parametrize("wrap", [lambda f: f, jax.jit, jax.checkpoint])
def test_a_division_in_a_scan(wrap):
    found = first_bad(wrap(scanned), jnp.array([1.0, 2.0, 0.0, 4.0]))
    assert (found.primitive, found.direction) == ("div", "forward")
    assert found.loops == ("iteration 3 of 4 of a scan",)
    assert found.text.endswith("# here: division")
    assert "in iteration 3 of 4 of a scan" in found.sentence()


def test_the_gradient_of_a_scan_is_the_backward_pass():
    found = first_bad(jax.grad(lambda x: jax.lax.scan(lambda c, e: (c + jnp.sqrt(e), c), 1.0, x)[0]), jnp.zeros(3))
    assert (found.primitive, found.direction) == ("div", "backward")
    assert found.loops == ("iteration 1 of 3 of a scan",)


def test_a_while_loop():
    found = first_bad(squared, jnp.array([1e10]))
    assert found.loops == ("iteration 2 of a while loop",)
    assert found.why.startswith("too large for float32")


def test_a_loop_over_budget_is_one_operation():
    found = first_bad(scanned, jnp.array([1.0, 2.0, 0.0, 4.0]), max_equations=2)
    assert found.primitive == "scan"
    assert "jax.lax.scan(divide, 1.0, x)" in found.text
    assert first_bad(squared, jnp.array([1e10]), max_seconds=0.0).primitive == "while"


def test_the_branch_that_is_taken():
    def branched(x):
        return jax.lax.cond(x > 0, lambda x: jnp.log(x - x), lambda x: jnp.sqrt(x), x)

    assert first_bad(branched, 1.0).primitive == "log"
    assert first_bad(branched, -1.0).primitive == "sqrt"
    assert first_bad(branched, -0.0) is None


def test_an_overflow():
    found = first_bad(lambda x: jnp.exp(x).sum(), jnp.array([1.0, 100.0]))
    assert (found.primitive, found.infinities) == ("exp", 1)
    assert found.why == "above 88.7 the result does not fit into float32"
    half = first_bad(lambda x: x * x, jnp.array([300.0], jnp.float16))
    assert half.why == "too large for float16, which ends at 6.55e+04"


def test_the_first_of_several_is_named():
    found = first_bad(lambda x: jnp.sqrt(jnp.exp(x) - jnp.exp(x)) + jnp.log(-x), jnp.array([1000.0]))
    assert found.primitive == "exp"


def test_an_argument_that_is_bad_to_begin_with():
    def model(params, x):
        return x * params["layer"]["w"]

    found = first_bad(model, {"layer": {"w": jnp.array([1.0, jnp.inf, jnp.nan])}}, 2.0)
    assert (found.primitive, found.direction) == ("params['layer']['w']", "input")
    assert found.sentence() == (
        "The argument params['layer']['w'] was not finite to begin with: 2 of 3 values are NaN or infinite."
    )


def test_an_operation_is_named_before_an_infinity_that_was_handed_over():
    state = {"best": jnp.inf, "x": jnp.array(0.0)}
    found = first_bad(lambda s: {"best": s["best"], "x": jnp.log(s["x"])}, state)
    assert found.primitive == "log"


def test_infinities_that_the_program_writes_down_are_not_the_fault():
    scores = jnp.ones((2, 3))
    assert first_bad(attention, scores, jnp.array([[True, True, False], [True, True, True]])) is None
    found = first_bad(attention, scores, jnp.array([[True, True, False], [False, False, False]]))
    assert (found.primitive, found.nans) == ("sub", 3)
    assert "softmax" in found.text


def test_a_nan_that_the_program_writes_down_is():
    found = first_bad(lambda x: jnp.where(x > 0, x, jnp.nan), jnp.array([1.0, -1.0]))
    assert found.nans > 0
    assert "jnp.where" in found.text


def test_a_clean_function_and_one_without_floats():
    assert first_bad(jax.value_and_grad(log_norm), W, X[:1]) is None
    assert first_bad(lambda key, n: (jax.random.normal(key, (3,)), n + 1), jax.random.key(0), 3) is None
    assert first_bad(lambda: jnp.ones(3)) is None


def test_custom_derivatives_and_linear_solves():
    assert first_bad(lambda x: jax.nn.relu(jnp.log(x)) - jnp.log(x), jnp.array([0.0])).primitive == "log"
    singular = first_bad(jnp.linalg.inv, jnp.zeros((2, 2)))
    assert singular is not None
    assert singular.direction == "forward"


def test_what_a_function_closes_over_and_prints():
    weights = jnp.array([0.0, 2.0])

    def closes(x):
        jax.debug.print("x is {}", x)
        return x / weights

    assert first_bad(closes, jnp.ones(2)).why == "division by 0"


def test_static_arguments_are_to_be_bound():
    powered = jax.jit(lambda x, n: x**n, static_argnums=1)
    with pytest.raises(ExplorerError, match=r"functools\.partial"):
        first_bad(powered, 0.0, -1)
    found = first_bad(functools.partial(lambda n, x: x**n, -1), jnp.array([0.0]))
    assert found.primitive in ("div", "integer_pow")


def test_a_train_step_that_diverges():
    optimizer = optax.adam(1e-2)

    def train_step(params, state, x):
        loss, grads = jax.value_and_grad(lambda p: jnp.mean(jnp.log(x @ p)))(params)  # here: loss
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state, loss

    params = jnp.array([1.0, -1.0])
    good, bad = jnp.array([[2.0, 1.0]]), jnp.array([[1.0, 1.0]])
    assert first_bad(train_step, params, optimizer.init(params), good) is None
    found = first_bad(train_step, params, optimizer.init(params), bad)
    assert (found.primitive, found.direction) == ("log", "forward")
    assert found.text.endswith("# here: loss")


def test_numbers_in_float64_and_bfloat16():
    with jax.enable_x64(True):
        assert first_bad(jnp.exp, np.float64(100.0)) is None
        assert first_bad(jnp.exp, np.float64(1000.0)).dtype == "float64"
    assert first_bad(lambda x: 1 / x, jnp.zeros(2, jnp.bfloat16)).dtype == "bfloat16"
