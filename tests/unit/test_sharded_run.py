"""A function is really run over simulated devices, in a process of its own, and compared with one device."""

from __future__ import annotations

import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import psutil
import pytest
from jax.sharding import AbstractMesh, AxisType
from jax.sharding import PartitionSpec as P
from target_functions import S, step, step_arguments

import explorer
from explorer.compiler.sharded import run as running
from explorer.compiler.sharded.difference import difference
from explorer.compiler.targets.process import TargetError, cancellable
from explorer.errors import FieldError

OVER = {"mesh": {"data": 4}, "specs": (None, None, P("data"), P("data"))}


def mixed(params, key, x):
    """Results of several dtypes; LAPACK and random numbers among what makes them."""
    product = x @ params["w"]
    return {
        "factor": jnp.linalg.cholesky(product.T @ product + 8 * jnp.eye(8)),
        "noise": jax.random.normal(key, (16,)),
        "low": x.astype(jnp.bfloat16).sum(0),
        "order": jnp.argsort(x[:, 0]),
        "key": jax.random.split(key)[0],
    }


@pytest.fixture(scope="module")
def given():
    draw = np.random.default_rng(1)
    params = {"w": jnp.asarray(draw.standard_normal((8, 8)), jnp.float32)}
    return params, jax.random.key(3), jnp.asarray(draw.standard_normal((16, 8)), jnp.float32)


@pytest.fixture(scope="module")
def ran(given):
    looked = explorer.inspect(mixed, *given)
    return looked.run_sharded({"data": 2, "model": 2}, ({"w": P(None, "model")}, None, P("data")))


def test_every_result_agrees_and_is_named_as_the_function_returns_it(ran):
    assert ran.agrees
    assert [(r.name, r.dtype, r.shape) for r in ran.results] == [
        ("['factor']", "float32", (8, 8)),
        ("['key']", "key<fry>", ()),
        ("['low']", "bfloat16", (8,)),
        ("['noise']", "float32", (16,)),
        ("['order']", "int32", (16,)),
    ]
    assert {r.name for r in ran.results if r.tolerance == 0} == {"['key']", "['order']"}
    assert all(r.equal for r in ran.results if r.tolerance == 0)
    assert not ran.made_up
    assert min(ran.one_ms, ran.many_ms) > 0
    assert "the times say nothing of real ones" in repr(ran)
    assert len(jax.devices("cpu")) == 1  # of this process, which has no more than before


def test_a_step_for_a_tpu_runs_over_the_mesh_that_it_was_compiled_for():
    looked = explorer.inspector(target="tpu-v5e:2x2", **OVER)(step, *step_arguments())
    ran = looked.run_sharded()
    assert ran.agrees
    assert ran.made_up
    assert ran.sharding.mesh == (("data", 4),)
    weights = next(r for r in ran.results if r.name == "[0]['w1']")
    assert weights.piece == (784, 256)
    assert 0 < max(r.max_rel for r in ran.results) < 1e-5
    assert "the results agree" in ran.sentence


@pytest.mark.slow
def test_what_is_split_stays_split_in_the_results():
    looked = explorer.inspect(lambda x: jnp.tanh(x), np.ones((8, 4), np.float32))
    (result,) = looked.run_sharded({"data": 4, "model": 2}, (P("data", "model"),)).results
    assert (result.name, result.shape, result.piece) == ("", (8, 4), (2, 2))


@pytest.mark.slow
def test_64_bit_numbers_and_python_numbers_go_along():
    with jax.enable_x64(True):
        looked = explorer.inspect(lambda x, by: x * by, np.linspace(0, 1, 8), 3.0)
    (result,) = looked.run_sharded({"data": 2}, (P("data"),)).results
    assert (result.dtype, result.agrees, result.piece) == ("float64", True, (4,))


@pytest.mark.parametrize(
    ("mesh", "specs", "says"),
    [
        (None, (), "there is none"),
        ({"data": 3}, (P("data"),), "They must divide into 3 equal parts"),
        ({"data": 2}, (P("batch"),), "the mesh has no axis 'batch'"),
        ({"data": 512}, (), "up to 256"),
    ],
)
def test_a_mesh_that_does_not_fit_is_told_in_words(mesh, specs, says):
    looked = explorer.inspect(jnp.tanh, np.ones(4, np.float32))
    with pytest.raises(FieldError, match=says):
        looked.run_sharded(mesh, specs)


def test_too_little_memory_is_told_before(monkeypatch):
    monkeypatch.setattr(running, "available", lambda: 400_000_000)
    looked = explorer.inspect(jnp.sum, S((1_000_000,), jnp.float32))
    with pytest.raises(FieldError, match=r"64 simulated devices would take about 1,260 MB, and 400 MB are free"):
        looked.run_sharded({"data": 64})


def test_what_calls_back_into_python_is_not_sent():
    def told(x):
        jax.debug.print("{}", x)
        return x

    with pytest.raises(TargetError, match="calls back into Python"):
        explorer.inspect(told, np.ones(4, np.float32)).run_sharded({"data": 2})


def test_what_hangs_is_stopped_and_what_is_wanted_no_more_is_cancelled():
    looked = explorer.inspect(lambda x: jax.lax.while_loop(lambda c: True, lambda c: c + 1.0, x), 1.0)
    with pytest.raises(TargetError, match=r"Running on 2 simulated devices took more than 2 s, and was stopped"):
        looked.run_sharded({"data": 2}, timeout=2.0)
    enough = threading.Event()
    threading.Timer(1.5, enough.set).start()
    start = time.monotonic()
    with cancellable(enough), pytest.raises(TargetError, match="Cancelled"):
        looked.run_sharded({"data": 2})
    assert time.monotonic() - start < 4.0


def test_a_function_that_spreads_itself_has_nothing_to_be_compared_with():
    mesh = AbstractMesh((2,), ("data",), axis_types=(AxisType.Auto,))
    spread = jax.shard_map(lambda x: jax.lax.psum(x.sum(), "data"), mesh=mesh, in_specs=P("data"), out_specs=P())
    looked = explorer.inspect(jax.jit(spread), S((4,), jnp.float32))
    with pytest.raises(TargetError, match="spreads its work by itself"):
        looked.run_sharded({"data": 2}, (P("data"),))


@pytest.mark.slow
def test_a_process_that_is_killed_is_told_and_the_next_run_works():
    endless = explorer.inspect(lambda x: jax.lax.while_loop(lambda c: True, lambda c: c + 1.0, x), 1.0)
    killer = threading.Timer(1.5, _kill_what_runs)
    killer.start()
    with pytest.raises(TargetError, match=r"it was killed from outside.*The kernel is as it was"):
        endless.run_sharded({"data": 2})
    killer.join()
    assert explorer.inspect(jnp.tanh, np.ones(4, np.float32)).run_sharded({"data": 2}, (P("data"),)).agrees


def _kill_what_runs():
    for child in psutil.Process().children():
        if running.SERVE in child.cmdline():
            child.kill()


def test_a_process_that_cannot_start_is_told(monkeypatch):
    monkeypatch.setattr(running, "SERVE", "no.such.module")
    looked = explorer.inspect(jnp.tanh, np.ones(4, np.float32))
    with pytest.raises(TargetError, match=r"Not run on 2 simulated devices\. .*The kernel is as it was"):
        looked.run_sharded({"data": 2})


def test_half_of_the_digits_must_agree_and_integers_all():
    one = np.array([1.0, -8.0, np.nan, np.inf], np.float32)
    assert difference(one, one).equal
    near, far = one.copy(), one.copy()
    near[0] += 1e-6
    far[0] += 0.1
    assert difference(one, near) == pytest.approx((1e-6, 1.2e-7, 2**-11.5, True, False), rel=0.1)
    assert not difference(one, far).agrees
    other = one.copy()
    other[2] = 0.0
    assert not difference(one, other).agrees
    assert not difference(np.array([1, 2]), np.array([1, 3])).agrees
    noise = np.array([1e-9], np.float32)  # what is nothing but rounding has no digits to agree
    assert difference(noise, -noise).agrees
