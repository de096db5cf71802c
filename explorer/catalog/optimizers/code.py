"""An optimizer as the Python that a copied script holds: plain optax, nothing of the explorer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from explorer.catalog.optimizers.calling import Calling
from explorer.catalog.optimizers.factories import Factory


def expression(factory: Factory, options: Mapping[str, Any]) -> str:
    """Return the plain call: the learning rate, and what differs from optax's own defaults."""
    return f"{factory.call}({_arguments(factory, options)})"


def injected_expression(factory: Factory, options: Mapping[str, Any], live: str | None) -> str:
    """Return the call through `optax.inject_hyperparams`; plain where no hyperparameter is live."""
    if live is None:
        return expression(factory, options)
    fixed = tuple(name for name in factory.parameters if name != live)
    static = f", static_args={fixed!r}" if fixed else ""
    return f"optax.inject_hyperparams({factory.call}{static})({_arguments(factory, options)})"


def update_call(
    calling: Calling,
    *,
    optimizer: str = "optimizer",
    grads: str = "grads",
    opt_state: str = "opt_state",
    params: str = "params",
    value: str = "value",
    value_fn: str = "value_fn",
) -> str:
    """Return the call of update, with the further arguments only where this optimizer needs them."""
    extra = [f"{name}={text}" for name, text in calling.arguments(grads, value, value_fn).items()]
    return f"{optimizer}.update({', '.join([grads, opt_state, params, *extra])})"


def eval_call(calling: Calling, *, injected: bool, opt_state: str = "opt_state", params: str = "params") -> str:
    """Return the expression of the params to judge the model by."""
    if calling.averaged is None:
        return params
    path = calling.averaged if injected else calling.averaged.removeprefix(".inner_state")
    return f"optax.contrib.schedule_free_eval_params({opt_state}{path}, {params})"


def _arguments(factory: Factory, options: Mapping[str, Any]) -> str:
    written = []
    for name, value in options.items():
        default = factory.parameters[name].default
        if (name == factory.rate and value is not None) or not _same(value, default):
            written.append(f"{name}={value!r}")
    return ", ".join(written)


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default
