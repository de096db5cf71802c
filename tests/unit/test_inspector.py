"""The inspector: any function, transformations in any order, dtypes, sizes and targets; what does not fit is told."""

from __future__ import annotations

import functools
import itertools
import weakref

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from collected import collected

import explorer
from explorer.compiler.subject import DTYPES, Subject
from explorer.compiler.transform import TRANSFORMS, parsed
from explorer.errors import FieldError

V = jax.ShapeDtypeStruct((4,), jnp.float32)
M = jax.ShapeDtypeStruct((4, 4), jnp.float32)


def loss(w, x):
    return jnp.sin(w * x).sum()


def square(x):
    return x * x


def by_hand(fn, *args):
    return str(jax.jit(fn).trace(*args).jaxpr)


COMPOSITIONS = {
    "grad": (["grad"], jax.grad(loss), (V, V)),
    "second argument": ([("grad", {"argnums": 1})], jax.grad(loss, argnums=1), (V, V)),
    "value and grad of both": ([("value_and_grad", {"argnums": (0, 1)})], jax.value_and_grad(loss, (0, 1)), (V, V)),
    "hessian": (["hessian"], jax.hessian(loss), (V, V)),
    "per example": (
        ["grad", ("vmap", {"in_axes": (None, 0)})],
        jax.vmap(jax.grad(loss), in_axes=(None, 0)),
        (V, M),
    ),
    "jacobians": (["jacfwd", "jacrev"], jax.jacrev(jax.jacfwd(loss)), (V, V)),
    "checkpoint": (["checkpoint", "grad"], jax.grad(jax.checkpoint(loss)), (V, V)),
    "jit inside": (["jit", "grad"], jax.grad(jax.jit(loss)), (V, V)),
}


@pytest.mark.parametrize("case", COMPOSITIONS)
def test_composed_transformations_give_what_jax_gives(case):
    transforms, fn, args = COMPOSITIONS[case]
    looked = explorer.inspector(transform=transforms)(loss, *args)
    assert looked.stages["jaxpr"].text == by_hand(fn, *args)
    assert looked.stages["hlo"].available
    sine = next(
        n for n, line in enumerate(looked.stages["jaxpr"].text.split("\n"), 1) if "cos " in line or "sin " in line
    )
    assert {s.file for s in looked.stages["jaxpr"].sources(sine) if not s.library} == {__file__}


@pytest.mark.parametrize("pair", list(itertools.permutations(TRANSFORMS, 2)), ids="-".join)
def test_every_pair_in_any_order_works_or_says_why_not(pair):
    def scalar(x):
        return jnp.sin(x).sum()

    needs_one_number = {"grad", "value_and_grad"} & {pair[1]} and pair[0] not in ("jit", "checkpoint")
    inspect = explorer.inspector(transform=pair)
    if needs_one_number:
        with pytest.raises(FieldError, match=f"{pair[1]}: it needs one number to differentiate, and is given "):
            inspect(scalar, M)
    elif pair == ("vjp", "vmap"):  # the cotangent of one number has no axis
        with pytest.raises(FieldError, match=r"vmap: .* rank should be at least 1"):
            inspect(scalar, M)
    else:
        assert inspect(scalar, M).stages["stablehlo"].available


def test_directions_are_further_arguments():
    pushed = explorer.inspector(transform=["jvp"])(square, V)
    assert pushed.stages["jaxpr"].text.startswith("{ lambda ; a:f32[4] b:f32[4]. let")
    pulled = explorer.inspector(transform=["vjp"])(square, V)
    assert "a:f32[4] b:f32[4]" in pulled.stages["jaxpr"].text
    whole = explorer.inspector(transform=["vjp"])(lambda x, n: x * n, V, jax.ShapeDtypeStruct((), jnp.int32))
    assert whole.stages["hlo"].available


def test_a_new_axis_is_added_to_what_is_mapped_over():
    looked = explorer.inspector(transform=[("vmap", {"in_axes": (None, 0), "new_axis": 8})])(loss, V, V)
    assert "a:f32[4] b:f32[8,4]" in looked.stages["jaxpr"].text


def test_a_functions_own_keywords_stay_its_own():
    def scaled(x, *, target=2.0, transform=1.0):
        return (x * target * transform).sum()

    looked = explorer.inspector(transform=["grad"])(scaled, V, target=jnp.float32(3), transform=V)
    assert "a:f32[4] b:f32[] c:f32[4]" in looked.stages["jaxpr"].text


def test_outer_options_reach_jit_and_the_compiler():
    def powered(x, n):
        return x**n

    looked = explorer.inspector(static_argnums=1, donate_argnums=0)(powered, V, 3)
    assert "integer_pow[y=3]" in looked.stages["jaxpr"].text
    assert looked.memory["alias_bytes"] == 16


def test_compiler_options_reach_xla():
    def waves(x):
        return jnp.sin(x) * jnp.cos(x)

    unfused = explorer.inspector(compiler_options={"xla_disable_hlo_passes": "fusion"})(waves, V)
    plain = explorer.inspect(waves, V)
    assert plain.stages["hlo"].text.count(" fusion(") == 1
    assert unfused.stages["hlo"].text.count(" fusion(") == 3  # one for each operation


@pytest.mark.parametrize("target", ["tpu", "cuda"])
def test_a_platform_that_is_not_here_is_lowered_for(target):
    looked = explorer.inspector(target=target)(loss, V, V)
    assert looked.stages["stablehlo"].available
    assert not looked.stages["hlo"].available
    assert f"no {target.upper()} here" in looked.stages["hlo"].reason
    assert (looked.device, looked.cost, looked.memory) == (target, {}, {})
    assert looked.records()["inspection/function"].header["device"] == target
    assert explorer.inspector(target="cpu")(loss, V, V).stages["hlo"].available


WRONG = {
    "no such transformation": ({"transform": ["gard"]}, "there is none called 'gard'. Allowed: jit, grad"),
    "no such option": ({"transform": [("grad", {"argnum": 0})]}, "grad: there is no option 'argnum'. Allowed: argnums"),
    "not a number": (
        {"transform": [("grad", {"argnums": "w"})]},
        r"grad: argnums: cannot be 'w'. Allowed: 0, or \(0, 2\)",
    ),
    "no such argument": (
        {"transform": [("grad", {"argnums": 5})]},
        "there is no argument 5: the function has 2 arguments",
    ),
    "not a scalar": ({"transform": ["vmap", "grad"]}, r"grad: it needs one number.*given float32\[4\]. Sum or average"),
    "axes for others": (
        {"transform": [("vmap", {"in_axes": (0, 0, 0)})]},
        "it names 3 axes. Allowed: one for each of 2",
    ),
    "no such policy": (
        {"transform": [("checkpoint", {"policy": "all"})]},
        "policy: cannot be 'all'. Allowed: None, every",
    ),
    "no such target": (
        {"target": "abacus"},
        "there is none called 'abacus'. Allowed: cpu; tpu-v4, .*; and as far as StableHLO: gpu",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_told_in_words(case):
    options, words = WRONG[case]
    with pytest.raises(FieldError, match=words):
        explorer.inspector(**options)(loss, M, M)


def test_integers_have_no_derivative():
    def picked(w, i):
        return w[i].sum()

    with pytest.raises(FieldError, match=r"argument 1 is int32, and only real numbers have a derivative. Allowed: 0."):
        explorer.inspector(transform=[("grad", {"argnums": 1})])(picked, V, jnp.arange(2))


def test_a_missing_axis_is_told_with_what_to_do():
    with pytest.raises(FieldError, match=r"vmap: it does not fit the arguments.*Set new_axis"):
        explorer.inspector(transform=["vmap"])(square, jax.ShapeDtypeStruct((), jnp.float32))


def test_what_the_function_raises_itself_is_raised_unchanged():
    def broken(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        explorer.inspector(transform=["grad"])(broken, V)


@pytest.mark.parametrize("dtype", DTYPES)
def test_arguments_take_another_dtype_and_the_configuration_stays(dtype):
    before = dict(jax.config.values)
    subject = Subject(lambda x, n: jnp.tanh(x) * n, (np.ones(4, np.float32), jnp.arange(4))).with_dtype(dtype)
    text = subject.look().stages["jaxpr"].text
    assert f"a:{DTYPES[dtype]}[4] b:i32[4]" in text
    assert f"{DTYPES[dtype]}[4] = tanh a" in text
    assert dict(jax.config.values) == before


def test_a_size_changes_alone_or_with_those_it_must_agree_with():
    def predict(w, x):
        return x @ w

    args = (jax.ShapeDtypeStruct((16, 8), jnp.float32), jax.ShapeDtypeStruct((32, 16), jnp.float32))
    subject = Subject(predict, args)
    batch = subject.with_size("x", 0, 64)
    assert batch.sizes == {("x", 0): 64}
    inner = batch.with_size("w", 0, 5)
    assert inner.sizes == {("x", 0): 64, ("w", 0): 5, ("x", 1): 5}
    assert "a:f32[5,8] b:f32[64,5]" in inner.look().stages["jaxpr"].text
    with pytest.raises(FieldError, match=r"x, axis 0: the size cannot be 0. Allowed: 1 to"):
        subject.with_size("x", 0, 0)
    with pytest.raises(FieldError, match=r"there is none called 'y'. Allowed: w, x"):
        subject.with_size("y", 0, 3)
    with pytest.raises(FieldError, match="it cannot be 3: the shapes would not fit together"):
        Subject(lambda a: a.reshape(4, 4), (jax.ShapeDtypeStruct((16,), jnp.float32),)).with_size("a", 0, 3)


def test_the_record_says_what_can_be_changed():
    looked = explorer.inspector(transform=["grad"])(loss, V, x=V)
    header = looked.subject.record("function").header
    assert header["name"] == "loss"
    assert header["transforms"] == [{"name": "grad", "options": {"argnums": 0, "has_aux": False}}]
    assert {choice["name"] for choice in header["choices"]} == set(TRANSFORMS)
    assert [(a["name"], a["shape"], a["dtype"]) for a in header["arguments"]] == [
        ("w", [4], "float32"),
        ("x", [4], "float32"),
    ]
    assert header["arguments"][0]["axes"] == [{"axis": 0, "size": 4, "low": 1, "high": 64, "shared": "4"}]


def test_a_look_keeps_no_arrays_alive():
    array = jnp.ones(1000)
    gone = weakref.ref(array)
    looked = explorer.inspect(square, array)
    del array
    assert collected(gone)
    assert looked.subject.with_dtype("bfloat16").look().stages["hlo"].available


def test_a_helper_edited_between_two_looks_is_seen_under_transformations(monkeypatch):
    monkeypatch.setitem(globals(), "square", lambda x: jnp.sin(x))
    inspect = explorer.inspector(transform=["checkpoint", "grad", "jit"])
    before = inspect(lambda x: square(x).sum(), V).stages["jaxpr"].text
    monkeypatch.setitem(globals(), "square", lambda x: jnp.exp(x))
    assert inspect(lambda x: square(x).sum(), V).stages["jaxpr"].text != before


class Model:
    def loss(self, w):
        return (w**2).sum()


STEP = functools.partial(jax.jit, static_argnums=1, donate_argnums=0)(lambda w, n: w * n)


def test_methods_lambdas_jitted_and_staged_functions():
    assert explorer.inspector(transform=["grad"])(Model().loss, V).name == "grad of loss"
    assert explorer.inspector(transform=["grad"])(lambda w: w.sum(), V).name == "grad of <lambda>"
    assert explorer.inspect(STEP, V, 3).memory["alias_bytes"] == 16
    assert parsed("grad") == parsed([{"name": "grad", "options": {}}])
    traced = jax.jit(square).trace(V)
    assert explorer.inspect(traced).stages["hlo"].available
    with pytest.raises(FieldError, match="it is traced already"):
        explorer.inspector(transform=["jit"])(traced)


def test_a_function_of_jaxs_own_has_no_source_to_show():
    source = explorer.inspect(jnp.matmul, M, M).stages["source"]
    assert not source.available
    assert source.reason.startswith("There is no Python source to show")


def test_an_optimizers_update_is_a_method_like_any_other():
    adam = optax.adam(1e-3)
    looked = explorer.inspect(adam.update, V, adam.init(jnp.ones(4)))
    assert looked.stages["hlo"].available
