"""What the words of the texts mean: each one that occurs is explained, and nothing that does not exist."""

from __future__ import annotations

import inspect
import json
import re
from importlib import resources

import jax
import jax.extend.core.primitives as public
import jax.numpy as jnp
import pytest
from catalog_models import each_model
from glossary_samples import equations, traced
from hlo_texts import TEXTS
from jax.extend.mlir.dialects import stablehlo
from jaxlib.mlir.dialects import chlo, func, sdy

import explorer
from explorer.app.show import page_of, with_about
from explorer.compiler.glossary.record import every_word, words_in
from explorer.compiler.glossary.words import LANGUAGES, OPERATIONS, Word, words
from explorer.compiler.hlo.reader import read
from explorer.compiler.jax_private import hlo_cost
from explorer.compiler.stage import LANGUAGES as WRITTEN_IN
from explorer.embed import inline
from explorer.records import encode
from explorer.training.config import RunConfig
from explorer.training.look import look_at
from explorer.training.setup import setup

NAMES = re.compile(r"(?:metadata|backend_config|frontend_attributes|origin)=\{.*")
"""What is cut off an HLO line: whatever a compiler notes for itself."""


RARE = """HloModule rare
add { a = f32[] parameter(0)
 b = f32[] parameter(1)
 ROOT c = f32[] add(a, b) }
ge { a = f32[] parameter(0)
 b = f32[] parameter(1)
 ROOT c = pred[] compare(a, b), direction=GE }
ENTRY e {
 x = f32[2,8,8,4] parameter(0)
 k = f32[3,3,1,4] parameter(1)
 i = s32[2,1] parameter(2)
 c = f32[2,8,8,4] convolution(x, k), window={size=3x3 pad=1_1x1_1 lhs_dilate=1x1 rhs_reversal=1x1}, \
dim_labels=b01f_01io->b01f, feature_group_count=4, batch_group_count=1, operand_precision={high,default}
 z = f32[] constant(0)
 s = f32[2,8,8,4] select-and-scatter(c, c, z), window={size=1x1x1x1}, select=ge, scatter=add
 t = token[] after-all()
 u = (f32[2,8,8,4], u32[], token[]) send(s, t), channel_id=1, is_host_transfer=true
 g = f32[2,8,4] gather(s, i), offset_dims={1,2}, collapsed_slice_dims={1}, start_index_map={1}, index_vector_dim=1, \
slice_sizes={1,1,8,4}, operand_batching_dims={0}, start_indices_batching_dims={0}, indices_are_sorted=true
 h = f32[2,8,8,4] scatter(s, i, g), update_window_dims={1,2}, inserted_window_dims={1}, \
scatter_dims_to_operand_dims={1}, index_vector_dim=1, input_batching_dims={0}, \
scatter_indices_batching_dims={0}, unique_indices=true, to_apply=add
 ROOT r = f32[2,8,8,4] copy(h), control-predecessors={u}, metadata={op_type="a" op_name="b" source_file="c" \
source_line=1 source_end_line=2 source_column=3 source_end_column=4}
}"""
"""What the dumps do not hold, for XLA to read."""


def named(language: str, *kinds: str) -> dict[str, Word]:
    return {word.name: word for word in words().values() if word.language == language and word.kind in kinds}


@pytest.fixture(scope="module")
def jaxprs() -> list[str]:
    return [str(each.jaxpr) for each in traced()]


@pytest.fixture(scope="module")
def lowered() -> list[str]:
    return [each.lower().as_text() for each in traced()]


# Every word that occurs is explained


def test_every_opcode_of_the_dumps_is_explained():
    opcodes = set().union(*(read(text).opcodes for text in TEXTS.values()))
    assert len(opcodes) > 60
    assert opcodes - set(named("hlo", "opcode")) == set()


def test_every_attribute_of_the_dumps_is_explained():
    lines = [NAMES.sub("", line) for text in TEXTS.values() for line in text.split("\n")]
    found = {name for line in lines if " = " in line for name in re.findall(r"[\s{(,]([a-z_]+)=", line)}
    assert {"calls", "to_apply", "lhs_contracting_dims", "window", "replica_groups"} <= found
    assert found - set(named("hlo", "attribute")) == set()


def test_every_primitive_and_parameter_that_jax_records_is_explained():
    found = [equation for each in traced() for equation in equations(each.jaxpr.jaxpr)]
    primitives = {equation.primitive.name for equation in found}
    assert len(primitives) > 140
    assert primitives - set(named("jaxpr", "primitive")) == set()
    parameters = set().union(*(equation.params for equation in found))
    assert len(parameters) > 100
    assert {name for name in parameters if not name.startswith("ft_")} - set(named("jaxpr", "attribute")) == set()


def test_every_operation_of_what_is_handed_to_xla_is_explained(lowered):
    operations = {name for text in lowered for name in operations_of(text)}
    assert len(operations) > 80
    assert operations - set(named("mlir", "operation")) == set()


@pytest.mark.parametrize("name", each_model())
def test_the_models_of_the_catalog_hold_no_word_that_is_not_explained(name):
    made = setup(RunConfig(model=name))
    for function in ("loss", "gradient", "train_step"):
        found = look_at(made, function)
        assert set(read(found.stages["hlo"].text).opcodes) <= set(named("hlo", "opcode"))
        assert set(read(found.stages["hlo_before"].text).opcodes) <= set(named("hlo", "opcode"))
        assert operations_of(found.stages["stablehlo"].text) <= set(named("mlir", "operation"))
        recorded = re.findall(r" = ([a-z_][\w-]*)(?:\[| |$)", found.stages["jaxpr"].text, re.MULTILINE)
        assert recorded
        assert set(recorded) <= set(named("jaxpr", "primitive"))


def operations_of(text: str) -> set[str]:
    """The operations of a StableHLO text: what stands after a result, or begins a line."""
    plain = re.sub(r'"[^"]*"', "", re.sub(r'"([\w.-]+)"\(', r"\1(", text))
    return set(re.findall(r"(?:^|= |applies )\s*((?:stablehlo|chlo|func|sdy)\.[\w.-]+)", plain, re.MULTILINE))


# Nothing is explained that does not exist


@pytest.mark.parametrize("opcode", sorted(named("hlo", "opcode")))
def test_xla_knows_every_opcode(opcode):
    with pytest.raises(ValueError, match=r"expects '\(' (at the beginning of operands|before)"):
        hlo_cost(f"HloModule m\nENTRY e {{ ROOT a = () {opcode}\n}}")


def test_xla_does_not_know_what_is_no_opcode():
    with pytest.raises(ValueError, match="nonesuch"):
        hlo_cost("HloModule m\nENTRY e { ROOT a = () nonesuch\n}")


def test_the_dialects_have_every_operation():
    classes = [
        value for each in (stablehlo, chlo, func, sdy) for value in vars(each).values() if inspect.isclass(value)
    ]
    known = {value.OPERATION_NAME for value in classes if hasattr(value, "OPERATION_NAME")}
    assert set(named("mlir", "operation")) - known == set()


def test_jax_has_every_primitive():
    known = {getattr(getattr(module, name), "name", "") for module in (public, jax.lax) for name in dir(module)}
    known |= {equation.primitive.name for each in traced() for equation in equations(each.jaxpr.jaxpr)}
    assert here("jaxpr", "primitive") - known == set()


def here(language: str, kind: str) -> set[str]:
    """The words that this version of jax has: an entry says since which it is there, or until which it was."""
    text = resources.files("explorer").joinpath(f"compiler/glossary/{language}.json").read_text(encoding="utf-8")
    now = tuple(int(part) for part in jax.__version__.split(".")[:2])

    def there(entry: str | dict[str, str]) -> bool:
        since, until = ("0", "9") if isinstance(entry, str) else (entry.get("since", "0"), entry.get("until", "9"))
        return tuple(map(int, since.split("."))) <= now < tuple(map(int, until.split(".")))

    return {name for name, entry in json.loads(text)[kind]["words"].items() if there(entry)}


def test_parameters_and_attributes_were_seen(jaxprs, lowered):
    recorded = {name for text in jaxprs for name in re.findall(r"(?<![\w.])([A-Za-z_]\w*)=", text)}
    recorded |= {name for each in traced() for found in equations(each.jaxpr.jaxpr) for name in found.params}
    assert here("jaxpr", "attribute") - recorded == set()
    handed = {name for text in lowered for name in re.findall(r"(?<![\w.%])([A-Za-z_][\w.]*)(?= =|=)", text)}
    assert set(named("mlir", "attribute")) - handed == set()
    assert hlo_cost(RARE)["flops"] > 0
    with pytest.raises(ValueError, match="Allowed attributes") as refused:
        hlo_cost("HloModule m\nENTRY e { ROOT a = f32[] constant(0), nonesuch=1 }")
    allowed = set(re.findall(r"[\w-]+", str(refused.value).partition("Allowed attributes")[2]))
    run = {name for text in (*TEXTS.values(), RARE) for name in re.findall(r"(?<![\w.%])([A-Za-z_][\w-]*)=", text)}
    assert set(named("hlo", "attribute")) - run - allowed == set()


# What is said


def test_a_meaning_that_is_another_words_says_the_same():
    hlo, mlir, jaxpr = (named(language, *OPERATIONS) for language in LANGUAGES[:3])
    assert jaxpr["mul"].means == mlir["stablehlo.multiply"].means == hlo["multiply"].means
    assert "matrix product" in jaxpr["dot_general"].means
    assert words()["types dtype s32"].means == words()["types dtype i32"].means


def test_meanings_are_sentences():
    for word in words().values():
        assert re.fullmatch(r"[A-Z0-9−{S].*\.|(bf|f)loat.*\.", word.means), word
        assert len(word.means) < 260, word
        assert not re.search(r"[!\n]|=$", word.means), word


def test_places_in_the_docs_are_addresses_without_a_scheme():
    places = {word.docs for word in words().values()} - {""}
    assert {place.split("/")[0] for place in places} == {"openxla.org", "docs.jax.dev", "mlir.llvm.org"}
    assert all(re.fullmatch(r"[\w.-]+/[\w./#-]+", place) for place in places)
    assert words()["hlo opcode all-gather"].docs == "openxla.org/xla/operation_semantics#allgather"
    assert words()["mlir operation stablehlo.dot_general"].docs == "openxla.org/stablehlo/spec#dot_general"


def test_the_functions_that_the_docs_are_said_to_tell_of_exist():
    for word in words().values():
        found = re.fullmatch(r"docs\.jax\.dev/en/latest/_autosummary/jax\.([\w.]+)\.html", word.docs)
        if found and not found[1].startswith(("experimental", "ad_checkpoint", "custom_batching")):
            thing = jax
            for part in found[1].split("."):
                thing = getattr(thing, part)  # an AttributeError names the one that is missing


def test_all_of_it_is_small():
    assert len(encode(every_word())) < 130_000
    files = [resources.files("explorer").joinpath(f"compiler/glossary/{name}.json") for name in LANGUAGES]
    assert sum(len(file.read_bytes()) for file in files) < 80_000


# Where it goes


def test_a_page_holds_the_words_of_its_texts_and_no_others():
    found = explorer.inspect(lambda x: jnp.tanh(x @ x).sum(), jax.ShapeDtypeStruct((4, 4), jnp.float32))
    records = {f"stage/f/{name}": found.stages[name].record("f") for name in WRITTEN_IN}
    kept = words_in({r.header["language"]: [str(r.buffers["text"])] for r in records.values()})
    held = kept.header["words"]
    assert {"jaxpr primitive dot_general", "mlir operation stablehlo.tanh", "hlo opcode fusion"} <= set(held)
    assert {"types dtype f32", "hlo attribute calls", "types shape layout"} <= set(held)
    absent = {"jaxpr primitive sin", "hlo opcode sort", "types dtype f64", "mlir operation stablehlo.sine"}
    assert absent & set(held) == set()
    assert held["jaxpr primitive tanh"][0] == "The hyperbolic tangent of each element."
    assert len(inline(kept)) < 12_000
    page = page_of(with_about(found, found.page_records()), kind="inspection", ui={})
    assert 'data-key="glossary"' in page
