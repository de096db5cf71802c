"""From a configuration to what training needs: names looked up, defaults filled in, sizes checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax

from explorer.catalog import optimizers, registry, targets
from explorer.catalog.contract import Batch, Dataset, Model, PyTree, Spec, parameter_names, spec_of
from explorer.errors import FieldError
from explorer.training.config import Choice, RunConfig
from explorer.training.data import check_data, check_labels, examples_in
from explorer.training.fit import misfit, suited
from explorer.training.precision import cast, precision
from explorer.training.step import Carry


@dataclass(frozen=True)
class Setup:
    """A configuration with everything it names looked up and checked.

    Args:
      config: with no field left at None.
      model, dataset, optimizer: the catalog's entries, built.
      device: where it runs.
      spec: the shapes of one batch, inputs and targets.
      params_spec: the params as `jax.ShapeDtypeStruct`.
      parameters: their names, in the order of `jax.tree.leaves`.
    """

    config: RunConfig
    model: Model
    dataset: Dataset
    optimizer: Any
    device: jax.Device
    spec: Spec
    params_spec: PyTree
    parameters: tuple[str, ...]

    @property
    def examples(self) -> int:
        """The number of training examples; 1 for a test function, whose batch is {}."""
        return examples_in(self.dataset.train)

    def data(self) -> Batch:
        """Return every training example, on the device, in the run's dtype."""
        return self._placed(self.dataset.train)

    def held_out(self) -> Batch | None:
        """Return every held-out example, on the device, or None."""
        return None if self.dataset.held_out is None else self._placed(self.dataset.held_out)

    def initial(self) -> Carry:
        """Return the carry before the first step, on the device."""
        config = self.config
        with precision(config.dtype), jax.default_device(self.device):
            params, state = self.model.init(jax.random.key(config.seed), dict(self.spec))
            params, state = cast(params, config.dtype), cast(state, config.dtype)
            return jax.device_put(Carry(params, state, self.optimizer.init(params)), self.device)

    def _placed(self, batch: Batch) -> Batch:
        with precision(self.config.dtype):
            return jax.device_put(cast(dict(batch), self.config.dtype), self.device)


def filled(config: RunConfig) -> RunConfig:
    """Return the configuration with the model's own defaults where a field was left at None.

    Raises:
      FieldError: the model is unknown.
    """
    choice = config.model
    assert isinstance(choice, Choice)
    defaults = registry.model(choice.name, choice).defaults
    found: dict[str, Any] = {}
    for name in ("dataset", "optimizer", "batch_size", "steps"):
        if getattr(config, name) is None:
            found[name] = _as_choice(defaults[name]) if name in ("dataset", "optimizer") else defaults[name]
    config = config.but(**found)
    assert isinstance(config.dataset, Choice)
    config = config.but(model=suited(choice, _choose(registry.dataset, config.dataset)))
    assert config.steps is not None
    if config.eval_every is None:
        config = config.but(eval_every=max(100, config.steps // 50))
    optimizer = config.optimizer
    assert isinstance(optimizer, Choice)
    return config.but(optimizer=Choice(optimizer.name, **optimizers.check(optimizer.name, optimizer)))


def _as_choice(default: Any) -> Choice:
    return Choice(default) if isinstance(default, str) else Choice(default[0], **default[1])


def setup(config: RunConfig) -> Setup:
    """Look up and check everything that a configuration names.

    Raises:
      FieldError: a name or an option is unknown, a value is not allowed, or two choices do not fit each other.
    """
    config = filled(config)
    device = targets.device(config.device)
    model = _choose(registry.model, config.model)
    dataset = _choose(registry.dataset, config.dataset)
    assert isinstance(config.optimizer, Choice)
    optimizer = optimizers.build(config.optimizer.name, config.optimizer)
    assert config.batch_size is not None
    check_data(dataset, config.batch_size)
    assert isinstance(config.model, Choice)
    if "classes" in model.options:
        check_labels(dataset, config.model.get("classes", model.options["classes"].default))
    with precision(config.dtype):
        spec = _in_dtype(spec_of(dataset.train, config.batch_size), config.dtype)
        problem = misfit(model, spec)
        if problem:
            raise FieldError("dataset", f"'{dataset.name}' does not fit the model '{model.name}': {problem}", "")
        params_spec = jax.eval_shape(lambda key: cast(model.init(key, dict(spec))[0], config.dtype), jax.random.key(0))
        problem = optimizers.fits(config.optimizer.name, params_spec)
        if problem:
            name = config.optimizer.name
            raise FieldError("optimizer", f"'{name}' does not fit the model '{model.name}': {problem}", "")
    return Setup(config, model, dataset, optimizer, device, spec, params_spec, parameter_names(params_spec))


def _choose(build: Any, choice: Any) -> Any:
    return build(choice.name, choice)


def _in_dtype(spec: Spec, dtype: str) -> Spec:
    return jax.eval_shape(lambda batch: cast(batch, dtype), spec)
