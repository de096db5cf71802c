"""An optimizer that is ready to run: all are called the same way, and the learning rate is a live value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib

from explorer.catalog.contract import PyTree
from explorer.catalog.optimizers import calling, code
from explorer.catalog.optimizers.factories import Factory
from explorer.catalog.optimizers.info import OptimizerInfo, check, get


@dataclass(frozen=True)
class Optimizer:
    """An optimizer of optax with its hyperparameters.

    Args:
      info: what is known of it.
      options: a value for every option, as `check` returns them.
    """

    info: OptimizerInfo
    options: Mapping[str, Any]

    @cached_property
    def live(self) -> str | None:
        """Return the name of the hyperparameter that may change while training runs, or None."""
        field = self.info.learning_rate_field
        return field if field in self.calling.read else None

    @property
    def why_not_live(self) -> str:
        """Return why the learning rate cannot change while training runs, in a sentence; empty if it can."""
        if self.live:
            return ""
        if self.options[self.info.learning_rate_field] is None:
            return f"{self.info.title} finds the length of its steps by itself."
        return f"{self.info.title} looks at it before the first step only."

    @cached_property
    def transformation(self) -> optax.GradientTransformationExtraArgs:
        """Return the transformation, with the learning rate as an array in its state where it is live."""
        return _injected(self.info.factory, self.options, self.live)

    @cached_property
    def calling(self) -> calling.Calling:
        """Return what `update` needs beside the usual three arguments, and what it reads."""
        return _studied(self.info.factory, tuple(self.options.items()))

    def init(self, params: PyTree) -> PyTree:
        """Return the state to start from. Its leaves keep their shape and dtype through every update."""
        return jax.tree.map(_strong, self.transformation.init(params))

    def update(
        self,
        grads: PyTree,
        opt_state: PyTree,
        params: PyTree,
        *,
        value: jax.Array,
        value_fn: Callable[[PyTree], jax.Array],
    ) -> tuple[PyTree, PyTree]:
        """Take one step, inside or outside of jit.

        Args:
          grads: the gradients at params, of the same structure.
          opt_state: from `init` or the last update.
          params: the parameters.
          value: f32[], the loss at params.
          value_fn: (params) -> f32[], the loss on the same batch, for optimizers that look at it again.

        Returns:
          (updates, opt_state): the updates to add to params with `optax.apply_updates`.
        """
        extra = self.calling.arguments(grads, value, value_fn)
        updates, after = self.transformation.update(grads, opt_state, params, **extra)
        return updates, jax.tree.map(_strong, after)

    def eval_params(self, opt_state: PyTree, params: PyTree) -> PyTree:
        """Return the params to judge the model by: an average for schedule_free_*, else params themselves."""
        if self.calling.averaged is None:
            return params
        averaged = optax.contrib.schedule_free_eval_params(calling.averaged_state(opt_state), params)
        return jax.tree.map(lambda a, p: a.astype(p.dtype), averaged, params)

    def rate(self, opt_state: PyTree) -> jax.Array | None:
        """Return the learning rate that the next update will use, as an array; None where it is not live."""
        return None if self.live is None else opt_state.hyperparams[self.live]

    def set_live(self, opt_state: PyTree, value: float | jax.Array) -> PyTree:
        """Return the state with another learning rate; what was compiled for the old one serves the new one.

        Raises:
          ValueError: this optimizer has no live learning rate.
        """
        if self.live is None:
            raise ValueError(self.why_not_live)
        old = opt_state.hyperparams[self.live]
        if isinstance(value, jax.core.Tracer) or isinstance(old, jax.core.Tracer):
            new = _strong(jnp.asarray(value, old.dtype))
        else:  # on the same devices, or the next call would compile again
            new = jax.device_put(np.asarray(value, old.dtype), old.sharding if old.committed else None)
        return opt_state._replace(hyperparams={**opt_state.hyperparams, self.live: new})

    def expression(self) -> str:
        """Return the plain optax call, such as "optax.adam(learning_rate=0.001)"."""
        return code.expression(self.info.factory, self.options)

    def injected_expression(self) -> str:
        """Return the call whose state holds the learning rate in `opt_state.hyperparams`, if it has one."""
        return code.injected_expression(self.info.factory, self.options, self.live)

    def update_call(self, **names: str) -> str:
        """Return how a script calls update, such as "optimizer.update(grads, opt_state, params)".

        Args:
          names: what the script calls optimizer, grads, opt_state, params, value (the loss at params) and
            value_fn (the function of params that gives it); each defaults to that word.
        """
        return code.update_call(self.calling, **names)

    def eval_call(self, *, injected: bool = True, **names: str) -> str:
        """Return how a script gets the params to judge the model by; just "params" for most optimizers.

        Args:
          injected: whether the script builds the optimizer by `injected_expression`.
          names: what the script calls opt_state and params.
        """
        return code.eval_call(self.calling, injected=injected, **names)


def build(name: str, options: Mapping[str, Any] | None = None) -> Optimizer:
    """Return an optimizer.

    Args:
      name: one of `names()`.
      options: what differs from the defaults, by name; text is read as a person typed it.

    Raises:
      FieldError: the name or an option is unknown, or a value is not allowed.
    """
    return Optimizer(get(name), MappingProxyType(check(name, options or {})))


def _injected(factory: Factory, options: Mapping[str, Any], live: str | None) -> optax.GradientTransformationExtraArgs:
    fixed = tuple(name for name in factory.parameters if name != live)
    return optax.inject_hyperparams(factory.make, static_args=fixed)(**options)


@lru_cache(maxsize=128)  # a form asks again at every change
def _studied(factory: Factory, options: tuple[tuple[str, Any], ...]) -> calling.Calling:
    return calling.study(_injected(factory, dict(options), factory.rate))


def _strong(leaf: Any) -> Any:
    # A weakly typed leaf (one that came from a Python number) would change its type in a loop's carry.
    if isinstance(leaf, jax.Array) and not jnp.issubdtype(leaf.dtype, jax.dtypes.extended):
        return leaf.astype(leaf.dtype) if leaf.weak_type else leaf
    return leaf if isinstance(leaf, jax.Array) else jnp.asarray(leaf, np.asarray(leaf).dtype)
