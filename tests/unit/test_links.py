"""Links between the stages: symmetric, scoped, and never between lines that share no span of source."""

from __future__ import annotations

import itertools
import linecache
import random
import re

import jax
import jax.numpy as jnp
import optax
import pytest
from catalog_models import each_model

from explorer.compiler.frames import owner
from explorer.compiler.inspector import inspect
from explorer.compiler.scopes import named, scope_of
from explorer.compiler.stage import STAGES
from explorer.errors import FieldError
from explorer.training.config import RunConfig
from explorer.training.functions import functions_of
from explorer.training.look import look_at
from explorer.training.setup import setup

F = jax.ShapeDtypeStruct((4, 4), jnp.float32)
ALL = ("source", *STAGES)
_DOT = re.compile(r"= dot_general\[|stablehlo\.dot_general| dot\(")
_files = itertools.count()


def written(source, **names):
    """Return what a text of Python defines, as if it stood in a notebook cell."""
    file = f"/tmp/ipykernel_1/{next(_files)}.py"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = {"jax": jax, "jnp": jnp, **names}
    exec(compile(source, file, "exec"), space)
    return space


def piece(looked, span):
    """Return the text of a span."""
    lines = looked.files.text(looked.files.names.index(span.file)).split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column]
    lines[0] = lines[0][span.column :]
    return "\n".join(lines)


def own(stage, line):
    """Return the spans that join a line: the user's, with their scopes."""
    return {(s.file, s.line, s.column, s.end_line, s.end_column, s.scope) for s in stage.sources(line) if not s.library}


def random_function(rng):
    """Return a function of random operations, its source with Greek letters and emoji, in random scopes."""
    lines = ["@jax.jit", "def inner(ζ): return jnp.tanh(ζ) * ζ", "", "def f(ω, ξ):", "    v0 = ξ; v1 = ω @ ξ"]
    for number in range(2, 2 + rng.randint(3, 7)):
        a, b = (f"v{rng.randrange(number)}" for _ in range(2))
        value = rng.choice(
            [
                f"jnp.sin({a}) + {b} * {a}",
                f"({a} + 2.0) + 1.0 - {b}",
                f"'🙂' and jnp.cos({a} @ {b})",
                f"inner({a}) - inner({b})",
                f"jax.nn.relu({a} - {b})",
                f"jnp.where({a} > 0, {b}, {a} * {a})",
                f"jax.lax.scan(lambda κ, _: (jnp.sin(κ) * 0.5, None), {a}, None, length=3)[0]",
                f"jax.lax.cond({a}.sum() > 0, jnp.exp, jnp.cos, {b})",
                f"{a} / (1.0 + {b} ** 2).sum(axis=0)",
            ]
        )
        if rng.random() < 0.4:
            lines += [f"    with jax.named_scope('layer{rng.randrange(3)}'):", f"        v{number} = {value}"]
        else:
            lines.append(f"    ψ = 'αβγ🎈'; v{number} = {value}")
    lines.append(f"    return (v{number} * v{number - 1}).sum()")
    fn = written("\n".join(lines) + "\n")["f"]
    return rng.choice([fn, jax.grad(fn), jax.value_and_grad(jax.checkpoint(fn)), jax.vmap(fn, in_axes=(None, 0))])


@pytest.mark.parametrize("seed", range(8))
def test_links_are_symmetric_and_join_only_what_shares_a_span_and_a_scope(seed):
    fn = random_function(random.Random(seed))
    many = jax.ShapeDtypeStruct((3, 4, 4), jnp.float32)
    looked = inspect(fn, F, many if "vmap" in str(getattr(fn, "__qualname__", fn)) or _is_vmapped(fn) else F)
    spans = {name: [own(looked.stages[name], n + 1) for n in range(looked.stages[name].lines)] for name in ALL}
    joined = 0
    relatives = {}
    for name in ALL:
        for number in range(len(spans[name])):
            if spans[name][number]:
                relatives[name, number + 1] = looked.relatives(name, number + 1)
            elif number % 7 == 0:
                assert not any(looked.relatives(name, number + 1).values())
    for (name, line), found in relatives.items():
        assert line in found[name]
        for other in ALL:
            shares = [n + 1 for n, there in enumerate(spans[other]) if there & spans[name][line - 1]]
            assert found[other] == shares
            joined += len(shares)
            for far in shares:
                assert line in relatives[other, far][name]
    assert joined > 100


def _is_vmapped(fn):
    return "vmap" in (getattr(fn, "__doc__", None) or "").lower()


@pytest.mark.parametrize("seed", range(3))
def test_columns_are_right_after_greek_letters_and_emoji(seed):
    looked = inspect(
        random_function(random.Random(seed)), F, F if not seed else jax.ShapeDtypeStruct((4, 4), "float32")
    )
    wrote = {"sin": "jnp.sin(", "cos": "jnp.cos", "tanh": "jnp.tanh(ζ)", "sine": "jnp.sin(", "cosine": "jnp.cos"}
    seen = 0
    for name in STAGES:
        stage = looked.stages[name]
        for number, text in enumerate(stage.text.split("\n")):
            found = re.search(r"(?:= |stablehlo\.| )(sin|cos|tanh|sine|cosine)[ (]", text)
            if found and "lambda" not in text:
                pieces = [piece(looked, s) for s in stage.sources(number + 1) if not s.library and not s.carried]
                # The derivative of a sine is a cosine that the sine's expression made, and the other way round.
                swapped = {"sin": "cos", "cos": "sin", "sine": "cosine", "cosine": "sine"}.get(found[1], found[1])
                starts = (wrote[found[1]], wrote[swapped], "jax.lax.cond", "jax.lax.scan")
                assert any(p.startswith(starts) for p in pieces), (name, text, pieces)
                seen += 1
    assert seen


def test_one_line_that_serves_many_layers_keeps_them_apart_forward_and_backward():
    fn = written(
        "def layer(w, x):\n    return jnp.tanh(x @ w)\n\n"
        "def f(ws, x):\n    for i in range(3):\n        with jax.named_scope(f'layer{i}'):\n"
        "            x = layer(ws[i], x)\n    return x.sum()\n"
    )["f"]
    looked = inspect(jax.grad(fn), [F, F, F], F)
    for name in STAGES:
        stage = looked.stages[name]
        dots = [n + 1 for n, text in enumerate(stage.text.split("\n")) if _DOT.search(text)]
        scopes = {line: {s.scope for s in stage.sources(line) if piece(looked, s) == "x @ w"} for line in dots}
        assert set().union(*scopes.values()) == {"layer0", "layer1", "layer2"}
        for line, mine in scopes.items():
            found = looked.relatives(name, line)[name]
            assert all(scopes[other] & mine for other in found if other in scopes)
            assert not [other for other in found if other in scopes and not scopes[other] & mine]
    backward = [n + 1 for n, t in enumerate(looked.stages["hlo"].text.split("\n")) if "transpose(jvp(layer1))/dot" in t]
    forward = [n + 1 for n, t in enumerate(looked.stages["hlo"].text.split("\n")) if "/jvp(layer1)/dot" in t]
    assert backward
    assert forward
    assert set(forward) <= set(looked.relatives("hlo", backward[0])["hlo"])


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("jit(f)/jvp(enc)/l/1", "enc/l/1"),
        ("jit(f)/transpose(jvp(enc))/l/1", "enc/l/1"),
        ("jit(f)/transpose(jvp(enc))/jvp(enc)/checkpoint/rematted_computation/jit(lay)/lay", "enc/lay"),
        ("jit(f)/jvp(loop)/while/body/closed_call/step", "loop/step"),
        ("jit(f)/vmap(jvp(a))/cond/branch_1_fun", "a"),
        ("jit(f)/jvp()", ""),
        ("jit(f)/vmap(my(odd)scope)", "my(odd)scope"),
        ("", ""),
    ],
)
def test_a_scope_is_what_the_user_named(path, scope):
    assert scope_of(path) == scope
    assert named(f"{path}/mul" if path else "mul") == (scope, "mul")


def step_of(optimizer):
    def loss(params, x, y):
        hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
        return optax.squared_error(hidden @ params["w2"], y).mean()

    def step(params, state, x, y):
        value, grads = jax.value_and_grad(loss)(params, x, y)
        updates, state = optimizer.update(grads, state, params)
        return optax.apply_updates(params, updates), state, value

    params = {"w1": jnp.ones((16, 32)), "b1": jnp.zeros(32), "w2": jnp.ones((32, 4))}
    return inspect(step, params, optimizer.init(params), jnp.ones((8, 16)), jnp.ones((8, 4)))


def with_metadata(stage):
    return [n + 1 for n, line in enumerate(stage.text.split("\n")) if " = " in line and "metadata={" in line]


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_every_instruction_of_a_train_step_leads_to_a_line_of_the_users(optimizer, capsys):
    looked = step_of(getattr(optax, optimizer)(1e-3))
    stage = looked.stages["hlo"]
    lines = with_metadata(stage)
    mapped = [line for line in lines if any(s.file == __file__ for s in stage.sources(line))]
    carried = [line for line in mapped if all(s.carried for s in stage.sources(line) if s.file == __file__)]
    with capsys.disabled():
        print(
            f"\n{optimizer}: {len(mapped)} of {len(lines)} instructions lead to the user's lines "
            f"({len(carried)} of them carried through optimization)",
            end=" ",
        )
    assert mapped == lines
    assert len(lines) > 100
    assert len(carried) < 0.05 * len(lines)
    pieces = {piece(looked, s) for line in lines for s in stage.sources(line)}
    assert {"optimizer.update(grads, state, params)", 'x @ params["w1"]', "params", "state"} <= pieces


def test_a_librarys_lines_inside_the_users_can_be_opened_and_join_nothing():
    looked = step_of(optax.adam(1e-3))
    stage = looked.stages["hlo"]
    inside = {s.file for line in with_metadata(stage) for s in stage.sources(line) if s.library}
    assert any(file.endswith("optax/_src/transform.py") for file in inside)
    assert any(file.endswith("jax/_src/nn/functions.py") for file in inside)
    assert all(looked.files.text(looked.files.names.index(file)) for file in inside)
    for line in with_metadata(stage)[:40]:
        spans = own(stage, line)
        for other in looked.relatives("hlo", line)["hlo"]:
            assert own(stage, other) & spans
    table = looked.records()["source/function"].header["files"]
    assert {file["owner"] for file in table} == {"user", "library"}
    assert "site-packages" not in "".join(file["title"] for file in table)


@pytest.mark.parametrize("model", each_model())
def test_how_much_of_a_model_leads_to_the_users_lines(model, capsys):
    told, made = [], setup(RunConfig(model=model))
    for name in functions_of(made):
        looked = look_at(made, name)
        stage = looked.stages["hlo"]
        lines = with_metadata(stage)
        somewhere = [line for line in lines if stage.sources(line)]
        users = [line for line in lines if any(owner(s.file) == "user" for s in stage.sources(line))]
        told.append(f"{model} {name}: {len(users)} to the model's lines, {len(somewhere)} of {len(lines)} to any")
        assert somewhere == lines
        assert users
        assert owner(looked.files.names[looked.main]) == "user"
    with capsys.disabled():
        print("", *told, sep="\n  ", end=" ")


def test_a_fusion_leads_to_what_is_fused_into_it_and_says_that_it_is_carried():
    fn = written("def f(x):\n    y = jnp.exp(x)\n    z = jnp.sin(y)\n    return jnp.cos(z) * y\n")["f"]
    looked = inspect(fn, F)
    stage = looked.stages["hlo"]
    fusion = next(n for n, t in enumerate(stage.text.split("\n"), 1) if " fusion(" in t)
    spans = {piece(looked, s): s.carried for s in stage.sources(fusion)}
    assert spans["jnp.cos(z) * y"] is False
    assert spans["jnp.exp(x)"] is spans["jnp.sin(y)"] is True
    assert fusion in looked.relatives("source", 2)["hlo"]
    sine = next(n for n, t in enumerate(stage.text.split("\n"), 1) if " sine(" in t)
    assert [(piece(looked, s), s.carried) for s in stage.sources(sine)] == [("jnp.sin(y)", False)]


def test_expressions_that_start_at_the_same_place_are_told_apart():
    fn = written("def f(x):\n    return jnp.tanh(x).sum(axis=0) - x\n")["f"]
    looked = inspect(fn, F)
    for name in ("jaxpr", "stablehlo", "hlo_before"):
        lines = looked.stages[name].text.split("\n")
        tanh = next(n for n, t in enumerate(lines, 1) if "tanh" in t)
        minus = next(n for n, t in enumerate(lines, 1) if re.search(r"sub(tract)?[ (]", t))
        assert minus not in looked.relatives(name, tanh)[name]
        assert [piece(looked, s) for s in looked.stages[name].sources(minus)] == ["jnp.tanh(x).sum(axis=0) - x"]


def test_an_argument_leads_to_its_name_in_the_definition():
    looked = step_of(optax.adam(1e-3))
    stage = looked.stages["hlo"]
    line = next(n for n, t in enumerate(stage.text.split("\n"), 1) if "parameter(" in t and "params[\\'w1\\']" in t)
    assert [piece(looked, s) for s in stage.sources(line)] == ["params"]
    (span,) = stage.sources(line)
    assert span.function == "step"
    assert line in looked.relatives("source", span.line)["hlo"]


def test_a_line_or_stage_that_is_not_there_is_named():
    looked = inspect(lambda x: x + 1, F)
    with pytest.raises(FieldError, match="Allowed: source, jaxpr, stablehlo, hlo_before, hlo"):
        looked.relatives("python", 1)
    with pytest.raises(IndexError, match="there is no line 0"):
        looked.relatives("hlo", 0)
    with pytest.raises(IndexError, match="there is no line"):
        looked.stages["hlo"].sources(10**6)


def test_a_product_that_xla_made_anew_counts_for_its_line():
    def f(w, x):
        y = w @ x  # XLA on the CPU makes a product of matrices of it, which says nothing of the line
        return jax.nn.relu(y + 1.0)

    looked = inspect(f, jnp.ones((8, 4)), jnp.ones(4))
    (product,) = (one for one in looked.instructions if one.opcode == "dot")
    line = f.__code__.co_firstlineno + 1
    assert [(s.line, s.column, s.end_column) for s in product.sources] == [(line, 12, 17)]
    there = looked.relatives("source", line)["hlo"]
    assert product.line in there
    assert f":{line} " in looked.summary[0].text  # 64 of the 80 FLOPs
