"""Every ready-made optimizer, run for real on two small problems and compared with optax alone."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest

from explorer.catalog import optimizers

pytestmark = pytest.mark.filterwarnings("ignore:`optimistic_adam` is deprecated")
STEPS = 50
RATES = 0.5  # the learning rate is halved for the second half of the steps


def line() -> tuple[Any, Callable[[Any], jax.Array]]:
    """A linear regression. w: f32[5], b: f32[1]."""
    x = np.random.default_rng(0).normal(size=(64, 5)).astype(np.float32)
    y = x @ np.array([3, -2, 0.5, 1, -1], np.float32) + 1

    def loss(params: Any) -> jax.Array:
        return jnp.mean(jnp.square(x @ params["w"] + params["b"] - y))

    return {"w": jnp.zeros(5), "b": jnp.zeros(1)}, loss


def network() -> tuple[Any, Callable[[Any], jax.Array]]:
    """A 16-8-4 network on labels that a hidden linear map gives."""
    random = np.random.default_rng(1)
    x = random.normal(size=(64, 16)).astype(np.float32)
    labels = (x @ random.normal(size=(16, 4))).argmax(1)
    weights = [random.normal(size=s).astype(np.float32) / 4 for s in ((16, 8), (8, 4))]
    params = {
        "hidden": {"w": jnp.asarray(weights[0]), "b": jnp.zeros(8)},
        "output": {"w": jnp.asarray(weights[1]), "b": jnp.zeros(4)},
    }

    def loss(params: Any) -> jax.Array:
        hidden = jax.nn.relu(x @ params["hidden"]["w"] + params["hidden"]["b"])
        logits = hidden @ params["output"]["w"] + params["output"]["b"]
        return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

    return params, loss


PROBLEMS = {"line": line, "network": network}


class Trainer:
    """A compiled loop with a dynamic count over one optimizer, as a run has it; counts its traces."""

    def __init__(self, optimizer: optimizers.Optimizer, problem: str) -> None:
        self.optimizer, self.traces = optimizer, 0
        self.params, self.loss = PROBLEMS[problem]()
        self.state = optimizer.init(self.params)
        self.compiled = compiled(self._run)

    def _run(self, params: Any, state: Any, count: jax.Array) -> tuple[Any, Any]:
        self.traces += 1

        def body(carry: Any) -> Any:
            params, state, left = carry
            value, grads = jax.value_and_grad(self.loss)(params)
            updates, state = self.optimizer.update(grads, state, params, value=value, value_fn=self.loss)
            return optax.apply_updates(params, updates), state, left - 1

        return jax.lax.while_loop(lambda carry: carry[2] > 0, body, (params, state, count))[:2]

    def run(self, steps: int) -> None:
        self.params, self.state = self.compiled(self.params, self.state, jnp.int32(steps))

    def judged(self) -> float:
        return float(self.loss(self.optimizer.eval_params(self.state, self.params)))


def plain(optimizer: optimizers.Optimizer, problem: str, params: Any, state: Any = None) -> Any:
    """Return the params after half of the steps by optax alone, in the words of a copied script.

    Args:
      optimizer: whose script it is.
      problem: what is trained.
      params, state: where to start; state None starts afresh.
    """
    loss = PROBLEMS[problem]()[1]
    transformation = eval(optimizer.expression(), {"optax": optax})
    call = optimizer.update_call(value="value", value_fn="loss")

    def body(_: Any, carry: Any) -> Any:
        params, opt_state = carry
        value, grads = jax.value_and_grad(loss)(params)
        names = {"optimizer": transformation, "grads": grads, "opt_state": opt_state}
        names |= {"params": params, "value": value, "loss": loss}
        updates, opt_state = eval(call, names)
        return optax.apply_updates(params, updates), strong(opt_state)

    state = strong(transformation.init(params) if state is None else state)
    return compiled(lambda carry: jax.lax.fori_loop(0, STEPS // 2, body, carry)[0])((params, state))


def compiled(function: Callable[..., Any]) -> Any:
    """Jit with little optimization: these programs run for a moment and are compiled two hundred times."""
    return jax.jit(function, compiler_options={"xla_backend_optimization_level": 0})


def strong(tree: Any) -> Any:
    return jax.tree.map(lambda x: jax.lax.convert_element_type(x, x.dtype), tree)


class Trained(NamedTuple):
    """What fifty steps did, the learning rate halved after twenty-five."""

    trainer: Trainer
    before: float
    after: float
    halfway: tuple[Any, Any]


@cache
def trained(name: str, problem: str) -> Trained:
    trainer = Trainer(optimizers.build(name), problem)
    before = trainer.judged()
    trainer.run(STEPS // 2)
    halfway = trainer.params, trainer.state
    optimizer = trainer.optimizer
    if optimizer.live:
        trainer.state = optimizer.set_live(trainer.state, optimizer.options[optimizer.live] * RATES)
    trainer.run(STEPS // 2)
    return Trained(trainer, before, trainer.judged(), halfway)


def close(got: Any, want: Any) -> None:
    for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("problem", list(PROBLEMS))
@pytest.mark.parametrize("name", optimizers.names())
def test_fifty_compiled_steps_keep_the_types_of_the_state_in_one_trace(name: str, problem: str) -> None:
    trainer = trained(name, problem).trainer
    assert trainer.traces == 1
    start = PROBLEMS[problem]()[0]
    fresh = trainer.optimizer.init(start)
    kinds = [[(x.shape, x.dtype) for x in jax.tree.leaves(state)] for state in (fresh, trainer.state)]
    assert kinds[0] == kinds[1]
    assert any(jnp.any(a != b) for a, b in zip(*map(jax.tree.leaves, (start, trainer.params)), strict=True))


@pytest.mark.parametrize("name", optimizers.names())
def test_the_steps_equal_plain_optax(name: str) -> None:
    trainer, _, _, (params, _) = trained(name, "network")
    close(params, plain(trainer.optimizer, "network", network()[0]))


@pytest.mark.parametrize("name", optimizers.names())
def test_after_the_rate_changed_the_steps_equal_plain_optax_at_that_rate(name: str) -> None:
    trainer, _, _, (params, state) = trained(name, "line")
    live = trainer.optimizer.live
    changed = {live: trainer.optimizer.options[live] * RATES} if live else {}
    close(trainer.params, plain(optimizers.build(name, changed), "line", params, state.inner_state))


def test_few_optimizers_fail_to_lower_the_loss_with_the_default_of_the_picker(
    capsys: pytest.CaptureFixture[str],
) -> None:
    results = {(n, p): trained(n, p) for n in optimizers.names() for p in PROBLEMS}
    failing = {k: (r.before, r.after) for k, r in results.items() if not r.after < r.before}
    with capsys.disabled():
        print(f"\n{len(failing)} of {len(results)} do not lower the loss in {STEPS} steps:")
        for (name, problem), (before, after) in failing.items():
            print(f"  {name} on {problem}: {before:.3g} -> {after:.3g}")
    # LARS scales a step by the norm of the params. At zero, where the line starts, it does not scale at all.
    assert set(failing) <= {("lars", "line")}


def test_a_changed_rate_compiles_nothing_on_a_chosen_device() -> None:
    compiles: list[str] = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda event, _, **__: compiles.append(event) if event.endswith("backend_compile_duration") else None
    )
    trainer = Trainer(optimizers.build("adam"), "line")
    device = jax.local_devices(backend="cpu")[0]
    trainer.params, trainer.state = jax.device_put((trainer.params, trainer.state), device)
    trainer.run(1)
    assert compiles, "the listener hears nothing"
    trainer.run(1)
    rates = (0.5, 1e-5, np.float64(0.1), jnp.asarray(0.2))
    compiles.clear()
    for rate in rates:
        trainer.state = trainer.optimizer.set_live(trainer.state, rate)
        before = np.asarray(trainer.params["b"])
        trainer.run(1)
        moved = abs(np.asarray(trainer.params["b"]) - before)
        assert 0.1 * float(rate) < moved < 2 * float(rate)  # an Adam step is about as long as its rate
    assert compiles == []


def test_the_rate_can_be_set_inside_jit() -> None:
    optimizer = optimizers.build("sgd")
    params = {"w": jnp.ones(3)}
    state = jax.jit(optimizer.set_live)(optimizer.init(params), 0.25)
    updates, _ = optimizer.update(params, state, params, value=jnp.ones(()), value_fn=lambda p: p["w"].sum())
    np.testing.assert_array_equal(updates["w"], [-0.25] * 3)


def test_a_rate_that_changes_nothing_is_not_live() -> None:
    assert [name for name in optimizers.names() if not optimizers.build(name).live] == ["lbfgs", "rprop"]
    assert optimizers.build("lbfgs", {"learning_rate": 1}).live == "learning_rate"
    assert optimizers.build("lbfgs").why_not_live == "L-BFGS finds the length of its steps by itself."
    rprop = optimizers.build("rprop")
    assert rprop.why_not_live == "Rprop looks at it before the first step only."
    assert rprop.expression() == "optax.rprop(learning_rate=1.0)"
    state = rprop.init({"w": jnp.ones(3)})
    assert rprop.rate(state) is None
    with pytest.raises(ValueError, match="before the first step only"):
        rprop.set_live(state, 0.1)


def test_schedule_free_is_judged_at_its_average_and_the_script_says_so() -> None:
    trainer = trained("schedule_free_sgd", "line").trainer
    optimizer, state, params = trainer.optimizer, trainer.state, trainer.params
    average = optax.contrib.schedule_free_eval_params(state.inner_state, params)
    close(optimizer.eval_params(state, params), average)
    assert jnp.any(average["w"] != params["w"])
    named = {"optax": optax, "opt_state": state, "params": params}
    close(eval(optimizer.eval_call(), named), average)
    close(eval(optimizer.eval_call(injected=False), named | {"opt_state": state.inner_state}), average)
    adam = optimizers.build("adam")
    assert adam.eval_call(params="p") == "p"
    assert adam.eval_params(adam.init(params), params) is params


@pytest.mark.parametrize("name", optimizers.names())
def test_the_injected_expression_makes_the_same_state(name: str) -> None:
    optimizer = optimizers.build(name)
    params = {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}
    made = eval(optimizer.injected_expression(), {"optax": optax})
    inner = optimizer.init(params)
    want = inner if optimizer.live else inner.inner_state
    got = made.init(params)
    assert jax.tree.structure(got) == jax.tree.structure(want)
    if optimizer.live:
        assert float(got.hyperparams[optimizer.live]) == float(optimizer.rate(inner))  # type: ignore[arg-type]


def test_expressions_hold_the_rate_and_what_differs_from_optax() -> None:
    assert optimizers.build("adam").expression() == "optax.adam(learning_rate=0.001)"
    changed = optimizers.build("adam", {"learning_rate": "1e-2", "b1": 0.8, "nesterov": "true"})
    assert changed.expression() == "optax.adam(learning_rate=0.01, b1=0.8, nesterov=True)"
    assert optimizers.build("lbfgs").expression() == "optax.lbfgs()"
    assert optimizers.build("muon").expression() == "optax.contrib.muon(learning_rate=0.01)"
    assert optimizers.build("adafactor", {"learning_rate": None}).expression() == "optax.adafactor()"
    injected = optimizers.build("sgd", {"momentum": 0.9}).injected_expression()
    assert injected == (
        "optax.inject_hyperparams(optax.sgd, static_args=('momentum', 'nesterov', 'accumulator_dtype'))"
        "(learning_rate=0.1, momentum=0.9)"
    )


def test_update_calls_hold_only_what_each_optimizer_needs() -> None:
    def call(name: str) -> str:
        return optimizers.build(name).update_call(value="loss", value_fn="loss_of")

    assert call("adam") == "optimizer.update(grads, opt_state, params)"
    assert call("polyak_sgd") == "optimizer.update(grads, opt_state, params, value=loss)"
    assert call("sophia") == "optimizer.update(grads, opt_state, params, obj_fn=loss_of)"
    assert call("lbfgs") == ("optimizer.update(grads, opt_state, params, value=loss, grad=grads, value_fn=loss_of)")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float64"])
def test_states_keep_their_dtypes_for_params_of_other_precisions(dtype: str) -> None:
    with jax.enable_x64(dtype == "float64"):
        spec = {"w": jax.ShapeDtypeStruct((4, 3), dtype), "b": jax.ShapeDtypeStruct((3,), dtype)}
        reasons = {name: optimizers.fits(name, spec) for name in optimizers.names()}
    assert {name: reason for name, reason in reasons.items() if reason} == {}


def test_only_sm3_cannot_train_a_single_number_and_says_which() -> None:
    spec = {"layer": {"w": jax.ShapeDtypeStruct((3,), "float32"), "scale": jax.ShapeDtypeStruct((), "float32")}}
    reasons = {name: reason for name in optimizers.names() if (reason := optimizers.fits(name, spec))}
    assert list(reasons) == ["sm3"]
    assert "'layer/scale', which is a single number" in reasons["sm3"]
    assert optimizers.fits("sm3", {"w": spec["layer"]["w"]}) is None
