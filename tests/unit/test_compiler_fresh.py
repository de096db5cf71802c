"""A look is never stale, and leaves the user's caches and configuration alone."""

from __future__ import annotations

import functools
import weakref

import jax
import jax.numpy as jnp
import pytest
from collected import collected

from explorer.compiler.first_bad import first_bad
from explorer.compiler.inspector import inspect


def helper(x):
    return jnp.sin(x)


def edited(x):
    return jnp.exp(x)


def plain(x):
    return helper(x)


def body(c, _):
    return helper(c), None


@jax.checkpoint
def checkpointed(x):
    return helper(x)


@jax.jit
def inner(x):
    return helper(x)


def with_scale(scale, x):
    return scale * helper(x)


class Model:
    def apply(self, x):
        return helper(x)

    def __call__(self, x):
        return helper(x)

    @functools.partial(jax.jit, static_argnums=0)
    def jitted(self, x):
        return helper(x)


MODEL = Model()
FUNCTIONS = {
    "plain": plain,
    "lambda": lambda x: helper(x),
    "method": MODEL.apply,
    "callable object": MODEL,
    "partial": functools.partial(with_scale, 2.0),
    "jitted": inner,
    "jitted bound method": jax.jit(MODEL.apply),
    "jitted method": MODEL.jitted,
    "gradient": jax.grad(plain),
    "calls a jitted function": lambda x: inner(x) + 1,
    "scan of a function": lambda x: jax.lax.scan(body, x, None, length=3)[0],
    "branches of a cond": lambda x: jax.lax.cond(x > 0, plain, plain, x),
    "rematerialised": lambda x: checkpointed(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_edited_helper_is_seen_at_the_next_look(name, monkeypatch):
    fn = FUNCTIONS[name]
    before = inspect(fn, 1.0)
    assert inspect(fn, 1.0).stages["jaxpr"].text == before.stages["jaxpr"].text
    monkeypatch.setitem(globals(), "helper", edited)
    after = inspect(fn, 1.0)
    for stage, old, new in (("jaxpr", "sin ", "exp "), ("stablehlo", ".sine", ".exponential")):
        if name == "gradient":  # of a sine: a cosine
            old = old.replace("sin ", "cos ").replace("sine", "cosine")
        assert old in before.stages[stage].text
        assert old not in after.stages[stage].text
        assert new in after.stages[stage].text


def test_the_nan_finder_sees_an_edited_helper(monkeypatch):
    assert first_bad(inner, -1.0) is None
    monkeypatch.setitem(globals(), "helper", jnp.log)
    assert first_bad(inner, -1.0).primitive == "log"


def test_a_function_of_the_users_is_not_traced_again_by_a_look():
    traced = []

    @jax.jit
    def counted(x):
        traced.append(1)
        return x * 2

    counted(1.0)
    assert len(traced) == 1
    inspect(counted, 1.0)
    assert len(traced) == 2
    counted(1.0)
    assert len(traced) == 2  # its own trace is still there
    assert counted._cache_size() == 1


def test_the_configuration_is_left_alone():
    before = dict(jax.config.values)
    inside = []

    def look_around(x):
        inside.append((jax.config.jax_enable_x64, jax.config.jax_default_device))
        return x

    inspect(look_around, 1.0)
    assert dict(jax.config.values) == before
    assert inside == [(False, None)]


def test_a_look_keeps_nothing_alive():
    class Scale:
        def __call__(self, x):
            return x * 2

    def look_once():
        scale = Scale()
        inspect(lambda x: scale(x), 1.0)
        inspect(scale, 1.0)
        return weakref.ref(scale)

    alive = look_once()
    assert collected(alive)
