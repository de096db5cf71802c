"""A run as a short script of plain JAX and optax, which reaches the same numbers without the explorer.

The functions of the model and of the data set appear as they stand in the catalog; the order of the examples, the
keys and the live changes are those of the run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from explorer.catalog.contract import no_penalty
from explorer.errors import FieldError
from explorer.records import Record
from explorer.training.config import Event
from explorer.training.order import BLOCK
from explorer.training.run import Run
from explorer.training.sources import Sources, import_lines

_IMPORTS = {"np": "import numpy as np", "jax": "import jax", "jnp": "import jax.numpy as jnp", "optax": "import optax"}


def script_record(run: Run) -> Record:
    """Return the record of a run's script: what the browser copies, or saves under the model's name."""
    return Record("script", {"run": run.id, "name": f"{run.setup.model.name}.py"}, {"text": script_of(run)})


def script_of(run: Run) -> str:
    """Return the script of a run, with the changes made while it ran.

    Args:
      run: in any status; the script takes all of its steps.

    Raises:
      FieldError: its model or its data are known to this kernel alone; or it is a branch with other settings.
    """
    if run.turns:
        turn = run.turns[-1]
        problem = (
            f"is a branch: its {turn.field} changed at step {turn.step:,}, and a script holds one setting of each."
        )
        raise FieldError("run", problem, "A learning rate that changed on the way can be held.")
    setup, config = run.setup, run.config
    functions = Sources()
    load = functions.call(setup.dataset.in_script or setup.dataset.load)
    init = functions.call(setup.model.init, "jax.random.key(seed)", "spec")
    objective = _objective(run, functions)
    body = "\n\n\n".join([functions.text, _ORDER, objective, f"{_start(run, load, init)}\n\n{_loop(run)}"]) + "\n"
    title = f'"""{setup.model.title} on {setup.dataset.title}, trained with {config.optimizer.name}."""'  # type: ignore[union-attr]
    used = [line for name, line in _IMPORTS.items() if re.search(rf"\b{name}\b", body)]
    setting = '\n\njax.config.update("jax_enable_x64", True)' if config.dtype == "float64" else ""
    return f"{title}\n\n{import_lines([*functions.imports, *used])}{setting}\n\n\n{body}"


_ORDER = f'''def batches(examples, batch_size, seed):
    """Yield the indices of each batch: shuffled epochs, without what does not fill a batch at their end."""
    per_epoch = examples // batch_size
    epochs = max(1, {BLOCK} // (per_epoch * batch_size))  # shuffled at once
    block = 0
    while True:
        shuffled = np.tile(np.arange(examples, dtype=np.int32), (epochs, 1))
        np.random.default_rng([seed, block]).permuted(shuffled, axis=1, out=shuffled)
        yield from shuffled[:, : per_epoch * batch_size].reshape(-1, batch_size)
        block += 1'''


def _objective(run: Run, functions: Sources) -> str:
    model = run.setup.model
    outputs = functions.call(model.apply, "params", "state", "batch", "key=key", "train=True")
    loss = functions.call(model.loss, "outputs", "batch")
    has_penalty = model.penalty is not no_penalty
    penalty = f" + {functions.call(model.penalty, 'params')}" if has_penalty else ""
    update = run.setup.optimizer.update_call(
        value="loss_value", value_fn="lambda p: objective(p, state, batch, key)[0]"
    )
    return f'''def objective(params, state, batch, key):
    """Return the mean loss over the batch{", and the penalty" if has_penalty else ""}, and the model's state."""
    outputs, state = {outputs}
    return {loss}.mean(){penalty}, state


@jax.jit
def train_step(params, state, opt_state, batch, key):
    """Take one step: the gradient of the objective, the optimizer's updates, new params."""
    value_and_grad = jax.value_and_grad(objective, has_aux=True)
    (loss_value, new_state), grads = value_and_grad(params, state, batch, key)
    updates, opt_state = {update}
    return optax.apply_updates(params, updates), new_state, opt_state, loss_value'''


def _start(run: Run, load: str, init: str) -> str:
    setup, config = run.setup, run.config
    optimizer = setup.optimizer
    expression = optimizer.injected_expression() if run.events else optimizer.expression()
    lines = [f"train, held_out = {load}"]
    if config.dtype != "float32":
        lines += [
            f"cast = lambda x: jnp.asarray(x, {config.dtype!r}) if jnp.issubdtype(x.dtype, jnp.floating) else x",
            "train = jax.tree.map(cast, train)",
        ]
    lines += [
        f"spec = {{k: jax.ShapeDtypeStruct(({config.batch_size}, *v.shape[1:]), v.dtype) for k, v in train.items()}}",
        f"seed, steps = {config.seed}, {config.steps:_}",
        f"params, state = {init}",
    ]
    if config.dtype != "float32":
        lines.append("params, state = jax.tree.map(cast, (params, state))")
    lines += [f"optimizer = {expression}", "opt_state = optimizer.init(params)"]
    if run.events:
        lines.append(f"changes = {_changes(run.events)}  # step: the rate from there on")
    return "\n".join(lines)


def _changes(events: Iterable[Event]) -> str:
    return "{" + ", ".join(f"{e.step}: {e.value!r}" for e in events) + "}"


def _loop(run: Run) -> str:
    setup, config = run.setup, run.config
    live = setup.optimizer.live
    every = max(1, config.steps // 10)  # type: ignore[operator]
    lines = [
        "key = jax.random.key(seed)",
        f"order = batches({setup.examples}, {config.batch_size if setup.dataset.train else 1}, seed)",
        "for step, rows in zip(range(steps), order):",
    ]
    if run.events:
        lines += [
            "    if step in changes:",
            f"        rate = opt_state.hyperparams[{live!r}]",
            f"        opt_state.hyperparams[{live!r}] = jnp.asarray(changes[step], rate.dtype)",
        ]
    lines += [
        "    batch = {name: values[rows] for name, values in train.items()}",
        "    key_now = jax.random.fold_in(key, step)",
        "    params, state, opt_state, loss_value = train_step(params, state, opt_state, batch, key_now)",
        f"    if step % {every} == 0 or step == steps - 1:",
        '        print(f"step {step + 1:,}: loss {loss_value:.6g}")',
    ]
    return "\n".join(lines)
