"""The one place that reaches into JAX's private modules, and why.

JAX keeps a traced function by the identity of the function object. A fresh copy of the outermost function
(`fresh.py`) is enough for what it calls directly, but the bodies that it hands to `scan`, `cond`, `remat`
or an inner `jit` keep their identity, and after a helper of theirs is edited JAX answers with the old
jaxpr. JAX's caches also look at the tracing context, and `jax_xla_profile_version` is a part of that
context which tracing itself never reads: a number not used before, set for this thread and for the time of
one trace, makes every trace a new one. Nothing is cleared, and the user's configuration is left as it is.
There is no public name for this. Where the private one is gone, the context below does nothing, and
`test_compiler_fresh.py` says so.
"""

from __future__ import annotations

import itertools
from contextlib import AbstractContextManager, nullcontext
from typing import Any

_numbers = itertools.count(-1, -1)  # JAX hands a positive one to XLA's compiler; 0 is the default

try:
    from jax._src.config import jax_xla_profile_version as _part_of_the_context
except ImportError:  # pragma: no cover
    _part_of_the_context = None  # type: ignore[assignment]


def new_tracing_context() -> AbstractContextManager[Any]:
    """Return a context in which no function counts as traced before."""
    return nullcontext() if _part_of_the_context is None else _part_of_the_context(next(_numbers))
