"""Looks compared: a verdict, figures, and texts whose differences are not those of names."""

from __future__ import annotations

import functools
import importlib.util
import json
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import pytest

import explorer
from explorer.compiler.compare import Comparison, Row, compared
from explorer.compiler.difference import difference
from explorer.compiler.snapshot import Looks, Snapshot, key_of

F = jax.ShapeDtypeStruct((16, 16), jnp.float32)


def one(w, x):
    return jnp.tanh(x @ w).sum()


def two(w, x):
    h = jnp.exp(w)
    return (jnp.tanh(x @ w) + h).sum()


def test_an_operation_more_is_the_only_difference_though_all_names_moved():
    before, after = explorer.inspect(one, F, F), explorer.inspect(two, F, F)
    told = after.compare(before)
    for stage in ("jaxpr", "stablehlo", "hlo_before"):
        lines = [line for hunk in told.texts[stage].hunks for line in hunk.lines]
        added = "\n".join(text for kind, text in lines if kind == "+")
        removed = [text for kind, text in lines if kind == "-"]
        assert re.search(r"= exp |exponential", added)
        assert re.search(r"= add |stablehlo.add| add\(", added)
        assert "dot_general" not in added
        assert len(removed) <= 2  # the sum, whose operand is another now
    assert before.compare(explorer.inspect(one, F, F)).verdict == "The same program."
    assert not any(text.changed for text in before.compare(explorer.inspect(one, F, F)).texts.values())


def test_lines_that_moved_in_the_source_change_nothing(tmp_path):
    def load(text):
        file = tmp_path / "moved.py"
        file.write_text(text)
        spec = importlib.util.spec_from_file_location("moved", file)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return explorer.inspect(module.f, F)

    source = "import jax.numpy as jnp\ndef f(x):\n    return jnp.sin(x) * jnp.cos(x)\n"
    assert load("\n\n\n" + source).compare(load(source)).verdict == "The same program."


def test_a_value_that_comes_from_elsewhere_is_a_change_though_the_line_looks_the_same():
    before = "{ lambda ; a:f32[4] b:f32[4]. let c:f32[4] = sin a\n    d:f32[4] = mul c a\n  in (d,) }"
    after = "{ lambda ; a:f32[4] b:f32[4]. let c:f32[4] = sin a\n    d:f32[4] = mul c b\n  in (d,) }"
    assert difference(before, after, "jaxpr").changed == 2
    first = "a:f32[4] = sin x:f32[4]\nb:f32[4] = cos x\nc:f32[4] = mul a b"
    swapped = "a:f32[4] = sin x:f32[4]\nb:f32[4] = cos x\nc:f32[4] = mul b a"
    assert difference(first, swapped, "jaxpr").changed == 2
    renamed = "q:f32[4] = sin x:f32[4]\nr:f32[4] = cos x\ns:f32[4] = mul q r"
    assert difference(first, renamed, "jaxpr").changed == 0


def snapshot(**figures):
    return Snapshot("f", {}, figures)


def verdict(before, after):
    return compared(snapshot(**before), snapshot(**after), "the other").verdict


def test_a_value_that_nobody_uses_in_one_of_the_two_is_a_change():
    found = difference("{ lambda ; a:f32[]. let\n    b:f32[] = div a 2.0\n  in (b,) }",
                       "{ lambda ; a:f32[]. let\n    _:f32[] = div a 2.0\n  in (a,) }", "jaxpr")  # fmt: skip
    told = [(kind, line.strip()) for hunk in found.hunks for kind, line in hunk.lines]
    assert ("-", "b:f32[] = div a 2.0") in told
    assert ("+", "_:f32[] = div a 2.0") in told


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ({"fusions": 4, "bytes": 100}, {"fusions": 2, "bytes": 140}, "Two fusions fewer, 40 % more bytes."),
        ({"fusions": 1}, {"fusions": 2}, "One fusion more."),
        ({"instructions": 20, "fusions": 1}, {"instructions": 33, "fusions": 1}, "13 instructions more."),
        ({"FLOPs": 100}, {"FLOPs": 300}, "3 times more FLOPs."),
        ({"measured time": 50, "FLOPs": 9}, {"measured time": 25, "FLOPs": 9}, "50 % faster."),
        ({"bytes": 1000}, {"bytes": 1001}, "The same program."),
        ({"temporary memory": 200}, {"temporary memory": 100}, "50 % less temporary memory."),
    ],
)
def test_the_verdict_is_one_sentence(before, after, words):
    assert verdict(before, after) == words


def test_a_ratio_that_cannot_be_is_none():
    assert Row("bytes", "bytes", 0, 5).ratio is None
    assert Row("bytes", "bytes", None, 5).ratio is None
    assert Row("bytes", "bytes", 0, 0).ratio == 1.0


def test_the_record_of_a_comparison_tells_lines_and_figures():
    told = explorer.inspect(two, F, F).compare(explorer.inspect(one, F, F))
    header = told.record("f").header
    assert header["with"] == "one"
    assert header["verdict"] == told.verdict
    rows = {row["name"]: row for row in header["rows"]}
    assert rows["FLOPs"]["after"] > rows["FLOPs"]["before"] > 2 * 16**3
    assert rows["compile time"]["unit"] == "ms"
    (jaxpr,) = (stage for stage in header["stages"] if stage["stage"] == "jaxpr")
    (hunk,) = jaxpr["hunks"]
    kinds = [line["kind"] for line in hunk["lines"]]
    assert kinds.count("-") + kinds.count(" ") == hunk["before"][1] - hunk["before"][0]
    assert kinds.count("+") + kinds.count(" ") == hunk["after"][1] - hunk["after"][0]
    assert kinds.count("-") + kinds.count("+") == jaxpr["changed"]
    assert repr(told).startswith(f"Compared with one: {told.verdict}\n      instructions: ")


def edited(source):
    space = {"__name__": "cell", "jnp": jnp}
    exec(source, space)
    return explorer.inspect(space["f"], F)


def test_looking_again_after_an_edit_shows_what_changed():
    first = edited("def f(x):\n    return jnp.sin(x)\n")
    assert "comparison/function" not in first.page_records()
    second = edited("def f(x):\n    return jnp.sin(x) @ x\n")
    told = second.page_records()["comparison/function"].header
    assert told["with"] == "your last look, a moment ago"
    assert "dot_general" in json.dumps(told["stages"])
    assert second.page_records()["comparison/function"].header == told  # shown twice: still with the one before
    assert isinstance(second.since, Comparison)
    assert explorer.inspect(lambda x: x, F).since is None  # nobody knows which lambda it was


def test_a_look_at_its_gradient_between_two_looks_is_not_the_last_look():
    def looked(source, *transforms):
        space = {"__name__": "another cell", "jnp": jnp}
        exec(source, space)
        return explorer.inspector(transform=transforms)(space["g"], F)

    assert looked("def g(x):\n    return jnp.sin(x).sum()\n").since is None
    assert looked("def g(x):\n    return jnp.sin(x).sum()\n", "grad").since is None
    assert looked("def g(x):\n    return jnp.sin(x).sum()\n").since.verdict == "The same program."


def test_few_looks_are_remembered():
    looks = Looks(limit=2)
    for name in "abc":
        assert looks.swap(name, snapshot()) is None
    assert looks.swap("c", snapshot()) is not None
    assert looks.swap("a", snapshot()) is None
    now = Snapshot("f", {}, {}, when=1000.0)
    assert [now.ago(1000 + s) for s in (1, 59, 60, 7200, 90_000)] == [
        "a moment ago",
        "59 seconds ago",
        "1 minute ago",
        "2 hours ago",
        "1 day ago",
    ]
    assert key_of(jax.jit(one)) == key_of(one) == f"{__name__}.one"


def test_the_json_says_what_the_inspection_says():
    looked = explorer.inspect(two, F, F)
    body = json.loads(looked.to_json())
    assert body["version"] == 1
    assert body["stages"]["hlo"]["text"] == looked.stages["hlo"].text
    assert len(body["instructions"]) == len(looked.instructions)
    line, file, *span = body["stages"]["jaxpr"]["spans"][-1]
    spans = {(s.line, s.column, s.end_line, s.end_column) for s in looked.stages["jaxpr"].sources(line)}
    assert tuple(span[:4]) in spans
    assert body["files"][file] == __file__


SCALE = 3.0
UNUSED = open  # nothing of the file that the function does not need is in the program


def helper(x):
    return jnp.sin(x) * SCALE


def needs_a_helper(x, n=2):
    return helper(x).sum() ** n


def named_alike(UNUSED):
    return UNUSED * 2


def test_an_argument_that_is_named_like_something_of_the_file_brings_nothing_in():
    program = explorer.inspect(named_alike, F).issue()
    assert "def named_alike(UNUSED):" in program
    assert "UNUSED = " not in program


def test_the_program_of_an_issue_runs_and_gives_the_same(tmp_path):
    looked = explorer.inspector(transform=["grad"])(needs_a_helper, F)
    text = looked.issue()
    assert text.startswith("# `grad of needs_a_helper`")
    assert f"jax {jax.__version__}" in text
    assert "ENTRY" in text
    program = text.split("```python\n")[1].split("\n```")[0]
    assert "UNUSED" not in program
    (tmp_path / "issue.py").write_text(program)
    done = subprocess.run([sys.executable, tmp_path / "issue.py"], capture_output=True, text=True, check=True)

    def opcodes(hlo):
        return re.findall(r"^ .* = \S+ ([a-z-]+)\(", hlo, flags=re.MULTILINE)

    assert opcodes(done.stdout) == opcodes(looked.stages["hlo"].text)


DOUBLED = lambda x, key: helper(x) * jax.random.normal(key, x.shape)  # noqa: E731


@functools.partial(jax.jit, static_argnames="mode")
def moded(x, mode):
    return jnp.sin(x) if mode == "wave" else x


@pytest.mark.parametrize(
    ("fn", "args", "kwargs"),
    [(DOUBLED, (F, jax.random.key(0)), {}), (moded, (F,), {"mode": "wave"})],
    ids=["lambda", "jit"],
)
def test_lambdas_keys_and_static_arguments_are_in_the_program(fn, args, kwargs, tmp_path):
    looked = explorer.inspect(fn, *args, **kwargs)
    (tmp_path / "issue.py").write_text(looked.issue().split("```python\n")[1].split("\n```")[0])
    done = subprocess.run([sys.executable, tmp_path / "issue.py"], capture_output=True, text=True, check=True)
    assert " sine(" in done.stdout


def test_a_function_inside_another_says_what_is_missing():
    def inner(x):
        return x * 2

    text = explorer.inspect(inner, F).issue()
    assert "def inner(x):" in text
    assert "is made inside of a function" in text
