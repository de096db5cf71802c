"""The mistakes people make with JAX: each is named at its line and column, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from explorer.compiler.inspector import inspect
from explorer.compiler.problem import noted, problem_of

X = jnp.ones((4, 3))
BIAS = jnp.ones(4)
KEPT = []


def leaking(x):
    KEPT.append(x * 2)
    return x


def uses_what_leaked(x):
    jax.jit(leaking)(x)
    return KEPT[-1] + 1  # at: KEPT[-1] + 1


def chooses(x):
    if x.sum() > 0:  # at: x.sum() > 0
        return x
    return -x


def counts(x, n=3):
    return [x for _ in range(n)]  # at: range(n)


def floats(x):
    return float(x[0, 0])  # at: float(x[0, 0])


def numpys(x):
    return np.sin(x)  # at: np.sin(x)


def shaped(n):
    return jnp.zeros(n)  # at: jnp.zeros(n)


def masked(x):
    return x[x > 0]  # at: x[x > 0]


def multiplied(x):
    return x @ X  # at: x @ X


def added(x):
    return x + BIAS  # at: x + BIAS


def relu(x):
    return jnp.relu(x)  # at: jnp.relu


def random(_):
    return jnp.random.normal((784, 256))  # at: jnp.random


def optimizers(x):
    return jax.optimizers.adam(x, 0.01).update(x, x)  # at: jax.optimizers


def experimental(_):
    from jax.experimental import optimizers  # at: from jax.experimental import optimizers

    return optimizers


def unpacks(params, batch):
    weights, inputs, targets = params  # at: weights, inputs, targets
    return weights, inputs, targets


def left_out(x):
    batch = ...  # at: batch = ...
    return jax.jit(jnp.dot)(x, batch)


def left_out_here(x):
    return x - ...  # at: ...


def not_scalar(x):
    return jax.grad(lambda x: x * 2)(x)  # at: jax.grad(lambda x: x * 2)(x)


def with_values(x):
    return jax.grad(lambda x: (x.sum(), x))(x)  # at: jax.grad(lambda x: (x.sum(), x))(x)


def whole(_):
    return jax.grad(lambda x: x * 2.0)(3)  # at: jax.grad(lambda x: x * 2.0)(3)


def assigns(x):
    x[0] = x[1] * 2  # at: x[0]
    return x


def adds(x):
    x[0, :] -= 1.0  # at: x[0, :]
    return x


def keyless(_):
    return jax.random.normal((3, 4))  # at: jax.random.normal((3, 4))


def number_as_key(_):
    return jax.random.normal(0, (3, 4))  # at: jax.random.normal(0, (3, 4))


def misspelt(x):
    return jnp.tahn(x)  # at: jnp.tahn


def grows(x):
    return jax.lax.scan(lambda c, _: (jnp.concatenate([c, c]), 0), x[0], None, length=2)  # at: jax.lax.scan


CASES = {
    # what is wrong: (function, arguments, title, what happened, what to write)
    "leak": (uses_what_leaked, (X,), "leaked", "made while JAX traced `leaking`", "`return loss, kept`"),
    "bool": (
        jax.jit(chooses),
        (X,),
        "Python has to choose",
        "depends on the argument `x`",
        "`jnp.where(x.sum() > 0, a, b)`",
    ),
    "int": (jax.jit(counts), (X, 3), "whole number", "`range(n)` needs a plain integer", 'static_argnames="n"'),
    "float": (
        jax.jit(floats),
        (X,),
        "before it is known",
        "`float(x[0, 0])` asks",
        "`jnp.asarray(x[0, 0], jnp.float32)`",
    ),
    "array": (jax.jit(numpys), (X,), "NumPy was given", "`np.sin` needs the numbers", "`jnp.sin(x)`"),
    "shape": (jax.jit(shaped), (3,), "A shape depends on a value", "on the argument `n`", 'static_argnames="n"'),
    "mask": (jax.jit(masked), (X,), "size of the result", "as many elements as are true", "`jnp.where(x > 0, x, 0)`"),
    "matmul": (
        multiplied,
        (X,),
        "shapes do not fit",
        "In `x @ X` `x` has shape (4, 3) and `X` has shape (4, 3): the last axis of the first is 3, and the first axis "
        "of the second is 4",
        "`x @ X.T`",
    ),
    "matmul traced": (jax.jit(multiplied), (X,), "shapes do not fit", "`x` has shape (4, 3)", "`x @ X.T`"),
    "sum": (added, (X,), "shapes do not fit", "`x` has shape (4, 3) and `BIAS` has shape (4,)", "`x + BIAS[:, None]`"),
    "carry": (grows, (X,), "shapes do not fit", "The input carry c has type float32[3]", ".at[i].set(...)"),
    "relu": (relu, (X,), "no such name", "`jax.numpy` has no `relu`.", "It is `jax.nn.relu`."),
    "typo": (misspelt, (X,), "no such name", "`jax.numpy` has no `tahn`.", "Did you mean `jax.numpy.tanh`?"),
    "random": (
        random,
        (X,),
        "no such module",
        "Random numbers are in `jax.random`",
        "`jax.random.normal(key, (784, 256))`",
    ),
    "optimizers": (
        optimizers,
        (X,),
        "no such module",
        "JAX has no optimizers of its own",
        "`optimizer = optax.adam(0.01)` and `state = optimizer.init(params)` once before the loop",
    ),
    "experimental": (
        experimental,
        (X,),
        "no such module",
        "`jax.experimental` has no `optimizers`",
        "`state = optimizer.init",
    ),
    "mixed up": (
        jax.jit(unpacks),
        (jnp.zeros(1), X),
        "mixed up",
        "takes 3 values out of `params`, and that is an array of shape (1,), so it has 1 value to take out. The "
        "function never uses its argument `batch`",
        "Write `weights = params` and `inputs, targets = batch`.",
    ),
    "ellipsis": (left_out, (X,), "There is no data", "`batch` is `...`", "`batch = (inputs, targets)`"),
    "ellipsis here": (left_out_here, (X,), "There is no data", "something left out", "real arrays"),
    "not scalar": (not_scalar, (X,), "single number", "it gives an array of shape (4, 3)", "`return jnp.mean(loss)`"),
    "with values": (
        with_values,
        (X,),
        "single number",
        "it gives several values",
        "`jax.value_and_grad(fn, has_aux=True)`",
    ),
    "integers": (whole, (X,), "whole number has no gradient", "holds int32", "`3.0`"),
    "assignment": (assigns, (X,), "changed in place", "free of side effects", "`x = x.at[0].set(x[1] * 2)`"),
    "added in place": (jax.jit(adds), (X,), "changed in place", "side effects", "x.at[0, :].add(-1.0)`"),
    "no key": (keyless, (X,), "needs a key", "the same key gives the same numbers", "`jax.random.normal(key, (3, 4))`"),
    "number as key": (number_as_key, (X,), "needs a key", "same numbers", "`jax.random.normal(key, (3, 4))`"),
}


@pytest.mark.parametrize("case", CASES)
def test_the_words_and_the_place(case):
    fn, args, title, what, instead = CASES[case]
    with pytest.raises(Exception) as caught:  # noqa: PT011  each case has its own type
        fn(*args)
    problem = problem_of(caught.value, fn)
    assert title in problem["title"]
    assert what in problem["what"]
    assert instead in problem["instead"]
    assert problem["text"] == f"{problem['what']} {problem['instead']}"
    place = problem["place"]
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[place["line"] - 1]
    assert place["file"] == __file__
    expected = line.partition("# at: ")[2]
    assert expected
    assert line[place["column"] : place["end_column"]].startswith(expected)
    assert str(place["line"]) in problem["where"]


def test_inspect_lets_the_error_go_on_with_a_note_once():
    def fails(x):
        return x @ x

    with pytest.raises(TypeError) as caught:
        inspect(fails, X)
    notes = [note for note in caught.value.__notes__ if note.startswith("JAX Explorer: ")]
    assert len(notes) == 1
    assert "The shapes do not fit together." in notes[0]
    assert "return x @ x" in notes[0]
    assert "Instead: Write `x @ x.T`" in notes[0]
    with pytest.raises(TypeError) as again, noted(fails):
        raise caught.value
    assert again.value is caught.value
    assert len([note for note in again.value.__notes__ if note.startswith("JAX Explorer: ")]) == 1


def test_a_message_like_no_other_is_told_as_it_is():
    class OddError(TypeError):
        def __str__(self):
            return "dot_general requires \x00 ... ellipsis not a valid JAX type"

    assert problem_of(OddError())["title"]
    assert problem_of(ValueError("Incompatible shapes for broadcasting"))["instead"].startswith("Print `x.shape`")
