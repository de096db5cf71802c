"""Collectives are read from the text of every compiler: their kind, bytes, devices and sources."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from jax.sharding import PartitionSpec as P
from target_functions import loss, step, step_arguments

import explorer
from explorer.compiler.collectives import collectives_of, kind_of
from explorer.compiler.hlo.reader import read
from explorer.compiler.replica_groups import axes_of, groups_of, moved_along

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
    assert [one.sources[0] for one in found] == [5, 7, 8, 9, 10]


def test_no_other_instruction_is_one():
    kinds = {one.name: kind_of(one) for one in read(TEXT)}
    assert {name for name, kind in kinds.items() if kind is None} == {"p", "all-gather-done"}


@pytest.mark.parametrize(
    ("text", "groups"),
    [
        ("{{0,1},{2,3}}", [[0, 1], [2, 3]]),
        ("[2,2]<=[4]", [[0, 1], [2, 3]]),
        ("[2,2]<=[2,2]T(1,0)", [[0, 2], [1, 3]]),
        ("mesh['a'=2,'b'=2] {'a'}", [[0, 2], [1, 3]]),
        ("mesh['a'=4,'b'=2] {'a':(2)2,'b'}", [[0, 1, 2, 3], [4, 5, 6, 7]]),
        ("mesh['a'=4] {'a':(1)2}", [[0, 2], [1, 3]]),
    ],
)
def test_groups_of_devices_are_read_in_every_form(text, groups):
    assert groups_of(text).tolist() == groups


@pytest.mark.parametrize(
    ("groups", "axes"),
    [
        ([[0, 1], [2, 3], [4, 5], [6, 7]], ("model",)),
        ([[0, 4], [1, 5], [2, 6], [3, 7]], ("data",)),
        ([[2, 0, 6, 4], [1, 3, 5, 7]], ("data", "seq")),
        ([list(range(8))], ("data", "seq", "model")),
        ([[0, 3], [1, 2], [4, 7], [5, 6]], None),
        ([[0, 1]], None),
    ],
)
def test_groups_lie_along_axes_of_the_mesh(groups, axes):
    assert axes_of(np.array(groups), (("data", 2), ("seq", 2), ("one", 1), ("model", 2))) == axes


def test_pieces_move_along_axes_of_the_mesh():
    mesh = (("data", 2), ("model", 2))
    assert moved_along("{{0,2},{2,0},{1,3},{3,1}}", mesh) == ("data",)
    assert moved_along("{{0,3}}", mesh) == ("data", "model")
    assert moved_along("{{0,9}}", mesh) is None


@pytest.fixture(scope="module")
def step_over_both():
    """A train step whose weights are split over both axes, and its batch over one."""
    split = {"w1": P("data", "model"), "b1": P("model"), "w2": P("model", "data"), "b2": P()}
    look = explorer.inspector(
        target="tpu-v5e:2x2", mesh={"data": 2, "model": 2}, specs=(split, None, P("data"), P("data"))
    )
    return look(step, *step_arguments(batch=1024))


def test_every_exchange_of_a_train_step_names_the_line_that_made_it_necessary(step_over_both):
    code = Path(loss.__code__.co_filename).read_text().split("\n")
    found = step_over_both.collectives
    assert {one.kind for one in found} >= {"all-reduce", "all-gather", "reduce-scatter"}
    for one in found:
        for part in one.parts:
            assert any("@ params" in code[source.line - 1] for source in part.sources), (one, part)
        assert one.axes in {("data",), ("model",)}
        assert sum(part.bytes for part in one.parts) == one.bytes
    forward = [one for one in found if one.axes == ("model",) and not one.parts[0].backward]
    assert ['@ params["w2"]' in code[s.line - 1] for one in forward for s in one.parts[0].sources] == [True]
    why = forward[0].why(forward[0].parts[0])
    assert "computes a product (dot_general) from its own piece along model, and the results are added up" in why


def test_gradients_that_are_added_up_together_are_told_apart(step_over_both):
    (joined,) = [one for one in step_over_both.collectives if len(one.parts) > 1]
    lines = {part.shape: {source.line for source in part.sources} for part in joined.parts}
    first = loss.__code__.co_firstlineno + 2
    assert lines == {"f32[128]": {first}, "f32[10]": {first + 1}, "f32[128,10]": {first + 1}}
    assert all(part.backward for part in joined.parts)
    assert joined.axes == ("data",)
    told = [finding.text for finding in step_over_both.summary if finding.kind == "collective"]
    assert not any("No line of yours" in text for text in told)


def test_on_devices_of_this_machine(monkeypatch, tmp_path):
    monkeypatch.setenv("XLA_FLAGS", "--xla_force_host_platform_device_count=4")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    path = tmp_path / "sharded.py"
    path.write_text(FOUR)
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0] == "all-reduce 4 4 ['total'] cpu:0, cpu:1, cpu:2, cpu:3"
