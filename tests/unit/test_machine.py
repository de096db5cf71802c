"""LLVM IR and machine code of each kernel: what objdump says too, linked with the source, made only on demand."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile

import jax
import jax.numpy as jnp
import pytest

import explorer
from explorer.compiler.machine.disassembly import disassembled
from explorer.compiler.machine.objects import ObjectError, functions_of
from explorer.compiler.machine.written import Code, Written, written_of

F = jax.ShapeDtypeStruct((32, 32), jnp.float32)
PREFIXES = {"data16", "cs", "rep", "repz", "lock", "bnd", "notrack"}


def network(w, v, x):
    hidden = jax.nn.relu(x @ w)
    return jnp.mean((jnp.tanh(hidden @ v) - 1) ** 2)


def twice(x, y):
    left = jnp.where(x < 7, x + 1, 7)
    right = jnp.where(y < 7, y + 1, 7)
    return left, right


@pytest.fixture(scope="module")
def looked():
    return explorer.inspect(jax.value_and_grad(network, argnums=(0, 1)), F, F, F)


def train_step():
    import optax

    adam = optax.adam(1e-3)

    def step(params, state, x, y):
        def loss(params):
            hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
            return optax.softmax_cross_entropy_with_integer_labels(hidden @ params["w2"] + params["b2"], y).mean()

        updates, state = adam.update(jax.grad(loss)(params), state, params)
        return optax.apply_updates(params, updates), state

    f = jnp.float32
    params = {
        "w1": jax.ShapeDtypeStruct((784, 256), f),
        "b1": jax.ShapeDtypeStruct((256,), f),
        "w2": jax.ShapeDtypeStruct((256, 10), f),
        "b2": jax.ShapeDtypeStruct((10,), f),
    }
    state = jax.eval_shape(adam.init, params)
    return step, (params, state, jax.ShapeDtypeStruct((32, 784), f), jax.ShapeDtypeStruct((32,), jnp.int32))


def objdump(object_, tmp_path):
    """Return what objdump reads of an object file: address to (bytes, mnemonic and operands)."""
    path = tmp_path / "kernel.o"
    path.write_bytes(object_)
    command = ["objdump", "--disassemble", "--disassembler-options=intel", "--insn-width=16", str(path)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (re.match(r"\s+([0-9a-f]+):\t([0-9a-f ]+?)\s*\t(.*)$", line) for line in printed.splitlines())
    return {int(row[1], 16): (bytes.fromhex(row[2]), row[3]) for row in rows if row}


def plain(text):
    """Return an instruction in one spelling: numbers in decimals, without prefixes that only fill, scales of 1, what an
    address is in words."""
    text = re.sub(r"\s*(#.*|<[^>]*>)", "", text.lower())
    words = text.split()
    while words and words[0] in PREFIXES:
        words.pop(0)
    mnemonic, operands = words[0], "".join(words[1:])
    # only branches have a number without 0x that is hexadecimal
    if mnemonic.startswith(("j", "call")):
        operands = re.sub(r"^(?:0x)?([0-9a-f]+)$", lambda m: str(int(m[1], 16)), operands)
    operands = re.sub(r"0x[0-9a-f]+", lambda m: str(int(m[0], 16)), operands)
    operands = re.sub(r"\b(18446744073709\d{6})\b", lambda m: str(int(m[1]) - 2**64), operands)
    return mnemonic, re.sub(r"\*1\b|\+0(?=\])|cs:", "", operands)


@pytest.mark.skipif(shutil.which("objdump") is None, reason="objdump (of binutils) is not installed here")
def test_the_disassembly_is_that_of_objdump(tmp_path):
    step, arguments = train_step()
    programs = [(step, arguments), (jax.grad(network), (F, F, F)), (lambda x: jnp.sort(jnp.sin(x)), (F,))]
    count = 0
    for fn, given in programs:
        for code in written_of(jax.jit(fn).lower(*given), {}).codes:
            theirs = objdump(code.object, tmp_path)
            for function in functions_of(code.object):
                lines = disassembled(function)
                assert b"".join(line.code for line in lines) == function.code
                for line in lines:
                    bytes_, text = theirs[line.address]
                    assert line.code == bytes_, f"{function.name}: {line} is '{text}' to objdump"
                    assert plain(f"{line.mnemonic} {line.operands}") == plain(text), function.name
                count += len(lines)
    assert count > 3000


def test_each_kernel_is_named_by_its_instruction_and_knows_its_source(looked):
    kernels = looked.kernels
    assert len(kernels) >= 4
    fusions = {i.name: i for i in looked.instructions if i.opcode == "fusion"}
    for kernel in kernels:
        assert kernel.instruction == kernel.name
        assert kernel.name in fusions
        assert kernel.lines[0] == fusions[kernel.name].line
        assert f"@{kernel.name}(" in kernel.llvm
        assert f"@{kernel.name}(" in kernel.llvm_before
        assert kernel.asm.startswith(f"{kernel.name}:  ; ")
        assert kernel.disassembly[-1].mnemonic.startswith(("ret", "vzeroupper", "nop", "jmp"))
        assert {s for s in kernel.sources if not s.library} == {
            s for s in fusions[kernel.name].sources if not s.library
        }
    lines = {source.line for kernel in kernels for source in kernel.sources if source.function == "network"}
    first = network.__code__.co_firstlineno
    assert lines == {first + 1, first + 2}


def test_fusions_that_do_the_same_share_a_kernel():
    kernels = explorer.inspect(twice, jnp.int32(1), jnp.int32(2)).kernels
    first = twice.__code__.co_firstlineno
    shared = [k for k in kernels if len(k.instructions) > 1]
    if not shared:  # XLA joined both into one fusion
        assert {s.line for k in kernels for s in k.sources} >= {first + 1, first + 2}
    for kernel in shared:
        assert {s.line for s in kernel.sources} >= {first + 1, first + 2}


def test_the_stages_are_the_kernels_in_order(looked):
    asm = looked.stages["asm"]
    heads = [n for n, line in enumerate(asm.text.split("\n"), 1) if line and not line.startswith(" ")]
    assert [asm.text.split("\n")[n - 1].split(":")[0] for n in heads] == [k.name for k in looked.kernels]
    assert asm.text == "\n".join(k.asm + "\n" for k in looked.kernels)
    llvm = looked.stages["llvm"]
    assert llvm.text == "\n".join(k.llvm.rstrip("\n") + "\n" for k in looked.kernels)
    for n, kernel in zip(heads, looked.kernels, strict=True):
        assert asm.sources(n) == asm.sources(n + len(kernel.disassembly))
        assert {s.line for s in asm.sources(n)} == {s.line for s in kernel.sources}
    with pytest.raises(IndexError, match="there is no line"):
        asm.sources(asm.lines + 1)


def test_a_line_leads_to_its_machine_code_and_back(looked):
    relu = network.__code__.co_firstlineno + 1
    kernel = next(k for k in looked.kernels if k.name == "broadcast_maximum_fusion")
    hlo = looked.relatives("hlo", kernel.lines[0])
    head = next(n for n, line in enumerate(looked.stages["asm"].text.split("\n"), 1) if line.startswith(kernel.name))
    assert head in looked.relatives("asm", head + 3)["asm"]
    assert relu in looked.relatives("asm", head + 3)["source"]
    assert kernel.lines[0] in looked.relatives("asm", head)["hlo"]
    assert head in hlo["asm"]


def test_nothing_is_made_before_somebody_asks(monkeypatch):
    from explorer.compiler import steps

    asked = []
    monkeypatch.setattr(steps, "written_of", lambda *given: asked.append(given) or Written(missing="not now"))
    looked = explorer.inspect(network, F, F, F)
    repr(looked), looked.records(), looked.figures(), looked.to_json(), looked.relatives("hlo", 1), looked.snapshot()
    assert not asked
    assert "llvm" not in list(looked.stages)
    assert looked.stages["llvm"].reason == "not now"
    assert looked.stages["asm"].reason == "not now"
    assert len(asked) == 1
    assert len(looked.kernels) == 0
    assert "not now" in repr(looked.kernels)


def test_nothing_stays_on_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert len(explorer.inspect(network, F, F, F).kernels) > 1
    assert list(tmp_path.iterdir()) == []
    refused = explorer.inspector(compiler_options={"xla_no_such_option": True})(network, F, F, F)
    assert "xla_no_such_option" in refused.kernels.missing
    assert list(tmp_path.iterdir()) == []


def test_a_program_without_kernels_says_so():
    looked = explorer.inspect(lambda x: x, F)
    assert len(looked.kernels) == 0
    assert "no kernels" in looked.kernels.missing
    assert not looked.stages["asm"].available
    compiled = explorer.inspect(jax.jit(network).lower(F, F, F).compile())
    assert "compiled already" in compiled.kernels.missing


def test_an_object_file_that_cannot_be_read_leaves_the_llvm_ir():
    from explorer.compiler.machine.kernels import Kernels

    with pytest.raises(ObjectError, match="format that is not read here"):
        functions_of(b"MZ nothing")
    looked = explorer.inspect(jnp.tanh, F)
    kernels = Kernels(
        Written((Code("wrapped_tanh", "", "define ptr @wrapped_tanh(ptr %0) {\n  ret ptr null\n}\n", b"MZ"),)),
        looked.instructions.module,
    )
    (kernel,) = kernels
    assert kernel.llvm.startswith("define ptr @wrapped_tanh")
    assert kernel.asm == ""
    assert kernel.disassembly == ()
    assert "format that is not read here" in kernels.notes[0]


def test_a_panel_makes_them_on_demand_and_again_for_another_program():
    import numpy as np

    from explorer.app.inspect_panel import InspectPanel
    from explorer.views.panel import Panel

    looked = explorer.inspect(network, *[np.ones((32, 32), np.float32)] * 3)
    panel = Panel("inspection", ui={})
    inside = InspectPanel(looked, panel)
    assert inside.wait(60)
    assert not {"stage/function/asm", "memory/function"} & panel.snapshot().keys()
    inside.command("machine", {"function": "function"})
    inside.command("memory", {"function": "function"})
    assert inside.wait(60)
    first = panel.snapshot()
    assert first["stage/function/asm"].buffers["text"] == looked.stages["asm"].text
    inside.command("set_dtype", {"dtype": "float16"})
    assert inside.wait(120)
    then = panel.snapshot()
    assert "f16[32,32]" in then["memory/function"].buffers["shapes"]
    assert "f16[32,32]" not in first["memory/function"].buffers["shapes"]
    assert then["stage/function/asm"].buffers["text"] != first["stage/function/asm"].buffers["text"]
