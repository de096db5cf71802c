"""The process in which XLA compiles for what is not here; `process.py` starts it and talks with it over its pipes.

Whatever a compiler does to this process, abort it, fill its memory or never come back, stays in it.
"""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from explorer.compiler.targets import wire
from explorer.compiler.targets.environment import HERE
from explorer.compiler.targets.gpus import GPUS, config_of, layout_of
from explorer.compiler.targets.target import Target, parsed
from explorer.compiler.targets.tpus import GENERATIONS, chips_of_a_host

Requests = queue.SimpleQueue[wire.Message]
IDLE_S = 1800.0  # without a request for so long it ends, and gives its memory back


def main(memory: int, answer: Callable[[wire.Message], tuple[dict[str, Any], bytes]] | None = None) -> None:
    """Answer requests until nobody asks any more.

    Args:
      memory: bytes that this process may take.
      answer: from a request to the header and the text of its answer; compiles, where not given.
    """
    answer = answer or _compiled
    with contextlib.suppress(OSError):  # where the system runs out all the same, this goes first, and no kernel
        Path("/proc/self/oom_score_adj").write_text("1000")
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an abort leaves no file behind
    answers = os.dup(1)
    os.dup2(2, 1)  # what a compiler prints must not come between the messages
    requests: Requests = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()
    import jax  # noqa: F401  now, so that the first request finds it there

    _answer(answers, {"ready": True})
    while True:
        try:
            request = requests.get(timeout=IDLE_S)
        except queue.Empty:
            return
        try:
            header, text = answer(request)
            _answer(answers, header, (text,))
        except MemoryError:
            raise
        except Exception as error:  # whatever XLA raises is told where it was asked for
            _answer(answers, {"error": str(error), "type": type(error).__name__})


def _listen(requests: Requests) -> None:
    """Take requests in; where the other side has gone, end at once, whatever is being compiled."""
    try:
        while (message := wire.receive(lambda count: os.read(0, count))) is not None:
            requests.put(message)
    except MemoryError:  # a request that is larger than what this process may take
        os.write(2, b"MemoryError\n")
        os._exit(1)
    os._exit(0)


def _answer(to: int, header: Mapping[str, Any], buffers: tuple[bytes, ...] = ()) -> None:
    wire.send(lambda part: os.write(to, part), header, buffers)


def _compiled(request: wire.Message) -> tuple[dict[str, Any], bytes]:
    from explorer.compiler.jax_private import compiled_for, compiled_here

    asked = request.header
    if "count" in asked:
        return {"counted": _counted(asked["count"])}, b""
    devices = devices_of(asked["target"])
    start = time.perf_counter()
    compile = compiled_here if asked["target"] == HERE else compiled_for
    program = compile(devices[: asked["partitions"]], request.buffers[0], asked["options"])
    seconds = time.perf_counter() - start
    text = "\n\n".join(module.to_string() for module in program.hlo_modules())
    return {
        "ms": seconds * 1e3,
        "cost": _costs(program),
        "memory": _memory(program),
        "kind": devices[0].device_kind,
    }, text.encode()


def _counted(texts: Sequence[str]) -> list[dict[str, float] | None]:
    from explorer.compiler.instruction_cost import counted_here

    return [None if found is None else dict(found) for found in counted_here(texts)]


@lru_cache(maxsize=32)
def devices_of(name: str) -> tuple[Any, ...]:
    """Return the devices of a target, which can only be compiled for; or those of this machine's CPU."""
    import jax
    from jax.experimental import topologies

    if name == HERE:
        return tuple(jax.devices())
    target = parsed(name)
    if target.family == "gpu":
        return tuple(topologies.get_topology_desc(platform="cuda", **_gpu(target)).devices)
    name = f"{GENERATIONS[target.model].libtpu}:{'x'.join(map(str, target.topology))}"
    hosts = chips_of_a_host(target.topology)
    return tuple(topologies.get_topology_desc(name, platform="tpu", chips_per_host_bounds=hosts).devices)


def _gpu(target: Target) -> dict[str, str]:
    return {"target_config": config_of(GPUS[target.model]), "topology": layout_of(target.chips)}


def _costs(program: Any) -> dict[str, float]:
    try:
        found = program.cost_analysis()
    except RuntimeError:  # CUDA's compiler has none
        return {}
    return {name: float(value) for name, value in found.items() if isinstance(value, int | float)}


def _memory(program: Any) -> dict[str, int]:
    try:
        found = program.get_compiled_memory_stats()
    except RuntimeError:
        return {}
    figures = {name: getattr(found, name) for name in dir(found) if name.endswith("_in_bytes")}
    return {name: int(value) for name, value in figures.items() if isinstance(value, int)}


if __name__ == "__main__":
    main(int(sys.argv[1]))
