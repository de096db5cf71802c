"""The catalog's contract: what a model and a data set are.

    Params = State = Outputs = PyTree;  Batch = dict[str, Array]     # leading axis B; {} for a test function

A file in `models/` or `datasets/` is an entry when it defines `build`. Keep the functions of an entry at module
level and plain JAX or NumPy: the copied script shows their source as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp

PyTree = Any
Batch = Mapping[str, Any]
Spec = dict[str, jax.ShapeDtypeStruct]

YOURS = "Yours"  # the heading of what is registered


@dataclass(frozen=True)
class Option:
    """One setting of an entry, a slider or a field in the picker.

    Args:
      default: the value taken when none is given; its type is the option's type.
      low, high: the allowed range, inclusive, for numbers.
      choices: the allowed values, for a setting that is picked.
      help: one sentence with the unit.
    """

    default: Any
    low: float | None = None
    high: float | None = None
    choices: tuple[Any, ...] = ()
    help: str = ""


def no_penalty(params: PyTree) -> jax.Array:
    """Return the penalty of a model that has none. f32[]."""
    return jnp.zeros((), jnp.float32)


@dataclass(frozen=True)
class Model:
    """A function with parameters, and how its outputs are judged.

    Args:
      name: the name that is picked, in kebab-case.
      title: the name that people read.
      summary: one sentence on what it computes.
      init: (key, spec) -> (Params, State). Params hold inexact leaves only; spec has the shapes of one batch.
      apply: (Params, State, Batch, *, key, train: bool) -> (Outputs, State).
      loss: (Outputs, Batch) -> f32[B], per example; f32[1] where the batch is {}.
      penalty: (Params) -> f32[], added to the mean loss: ridge, decay.
      metrics: name to (Outputs, Batch) -> f32[B], averaged over the held-out data.
      options: name to Option. One called "classes" follows the data set's classes where the person does not set it.
      defaults: fields of RunConfig that suit this model: dataset, optimizer, batch_size, steps.
      group: the heading it stands under in the picker.
    """

    name: str
    title: str
    summary: str
    init: Callable[..., tuple[PyTree, PyTree]]
    apply: Callable[..., tuple[PyTree, PyTree]]
    loss: Callable[[PyTree, Batch], jax.Array]
    penalty: Callable[[PyTree], jax.Array] = no_penalty
    metrics: Mapping[str, Callable[[PyTree, Batch], jax.Array]] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    group: str = YOURS


@dataclass(frozen=True)
class Dataset:
    """Examples to learn from and examples held out; read or drawn when they are first asked for.

    Args:
      name, title, summary: as for a model; the summary says where the data comes from.
      load: () -> (train, held_out), each a Batch of NumPy arrays with every example, leading axis N; held_out may
        be None. A partial of a module-level function, whose source the copied script shows.
      inputs: the keys of the batch that a model may read; the others are targets.
      truth: the known answer by parameter name where there is one, such as {"w": ..., "b": ...}.
      options: name to Option.
      image: (height, width) when a flat input is a picture, else None.
      classes: how many classes the labels y, from 0 on, tell apart; 0 where the target is no label.
      labels: what the classes are called, from 0 on; none where their numbers say it.
      columns: what the columns of the only input are called; none where there is nothing to say.
      in_script: what a copied script calls in place of `load`, where only this kernel has the data; or None.
      decode: one example's tokens to text, where the data are a text.
      example: the shapes and dtypes of one example, where loading takes long; else they are read off the data.
      missing: why the data cannot be loaded here, in a sentence, or None.
      group: the heading it stands under in the picker.
    """

    name: str
    title: str
    summary: str
    load: Callable[[], tuple[Batch, Batch | None]]
    inputs: tuple[str, ...]
    truth: Mapping[str, Any] | None = None
    options: Mapping[str, Option] = field(default_factory=dict)
    image: tuple[int, int] | None = None
    classes: int = 0
    labels: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    in_script: Callable[[], tuple[Batch, Batch | None]] | None = None
    decode: Callable[[Any], str] | None = None
    example: Spec | None = None
    missing: str | None = None
    group: str = YOURS

    @cached_property
    def _loaded(self) -> tuple[Batch, Batch | None]:
        return self.load()

    @property
    def train(self) -> Batch:
        """Return the examples to learn from."""
        return self._loaded[0]

    @property
    def held_out(self) -> Batch | None:
        """Return the examples held out, or None."""
        return self._loaded[1]

    def spec(self, batch_size: int) -> Spec:
        """Return the shapes and dtypes of a batch of `batch_size` examples."""
        if self.example is None:
            return spec_of(self.train, batch_size)
        return {k: jax.ShapeDtypeStruct((batch_size, *v.shape), v.dtype) for k, v in self.example.items()}


def spec_of(batch: Batch, batch_size: int) -> Spec:
    """Return the shapes and dtypes of a batch of `batch_size` examples of these."""
    return {k: jax.ShapeDtypeStruct((batch_size, *v.shape[1:]), v.dtype) for k, v in batch.items()}


def parameter_names(params: PyTree) -> tuple[str, ...]:
    """Return the names of the parameters in the order of `jax.tree.leaves`, such as "hidden/w"."""
    paths, _ = jax.tree.flatten_with_path(params)
    return tuple(jax.tree_util.keystr(path, simple=True, separator="/") or "params" for path, _ in paths)
