"""What goes wrong in the process that compiles for a target stays there: a plain message, and the next look works."""

import os
import signal
import threading
import time

import numpy as np
import pytest
from target_functions import S, endless, small

import explorer
from explorer.compiler.targets import process as processes
from explorer.compiler.targets.process import Process, cancellable, process_for

MATRIX = S((256, 256), np.float32)


def look(fn, *args, **options):
    """A look for a TPU."""
    return explorer.inspector(target="tpu-v5e:2x2", **options)(fn, *args)


_widths = iter(range(1, 1000))


def works():
    """Whether a program that was not seen before compiles, and what else runs in this kernel still does."""
    looked = look(small, S((8, next(_widths)), np.float32))
    return looked.stages["hlo"].available and float(small(np.float32(0.0))) == 0.0


@pytest.fixture
def busy():
    """Calls something with the number of the process when it has been compiling for a moment."""

    def call(do):
        def wait():
            while not process_for("tpu").busy:
                time.sleep(0.01)
            time.sleep(0.3)
            do(process_for("tpu").pid)

        threading.Thread(target=wait).start()

    assert works()
    return call


@pytest.mark.parametrize(
    ("number", "says"), [(signal.SIGKILL, "it was killed from outside"), (signal.SIGABRT, "XLA ended it (SIGABRT)")]
)
def test_a_process_that_dies_while_it_compiles(busy, number, says):
    busy(lambda pid: os.kill(pid, number))
    looked = look(endless, MATRIX)
    assert says in looked.stages["hlo"].reason
    assert "the next look starts a new process" in looked.stages["hlo"].reason
    assert looked.problem["title"] == "Not compiled for TPU v5e, 2x2 chips"
    assert looked.stages["stablehlo"].available
    assert works()


def test_a_function_that_never_finishes_is_stopped_by_the_time_out(busy):
    start = time.monotonic()
    looked = look(endless, MATRIX, timeout=1.0)
    assert "took more than 1 s, and was stopped" in looked.stages["hlo"].reason
    assert time.monotonic() - start < 20
    assert process_for("tpu").pid is None
    assert works()


def test_a_function_that_never_finishes_can_be_cancelled(busy):
    cancel = threading.Event()
    busy(lambda _: cancel.set())
    with cancellable(cancel):
        looked = look(endless, MATRIX)
    assert looked.stages["hlo"].reason.startswith("Cancelled.")
    assert works()


@pytest.fixture
def heard():
    """Ctrl-C as in a kernel: where the tests were started in the background, it is ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_the_process_and_not_the_kernel(busy):
    busy(lambda _: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        look(endless, MATRIX)
    assert process_for("tpu").pid is None
    assert works()


def test_a_constant_of_two_gigabytes_is_refused_before_it_is_copied():
    large = np.zeros((2**29 + 1,), np.float32)  # never touched, so that it takes no memory
    looked = look(lambda x: x + large, S((), np.float32))
    for stage in ("stablehlo", "hlo"):
        assert "2.15 GB of constants" in looked.stages[stage].reason
        assert "Give it as an argument." in looked.stages[stage].reason
    assert looked.stages["jaxpr"].available
    assert works()


def test_a_process_that_runs_out_of_memory(monkeypatch):
    small_one = Process("tpu", memory=450_000_000)
    monkeypatch.setattr(processes, "_processes", {"tpu": small_one})
    assert works()
    large = np.random.default_rng(0).random(40_000_000, np.float32)
    looked = look(lambda x: x + large, S((), np.float32))
    assert "it ran out of memory: it may take 450 MB" in looked.stages["hlo"].reason
    assert works()
    small_one.close()


def test_what_it_leaves_when_the_kernel_goes():
    first = process_for("tpu")
    assert works()
    pid = first.pid
    first._running.stdin.close()  # as when this process ends
    for _ in range(100):
        if first.pid is None:
            break
        time.sleep(0.05)
    assert first.pid is None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert works()


def test_two_threads_share_one_process():
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(works())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == [True] * 3
