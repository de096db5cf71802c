"""What can be compiled for without the hardware: the names, what each can do, and what to install."""

import subprocess
import sys

import pytest

import explorer
from explorer.compiler.targets import environment, installed
from explorer.compiler.targets.gpus import layout_of
from explorer.compiler.targets.target import offered, parsed
from explorer.compiler.targets.tpus import chips_of_a_host
from explorer.errors import FieldError


@pytest.mark.parametrize(
    ("written", "name", "devices", "title"),
    [
        ("tpu-v5e:2x2", "tpu-v5e:2x2", 4, "TPU v5e, 2x2 chips"),
        ("tpu-v5e", "tpu-v5e:2x2", 4, "TPU v5e, 2x2 chips"),
        ("TPU-V6E:16x16", "tpu-v6e:16x16", 256, "TPU v6e, 16x16 chips"),
        ("tpu-v6e:1x1", "tpu-v6e:1x1", 1, "TPU v6e, 1 chip"),
        ("tpu-v5p:4x8x8", "tpu-v5p:4x8x8", 256, "TPU v5p, 4x8x8 chips"),
        ("tpu-v7x", "tpu-7x:2x2x1", 8, "TPU 7x, 2x2x1 chips"),
        ("tpu7x:2x2x2", "tpu-7x:2x2x2", 16, "TPU 7x, 2x2x2 chips"),
        ("gpu-h100", "gpu-h100", 1, "NVIDIA H100 80GB HBM3"),
        ("gpu-h100:8", "gpu-h100:8", 8, "8 x NVIDIA H100 80GB HBM3"),
    ],
)
def test_a_name_says_which_machine_and_how_many(written, name, devices, title):
    target = parsed(written)
    assert (target.name, target.devices, target.title) == (name, devices, title)
    assert parsed(target.name) == target


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("tpu-v9", "tpu-v5e"),
        ("gpu-v100", "gpu-h100"),
        ("gpu-h100:2x2", "gpu-h100:8"),
        ("tpu-v5e:2", "two numbers such as 4x4"),
        ("tpu-v5p:4x4", "three numbers such as 2x2x1"),
        ("tpu-v5e:32x32", "1 to 256 chips"),
        ("tpu-v5e:0x2", "1 to 256 chips"),
        ("gpu-h100:0", "1 to 256 GPUs"),
        ("tpu-v5e:4x", "Write such as 2x2."),
        ("gpu-h100:many", "Write such as 8."),
        ("abacus", "a number such as gpu-h100:8"),
    ],
)
def test_an_unknown_machine_is_an_error_at_the_field_that_says_what_is_allowed(name, says):
    with pytest.raises(FieldError) as caught:
        explorer.inspector(target=name)
    assert caught.value.field == "target"
    assert name.partition(":")[2] in caught.value.problem or name in caught.value.problem
    assert says in caught.value.allowed


def test_what_is_offered_covers_every_generation_and_can_be_asked_for_by_its_name():
    names = [target.name for target in offered()]
    assert {name.partition(":")[0] for name in names} == {
        *(f"tpu-{model}" for model in ("v4", "v5e", "v5p", "v6e", "7x")),
        *(f"gpu-{model}" for model in ("a100", "a6000", "h100", "h200", "b200")),
    }
    assert all(parsed(name).name == name for name in names)
    assert {parsed(name).chips for name in names if name.startswith("tpu")} == {4, 256}


def test_the_list_says_what_runs_here_and_what_can_only_be_compiled_for(monkeypatch):
    monkeypatch.setattr(installed, "find_spec", lambda name: object() if name == "libtpu" else None)
    listed = {target.name: target.can for target in explorer.targets()}
    assert listed[explorer.devices()[0]] == "runs here"
    assert listed["tpu-v5e:2x2"] == "compile only"
    assert listed["gpu-h100"] == "install: pip install 'jax-explorer[gpu-targets]'"
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    listed = {target.name: target.can for target in explorer.targets()}
    assert listed["tpu-v5e:2x2"] == "install: pip install 'jax-explorer[tpu-targets]'"


def test_without_the_extra_stablehlo_is_there_and_the_rest_says_what_to_install(monkeypatch):
    monkeypatch.setattr(installed, "find_spec", lambda name: None)
    looked = explorer.inspector(target="gpu-a100")(lambda x: x * 2, 1.0)
    assert "stablehlo.multiply" in looked.stages["stablehlo"].text
    assert "pip install 'jax-explorer[gpu-targets]'" in looked.stages["hlo"].reason
    assert looked.device == "NVIDIA A100-SXM4-80GB (compile only, not autotuned)"


@pytest.mark.parametrize(("count", "layout"), [(1, "1x1x1"), (4, "1x1x4"), (8, "1x1x8"), (12, "1x1x12"), (64, "1x8x8")])
def test_gpus_are_arranged_in_hosts_of_eight(count, layout):
    assert layout_of(count) == layout


@pytest.mark.parametrize(("chips", "host"), [((2, 2), [2, 2, 1]), ((1, 1), [1, 1, 1]), ((2, 3, 4), [2, 1, 1])])
def test_the_chips_of_a_host_divide_the_topology(chips, host):
    assert chips_of_a_host(chips) == host


def test_a_toolkit_of_the_machine_is_hidden_and_the_users_own_settings_are_not_passed_on(tmp_path):
    (tmp_path / "cuda").mkdir()
    (tmp_path / "cuda" / "ptxas").touch()
    around = {
        "PATH": f"{tmp_path / 'cuda'}:/bin",
        "CUDA_HOME": str(tmp_path),
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        "JAX_PLATFORMS": "cuda",
        "HOME": "/home/somebody",
    }
    seen = environment.environment_for("gpu", around)
    assert seen["PATH"] == "/bin"
    assert "CUDA_HOME" not in seen
    assert "device_count" not in seen["XLA_FLAGS"]
    assert (seen["JAX_PLATFORMS"], seen["HOME"]) == ("cpu", "/home/somebody")


def test_looking_at_what_runs_here_starts_no_process():
    code = (
        "import sys, explorer; explorer.inspect(lambda x: x + 1, 1.0).figures();"
        "from explorer.compiler.targets.process import _processes;"
        "print(_processes, 'jax.experimental.topologies' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[0] == "{} False"
