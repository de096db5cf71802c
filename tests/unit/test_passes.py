"""The passes of XLA: what each did, texts byte for byte, nothing left behind, and a pass switched off."""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import explorer
from explorer.compiler.hlo.reader import read
from explorer.compiler.passes.delta import Edit, applied, edits_of
from explorer.compiler.passes.history import STRIDE, History
from explorer.compiler.passes.meaning import meaning_of
from explorer.compiler.passes.meanings import MEANINGS
from explorer.errors import FieldError
from explorer.records import decode, encode

F = jax.ShapeDtypeStruct((32, 32), jnp.float32)


def three_more(x):
    return (x + 2) + 1


def network(w, v, x):
    hidden = jax.nn.relu(x @ w)
    return jnp.mean((jnp.tanh(hidden @ v) - 1) ** 2)


@pytest.fixture(scope="module")
def small():
    return explorer.inspect(three_more, jnp.ones(8, int))


@pytest.fixture(scope="module")
def larger():
    return explorer.inspect(jax.value_and_grad(network, argnums=(0, 1)), F, F, F)


def test_the_simplifier_takes_an_addition_away(small):
    (simplifier,) = (p for p in small.passes.named("algsimp") if p.changed)
    assert simplifier.before.count("s32[8]{0} add(") == 2
    assert simplifier.text.count("s32[8]{0} add(") == 1
    assert "constant(3)" in small.stages["hlo"].text
    assert simplifier.what_it_did.startswith("1 instruction fewer (7 → 6), ")
    assert "x + 0 becomes x" in simplifier.what_it_does
    lines = simplifier.diff.split("\n")
    assert sum(line.startswith("- ") and " add(" in line for line in lines) == 2
    assert sum(line.startswith("+ ") and " add(" in line for line in lines) == 2  # one of them of two scalars


def test_fusions_appear_at_the_fusion_pass(larger):
    (fusion,) = larger.passes.named("fusion")
    before = larger.passes[fusion.number - 1]
    assert before.fusions < fusion.fusions == fusion.text.count(" fusion(")
    assert before.fusions == before.text.count(" fusion(")
    assert fusion.bytes < before.bytes
    assert f"({before.fusions} → {fusion.fusions})" in fusion.what_it_did
    assert "read and written" in fusion.what_it_did
    assert larger.passes[-1].fusions == larger.stages["hlo"].text.count(" fusion(")


def test_figures_are_those_of_the_text(larger):
    for p in larger.passes:
        module = read(p.text)
        assert p.instructions == len(module), p
        assert p.fusions == sum(instruction.opcode == "fusion" for instruction in module), p
    last = larger.passes[-1]
    assert last.bytes == pytest.approx(larger.cost["bytes_accessed"])


def test_texts_are_what_xla_wrote_byte_for_byte(larger, tmp_path):
    options = {"xla_dump_to": str(tmp_path), "xla_dump_hlo_pass_re": ".*"}
    jax.jit(jax.value_and_grad(network, argnums=(0, 1))).lower(F, F, F).compile(compiler_options=options)
    files = [path for path in sorted(tmp_path.glob("*.????.*.txt")) if ".after_" in path.name]
    assert len(files) == len(larger.passes) > 20

    def program(text):  # the tables tell where the test called it, which is another line here
        return text[text.index("\n\n%" if "\n\n%" in text else "\n\nENTRY") :].split("metadata=")[0]

    for path, p in zip(files, larger.passes, strict=True):
        assert f".{p.pipeline}.after_{p.name}." in path.name
        assert program(path.read_text()) == program(p.text)


def test_the_texts_kept_are_the_files(monkeypatch):
    from explorer.compiler.passes import passes as module

    seen = []

    class Told(module.History):
        def append(self, text):
            seen.append(text)
            return super().append(text)

    monkeypatch.setattr(module, "History", Told)
    passes = explorer.inspect(jax.grad(network), F, F, F).passes
    assert [p.text for p in passes] == seen
    assert [p.text for p in reversed(passes)] == seen[::-1]


def test_nothing_stays_on_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert len(explorer.inspect(three_more, F).passes) > 5
    assert list(tmp_path.iterdir()) == []
    refused = explorer.inspector(compiler_options={"xla_no_such_option": True})(three_more, F).passes
    assert len(refused) == 0
    assert "xla_no_such_option" in refused.missing
    assert list(tmp_path.iterdir()) == []


def test_a_persistent_cache_is_neither_used_nor_filled(tmp_path):
    program = f"""
import jax, jax.numpy as jnp, explorer, pathlib
jax.config.update("jax_compilation_cache_dir", {str(tmp_path)!r})
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
looked = explorer.inspect(lambda x: jnp.sin(x) + 1, jax.ShapeDtypeStruct((4,), jnp.float32))
folder = pathlib.Path({str(tmp_path)!r})
kept = lambda: sorted(path.name for path in folder.glob("*-cache"))
before = kept()
print(len(before), len(looked.passes) > 5, before == kept())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    count, passes, same = done.stdout.split()
    assert int(count) > 0
    assert (passes, same) == ("True", "True")


def test_passes_that_change_nothing_are_known_and_names_are_no_change(larger):
    unchanged = [p for p in larger.passes if not p.changed]
    assert len(unchanged) > 5
    assert all(p.what_it_did.startswith(("It changed nothing", "It renamed")) for p in unchanged)
    assert all(p.text == p.before for p in unchanged if not p.edits)
    old = ["ENTRY %f {", "  %add.3 = f32[] add(%a, %b)", "  ROOT %mul.1 = f32[] multiply(%add.3, %a)", "}"]
    new = ["ENTRY %f {", "  %add.7 = f32[] add(%a, %b)", "  ROOT %mul.1 = f32[] multiply(%add.7, %a)", "}"]
    assert edits_of(old, new) == (Edit(1, 2, tuple(new[1:3]), True),)
    other = [*new[:2], "  ROOT %mul.1 = f32[] multiply(%a, %a)", "}"]
    assert [edit.renamed for edit in edits_of(old, other)] == [True, False]


def test_edits_make_any_text_of_any_other():
    chance = random.Random(0)
    vocabulary = [f"  %v.{n} = f32[{n % 3}] add(%v.{n - 1}, %v.{n - 2})" for n in range(40)] + ["}", "", "%c {"] * 4
    for _ in range(300):
        old = [chance.choice(vocabulary) for _ in range(chance.randrange(60))]
        new = old[:]
        for _ in range(chance.randrange(8)):
            at = chance.randrange(len(new) + 1)
            new[at : at + chance.randrange(4)] = [chance.choice(vocabulary) for _ in range(chance.randrange(4))]
        edits = edits_of(old, new)
        assert applied(old, edits) == new
        assert all(not edit.renamed or edit.removed == len(edit.added) for edit in edits)
        assert edits_of(new, new) == ()


def test_a_large_text_is_compared_in_time():
    old = [f"  %v.{n} = f32[] add(%v.{n - 1}, %v.{n - 2})" for n in range(60_000)]
    new = [line.replace("add", "subtract") if n % 100 == 0 else line for n, line in enumerate(old)]
    new[30_050:30_050] = ["  %w = f32[] constant(1)"]
    edits = edits_of(old, new)
    assert len(edits) == 601
    assert applied(old, edits) == new
    renamed = [line.replace("%v", "%u") for line in old]
    assert applied(old, edits_of(old, renamed)) == renamed


def test_a_history_gives_any_of_its_texts_in_any_order():
    texts = [f"a\nb {n // 3}\nc" for n in range(STRIDE * 3)]
    history = History(texts[0])
    for text in texts[1:]:
        history.append(text)
    order = list(range(len(texts)))
    random.Random(1).shuffle(order)
    assert [history.text(n) for n in order] == [texts[n] for n in order]


def test_the_order_of_instructions_is_told_as_such(larger):
    orders = [p for p in larger.passes if "set the order" in p.what_it_did]
    assert orders
    assert "is_scheduled=true" in orders[-1].text
    assert "is_scheduled=true" not in orders[-1].before


def test_lines_lead_to_their_source(larger):
    source = Path(__file__).read_text().split("\n")
    (fusion,) = larger.passes.named("fusion")
    lines = fusion.text.split("\n")
    dots = [n for n, line in enumerate(lines, 1) if " tanh(" in line]
    assert dots
    for n in dots:
        assert any("jnp.tanh(hidden @ v)" in source[span.line - 1] for span in fusion.sources(n))
    with pytest.raises(IndexError):
        fusion.sources(len(lines) + 1)


def test_a_pass_can_be_left_out(larger):
    without = larger.without_pass("fusion")
    assert without.name == f"{larger.name} without fusion"
    told = without.compare(larger)
    rows = {row.name: row for row in told.rows}
    assert rows["bytes"].after > rows["bytes"].before
    assert without.stages["stablehlo"].text == larger.stages["stablehlo"].text
    assert without.stages["hlo"].text != larger.stages["hlo"].text
    assert not [p for p in without.passes.named("fusion") if p.changed]
    assert without.relatives("jaxpr", 2)["hlo"]
    both = without.without_pass("algsimp")
    assert not both.passes.named("algsimp")
    assert not [p for p in both.passes.named("fusion") if p.changed]
    assert larger.without_pass("algsimp").passes.named("fusion")[0].changed


def test_an_unknown_pass_is_refused_with_those_that_ran(small):
    with pytest.raises(FieldError, match=r"no pass called 'fuse' ran.*algsimp.*fusion"):
        small.without_pass("fuse")
    assert "pipeline-start" not in small.passes.ran


def test_where_there_are_no_passes_the_reason_is_told():
    lowered = jax.jit(three_more).lower(F)
    assert explorer.inspect(lowered).passes.named("fusion")
    assert explorer.inspect(lowered).without_pass("fusion").stages["hlo"].available
    compiled = explorer.inspect(lowered.compile())
    assert len(compiled.passes) == 0
    assert "compiled already" in compiled.passes.missing
    assert "compiled already" in repr(compiled.passes)
    with pytest.raises(FieldError, match="compiled already"):
        compiled.without_pass("fusion")
    elsewhere = explorer.inspector(target="tpu")(three_more, F)
    assert "TPU" in elsewhere.passes.missing
    assert compiled.passes.record("f").header["reason"] == compiled.passes.missing


def test_every_pass_in_the_dumps_is_explained(small, larger):
    def looped(x, i):
        total = jax.lax.scan(lambda c, _: (jnp.tanh(c @ x), c.sum()), x, None, length=3)
        return jnp.sort(total[0])[i], jnp.cumsum(x), jax.lax.top_k(x, 3), jnp.linalg.cholesky(x @ x.T)

    program = explorer.inspect(looped, F, jax.ShapeDtypeStruct((4,), jnp.int32))
    names = {name for looked in (small, larger, program) for name in looked.passes.ran}
    assert len(names) > 30
    assert sorted(name for name in names if not meaning_of(name)) == []
    assert all(p.what_it_does for p in program.passes)
    assert meaning_of("apply-xla-transforms-41") == meaning_of("apply-xla-transforms")
    assert meaning_of("no-such-pass") == ""
    assert all(text.endswith(".") and text[0].isupper() and "!" not in text for text in MEANINGS.values())


def test_the_record_holds_every_text_and_its_links(larger):
    record = decode(encode(larger.passes.record("f")))
    added, entries = record.buffers["added"].split("\n"), record.buffers["entries"]
    lines = record.buffers["text"].split("\n")
    linked = entries[: len(lines)].copy()
    at = 0
    for number, p in enumerate(larger.passes):
        told = record.header["passes"][number]
        assert (told["name"], told["instructions"], told["did"]) == (p.name, p.instructions, p.what_it_did)
        shift = 0
        for _, first, removed, count, _ in record.buffers["edits"][record.buffers["edits"][:, 0] == number]:
            start = first + shift
            come = entries[len(record.buffers["text"].split("\n")) + at :][:count]
            lines[start : start + removed] = added[at : at + count]
            linked = np.concatenate([linked[:start], come, linked[start + removed :]])
            at, shift = at + count, shift + count - removed
        for _, line, entry in record.buffers["moved"][record.buffers["moved"][:, 0] == number]:
            linked[line] = entry
        assert "\n".join(lines) == p.text
        if p.changed:
            for line in range(0, len(lines), 7):
                rows = record.buffers["places"][record.buffers["places"][:, 0] == linked[line]]
                assert {(row[2], row[3]) for row in rows} == {(s.line, s.column) for s in p.sources(line + 1)}
    assert set(record.header["meanings"]) == {p.name for p in larger.passes}


def test_a_page_has_the_passes_of_a_program_that_compiles_quickly(monkeypatch):
    assert "passes/function" in explorer.inspect(three_more, F).page_records()
    monkeypatch.setattr("explorer.compiler.shown.QUICK_MS", 0)
    slow = explorer.inspect(lambda x: jnp.sin(x) * 3, F)
    assert "passes/function" not in slow.page_records()
    assert slow.passes
    assert "passes/function" in slow.page_records()
