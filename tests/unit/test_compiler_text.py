"""What is shown as jaxpr, StableHLO and HLO is byte for byte what JAX and XLA print for the same function."""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from explorer.compiler.inspector import inspect
from explorer.compiler.stage import STAGES

F = jax.ShapeDtypeStruct((4, 4), jnp.float32)


def network(w, x):
    return jnp.sum(jax.nn.relu(jnp.where(x > 0, x @ w, 0.0)) ** 2)


def looped(w, x):
    body = lambda c, row: (jnp.tanh(c * row), c.sum())  # noqa: E731
    c, sums = jax.lax.scan(body, w, x)
    c = jax.lax.fori_loop(0, 3, lambda i, c: c * i, c)
    return jax.lax.cond(sums[0] > 0, lambda c: c, lambda c: jnp.sort(c), c)


@jax.checkpoint
def remembered(w, x):
    return jnp.sin(x @ w)


def train_step(params, opt_state, x):
    loss, grads = jax.value_and_grad(lambda p: network(p["w"], x) + p["b"].sum())(params)
    updates, opt_state = optax.adam(1e-3).update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


def with_keyword(x, *, scale=2.0):
    return x * scale


class Layer:
    def __init__(self, factor):
        self.factor = factor

    def method(self, x):
        return x * self.factor

    def __call__(self, x):
        return jnp.cos(x) * self.factor

    @functools.partial(jax.jit, static_argnums=0)
    def jitted(self, x):
        return x - self.factor


PARAMS = {"w": jnp.ones((4, 4)), "b": jnp.zeros(4)}

PLAIN = {
    "network": (network, (F, F), {}),
    "gradient": (jax.grad(network), (F, F), {}),
    "loops": (looped, (F, F), {}),
    "remat": (jax.grad(lambda w, x: remembered(w, x).sum()), (F, F), {}),
    "vmap": (jax.vmap(network, in_axes=(None, 0)), (F, jax.ShapeDtypeStruct((3, 4, 4), jnp.float32)), {}),
    "train step": (train_step, (PARAMS, optax.adam(1e-3).init(PARAMS), F), {}),
    "keyword": (with_keyword, (np.ones(3, np.float32),), {"scale": 3.0}),
    "scalars": (lambda x, n: x**n, (2.0, 3), {}),
    "lambda": (lambda x: x + 1, (F,), {}),
    "method": (Layer(3.0).method, (F,), {}),
    "callable object": (Layer(2.0), (F,), {}),
    "partial": (functools.partial(network, jnp.ones((4, 4))), (F,), {}),
    "random": (lambda key: jax.random.normal(key, (3,)), (jax.random.key(0),), {}),
    "no arguments": (lambda: jnp.arange(3) * 2, (), {}),
}

JITTED = {
    "static": (jax.jit(lambda x, n: x**n, static_argnums=1), (F, 3), {}),
    "static by name": (
        jax.jit(lambda x, *, up: x + 1 if up else x - 1, static_argnames="up"),
        (F,),
        {"up": True},
    ),
    "donated": (jax.jit(lambda x, y: x + y, donate_argnums=0), (F, F), {}),
    "compiler options": (
        jax.jit(network, compiler_options={"xla_cpu_enable_fast_math": True}),
        (F, F),
        {},
    ),
}


def apart(do, *args, **kwargs):
    """Run in a thread of its own: no frame of the test is then in any location."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(do, *args, **kwargs).result()


def by_hand(jitted, args, kwargs):
    traced = apart(jitted.trace, *args, **kwargs)
    lowered = apart(traced.lower)
    return {
        "jaxpr": str(traced.jaxpr),
        "stablehlo": lowered.as_text(),
        "hlo_before": lowered.as_text(dialect="hlo", debug_info=True),
        "hlo": lowered.compile().as_text(),
    }


@pytest.mark.parametrize("case", PLAIN)
def test_text_of_a_function_is_what_jax_prints(case):
    fn, args, kwargs = PLAIN[case]
    ours = apart(inspect, fn, *args, **kwargs)
    theirs = by_hand(jax.jit(fn), args, kwargs)
    assert {stage: ours.stages[stage].text for stage in STAGES} == theirs
    assert all(ours.stages[stage].available and ours.stages[stage].reason is None for stage in STAGES)


@pytest.mark.parametrize("case", JITTED)
def test_text_of_a_jitted_function_is_what_jax_prints(case):
    fn, args, kwargs = JITTED[case]
    ours = apart(inspect, fn, *args, **kwargs)
    assert {stage: ours.stages[stage].text for stage in STAGES} == by_hand(fn, args, kwargs)


def test_text_of_a_jitted_method_is_what_jax_prints():
    layer = Layer(3.0)
    ours = apart(inspect, layer.jitted, F)
    traced = apart(Layer.jitted.trace, layer, F)
    assert ours.stages["jaxpr"].text == str(traced.jaxpr)
    assert ours.stages["stablehlo"].text == apart(traced.lower).as_text()
    assert ours.name == "jitted"


def test_static_and_donated_arguments_stay_so():
    assert "tf.aliasing_output" in inspect(*JITTED["donated"][0:1], F, F).stages["stablehlo"].text
    assert "integer_pow[y=3]" in inspect(JITTED["static"][0], F, 3).stages["jaxpr"].text


def test_no_frame_of_ours_is_in_the_locations():
    text = inspect(network, F, F).stages["hlo"].text
    names = text.split("FileNames\n")[1].split("\n\n")[0]
    assert "test_compiler_text.py" in names
    assert "explorer" not in names.replace(__file__, "")


def test_a_traced_lowered_or_compiled_function_shows_what_it_still_has():
    traced = jax.jit(network).trace(F, F)
    lowered = apart(traced.lower)
    assert inspect(traced).stages["jaxpr"].text == str(traced.jaxpr)
    assert inspect(lowered).stages["stablehlo"].text == lowered.as_text()
    compiled = inspect(lowered.compile())
    assert compiled.stages["hlo"].available
    for stage in ("jaxpr", "stablehlo"):
        assert not compiled.stages[stage].available
        assert compiled.stages[stage].reason
