"""A program too large for the machine is refused in words, before XLA takes the memory."""

from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

import explorer
from explorer.compiler import room


def halved(x):
    return jax.nn.relu(x) / 2


def test_operations_count_a_function_as_often_as_it_is_called_and_a_loop_once():
    once = room.operations(jax.make_jaxpr(halved)(1.0))
    thrice = room.operations(jax.make_jaxpr(lambda x: halved(halved(halved(x))))(1.0))
    assert thrice == 3 * once
    looped = jax.make_jaxpr(lambda x: jax.lax.scan(lambda c, _: (halved(c), None), x, length=100)[0])(1.0)
    assert once < room.operations(looped) < 2 * once + 5


def test_what_is_too_large_says_how_much_it_takes_and_how_much_there_is():
    closed = jax.make_jaxpr(halved)(1.0)
    assert room.refusal(closed, 200 * room.MB) is None
    words = room.refusal(closed, 50 * room.MB)
    assert "about 80 MB" in words
    assert "50 MB are free" in words


def test_the_earlier_stages_are_shown_and_the_last_says_why_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(room, "available", lambda: 10 * room.MB)
    seen = explorer.inspect(halved, jnp.ones(3))
    assert "max" in seen.stages["jaxpr"].text
    assert "stablehlo" in seen.stages["stablehlo"].text
    assert not seen.stages["hlo"].available
    assert "10 MB are free" in seen.stages["hlo"].reason


def test_a_container_s_limit_counts(tmp_path: Path):
    whole = room.available(tmp_path)
    assert whole > 100 * room.MB
    (tmp_path / "memory.max").write_text("50000000\n")
    (tmp_path / "memory.current").write_text("20000000\n")
    assert room.available(tmp_path) == 30_000_000
    (tmp_path / "memory.max").write_text("max\n")
    assert room.available(tmp_path) == pytest.approx(whole, rel=0.2)
