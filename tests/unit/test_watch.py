"""Every trace and compile is told: where, why, what it cost and what to change."""

from __future__ import annotations

import functools
import logging
import subprocess
import sys
import threading
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from explorer.compiler.watch.explained import explained
from explorer.compiler.watch.watcher import Watcher, watch

X = np.ones(4, np.float32)


def yours(watched):
    return [event for event in watched.events if not event.own]


def last(watched):
    return yours(watched)[-1]


@pytest.fixture
def scaled():
    """A function that JAX has not seen."""

    def scaled(x, lr):
        return x * lr

    return scaled


class Layer:
    def __init__(self):
        self.w = jnp.ones(4)

    @functools.partial(jax.jit, static_argnums=0)
    def __call__(self, x):
        return self.w * x

    def apply(self, x):
        return self.w + x


def test_the_first_call(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)  # here: first
        jitted(X, 0.5)
        jitted(X, 0.7)
    (event,) = yours(watched)
    assert event.function == "scaled"
    assert event.site.text == "jitted(X, 0.5)  # here: first"
    assert event.site.column == 8
    assert (event.trace_ms > 0, event.lower_ms > 0, event.compile_ms > 0, event.compiles) == (True, True, True, 1)
    assert event.cause.kind == "first"
    assert event.cause.why.startswith("The first call:")
    assert not event.cause.avoidable
    assert event.arguments == "x: float32[4], lr: the Python float 0.5"
    assert watched.sentence.startswith("`scaled` was compiled once, ")
    assert watched.sentence.endswith("all of it had to be.")


def test_a_new_shape(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        jitted(X[:3], 0.5)
    cause = last(watched).cause
    assert cause.kind == "shape"
    assert cause.why == "`x` has another shape: float32[3] now, float32[4] before. Each shape is compiled on its own."
    assert "drop the last, smaller batch, or pad it" in cause.change
    assert watched.sentence.startswith("`scaled` was compiled twice, ")
    assert "; 1 of the compiles could be avoided, " in watched.sentence


def test_an_array_that_grows(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        for n in (2, 3, 4):
            jitted(X[:n], 0.5)
    assert last(watched).cause.why.endswith("It grows from call to call.")
    assert ".at[i].set(...)" in last(watched).cause.change


def test_a_new_dtype(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, X)
        jitted(X, np.ones(4, np.int32))
    cause = last(watched).cause
    assert cause.kind == "dtype"
    assert "`lr` has another dtype: int32[4] from numpy.ndarray now, float32[4] from numpy.ndarray before." in cause.why
    assert cause.change == "Give it one dtype: `jnp.asarray(lr, jnp.float32)`."


def test_a_whole_number_where_a_fraction_was(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        jitted(X, 1)
    cause = last(watched).cause
    assert cause.kind == "dtype"
    assert "the Python int 1 (int32) now, the Python float 0.5 (float32) before" in cause.why
    assert cause.change == "Write the same type of number at every call: 1.0."


@pytest.mark.parametrize("strong", [jnp.float32(0.5), np.float64(0.5), np.float32(0.5)])
def test_a_weak_type(strong, scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        jitted(X, strong)
    cause = last(watched).cause
    assert cause.kind == "weak type"
    assert "the Python float 0.5 before" in cause.why
    assert "takes on the dtype of what it meets (a weak type)" in cause.why
    assert cause.change == "Pass the same kind at every call: `jnp.asarray(lr, jnp.float32)`."


def test_numpy_in_64_bits(scaled):
    jitted = jax.jit(scaled)
    with jax.enable_x64(True), watch() as watched:
        jitted(X, np.float32(0.5))
        jitted(X, np.float64(0.5))
    cause = last(watched).cause
    assert cause.kind == "dtype"
    assert "float64[] from numpy.float64 now" in cause.why
    assert "NumPy makes 64-bit numbers" in cause.why


def test_a_setting(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        with jax.enable_x64(True):
            jitted(X, 0.5)
    cause = last(watched).cause
    assert cause.kind == "settings"
    assert "`jax_enable_x64` is True now and was False before" in cause.why


def test_a_static_counter():
    jitted = jax.jit(lambda x, n: x * n, static_argnums=1)
    with watch() as watched:
        for n in range(3):
            jitted(X, n)
    cause = last(watched).cause
    assert cause.kind == "static"
    assert cause.why == (
        "`n` is a static argument: it is 2 now and was 1 before. It counts, so every call is compiled anew."
    )
    assert cause.change == "Take `n` out of static_argnums, and pass it as an array: `jnp.asarray(n)`."
    assert watched.causes == {"first": 1, "static": 2}


def test_a_static_text():
    jitted = jax.jit(lambda x, mode: x, static_argnames="mode")
    with watch() as watched:
        jitted(X, mode="a")
        jitted(X, mode="b")
    assert "it is 'b' now and was 'a' before" in last(watched).cause.why


def test_a_new_self():
    with watch() as watched:
        for _ in range(2):
            Layer()(X)
    cause = last(watched).cause
    assert cause.kind == "self"
    assert "`self` is another object now (an object of class Layer)" in cause.why
    assert "register the class as a pytree" in cause.change


def test_a_method_of_a_new_object():
    with watch() as watched:
        for _ in range(2):
            jax.jit(Layer().apply)(X)
    assert last(watched).cause.kind == "self"
    assert "`apply` is now the method of another object (Layer)" in last(watched).cause.why


def test_a_lambda_made_in_a_loop():
    with watch() as watched:
        for _ in range(3):
            jax.jit(lambda x: x + 1)(X)
    assert watched.causes == {"first": 1, "made anew": 2}
    cause = last(watched).cause
    assert "is a new function object each time the line runs" in cause.why
    assert cause.change == "Define it once with `def`, before the loop, and jit it once."


def test_a_function_defined_in_a_loop():
    with watch() as watched:
        for _ in range(2):

            @jax.jit
            def step(x):
                return x - 1

            step(X)
    assert last(watched).cause.kind == "made anew"
    assert "The def of `step` in line" in last(watched).cause.why


def test_jit_called_inside_a_loop():
    def loss(w):
        return (w**2).sum()

    with watch() as watched:
        for _ in range(2):
            jax.jit(jax.grad(loss))(X)
    cause = last(watched).cause
    assert cause.kind == "jit anew"
    assert "jit is called inside a loop" in cause.why
    assert "Write `step = jax.jit(...)` around `loss` once, before the loop" in cause.change


def test_two_wrappers_made_once_each_are_no_fault():
    def loss(w, b):
        return (w**2).sum() + (b**2).sum()

    with watch() as watched:
        jax.jit(jax.grad(loss))(X, X)
        jax.jit(jax.grad(loss, argnums=1))(X, X)
    assert watched.causes == {"first": 2}


def test_a_partial_made_in_a_loop(scaled):
    with watch() as watched:
        for _ in range(2):
            jax.jit(functools.partial(scaled, lr=0.5))(X)
    assert "`functools.partial` makes a new object around `scaled` each time" in last(watched).cause.why


def test_a_growing_list():
    jitted = jax.jit(lambda layers: sum(jnp.sum(layer) for layer in layers))
    layers = []
    with watch() as watched:
        for _ in range(2):
            layers.append(X)
            jitted(layers)
    cause = last(watched).cause
    assert cause.kind == "structure"
    assert cause.why.startswith("`layers` grows: a list of 2 now, of 1 before.")
    assert "jax.lax.scan" in cause.change


def test_other_keys():
    jitted = jax.jit(lambda params: params["w"])
    with watch() as watched:
        jitted({"w": X})
        jitted({"w": (X, None)})
    assert "`params['w']` is built in another way: a tuple of 2 now, float32[4] before." in last(watched).cause.why


def test_given_by_name_and_by_position(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        jitted(X, lr=0.5)
    assert last(watched).cause.kind == "named"
    assert "`lr` is given by name now and was given by position before" in last(watched).cause.why


def test_cleared_caches(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        jax.clear_caches()
        jitted(X, 0.5)
    assert last(watched).cause.kind == "again"
    assert "jax.clear_caches()" in last(watched).cause.change


def test_the_gradient_of_a_jitted_function_is_one_event():
    jitted = jax.jit(lambda w: (w**2).sum())
    with watch() as watched:
        jax.value_and_grad(jitted)(X)
    (event,) = yours(watched)
    assert event.compiles >= 1
    assert event.cause.kind == "first"
    assert event.arguments == "w: float32[4]"


def test_compiling_ahead_of_time(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted.trace(X, 0.5).lower().compile()
    (event,) = yours(watched)
    assert (event.trace_ms > 0, event.lower_ms > 0, event.compile_ms > 0) == (True, True, True)


def test_what_jax_compiles_for_itself_is_grouped():
    with watch() as watched:
        jnp.linspace(0.0, 1.0, 17) + jnp.arange(17)
    assert watched.events
    assert not yours(watched)
    assert watched.sentence.startswith("None of your functions was traced or compiled. JAX compiled ")
    rows = watched.records()["retraces"].header["rows"]
    assert [row["function"] for row in rows] == ["JAX's own"]
    assert "jnp.linspace(0.0, 1.0, 17) + jnp.arange(17)" in rows[0]["site"]["text"]


def test_nothing_to_tell():
    with watch() as watched:
        assert str(watched) == "Nothing was traced or compiled so far."
        assert watched.records()["retraces"].header["sentence"] == str(watched)
    assert watched.sentence == "Nothing was traced or compiled: every function was ready."
    assert watched.to_json()["events"] == []


def test_the_exception_inside_goes_on_and_what_was_seen_is_kept(scaled):
    jitted = jax.jit(scaled)
    watched = watch()

    def stops(x):
        raise KeyError(jitted(x, 0.5).shape)

    with pytest.raises(KeyError), watched:
        stops(X)
    assert len(yours(watched)) == 1
    assert watched.records()["retraces"].header["error"] == "KeyError: (4,)"
    assert not watched.watching


def test_watches_inside_each_other_and_in_threads():
    def in_thread():
        jax.jit(lambda x: x * 3)(X)

    with watch() as outer:
        with watch() as inner:
            threads = [threading.Thread(target=in_thread) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        jax.jit(lambda x: x * 4)(X)
    assert len(yours(inner)) == 3
    assert len(yours(outer)) == 4
    assert all(event.compiles == 1 for event in yours(outer))


def test_nothing_is_heard_after_and_nothing_is_changed(capfd, scaled):
    logger = logging.getLogger("jax")
    before = (list(logger.handlers), list(logger.filters), logger.level, logger.propagate)
    explains = jax.config.jax_explain_cache_misses
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
    jitted(X[:2], 0.5)
    assert len(yours(watched)) == 1
    assert before == (list(logger.handlers), list(logger.filters), logger.level, logger.propagate)
    assert jax.config.jax_explain_cache_misses == explains
    assert capfd.readouterr() == ("", "")


def test_live_over_a_session(scaled):
    jitted = jax.jit(scaled)
    told = []
    watcher = watch(live=True)
    watcher.subscribe(lambda: told.append(watcher.sentence))
    jitted(X, 0.5)
    assert watcher.watching
    assert told[-1].startswith("`scaled` was compiled once")
    watcher.stop()
    jitted(X[:3], 0.5)
    assert len(yours(watcher)) == 1
    watcher.start()
    jitted(X[:2], 0.5)
    assert len(yours(watcher)) == 2
    assert not watcher.stop().watching


def test_where_jax_hides_the_call_it_says_so(monkeypatch, scaled):
    monkeypatch.setattr("explorer.compiler.watch.listening.jit_call", lambda frame: None)
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)  # here: hidden
    (event,) = watched.events
    assert event.function == "scaled"
    assert event.cause.why == "It was compiled, and this version of JAX does not let us see with which arguments."
    assert event.site.text.endswith("# here: hidden")


def test_a_program_is_not_broken_by_what_listens(monkeypatch, scaled):
    def broken(call):
        raise RuntimeError("ours")

    monkeypatch.setattr("explorer.compiler.watch.listening.signature_of", broken)
    with watch():
        assert jax.jit(scaled)(X, 2.0).sum() == 8


def test_the_table_is_told_in_a_terminal(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        for lr in (0.5, 1):
            jitted(X, lr)  # here: loop
    assert isinstance(watched, Watcher)
    text = str(watched)
    assert "scaled: twice, " in text
    assert "jitted(X, lr)  # here: loop" in text
    assert "why: `lr` has another dtype" in text
    assert "change: Write the same type of number" in text


def test_functions_of_the_same_name_are_told_apart():
    def one():
        def step(x):
            return x

        return jax.jit(step)

    def two():
        def step(x):
            return -x

        return jax.jit(step)

    with watch() as watched:
        one()(X)
        two()(X)
    assert watched.causes == {"first": 2}
    assert watched.sentence.startswith("2 functions were compiled twice")


@pytest.mark.parametrize(
    ("before", "now", "kind", "why"),
    [
        ((X, 0.5), (X[:3], 0.5), "shape", "`x` has another shape: float32[3] now, float32[4] before."),
        ((X, 0.5), (X, 1), "dtype", "`lr` has another dtype: int32[] now, float32[] before."),
        ((X, 0.5), (X, np.float32(0.5)), "weak type", "`lr` is an array now and was an array made of Python numbers"),
        ((X, 0.5), (X, (0.5,)), "before", "It was traced before this watch began"),
    ],
)
def test_what_was_traced_before_the_watch_began(scaled, before, now, kind, why):
    jitted = jax.jit(lambda x, lr: scaled(x, jax.tree.leaves(lr)[0]))
    jitted(*before)
    with watch() as watched:
        jitted(*now)
    assert last(watched).cause.kind == kind
    assert last(watched).cause.why.startswith(why)


def test_explanations_that_the_person_asked_for_are_still_theirs(scaled, caplog):
    jax.config.update("jax_explain_cache_misses", True)
    try:
        with caplog.at_level(logging.WARNING), watch() as watched:
            jax.jit(scaled)(X, 0.5)
        assert jax.config.jax_explain_cache_misses
    finally:
        jax.config.update("jax_explain_cache_misses", False)
    assert len(yours(watched)) == 1
    assert "never seen function" in caplog.text


def test_an_explanation_that_cannot_be_read_is_told_in_our_words():
    assert explained("TRACING CACHE MISS at x\n for f defined\n something new entirely") == []
    (found,) = explained("  * at w, now bf16[2,3] and before f32[]{weak_type=True}")
    assert (found.kind, found.now.words, found.before.words) == ("shape", "bfloat16[2, 3]", "float32[]")


def test_how_it_shows_itself(scaled, tmp_path):
    with watch() as watched:
        jax.jit(scaled)(X, 0.5)
    bundle = watched._repr_mimebundle_()
    assert bundle["text/plain"] == str(watched)
    assert "application/vnd.jupyter.widget-view+json" in bundle
    page = watched.save(tmp_path / "watched.html").read_text()
    assert 'data-kind="watch"' in page


def test_a_transformed_call_is_a_program_of_its_own(scaled):
    jitted = jax.jit(scaled)
    with watch() as watched:
        jitted(X, 0.5)
        jax.vmap(jitted, (0, None))(np.ones((3, 4), np.float32), 0.5)  # here: vmap
    event = last(watched)
    assert event.site.text.endswith("# here: vmap")
    assert event.cause.kind == "transformed"
    assert "called under `jax.vmap`, `jax.grad` or another transformation" in event.cause.why
    assert not event.cause.avoidable


def test_another_static_object(scaled):
    class Options:
        pass

    jitted = jax.jit(lambda x, options: scaled(x, 2.0), static_argnames="options")
    with watch() as watched:
        for _ in range(2):
            jitted(X, options=Options())
    cause = last(watched).cause
    assert cause.kind == "object"
    assert "`options` is a static argument and another object now (an object of class Options)" in cause.why
    assert "__eq__ and __hash__" in cause.change


def test_another_device():
    code = """
import jax
jax.config.update("jax_num_cpu_devices", 2)
import explorer, numpy as np
step = jax.jit(lambda x: x + 1)
with explorer.watch() as watched:
    for device in jax.devices():
        step(jax.device_put(np.ones(4), device))
print(watched.causes)
print(watched)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("{'first': 1, 'place': 1}")
    assert "`x` lies on other devices, or is spread over them in another way, than before." in done.stdout
    assert done.stderr == ""


def test_the_explorers_own_work_in_the_background_is_left_out():
    import explorer

    with watch() as watched:
        thread = threading.Thread(
            target=explorer.train,
            kwargs={"model": "linear-regression", "steps": 2, "progress": False},
        )
        thread.start()
        thread.join()
    assert not yours(watched)


def test_the_panel_follows(scaled):
    from explorer.app.watched import follow
    from explorer.views.panel import Panel

    watcher = watch(live=True)
    panel = Panel("watch")
    try:
        follow(watcher, panel)
        jax.jit(scaled)(X, 0.5)
        deadline = time.monotonic() + 10
        sentence = ""
        while not sentence.startswith("`scaled` was compiled once") and time.monotonic() < deadline:
            time.sleep(0.02)
            told = panel.snapshot().get("retraces")
            sentence = told.header["sentence"] if told else ""
        assert sentence.startswith("`scaled` was compiled once")
        panel._command("stop_watching", {})
        assert not watcher.watching
    finally:
        panel.close()
        watcher.stop()


def test_what_an_earlier_watch_has_seen_is_compared_with():
    jitted = jax.jit(lambda x, n: x * n, static_argnums=1)
    with watch():
        jitted(X, 1)
    with watch() as watched:
        jitted(X, 2)
    cause = last(watched).cause
    assert cause.kind == "static"
    assert "`n` is a static argument: it is 2 now and was 1 before." in cause.why


def test_what_is_traced_already_and_compiled_only_now(scaled):
    jitted = jax.jit(scaled)
    with watch():
        traced = jitted.trace(X, 0.5)
    with watch() as watched:
        traced.lower().compile()
    (event,) = watched.events
    assert event.function == "scaled"
    assert event.cause.why == "It was traced before, and is compiled only now."
    assert not event.cause.avoidable
    with watch() as watched:
        jitted(X, 0.5)
    assert {event.cause.kind for event in yours(watched)} <= {"unknown"}


def test_what_the_explorer_traces_to_look_at_a_function_is_no_retrace(scaled):
    from explorer.compiler.find_nan import find_nan
    from explorer.compiler.inspector import inspect

    jitted = jax.jit(scaled)
    with watch() as watched:
        inspect(scaled, X, 2.0)
        inspect(jitted, X, 2.0)
        find_nan(lambda x: jnp.log(scaled(x, 2.0)).sum(), X)
        jitted(X, 2.0)
    assert {event.function for event in yours(watched)} <= {"scaled"}
    assert len(yours(watched)) <= 1
