"""The process that runs a program over simulated devices, and on one, and compares the results."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from explorer.compiler.targets import serve, wire

_COUNTED = re.compile(r"--xla_force_host_platform_device_count=\S*")
LONG_S = 5.0  # what takes so long is not run once more for its time


def ran(request: wire.Message) -> tuple[dict[str, Any], bytes]:
    """Run a program in both ways, and tell how far the results are apart.

    Args:
      request: {"mesh": [[name, size], ...], "arguments": [{"shape", "dtype", "spec"}], "results": [shape, ...]}, with
        the program for one device, the one over the mesh, both as MLIR bytecode, and the arguments.
    """
    # The process is new, and JAX counts its devices when they are first asked for.
    os.environ["XLA_FLAGS"] = _COUNTED.sub("", os.environ.get("XLA_FLAGS", ""))
    import jax
    from jax.sharding import Mesh, NamedSharding, PartitionSpec

    from explorer.compiler.sharded.difference import difference

    names, sizes = zip(*request.header["mesh"], strict=True)
    jax.config.update("jax_num_cpu_devices", int(np.prod(sizes)))
    jax.config.update("jax_enable_x64", True)  # the programs are made; their arguments must keep their types
    devices = jax.devices("cpu")
    whole, split, *values = request.buffers
    if b"lapack" in whole:  # JAX brings LAPACK to XLA when it first lowers something with it
        jax.jit(jax.numpy.linalg.cholesky).lower(np.eye(2, dtype=np.float32))
    given = [_read(value, told) for value, told in zip(values, request.header["arguments"], strict=True)]
    shapes = [tuple(shape) for shape in request.header["results"]]
    one = _run(devices[:1], whole, [jax.device_put(value, devices[0]) for value in given], shapes)
    mesh = Mesh(np.array(devices).reshape(sizes), names)
    specs = [PartitionSpec(*(tuple(p) if isinstance(p, list) else p for p in a["spec"])) for a in _arguments(request)]
    spread = [jax.device_put(v, NamedSharding(mesh, spec)) for v, spec in zip(given, specs, strict=True)]
    many = _run(devices, split, spread, shapes)
    results = []
    for first, other in zip(one[0], many[0], strict=True):
        found = difference(np.asarray(first), np.asarray(other))
        results.append({**found._asdict(), "piece": list(other.sharding.shard_shape(other.shape))})
    return {"results": results, "one_ms": one[1], "many_ms": many[1]}, b""


def _arguments(request: wire.Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.header["arguments"]
    return found


def _read(value: bytes, told: dict[str, Any]) -> Any:
    import jax.numpy as jnp

    return np.frombuffer(value, jnp.dtype(told["dtype"])).reshape(told["shape"])


def _run(
    devices: Sequence[Any], module: bytes, given: Sequence[Any], shapes: Sequence[tuple[int, ...]]
) -> tuple[list[Any], float]:
    """Return the results of a program and the milliseconds that it took, the second time where it is quick."""
    import jax

    from explorer.compiler.jax_private import compiled_here, run_here

    program = compiled_here(devices, module, {})

    def call() -> tuple[list[Any], float]:
        start = time.perf_counter()
        results = jax.block_until_ready(run_here(program, devices, given, shapes))
        return results, time.perf_counter() - start

    results, seconds = call()
    if seconds < LONG_S:
        results, seconds = call()
    return results, seconds * 1e3


if __name__ == "__main__":
    serve.main(int(sys.argv[1]), ran)
