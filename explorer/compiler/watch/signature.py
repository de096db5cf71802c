"""What JAX looks at of a call's arguments when it decides whether to trace again, kept without the arrays."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from explorer.compiler.jax_private import JitCall

LONGEST = 40  # characters of a value in a sentence

Kind = Literal["array", "number", "object"]


@dataclass(frozen=True)
class Leaf:
    """One array, number or object among the arguments.

    Args:
      kind: "array"; "number" for a Python number; "object" for what is no array and so must be static.
      shape, dtype: as JAX reads it; () and "" for an object.
      weak: whether it gives way to the dtype of what it meets, as Python numbers do.
      type: the name of its Python type, such as "float" or "numpy.float64".
      value: a number, a text or an object in words; "" for an array.
      place: the devices it lies on and how it is spread over them; "" for what lies on none.
      object: refers to an object, so that another one is told from it.
    """

    kind: Kind
    shape: tuple[int, ...] = ()
    dtype: str = ""
    weak: bool = False
    type: str = ""
    value: str = ""
    place: str = ""
    object: Callable[[], Any] | None = None

    @property
    def words(self) -> str:
        """What it is, as short as "float32[32, 784]" or "the Python float 0.1"."""
        if self.kind == "object":
            return self.value
        if self.kind == "number":
            return f"the Python {self.type} {self.value}"
        return f"{self.dtype}[{', '.join(map(str, self.shape))}]"


class Node(NamedTuple):
    """A list, tuple, dict or other part of a pytree: its type, how many entries, and its static part in words."""

    type: str
    size: int
    rest: str = ""


@dataclass(frozen=True)
class Signature:
    """The leaves of a call's arguments by path, the nodes around them, and JAX's settings at the time.

    Args:
      leaves: by path, such as "params['w']".
      nodes: of every list, tuple, dict or other node its path, and its type, the number of its entries and
        what it holds that is not data, in words.
      static: the paths that are static; None where that is not known.
      settings: JAX's settings that a trace depends on.
      named: the arguments given by name.
    """

    leaves: Mapping[str, Leaf]
    nodes: Mapping[str, Node]
    static: frozenset[str] | None
    settings: Mapping[str, Any]
    named: frozenset[str]

    @property
    def transformed(self) -> bool:
        """Whether a transformation around the call stands for some of its arguments."""
        return any(leaf.type.endswith("Tracer") for leaf in self.leaves.values())

    @cached_property
    def words(self) -> str:
        """The arguments as a person would write them down: "x: float32[4], n: the Python int 3"."""
        return ", ".join(f"{path}: {leaf.words}" for path, leaf in self.leaves.items())


_SETTINGS = (
    "jax_enable_x64",
    "jax_default_matmul_precision",
    "jax_numpy_dtype_promotion",
    "jax_numpy_rank_promotion",
    "jax_debug_nans",
    "jax_debug_infs",
    "jax_disable_jit",
    "jax_default_device",
    "jax_default_prng_impl",
    "jax_threefry_partitionable",
    "jax_softmax_custom_jvp",
)


def signature_of(call: JitCall) -> Signature:
    """Return what tells one call of a jitted function from another."""
    names = _names(call)
    static_names = {names[i % len(names)] for i in call.static_argnums or () if names and -len(names) <= i < len(names)}
    static_names |= set(call.static_argnames or ())
    leaves: dict[str, Leaf] = {}
    nodes: dict[str, Node] = {}
    static: set[str] = set()
    given = [*zip(names, call.args, strict=True), *call.kwargs.items()]
    for name, value in given:
        if name in static_names:
            leaves[name] = _leaf(value, static=True)
            static.add(name)
        else:
            _walk(name, value, leaves, nodes)
    known = call.static_argnums is not None or call.static_argnames is not None
    settings = {name: value for name in _SETTINGS if (value := getattr(jax.config, name, None)) is not None}
    return Signature(leaves, nodes, frozenset(static) if known else None, settings, frozenset(call.kwargs))


def _names(call: JitCall) -> list[str]:
    """Return a name for each positional argument: the parameter's, or its number where it has none."""
    try:
        parameters = list(inspect.signature(call.fn).parameters.values())
    except (ValueError, TypeError):  # a builtin without a signature
        parameters = []
    names: list[str] = []
    for i in range(len(call.args)):
        parameter = parameters[i] if i < len(parameters) else None
        positional = parameter is not None and parameter.kind in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        )
        names.append(parameter.name if parameter is not None and positional else f"argument {i + 1}")
    return names


def _walk(path: str, value: Any, leaves: dict[str, Leaf], nodes: dict[str, Node]) -> None:
    children, tree = jax.tree_util.tree_flatten_with_path(value, is_leaf=lambda inner: inner is not value)
    if len(children) == 1 and not children[0][0]:
        leaves[path] = _leaf(value)
        return
    nodes[path] = Node(type(value).__name__, len(children), _rest(value, tree))
    for key, child in children:
        _walk(path + jax.tree_util.keystr(key), child, leaves, nodes)


def _rest(value: Any, tree: Any) -> str:
    if type(value) in (list, tuple, dict) or value is None:
        return ""
    try:
        return _short(tree.node_data()[1])
    except Exception:  # a tree of another version, or a static part whose repr fails: it is not told then
        return ""


def _leaf(value: Any, *, static: bool = False) -> Leaf:
    type_name = _type_name(value)
    if isinstance(value, bool | int | float | complex) and not isinstance(value, np.generic):
        return Leaf("number", (), "" if static else jnp.result_type(value).name, True, type_name, _short(value))
    shape: Any = getattr(value, "shape", None)
    dtype: Any = getattr(value, "dtype", None)
    if static or shape is None or dtype is None:
        plain = value is None or isinstance(value, str | bytes | tuple | frozenset) or hasattr(value, "__name__")
        text = getattr(value, "__name__", None) or (_short(value) if plain else _object(value))
        return Leaf("object", type=type_name, value=str(text), object=None if plain else _refer(value))
    if isinstance(dtype, np.dtype):
        dtype = jax.dtypes.canonicalize_dtype(dtype)
    place = str(getattr(value, "sharding", "")) if isinstance(value, jax.Array) and _is_concrete(value) else ""
    return Leaf("array", tuple(shape), str(dtype), bool(getattr(value, "weak_type", False)), type_name, place=place)


def _is_concrete(value: Any) -> bool:
    return not isinstance(value, jax.core.Tracer)


def _type_name(value: Any) -> str:
    kind = type(value)
    if isinstance(value, np.generic | np.ndarray):
        return f"numpy.{kind.__name__}"
    return "JAX array" if isinstance(value, jax.Array) and _is_concrete(value) else kind.__name__


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _object(value: Any) -> str:
    """Return an object in words; its repr may hold an address, or whole arrays."""
    return f"an object of class {type(value).__name__}"


def _refer(value: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(value)
    except TypeError:  # what cannot be referred to weakly is small: a number, a tuple
        return lambda: value
