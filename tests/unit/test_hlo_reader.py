"""The HLO reader takes what compilers print, gives it back byte for byte, and says what is wrong with the rest."""

import random
import time

import jax
import jax.numpy as jnp
import pytest
from hlo_texts import TEXTS

from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.printer import print_module
from explorer.compiler.hlo.reader import check, read
from explorer.compiler.hlo.shapes import ArrayShape, TupleShape, parse_shape
from explorer.errors import ExplorerError


@pytest.mark.parametrize("name", TEXTS)
def test_every_dump_comes_back_byte_for_byte(name):
    module = read(TEXTS[name])
    assert len(module) > 20
    assert print_module(module) == TEXTS[name]


def test_what_was_just_compiled_comes_back_byte_for_byte(tmp_path):
    def step(w, x):
        def body(w, row):
            return w - 0.1 * jax.grad(lambda w: jnp.sum(jnp.tanh(row @ w) ** 2))(w), jnp.linalg.slogdet(w)[1]

        return jax.lax.scan(body, w, x)

    lowered = jax.jit(step).lower(jnp.ones((4, 4)), jnp.ones((9, 2, 4)))
    compiled = lowered.compile({"xla_dump_to": str(tmp_path), "xla_dump_hlo_pass_re": ".*"})
    dumped = [path.read_text() for path in sorted(tmp_path.iterdir()) if path.suffix == ".txt"]
    texts = [text for text in dumped if text.startswith("HloModule")]
    assert len(texts) > 10
    for text in [compiled.as_text(), lowered.as_text("hlo"), *texts]:
        assert print_module(read(text)) == text


def test_a_module_says_what_is_in_it():
    module = read(TEXTS["written_by_hand"])
    assert module.name == "written_by_hand"
    assert dict(module.attributes)["replica_count"] == "2"
    assert [(table.name, len(table.rows)) for table in module.tables] == [
        ("FileNames", 2),
        ("FunctionNames", 1),
        ("FileLocations", 1),
        ("StackFrames", 1),
    ]
    assert [c.name for c in module.computations] == [
        "add.clone-1",
        "on_host",
        "nested.body",
        "nested.condition",
        "main.42",
    ]
    assert module.entry is module.computation("main.42")
    assert module.entry.root.name == "tuple.1"
    assert module.computation("on_host").ending == ', execution_thread="host"'


def test_an_instruction_says_what_it_is():
    found = {instruction.name: instruction for instruction in read(TEXTS["written_by_hand"]).instructions}
    reduce_start = found["all-reduce-start.1"]
    assert (reduce_start.opcode, reduce_start.computation.name) == ("all-reduce-start", "main.42")
    assert TEXTS["written_by_hand"].split("\n")[reduce_start.line - 1].strip().startswith("%all-reduce-start.1 =")
    assert [operand.name for operand in reduce_start.operands] == ["%a"]
    attributes = dict(reduce_start.attributes)
    assert attributes["replica_groups"] == "[2,4]<=[4,2]T(1,0)"
    assert attributes["backend_config"].endswith('"note":"a } brace, a \\" quote"}')
    assert reduce_start.metadata == r'op_name="jit(f)/shard_map/psum \"quoted, } text\"" stack_frame_id=1'
    assert reduce_start.called == (("called", "add.clone-1"),)
    assert found["loop"].called == (("condition", "nested.condition"), ("body", "nested.body"))
    assert found["many"].called == (("called", "add.clone-1"), ("called", "on_host"))
    assert [operand.name for operand in found["many"].operands] == ["%host-done", *["%a"] * 5]
    assert found["literal"].literal == "{ { 1, -2, 3 }, { 4, 5, -6 } }"
    assert [str(operand) for operand in found["add.3"].operands] == ["f32[] x.2", "f32[] y.2"]
    assert (found["add.3"].is_root, found["x.2"].is_root) == (True, False)


def test_loops_say_how_often_they_run():
    loops = [i for i in read(TEXTS["cpu_loops"]) if i.opcode == "while"]
    assert sorted(str(loop.trip_count) for loop in loops) == ["16", "3", "5", "None"]  # 16: the pivots of lu


def test_shapes_have_dimensions_layouts_and_bytes():
    shape = parse_shape("bf16[<=16,?,128]{2,1,0:T(8,128)(2,1)S(1)}")
    assert isinstance(shape, ArrayShape)
    assert (shape.dtype, shape.dimensions, shape.dynamic) == ("bf16", (16, None, 128), (True, False, False))
    assert (shape.layout.minor_to_major, shape.layout.tiles, shape.layout.memory_space) == (
        (2, 1, 0),
        "(8,128)(2,1)",
        1,
    )
    assert shape.bytes == 16 * 128 * 2
    assert [parse_shape(text).bytes for text in ("f32[]", "pred[3]", "s4[5]{0:E(4)}", "c64[2]", "token[]")] == [
        4,
        3,
        3,
        16,
        0,
    ]
    both = parse_shape("(f32[2,2]{1,0}, (s8[4]{0}, u32[]{:S(2)}))")
    assert isinstance(both, TupleShape)
    assert both.bytes == 16 + 4 + 4


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", 1, "a module begins with 'HloModule'"),
        ("HloModule m, is_scheduled", 1, "'is_scheduled' is not name=value"),
        ("HloModule m\n\nnonsense", 3, "a computation such as"),
        ("HloModule m\n\nENTRY %e () -> f32[] {\n  %a = f32[] constant(0)", 4, "line 3 is not closed"),
        ("HloModule m\n\n%e {\n  %a f32[] constant(0)\n}", 4, "'name = type opcode(...)' belongs here"),
        ("HloModule m\n\n%e {\n  %a = (f32[], s32[] tuple(%b)\n}", 4, "is not closed"),
        ("HloModule m\n\n%e {\n\n  %a = f32[] constant(0)\n}", 4, "'name = type opcode(...)' belongs here"),
    ],
)
def test_what_is_not_hlo_is_said_with_its_line(text, line, words):
    with pytest.raises(HloSyntaxError, match=f"^HLO, line {line}: ") as caught:
        read(text)
    assert words in str(caught.value)
    assert isinstance(caught.value, ExplorerError)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("instruction", "words"),
    [
        ("%a = f32[2,x]{0} constant(0)", "'x' in 'f32[2,x]{0}' is no dimension"),
        ("%a = f32[2]{0:8} constant(0)", "'{0:8}' is no layout"),
        ("%a = f32[2]{0} add(%b, %c", "'(' is not closed"),
        ("%a = f32[2]{0} add(%b, /*index=5*/%c)", "does not say /*index=1*/"),
        ('%a = f32[2]{0} add(%b), metadata={op_name="x}', "a string is not closed"),
        ("%a = f32[2]{0} add(%b) to_apply=%c", "', name=value' belongs after the operands"),
        ("%a = f32[2]{0} add(%b), dimensions={0]", "']' closes nothing"),
        (f"%a = {'(' * 5000}{')' * 5000} add(%b)", "tuples in one another"),
    ],
)
def test_what_is_wrong_inside_an_instruction_is_said_when_it_is_read(instruction, words):
    module = read(f"HloModule m\n\n%e {{\n  {instruction}\n}}")
    with pytest.raises(HloSyntaxError, match=r"^HLO, line 4: ") as caught:
        check(module)
    assert words in str(caught.value)


PIECES = ["(", ")", "{", "}", '"', "\\", "/*", "*/", ",", ", ", " ", "\n", "%", "=", "[", "]", "é", "ROOT ", "ENTRY "]
PIECES += ["constant(", "<=", "0" * 30, "\x00", ":", "T(", "FileNames\n", "/*index=5*/"]


def mutated(text: str, draw: random.Random) -> str:
    """Return a text with one to four things wrong with it."""
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(text) + 1)
        end, piece = min(len(text), start + draw.randint(1, 30)), draw.choice(PIECES)
        change = draw.randrange(5)
        if change == 0:
            text = text[:start] + piece + text[start:]
        elif change == 1:
            text = text[:start] + text[end:]
        elif change == 2:
            text = text[:start] + text[start:end] * draw.randint(2, 50) + text[end:]
        elif change == 3:
            text = text[:start]
        else:
            text = text[:start] + piece * draw.randint(1, 3000) + text[end:]
    return text


@pytest.mark.parametrize("name", TEXTS)
def test_mutated_text_is_read_or_refused_and_never_hangs(name):
    draw = random.Random(name)
    lines = TEXTS[name].split("\n")
    refused = 0
    for _ in range(80):
        start = draw.randrange(max(1, len(lines) - 60))
        text = mutated("\n".join([lines[0], *lines[start : start + 60]]) if draw.random() < 0.7 else TEXTS[name], draw)
        begun = time.perf_counter()
        try:
            again = print_module(read(text))
        except HloSyntaxError:
            refused += 1
        else:
            assert again == text
        assert time.perf_counter() - begun < 5
    assert refused > 40
