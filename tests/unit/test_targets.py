"""The devices that can be picked. Several are simulated in a process of their own: JAX counts them once."""

import json
import os
import subprocess
import sys

import jax
import pytest

from explorer.catalog import targets
from explorer.errors import FieldError

FOUR = """
import json, jax
from explorer.catalog import targets
from explorer.errors import FieldError
def problem(name):
    try:
        targets.device(name)
    except FieldError as error:
        return [error.field, str(error)]
on_third = jax.device_put(1.0, targets.device("cpu:2"))
print(json.dumps({
    "devices": targets.devices(),
    "ids": [targets.device(name).id for name in targets.devices()],
    "first": [targets.canonical("cpu"), targets.device("cpu").id],
    "third": [d.id for d in on_third.devices()],
    "titles": [targets.describe(name)["title"] for name in targets.devices()],
    "problems": [problem(name) for name in ("cpu:4", "gpu", "gpu:1")],
}))
"""


def run(code: str, **environment: str) -> str:
    kept = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "JAX_PLATFORMS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_device_of_four_simulated_ones_is_named_and_used() -> None:
    flags = "--xla_force_host_platform_device_count=4"
    seen = json.loads(run(FOUR, JAX_PLATFORMS="cpu", XLA_FLAGS=flags))
    assert seen["devices"] == ["cpu:0", "cpu:1", "cpu:2", "cpu:3"]
    assert seen["ids"] == [0, 1, 2, 3]
    assert seen["first"] == ["cpu:0", 0]
    assert seen["third"] == [2]
    assert seen["titles"] == ["CPU 0", "CPU 1", "CPU 2", "CPU 3"]
    for field, text in seen["problems"]:
        assert field == "device"
        assert "cpu:0, cpu:1, cpu:2, cpu:3" in text


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_no_device_at_all_is_an_empty_list_and_a_plain_message(platform: str) -> None:
    code = (
        "from explorer.catalog import targets\n"
        "print(list(targets.devices()))\n"
        "try: targets.device('cpu')\n"
        "except ValueError as error: print(error)"
    )
    listed, message = run(code, JAX_PLATFORMS=platform).splitlines()
    assert listed == "[]"
    assert message == "device: there is no device 'cpu' on this machine. Allowed: none."


def test_the_list_covers_exactly_what_jax_has_here() -> None:
    found = [targets.device(name) for name in targets.devices()]
    assert len(set(found)) == len(found)
    assert set(jax.local_devices()) <= set(found)
    assert set(jax.local_devices(backend="cpu")) <= set(found)


def test_a_name_may_be_written_with_and_without_a_number() -> None:
    assert targets.device("cpu") == targets.device("cpu:0") == targets.device(" CPU ")
    assert targets.canonical("cpu:0") in targets.devices()


def test_describe_says_what_the_device_is() -> None:
    about = targets.describe("cpu:0")
    assert about["name"] == targets.canonical("cpu")
    assert about["platform"] == "cpu"
    assert about["kind"] == jax.local_devices(backend="cpu")[0].device_kind
    assert about["title"].startswith("CPU")


@pytest.mark.parametrize("name", ["cpu:99", "abacus", "cpu:", "cpu:-1", "", None, 3])
def test_an_unknown_device_is_an_error_at_the_field_that_names_what_is_here(name: object) -> None:
    with pytest.raises(FieldError) as caught:
        targets.device(name)  # type: ignore[arg-type]
    assert caught.value.field == "device"
    assert targets.devices()[0] in caught.value.allowed
