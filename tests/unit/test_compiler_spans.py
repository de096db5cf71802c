"""Every operation leads back to the line and column of the user's code that made it."""

from __future__ import annotations

import importlib.util
import linecache
import os
import re

import jax
import jax.numpy as jnp
import optax
import pytest

import explorer.catalog.models as models
from explorer.catalog import registry
from explorer.compiler import hlo_spans, stablehlo_spans
from explorer.compiler.frames import Frame, known_as, owner
from explorer.compiler.inspector import inspect
from explorer.compiler.origins import Origin
from explorer.compiler.source import Files
from explorer.compiler.stage import STAGES

F = jax.ShapeDtypeStruct((8, 8), jnp.float32)


def places(stage):
    """Return for each line of a stage the pieces of source that it is traced to."""
    found = [[] for _ in stage.text.split("\n")]
    for number, pieces in enumerate(found, 1):
        for span in own(stage, number):
            source = stage.files.text(stage.files.names.index(span.file))
            lines = source.split("\n")[span.line - 1 : span.end_line]
            assert lines, "a span beyond the end of its source"
            lines[-1] = lines[-1][: span.end_column]  # the end before the start: they may be on one line
            lines[0] = lines[0][span.column :]
            pieces.append("\n".join(lines))
    return found


def own(stage, line):
    """Return the spans that are a line's own: not a library's inside, not carried through optimization."""
    return [span for span in stage.sources(line) if not span.carried and not span.library]


def files(stage):
    """Return the files of the spans that are the lines' own."""
    return list(dict.fromkeys(span.file for line in range(1, stage.lines + 1) for span in own(stage, line)))


def made_by(stage, pattern):
    """Return the pieces of source that the lines matching a pattern are traced to."""
    lines = stage.text.split("\n")
    hits = [pieces for line, pieces in zip(lines, places(stage), strict=True) if re.search(pattern, line)]
    assert hits, f"no line matches {pattern}"
    return {piece for pieces in hits for piece in pieces}


# fmt: off
def scale(ω, θ):
    αβγ = jnp.tanh(ω); δ = jnp.sin(αβγ @ θ)  # noqa: E702  the column comes after Greek letters
    ε = (
        δ.sum(axis=0)
        - jnp.max(θ, axis=1)
    )
    return jax.lax.scan(lambda κ, λ: (jnp.cos(κ) * λ, jnp.log(λ)), ε, δ)


# fmt: on
OPERATIONS = {  # what the user wrote: how the operation is called in the jaxpr, in StableHLO and in HLO
    "jnp.tanh(ω)": (r"= tanh\b", r"stablehlo\.tanh", r"[/\"]tanh\""),
    "αβγ @ θ": (r"= dot_general\b", r"stablehlo\.dot_general", r"[/\"]dot_general\""),
    "jnp.sin(αβγ @ θ)": (r"= sin\b", r"stablehlo\.sine", r"[/\"]sin\""),
    "δ.sum(axis=0)": (r"= reduce_sum\b", r"stablehlo\.reduce.*add", r"[/\"]reduce_sum\""),
    "jnp.max(θ, axis=1)": (r"= reduce_max\b", r"stablehlo\.reduce.*maximum", r"[/\"]reduce_max\""),
    "δ.sum(axis=0)\n        - jnp.max(θ, axis=1)": (r"= sub\b", r"stablehlo\.subtract", r"[^h]/sub\""),
    "jnp.log(λ)": (r"= log\b", r"stablehlo\.log", r"[/\"]log\""),
    "jnp.cos(κ)": (r"= cos\b", r"stablehlo\.cosine", r"[/\"]cos\""),
    "jnp.cos(κ) * λ": (r"= mul\b", r"stablehlo\.multiply", r"[/\"]mul\""),
}


@pytest.fixture(scope="module")
def scaled():
    return inspect(scale, F, F)


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("wrote", OPERATIONS)
def test_each_operation_leads_to_what_made_it(scaled, wrote, name):
    jaxpr, stablehlo, hlo = OPERATIONS[wrote]
    pattern = {"jaxpr": jaxpr, "stablehlo": stablehlo}.get(name, hlo)
    found = made_by(scaled.stages[name], pattern)
    # The jaxpr prints the small body of the scan on one line, which all of its operations made.
    assert found == {wrote} or (name == "jaxpr" and wrote in found and "λ" in wrote)


def test_the_loop_itself_leads_to_its_call(scaled):
    call = "jax.lax.scan(lambda κ, λ: (jnp.cos(κ) * λ, jnp.log(λ)), ε, δ)"
    assert call in made_by(scaled.stages["jaxpr"], r"= scan\[")
    assert made_by(scaled.stages["jaxpr"], r"^ +length=8") == {call}
    assert made_by(scaled.stages["stablehlo"], r"stablehlo\.while") == {call}


def layer(w, x):
    return jax.nn.relu(x @ w)


def two_layers(w, x):
    h = jnp.where(x > 0, layer(w, x), 0.0)
    return jax.nn.relu(h * w)


@pytest.mark.parametrize("stage", STAGES)
def test_what_jax_made_inside_a_library_function_leads_to_its_call(stage):
    looked = inspect(two_layers, F, F).stages[stage]
    maximum = {"jaxpr": r"= max\b", "stablehlo": r"stablehlo\.maximum"}.get(stage, r" maximum\(")
    assert made_by(looked, maximum) == {"jax.nn.relu(x @ w)", "jax.nn.relu(h * w)"}
    select = {"jaxpr": r"= select_n", "stablehlo": r"stablehlo\.select"}.get(stage, r" select\(")
    assert made_by(looked, select) == {"jnp.where(x > 0, layer(w, x), 0.0)"}


def test_the_call_of_inspect_made_no_operation():
    looked = inspect(lambda x: x * 2.0 + 1.0, F)
    pieces = {piece for s in STAGES for line in places(looked.stages[s]) for piece in line}
    assert pieces == {"x", "x * 2.0", "x * 2.0 + 1.0"}


def test_the_gradient_leads_to_the_lines_of_the_function():
    looked = inspect(jax.grad(lambda w, x: jnp.tanh(layer(w, x)).sum()), F, F)
    assert made_by(looked.stages["jaxpr"], r"= dot_general\b") == {"x @ w"}
    assert made_by(looked.stages["hlo"], r"transpose\(jvp.* dot\(|dot\(.*transpose\(jvp") == {"x @ w"}


def test_most_instructions_of_an_adam_train_step_lead_to_the_users_lines(capsys):
    adam = optax.adam(1e-3)

    def loss(params, x, y):
        hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
        return optax.squared_error(hidden @ params["w2"], y).mean()

    def step(params, state, x, y):
        value, grads = jax.value_and_grad(loss)(params, x, y)
        updates, state = adam.update(grads, state, params)
        return optax.apply_updates(params, updates), state, value

    params = {"w1": jnp.ones((16, 32)), "b1": jnp.zeros(32), "w2": jnp.ones((32, 4))}
    looked = inspect(step, params, adam.init(params), jnp.ones((8, 16)), jnp.ones((8, 4)))
    stage = looked.stages["hlo"]
    assert files(stage) == [__file__]
    lines, found = stage.text.split("\n"), places(stage)
    free = re.compile(r" (parameter|constant|tuple|get-tuple-element|bitcast|broadcast|copy)\(")
    work = [pieces for line, pieces in zip(lines, found, strict=True) if " = " in line and not free.search(line)]
    mapped = sum(bool(pieces) for pieces in work)
    with capsys.disabled():
        print(f"\nAdam train step: {mapped} of {len(work)} computing instructions lead to a user line", end=" ")
    assert mapped >= 0.9 * len(work)
    assert len(work) > 40
    assert "adam.update(grads, state, params)" in {piece for pieces in work for piece in pieces}


def test_what_no_user_line_made_leads_to_the_innermost_library_line():
    adam = optax.adam(1e-3)
    looked = inspect(adam.update, jnp.ones(3), adam.init(jnp.ones(3)))
    assert files(looked.stages["jaxpr"])
    assert all("optax" in file for file in files(looked.stages["jaxpr"]))


def test_files_are_called_by_names_people_know(monkeypatch, tmp_path):
    assert known_as("/tmp/ipykernel_17/2731.py") == "your notebook cell"
    assert known_as("<ipython-input-3-abc>") == "your notebook cell"
    assert known_as(optax.adam.__code__.co_filename) == os.path.join("optax", "_src", "alias.py")
    assert known_as(models.__file__) == os.path.join("explorer", "catalog", "models", "__init__.py")
    monkeypatch.chdir(tmp_path)
    assert known_as(str(tmp_path / "mine" / "model.py")) == os.path.join("mine", "model.py")
    assert known_as("/elsewhere/model.py") == "/elsewhere/model.py"


def test_a_model_of_the_catalog_is_the_users_code_and_jax_is_not():
    assert owner(models.__file__) == "user"
    assert owner(registry.__file__) == "library"
    assert owner(jax.__file__) == "hidden"
    assert owner(jnp.__file__) == "hidden"
    assert owner(optax.__file__) == "library"
    assert owner(stablehlo_spans.__file__) == "hidden"
    assert owner(linecache.__file__) == "hidden"
    assert owner("/tmp/ipykernel_17/2731.py") == "user"


@pytest.mark.parametrize("stage", STAGES)
def test_a_file_whose_name_is_not_ascii(tmp_path, stage):
    file = tmp_path / 'naïve "módel" 1.py'
    file.write_text("import jax.numpy as jnp\n\ndef f(x):\n    return 'é' and jnp.exp(x)\n", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("naive", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    looked = inspect(module.f, F).stages[stage]
    assert files(looked) == [str(file)]
    assert made_by(looked, r"= exp |\.exponential|exponential\(") - {"x"} == {"jnp.exp(x)"}


def test_a_notebook_cell_edited_between_two_looks():
    def run_cell(source):
        name = "/tmp/ipykernel_17/1234.py"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        cell = {"jnp": jnp}
        exec(compile(source, name, "exec"), cell)
        return inspect(cell["f"], F)

    assert made_by(run_cell("def f(x):\n    return jnp.sin(x)\n").stages["hlo"], r"[/\"]sin\"") == {"jnp.sin(x)"}
    later = run_cell("\n\ndef f(x):\n    return 2 * jnp.cos(x)\n").stages["hlo"]
    assert made_by(later, r"[/\"]cos\"") == {"jnp.cos(x)"}
    assert later.files.text(0).startswith("\n\ndef f")


def test_a_source_that_cannot_be_read_is_still_named():
    cell = {"jnp": jnp}
    exec(compile("def f(x):\n    return jnp.sin(x)\n", "<gone>", "exec"), cell)
    stage = inspect(cell["f"], F).stages["jaxpr"]
    assert stage.files.text(stage.files.names.index("<gone>")) is None
    assert [span[:5] for span in stage.sources(1)] == [("<gone>", 2, 11, 2, 21)]


def test_frames_of_hlo_whose_callers_are_printed_without_the_plus_one():
    table = """FileNames
1 "a.py"

FunctionNames
1 "f"

FileLocations
1 {file_name_id=1 function_name_id=1 line=1 end_line=1 column=0 end_column=4}
2 {file_name_id=1 function_name_id=1 line=7 end_line=7 column=2 end_column=5}

StackFrames
1 {file_location_id=1}
2 {file_location_id=2 parent_frame_id=1}

ENTRY %main {
  %x = f32[] add(%a, %b), metadata={op_name="jit(f)/add" stack_frame_id=2}
}"""
    called = hlo_spans.read(table, frozenset()).trace
    assert called.table == [(), (Origin(Frame("a.py", 7, 2, 7, 5)),)]
    outer = hlo_spans.read(table, frozenset({Frame("a.py", 7, 2, 7, 5)})).trace
    assert outer.table == [(), (Origin(Frame("a.py", 1, 0, 1, 4)),)]


def test_a_fused_location_of_stablehlo_leads_to_every_place():
    plain = "module @m {\n  %0 = stablehlo.add %a, %b : tensor<f32>\n}\n"
    debug = (
        "module @m {\n  %0 = stablehlo.add %a, %b : tensor<f32> loc(#loc4)\n} loc(#loc)\n"
        '#loc = loc(unknown)\n#loc1 = loc("a.py":3:1 to :4)\n#loc2 = loc("a.py":5:1 to 6:4)\n'
        '#loc3 = loc(callsite("g"(#loc2) at #loc1))\n#loc4 = loc(fused<"x">["add"(#loc1), #loc3])\n'
    )
    found, _ = stablehlo_spans.read(plain, debug, frozenset())
    assert found.of(1) == (Origin(Frame("a.py", 3, 1, 3, 4)), Origin(Frame("a.py", 5, 1, 6, 4)))
    with pytest.raises(stablehlo_spans.MisalignedError):
        stablehlo_spans.read("module @other {\n}\n", debug, frozenset())


def test_two_notebook_cells_are_told_apart_by_what_they_define():
    files = Files()
    for number, source in enumerate(("# a comment\ndef norm(x):\n    return x\n", "import jax\nscale = 2\n")):
        name = f"/tmp/ipykernel_17/{number}99.py"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        files.add(name)
    titles = [file["title"] for file in files.header()]
    assert titles == ["your notebook cell: norm", "your notebook cell: scale"]
