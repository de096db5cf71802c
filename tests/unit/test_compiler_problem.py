"""An error is told in plain words, with the person's own line."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from explorer.compiler.frames import known_as
from explorer.compiler.inspector import inspect
from explorer.compiler.look import failed
from explorer.compiler.problem import problem_of
from explorer.compiler.stage import STAGES

F = jax.ShapeDtypeStruct((4, 3), jnp.float32)
KEPT = []


def leaking(x):
    KEPT.append(x)
    return x


def chooses(x):
    if x.sum() > 0:  # here: choice
        return x
    return -x


def misfits(x):
    return x @ x  # here: shapes


def cannot_add(x):
    return x + jnp.ones(7)  # here: shapes of a sum


def missing(x):
    return jnp.relu(x)  # here: name


def misspelt(x):
    return jnp.tnah(x)  # here: typo


def loops(x):
    return [x for _ in range(x.sum().astype(int))]  # here: range


def converts(x):
    return np.sin(x) * float(x[0, 0])  # here: numpy


def masks(x):
    return x[x > 0]  # here: mask


def in_a_library(x):
    return optax.softmax_cross_entropy(x, jnp.ones((2, 2)))  # here: optax


def own_error(x):
    raise KeyError("no such layer")  # here: own


ERRORS = {
    "choice": (chooses, "Python has to choose", "jnp.where"),
    "shapes": (misfits, "shapes do not fit", "dot_general requires contracting dimensions"),
    "shapes of a sum": (cannot_add, "shapes do not fit", "(4, 3)"),
    "name": (missing, "no such name", "It is `jax.nn.relu`."),
    "typo": (misspelt, "no such name", "`jax.numpy` has no `tnah`."),
    "range": (loops, "whole number", "static argument"),
    "numpy": (converts, "NumPy was given a traced value", "jax.numpy"),
    "mask": (masks, "size of the result", "jnp.where(mask, x, 0)"),
    "optax": (in_a_library, "", "softmax_cross_entropy|shape"),
    "own": (own_error, "It raised KeyError", "no such layer"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_the_line_and_what_to_do(case):
    fn, title, text = ERRORS[case]
    with pytest.raises(Exception) as caught:  # noqa: PT011  each case has its own type
        inspect(fn, F)
    problem = problem_of(caught.value, fn)
    assert title in problem["title"]
    assert any(part in problem["text"] for part in text.split("|"))
    assert problem["where"].startswith(f"{known_as(__file__)}, line ")
    assert problem["where"].endswith(f"# here: {case}")
    assert type(caught.value).__name__ in problem["detail"]


def test_a_leaked_value():
    inspect(leaking, F)
    assert inspect(lambda x: x + KEPT[0], F).stages["jaxpr"].available  # JAX notices only when it runs
    with pytest.raises(jax.errors.UnexpectedTracerError) as caught:
        jax.jit(lambda x: x + KEPT[0])(jnp.ones((4, 3)))
    assert "leaked" in problem_of(caught.value)["title"]


def test_an_argument_that_is_not_an_array():
    with pytest.raises(TypeError) as caught:
        inspect(lambda x, mode: x, F, "same")
    problem = problem_of(caught.value)
    assert problem["title"] == "An argument is not an array"
    assert "static argument" in problem["text"]
    assert inspect(functools.partial(lambda mode, x: x, "same"), F).stages["hlo"].available


def test_the_error_of_the_function_is_raised_unchanged():
    mine = ValueError("mine")

    def fails(x):
        raise mine

    with pytest.raises(ValueError, match="mine") as caught:
        inspect(fails, F)
    assert caught.value is mine


def test_an_inspection_of_what_could_not_be_traced():
    with pytest.raises(TypeError) as caught:
        inspect(misfits, F)
    looked = failed(caught.value, misfits)
    assert looked.name == "misfits"
    assert all(not looked.stages[stage].available and looked.stages[stage].reason for stage in STAGES)
    records = looked.records("model")
    assert records["inspection/model"].header["problem"] == problem_of(caught.value, misfits)
    assert set(records) == {"inspection/model", "source/model", *(f"stage/model/{stage}" for stage in STAGES)}
    source = records["source/model"].header  # the function is still shown
    assert source["files"][source["main"]]["text"].split("\n")[source["first"] - 1].startswith("def misfits(")


def test_an_error_without_a_line_of_the_users_names_the_function():
    def quiet(x):
        return x

    problem = problem_of(RuntimeError("out of memory"), functools.partial(jax.jit(quiet), 1))
    assert problem["where"].endswith("def quiet(x):")
    assert problem_of(RuntimeError())["where"] is None
    assert problem_of(RuntimeError())["text"] == "It gave no message."
