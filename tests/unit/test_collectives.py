"""Collectives are read from the text of every compiler: their kind, bytes, devices and sources."""

import subprocess
import sys

import pytest

from explorer.compiler.collectives import collectives_of, kind_of
from explorer.compiler.hlo.reader import read

TEXT = """HloModule m

ENTRY %main (p: f32[4,8]) -> f32[4,8] {
  %p = f32[4,8]{1,0} parameter(0)
  %all-gather-start = (f32[4,8]{1,0}, f32[16,8]{1,0}) all-gather-start(%p), replica_groups={{0,1,2,3}}, dimensions={0}
  %all-gather-done = f32[16,8]{1,0} all-gather-done(%all-gather-start)
  %permute = f32[4,8]{1,0} collective-permute(%p), source_target_pairs={{0,1},{1,0}}
  %all-reduce = f32[4,8]{1,0} all-reduce(%permute), replica_groups=[2,4]<=[8], to_apply=%add
  %named = f32[4,8]{1,0} all-reduce(%permute), replica_groups=mesh['a'=8,'b'=4] {'a','b'}, to_apply=%add
  ROOT %parted = f32[4,8]{1,0} all-reduce(%permute), replica_groups=mesh['a'=8,'b'=4] {'a':(1)2}, to_apply=%add
}
"""

FOUR = """
import jax, numpy as np, explorer
from jax.sharding import PartitionSpec as P
S = jax.ShapeDtypeStruct
look = explorer.inspector(mesh={"data": 4}, specs=(P("data"), None))
def total(x, w):
    return (x @ w).sum()
looked = look(total, S((8, 16), np.float32), S((16, 4), np.float32))
(found,) = looked.collectives
print(found.kind, found.bytes, found.devices, sorted({span.function for span in found.sources}), looked.device)
"""


def test_what_each_device_holds_after_it_and_how_many_take_part():
    found = collectives_of(read(TEXT), lambda line: (line,))
    assert [(one.kind, one.bytes, one.devices) for one in found] == [
        ("all-gather", 16 * 8 * 4, 4),
        ("collective-permute", 4 * 8 * 4, None),
        ("all-reduce", 4 * 8 * 4, 4),
        ("all-reduce", 4 * 8 * 4, 32),
        ("all-reduce", 4 * 8 * 4, 2),
    ]
    assert [one.sources for one in found] == [(5,), (7,), (8,), (9,), (10,)]


@pytest.mark.parametrize("opcode", ["add", "all-gather-done", "copy-start", "fusion"])
def test_no_other_instruction_is_one(opcode):
    assert kind_of(opcode) is None


def test_on_devices_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    path = tmp_path / "sharded.py"
    path.write_text(FOUR)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "all-reduce 4 4 ['total'] cpu:0, cpu:1, cpu:2, cpu:3"
