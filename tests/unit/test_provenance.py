"""Provenance survives optimization: judged by changing a literal and looking at which instructions become others.

    python tests/unit/test_provenance.py    # every literal of all 50 programs, with what is missed and what is wrong

How it is judged: in one program after the other, one floating-point literal on line L gets another value, and the
program is compiled with each. What an instruction is, and when it is changed, is told by `mutated.changed` from the two
optimized texts alone, without any link; its docstring has the definition. Both programs are judged, each by its own
links.

- **Recall**: of the changed instructions, the share that list line L: a span of the user's, own or carried, is on it.
- **Precision**: of the instructions that list the operation which takes the literal (a span with exactly its extent,
  own or carried), the share that are changed. By the extent and not by the line, because a line such as
  `y = jnp.exp(x @ w) * 0.5` makes a product and an exponential too, which rightly list L and do not change with 0.5.
- The share of all that list L is printed as well; it has no bound. Two things count against precision that are no
  mistakes: a bitcast that XLA gives the place of what it moves, and both ends of a `clip` of which only one changes.

Literals are values, never shapes, axes or exponents: these change the instructions of lines that are not theirs.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import pytest
from mutated import Literal, changed, literals, mutated
from mutation_programs import Program, drawn, written

import explorer
from explorer.compiler.rules import RULES

RECALL, PRECISION = 0.95, 0.9
DRAWN = 30


class Score(NamedTuple):
    """Counts of instructions over some literals.

    Args:
      changed: those that are changed.
      found: of these, those that list the literal's line.
      listing: those that list the operation of the literal.
      right: of these, those that are changed.
      on_line: those that list the literal's line.
    """

    changed: int = 0
    found: int = 0
    listing: int = 0
    right: int = 0
    on_line: int = 0

    def __add__(self, other: Any) -> Score:
        return Score(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def recall(self) -> float:
        return self.found / max(self.changed, 1)

    @property
    def precision(self) -> float:
        return self.right / max(self.listing, 1)

    def __str__(self) -> str:
        return (
            f"recall {self.recall:.3f} ({self.found:,} of {self.changed:,} changed instructions), "
            f"precision {self.precision:.3f} ({self.right:,} of {self.listing:,}); "
            f"{self.found / max(self.on_line, 1):.3f} of all that list the line"
        )


def programs() -> list[Program]:
    return [*written(), *map(drawn, range(DRAWN))]


def looked_at(program: Program, source: str, file: Path) -> explorer.Inspection:
    file.write_text(source)
    space: dict[str, Any] = {"__name__": file.stem}
    exec(compile(source, str(file), "exec"), space)
    return explorer.inspect(space["f"], *program.arguments)


def judge(
    program: Program, chosen: Iterable[Literal], folder: Path, tell: Callable[[str], None] | None = None
) -> Score:
    """Return the score of a program over some of its literals; `tell` is told what is missed and what is wrong."""
    before = looked_at(program, program.source, folder / "before.py")
    assert before.stages["hlo"].links is not None  # read now: the file of the other is another one
    total = Score()
    for literal in chosen:
        after = looked_at(program, mutated(program.source, literal), folder / "after.py")
        both = changed(before.stages["hlo"].text, after.stages["hlo"].text)
        for look, lines in zip((before, after), both, strict=True):
            stage = look.stages["hlo"]
            for number, text in enumerate(stage.text.split("\n"), 1):
                if " = " not in text:
                    continue
                spans = [span for span in stage.sources(number) if not span.library]
                on = any(span.line <= literal.line <= span.end_line for span in spans)
                at = any((s.line, s.column, s.end_line, s.end_column) == literal.operation for s in spans)
                is_changed = number in lines
                total += Score(is_changed, is_changed and on, at, is_changed and at, on)
                if tell and ((is_changed and not on) or (at and not is_changed)):
                    places = ", ".join(f"{s.line}:{s.column} {s.rule}".strip() for s in spans)
                    what = "wrong " if at else "missed"
                    code = program.source.split("\n")[literal.line - 1].strip()
                    tell(f"  {what} {code!r}: {text.partition(', metadata')[0].strip()[:120]} << {places}")
    return total


def test_changed_instructions_list_the_line_that_changed(tmp_path, capsys):
    """One literal of each of the 50 programs; all of them in the test below."""
    chance = random.Random(0)
    total = Score()
    for program in programs():
        total += judge(program, [chance.choice(literals(program.source))], tmp_path)
    with capsys.disabled():
        print(f"\n50 programs, a literal of each: {total}", end=" ")
    assert total.changed > 300
    assert total.recall >= RECALL
    assert total.precision >= PRECISION


@pytest.mark.slow
def test_changed_instructions_list_the_line_that_changed_of_every_literal(tmp_path, capsys):
    total = Score()
    for program in programs():
        total += judge(program, literals(program.source), tmp_path)
    with capsys.disabled():
        print(f"\n50 programs, every literal: {total}", end=" ")
    assert total.changed > 2000
    assert total.recall >= RECALL
    assert total.precision >= PRECISION


X = jax.ShapeDtypeStruct((8,), jnp.float32)
N = jax.ShapeDtypeStruct((8,), jnp.int32)  # every version of XLA merges sums and products of these


def two_additions(x):
    y = x + 2
    z = y + 1
    return z


def lines_of(stage, wanted):
    """Return for each line with a word the lines of source that it comes from, each with the rule."""
    found = []
    for number, text in enumerate(stage.text.split("\n"), 1):
        if wanted in text.partition(", metadata=")[0]:
            found.append({(span.line, span.rule) for span in stage.sources(number) if not span.library})
    return found


def at(fn, line, rule=""):
    return fn.__code__.co_firstlineno + line, rule


def test_two_additions_that_became_one_show_both_lines():
    looked = explorer.inspect(two_additions, N)
    stage = looked.stages["hlo"]
    first, second = at(two_additions, 1, "gone"), at(two_additions, 2)
    (addition,) = lines_of(stage, " add(")
    assert addition == {first, second}
    (constant,) = lines_of(stage, " constant(3)")
    assert constant == {at(two_additions, 1, "used"), at(two_additions, 2, "used")}
    (fusion,) = lines_of(stage, " fusion(")
    assert {line for line, _ in fusion} == {first[0], second[0]}
    number = next(n for n, text in enumerate(stage.text.split("\n"), 1) if " add(" in text)
    own, carried = stage.sources(number)  # the line's own comes first
    assert (own.carried, own.rule, own.why) == (False, "", "")
    assert (carried.carried, carried.rule) == (True, "gone")
    assert carried.why == RULES["gone"].why
    assert "optimized away" in carried.why
    assert number in looked.relatives("source", first[0])["hlo"]


def test_each_pass_shows_what_is_gone_by_then():
    passes = explorer.inspect(two_additions, N).passes
    (simplifier,) = (p for p in passes.named("algsimp") if p.changed)
    before = [number for number, text in enumerate(simplifier.before.split("\n"), 1) if " add(" in text]
    assert [len(passes[simplifier.number - 1].sources(number)) for number in before] == [1, 1]
    addition = next(n for n, text in enumerate(simplifier.text.split("\n"), 1) if "s32[8]{0} add(" in text)
    assert {(s.line, s.rule) for s in simplifier.sources(addition)} == {
        at(two_additions, 1, "gone"),
        at(two_additions, 2),
    }


def the_same_twice(x):
    a = jnp.sin(x * 2.5)
    b = jnp.sin(x * 2.5)
    return a + b, a * b


def test_what_is_computed_twice_shows_both_lines():
    sines = lines_of(explorer.inspect(the_same_twice, X).stages["hlo"], " sine(")
    assert sines
    for sine in sines:
        rules = dict(sine)
        assert set(rules) == {at(the_same_twice, 1)[0], at(the_same_twice, 2)[0]}
        assert sorted(rules.values()) == ["", "same"]


def merged_for_one_use(x):
    a = x * 3
    b = a * 5
    return a, b ^ x


def test_an_operation_that_is_still_there_for_another_is_shown_where_it_was_merged():
    (constant,) = lines_of(explorer.inspect(merged_for_one_use, N).stages["hlo"], " constant(15)")
    assert {line for line, _ in constant} == {at(merged_for_one_use, 1)[0], at(merged_for_one_use, 2)[0]}


def test_a_constant_in_a_loop_comes_from_the_line_that_uses_it():
    def loop(x):
        def body(carry, row):
            carry = jnp.tanh(carry * 0.91 + row)
            return carry, carry

        return jax.lax.scan(body, x, jnp.ones((5, 8)))

    found = lines_of(explorer.inspect(loop, X).stages["hlo"], " constant(0.91)")
    assert found
    assert all(loop.__code__.co_firstlineno + 2 in {line for line, _ in each} for each in found)


def test_what_nothing_took_away_is_carried_nowhere():
    stage = explorer.inspect(lambda x, w: jnp.tanh(x @ w), jnp.ones((8, 8)), jnp.ones((8, 8))).stages["hlo"]
    assert not stage.links.rows[(stage.links.rows[:, 7] >> 2) >= list(RULES).index("gone") + 1].size


def main() -> None:
    """Print the figures of every program, with what is missed and what is wrong, and of all of them."""
    total = Score()
    with tempfile.TemporaryDirectory() as folder:
        for program in programs():
            told: list[str] = []
            score = judge(program, literals(program.source), Path(folder), told.append)
            total += score
            print(f"{program.name}: {score}", *told, sep="\n", flush=True)
    print(f"\n50 programs, every literal: {total}")
    sys.exit(total.recall < RECALL or total.precision < PRECISION)


if __name__ == "__main__":
    main()
