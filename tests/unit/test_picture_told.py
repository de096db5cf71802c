"""The still picture of a watch, a finding and an explanation says what they say."""

from __future__ import annotations

import re
from html import unescape

import jax
import jax.numpy as jnp
import numpy as np

from explorer.app.show import with_about
from explorer.compiler.explain.explaining import explain
from explorer.compiler.find_nan import find_nan
from explorer.compiler.watch.watcher import watch
from explorer.views.picture import picture


def words(thing):
    svg = picture(with_about(thing, thing.records()))
    assert svg.startswith("<svg")
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", svg)))


def test_a_watch():
    jitted = jax.jit(lambda x, n: x * n, static_argnums=1)
    with watch() as watched:
        for n in range(3):
            jitted(np.ones(3), n)
    said = words(watched)
    assert "was compiled 3 times" in said
    assert "It counts, so every call is compiled anew." in said
    assert "Take n out of static_argnums" in said


def test_a_finding():
    said = words(find_nan(lambda x: jnp.log(x).sum(), jnp.zeros(2)))
    assert "the logarithm of 0" in said
    assert "Instead: Write jnp.log(jnp.maximum(x, 1e-6))" in said


def test_an_explanation():
    said = words(explain("import jax.numpy as jnp\njnp.relu(jnp.ones(3) < 2)\n"))
    assert "Line 2: There is no such name" in said
    assert "Instead: It is jax.nn.relu." in said
