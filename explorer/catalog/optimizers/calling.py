"""How the update of an optimizer must be called: found by trying it, since its type does not say.

Every transformation of optax takes `update(grads, state, params)` and keyword arguments in name, yet some
raise when theirs is missing, and lbfgs raises on one that it does not know. So the arguments are tried on a
small problem, fewest first, with `jax.eval_shape`: nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from explorer.catalog.contract import PyTree

# From none to all. obj_fn is sophia's word for value_fn.
_TRIED = ((), ("value",), ("obj_fn",), ("value", "grad", "value_fn"), ("value", "grad", "value_fn", "obj_fn"))
_AS = {"value": "value", "grad": "grads", "value_fn": "value_fn", "obj_fn": "value_fn"}
_PROBLEM = {"w": jax.ShapeDtypeStruct((2, 3), jnp.float32), "b": jax.ShapeDtypeStruct((3,), jnp.float32)}


@dataclass(frozen=True)
class Calling:
    """What `update` takes beside the gradients, the state and the params.

    Args:
      extras: the keyword arguments that it needs.
      averaged: the keypath in the state of what `schedule_free_eval_params` reads, or None. Such optimizers
        train at one point and are judged at another.
      read: the names of the injected hyperparameters that `update` reads. rprop looks at its rate in `init` alone.
    """

    extras: tuple[str, ...]
    averaged: str | None = None
    read: frozenset[str] = frozenset()

    def arguments(self, grads: Any, value: Any, value_fn: Any) -> dict[str, Any]:
        """Return the keyword arguments for one call: the values themselves, or their names in a script."""
        given = {"grads": grads, "value": value, "value_fn": value_fn}
        return {name: given[_AS[name]] for name in self.extras}


def study(transformation: optax.GradientTransformation) -> Calling:
    """Return how this transformation, made by `optax.inject_hyperparams`, is called.

    Raises:
      Exception: whatever it raised with every argument given.
    """
    failure: Exception | None = None
    for extras in _TRIED:
        calling = Calling(extras)
        try:
            state = jax.eval_shape(lambda p, c=calling: _first_step(transformation, c, p), _PROBLEM)
        except Exception as error:  # it may raise anything when an argument is missing
            failure = error
        else:
            read = frozenset(name for name in state.hyperparams if _reads(transformation, calling, state, name))
            return Calling(extras, _averaged(state), read)
    assert failure is not None
    raise failure


def objective(params: PyTree) -> jax.Array:
    """Return the sum of the squares, a loss for trying things out. f32[]."""
    return sum((jnp.sum(jnp.square(p)) for p in jax.tree.leaves(params)), jnp.zeros(())).astype(jnp.float32)


def _step(transformation: Any, calling: Calling, params: PyTree, state: PyTree) -> tuple[PyTree, PyTree]:
    value, grads = jax.value_and_grad(objective)(params)
    return transformation.update(grads, state, params, **calling.arguments(grads, value, objective))


def _first_step(transformation: Any, calling: Calling, params: PyTree) -> PyTree:
    return _step(transformation, calling, params, transformation.init(params))[1]


def _reads(transformation: Any, calling: Calling, state: PyTree, name: str) -> bool:
    """Return whether the updates, or the state of the optimizer itself, follow from this hyperparameter."""

    def step(value: jax.Array, state: PyTree, params: PyTree) -> PyTree:
        state = state._replace(hyperparams={**state.hyperparams, name: value})
        updates, after = _step(transformation, calling, params, state)
        return updates, after.inner_state

    jaxpr = jax.make_jaxpr(step)(state.hyperparams[name], state, _PROBLEM).jaxpr
    reached = {id(jaxpr.invars[0])}
    for equation in jaxpr.eqns:
        if reached & set(map(id, equation.invars)):
            reached |= set(map(id, equation.outvars))
    return bool(reached & set(map(id, jaxpr.outvars)))


def _is_averaged(node: Any) -> bool:
    return isinstance(node, optax.contrib.ScheduleFreeState)


def _averaged(state: PyTree) -> str | None:
    nodes, _ = jax.tree.flatten_with_path(state, is_leaf=_is_averaged)
    return next((jax.tree_util.keystr(path) for path, node in nodes if _is_averaged(node)), None)


def averaged_state(state: PyTree) -> PyTree:
    """Return the part of the state that `schedule_free_eval_params` reads."""
    return next(node for node in jax.tree.leaves(state, is_leaf=_is_averaged) if _is_averaged(node))
