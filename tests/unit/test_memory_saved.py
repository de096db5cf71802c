"""What the backward pass keeps, as JAX tells it, and what donation or checkpoint saves, tried."""

from __future__ import annotations

import re

import jax
import jax.ad_checkpoint
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.compiler.memory.stretches import in_stretches
from explorer.compiler.shown import ON_DEMAND
from explorer.errors import FieldError
from explorer.training.config import RunConfig
from explorer.training.look import look_at
from explorer.training.setup import setup

F = jax.ShapeDtypeStruct((16, 16), jnp.float32)
WIDE = jax.ShapeDtypeStruct((1024, 64), jnp.float32)
SQUARE = jax.ShapeDtypeStruct((64, 64), jnp.float32)


def network(w, v, x):
    hidden = jax.nn.relu(x @ w)
    return jnp.mean((jnp.tanh(hidden @ v) - 1) ** 2)


def scanned(w, x):
    def layers(x, _):
        for _ in range(3):
            x = jnp.tanh(jnp.sin(x @ w) * jnp.cos(x))
        return x, x.sum()

    out, sums = jax.lax.scan(layers, x, None, length=4)
    return out.sum() + sums.sum()


def update(p, x):
    return jax.tree.map(lambda v: v - 0.1 * x.sum(), p), jnp.sin(x)


def told_by_jax(capsys, fn, *args):
    """Return what JAX says is saved: [(type, whether an argument, line)]."""
    jax.ad_checkpoint.print_saved_residuals(fn, *(jnp.ones(a.shape) for a in args))
    found = re.findall(
        r"^(\S+) (?:(from the argument)|output of (\S+) from .*?:(\d+)).*$", capsys.readouterr().out, re.M
    )
    return [(shape, bool(argument), made, int(line or 0)) for shape, argument, made, line in found]


def test_residuals_are_those_that_jax_tells(capsys):
    looked = explorer.inspect(network, F, F, F)
    ours = looked.memory.residuals
    assert ours.supposed
    theirs = told_by_jax(capsys, network, F, F, F)
    assert {r.shape for r in ours if r.argument} == {"f32[16,16]"}
    assert sum(r.argument for r in ours) == sum(argument for _, argument, _, _ in theirs) == 3
    # zeros that fill a result are not kept: the backward pass makes them anew
    made = sorted(
        (shape, line) for shape, argument, made, line in theirs if not argument and made != "broadcast_in_dim"
    )
    assert sorted((r.shape, r.source.line) for r in ours if not r.argument) == made
    assert ours.bytes == sum(16 * 16 * (1 if shape.startswith("bool") else 4) for shape, _ in made) >= 3 * 16 * 16 * 4
    first = network.__code__.co_firstlineno
    assert {span.line: size for span, size in ours.by_source.items()}.keys() == {first + 1, first + 2}


@pytest.mark.parametrize("transform", [jax.grad, jax.value_and_grad, lambda f, **o: jax.jit(jax.grad(jax.jit(f), **o))])
def test_a_differentiated_function_keeps_as_much(transform):
    plain = explorer.inspect(network, F, F, F).memory.residuals
    found = explorer.inspect(transform(network, argnums=(0, 1, 2)), F, F, F).memory.residuals
    assert not found.supposed
    kept = [(r.shape, r.source.line) for r in found if not r.argument and r.name != "broadcast_in_dim"]
    assert sorted(kept) == sorted((r.shape, r.source.line) for r in plain if not r.argument)
    assert {r.name for r in found if r.argument} <= {"w", "v", "x"}
    assert "kept for the backward pass" in repr(found)


def test_a_scan_keeps_a_row_for_each_turn_and_checkpoint_none():
    kept = explorer.inspect(jax.grad(scanned), SQUARE, WIDE).memory.residuals
    inside = scanned.__code__.co_firstlineno + 3
    stacked = [r for r in kept if r.shape.startswith("f32[4,1024,64]")]
    assert len(stacked) >= 6
    assert {r.source.line for r in stacked} == {inside}
    assert kept[0].bytes == 4 * 1024 * 64 * 4
    again = explorer.inspect(jax.grad(jax.checkpoint(network), argnums=(0, 1)), F, F, F).memory.residuals
    assert again.bytes == 0
    assert len(again) == 3


def test_a_train_step_keeps_its_activations():
    kept = look_at(setup(RunConfig(model="neural-network")), "train_step").memory.residuals
    batch, hidden, classes = 128, 256, 10
    activations = next(r for r in kept if not r.argument)
    assert activations.bytes == batch * hidden * 4
    assert activations.source.file.endswith("neural_network.py")
    assert max(kept, key=lambda r: r.bytes).name == "batch['x']"
    assert kept.bytes < 2 * batch * (hidden + 3 * classes) * 4


def test_where_nothing_can_be_differentiated_it_is_said():
    assert "no number that could be differentiated" in explorer.inspect(lambda n: n + 1, 3).memory.residuals.missing
    lowered = explorer.inspect(jax.jit(network).lower(F, F, F))
    assert "traced already" in lowered.memory.residuals.missing
    assert "traced already" in repr(lowered.memory.residuals)
    assert "give the function itself" in lowered.memory.try_donation().missing


def test_donation_is_tried_and_told():
    looked = explorer.inspect(update, {"a": SQUARE, "b": SQUARE}, SQUARE)
    tried = looked.memory.try_donation()
    assert tried.arguments == ("p['a']", "p['b']", "x")
    assert tried.after["alias"] == 3 * 64 * 64 * 4
    donated = explorer.inspector(donate_argnums=(0, 1))(update, {"a": SQUARE, "b": SQUARE}, SQUARE)
    assert tried.after["alias"] == donated.memory["alias_bytes"]
    assert tried.after["temporary"] == donated.memory["temp_bytes"]
    assert f"{tried.saved_bytes:,} bytes less" in tried.sentence
    assert looked.memory["alias_bytes"] == 0  # the look itself is as it was
    nothing = explorer.inspect(lambda x: x.sum(), SQUARE).memory.try_donation()
    assert nothing.saved_bytes == 0
    assert "save nothing" in nothing.sentence


def test_checkpoint_is_tried_around_each_turn_of_a_scan():
    looked = explorer.inspector(transform=["value_and_grad"])(scanned, SQUARE, WIDE)
    tried = looked.memory.try_checkpoint()
    assert tried.after["temporary"] < tried.before["temporary"] / 2
    assert tried.before["temporary"] == looked.memory["temp_bytes"]
    all_kept = looked.memory.try_checkpoint("everything_saveable")
    assert all_kept.after["temporary"] > 0.9 * tried.before["temporary"]
    with pytest.raises(FieldError, match="there is none called 'most'"):
        looked.memory.try_checkpoint("most")


def test_checkpoint_says_where_it_cannot_be_tried_or_does_not_help():
    inside = explorer.inspect(jax.grad(network), F, F, F).memory.try_checkpoint()
    assert "value_and_grad" in inside.missing
    merged = explorer.inspector(transform=["grad"])(network, F, F, F).memory.try_checkpoint()
    assert "XLA for CPU merges what would be computed twice" in merged.sentence


def test_in_stretches_the_result_and_the_gradient_are_the_same():
    keys = jax.random.split(jax.random.key(0), 5)
    w, v, x = (jax.random.normal(key, (16, 16)) for key in keys[:3])
    for fn, args in (
        (network, (w, v, x)),
        (jax.jit(network), (w, v, x)),
        (scanned, (w, x)),
        (lambda p, x: update(p, x)[0]["a"].sum() + update(p, x)[1].sum(), ({"a": w}, x)),
    ):
        plain = jax.value_and_grad(fn)(*args)
        again = jax.jit(jax.value_and_grad(in_stretches(fn)))(*args)
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=2e-4, atol=1e-5), plain, again)


def test_what_was_tried_is_in_the_record():
    looked = explorer.inspector(transform=["value_and_grad"])(network, F, F, F)
    assert ON_DEMAND["memory"](looked, "f")["memory/f"].header["tried"] == []
    ON_DEMAND["try_donation"](looked, "f")
    header = ON_DEMAND["try_checkpoint"](looked, "f")["memory/f"].header
    assert [one["change"] for one in header["tried"]] == ["donation", "checkpoint"]
    assert header["tried"][0]["sentence"] == looked.memory.tried["donation"].sentence
    rows = header["residuals"]["rows"]
    assert sum(row["bytes"] for row in rows if not row["argument"]) == looked.memory.residuals.bytes
    names = looked.files.names
    assert {names[row["place"]["file"]] for row in rows if row["place"]} == {__file__}
