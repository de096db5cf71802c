"""A run as a short script of plain JAX and optax, which reaches the same numbers without the explorer.

The functions of the model and of the data set appear as they stand in the catalog; the order of the examples, the
keys and the live changes are those of the run.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from explorer.records import Record
from explorer.training.config import Event
from explorer.training.order import BLOCK
from explorer.training.run import Run

_IMPORTS = {
    "np": "import numpy as np",
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "optax": "import optax",
    "Path": "from pathlib import Path",
    "partial": "from functools import partial",
    "find_spec": "from importlib.util import find_spec",
}


def script_record(run: Run) -> Record:
    """Return the record of a run's script: what the browser copies, or saves under the model's name."""
    return Record("script", {"run": run.id, "name": f"{run.setup.model.name}.py"}, {"text": script_of(run)})


def script_of(run: Run) -> str:
    """Return the script of a run, with the changes made while it ran.

    Args:
      run: in any status; the script takes all of its steps.
    """
    setup, config = run.setup, run.config
    blocks = [
        _functions([setup.dataset.load]),
        _functions([setup.model.init, setup.model.apply, setup.model.loss, *_penalty(setup.model)]),
        _ORDER,
        _objective(run),
        f"{_start(run)}\n\n{_loop(run)}",
    ]
    body = "\n\n\n".join(filter(None, blocks)).rstrip() + "\n"
    title = f'"""{setup.model.title} on {setup.dataset.title}, trained with {config.optimizer.name}."""'  # type: ignore[union-attr]
    return f"{title}\n\n{_imports(body, config.dtype)}\n\n\n{body}"


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


def _penalty(model: Any) -> list[Callable[..., Any]]:
    return [] if model.penalty.__module__ == "explorer.catalog.contract" else [model.penalty]


def _functions(functions: Iterable[Any]) -> str:
    """Return the source of these functions and of what they call in their own module."""
    found: dict[str, str] = {}
    for function in functions:
        _collect(_plain(function), found)
    return "\n\n\n".join(found.values())


def _collect(function: Callable[..., Any], found: dict[str, str]) -> None:
    source = inspect.getsource(function).rstrip()
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    for name in sorted(names - {function.__name__, *found}):
        value = function.__globals__.get(name)
        if inspect.isfunction(value) and value.__module__ == function.__module__:
            _collect(value, found)
    found[function.__name__] = source


def _plain(function: Any) -> Any:
    return function.func if isinstance(function, partial) else function


def _call(function: Any, *arguments: str) -> str:
    """Return the call of an entry's function with the options that the run fixed."""
    options = function.keywords if isinstance(function, partial) else {}
    keywords = [f"{k}={v!r}" for k, v in options.items() if not isinstance(v, Path)]
    return f"{_plain(function).__name__}({', '.join([*arguments, *keywords])})"


def _objective(run: Run) -> str:
    model = run.setup.model
    penalty = f" + {_plain(model.penalty).__name__}(params)" if _penalty(model) else ""
    update = run.setup.optimizer.update_call(
        value="loss_value", value_fn="lambda p: objective(p, state, batch, key)[0]"
    )
    return f'''def objective(params, state, batch, key):
    """Return the mean loss over the batch, and the model's state."""
    outputs, state = {_call(model.apply, "params", "state", "batch", "key=key", "train=True")}
    return {_call(model.loss, "outputs", "batch")}.mean(){penalty}, state


@jax.jit
def train_step(params, state, opt_state, batch, key):
    """Take one step: the gradient of the objective, the optimizer's updates, new params."""
    value_and_grad = jax.value_and_grad(objective, has_aux=True)
    (loss_value, new_state), grads = value_and_grad(params, state, batch, key)
    updates, opt_state = {update}
    return optax.apply_updates(params, updates), new_state, opt_state, loss_value'''


def _start(run: Run) -> str:
    setup, config = run.setup, run.config
    optimizer = setup.optimizer
    expression = optimizer.injected_expression() if run.events else optimizer.expression()
    lines = [f"train, held_out = {_call(setup.dataset.load)}"]
    if config.dtype != "float32":
        lines += [
            f"cast = lambda x: jnp.asarray(x, {config.dtype!r}) if jnp.issubdtype(x.dtype, jnp.floating) else x",
            "train = jax.tree.map(cast, train)",
        ]
    lines += [
        f"spec = {{k: jax.ShapeDtypeStruct(({config.batch_size}, *v.shape[1:]), v.dtype) for k, v in train.items()}}",
        f"seed, steps = {config.seed}, {config.steps:_}",
        f"params, state = {_call(setup.model.init, 'jax.random.key(seed)', 'spec')}",
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


def _imports(body: str, dtype: str) -> str:
    used = [line for name, line in _IMPORTS.items() if re.search(rf"\b{name}\b", body)]
    setting = '\n\njax.config.update("jax_enable_x64", True)' if dtype == "float64" else ""
    standard = [line for line in used if line.startswith("from")]
    others = sorted(line for line in used if not line.startswith("from"))
    return "\n".join([*sorted(standard), *([""] if standard else []), *others]) + setting
