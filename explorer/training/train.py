"""Train without a widget: `explorer.train(config)`, or `explorer.train(step=...)` with a step of somebody's own."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, overload

from explorer.errors import FieldError
from explorer.registering import named
from explorer.training.config import RunConfig
from explorer.training.own import OwnRun
from explorer.training.run import Run


@overload
def train(config: RunConfig | None = None, *, wait: bool = True, progress: bool = True, **fields: Any) -> Run: ...


@overload
def train(
    *,
    step: Callable[[Any, Any], tuple[Any, Any]],
    carry: Any,
    batches: Iterable[Any],
    wait: bool = True,
    progress: bool = True,
    **fields: Any,
) -> OwnRun: ...


def train(
    config: RunConfig | None = None,
    *,
    step: Callable[[Any, Any], tuple[Any, Any]] | None = None,
    carry: Any = None,
    batches: Iterable[Any] | None = None,
    wait: bool = True,
    progress: bool = True,
    **fields: Any,
) -> Run | OwnRun:
    """Train a model of the catalog, or by a step function of your own, and return the run.

    Args:
      config: what to train; instead, its fields may be given by name, model and dataset as `register` takes them.
      step: a function of your own, (carry, batch) -> (carry, metrics), in place of a model; see `OwnRun`.
      carry: what your first step starts from.
      batches: what your steps take, one after the other.
      wait: whether to return when the run is over, or at once.
      progress: whether to draw a progress bar while waiting.
      fields: of `RunConfig`; with `step`, of `OwnRun`: steps, params, jit, title, diagnostics.

    Returns:
      The run. Interrupting the kernel while waiting pauses it; `run.resume()` goes on.

    Raises:
      FieldError: the configuration cannot be used.
      Exception: what the model, or your step, raised.
    """
    run: Run | OwnRun
    if step is None:
        fields = named(fields)
        run = Run(config.but(**fields) if config is not None else RunConfig(**fields))
    else:
        run = _own(step, carry, batches, config, fields)
    run.start()
    if wait:
        _wait(run, progress)
    return run


def _own(step: Any, carry: Any, batches: Any, config: RunConfig | None, fields: dict[str, Any]) -> OwnRun:
    if config is not None:
        raise FieldError("config", "belongs to a model of the catalog; with a step of your own there is none.", "")
    for field, value in (("carry", carry), ("batches", batches)):
        if value is None:
            raise FieldError(field, "is needed beside step.", "Such as carry=(params, opt_state), batches=loader.")
    known = tuple(inspect.signature(OwnRun).parameters)[3:]
    for field in fields:
        if field not in known:
            raise FieldError(field, "is not known beside step.", f"Allowed: {', '.join(known)}.")
    return OwnRun(step, carry, batches, **fields)


def _wait(run: Run | OwnRun, progress: bool) -> None:
    from tqdm.auto import tqdm

    with tqdm(
        total=run.config.steps if isinstance(run, Run) else run.steps, unit="step", disable=not progress, leave=True
    ) as bar:
        try:
            while run.status == "running":
                with suppress(TimeoutError):
                    run.wait(0.1)
                _show(bar, run)
        except KeyboardInterrupt:
            if "pause" in run.can:
                run.pause()
        run.wait()
        _show(bar, run)
    if isinstance(run, OwnRun):
        print(*run.problem or (), sep=". ", end="\n" if run.problem else "")
    elif run.divergence is not None:
        print(run.divergence.sentence())


def _show(bar: Any, run: Run | OwnRun) -> None:
    history, activity = (run.history, run.activity) if isinstance(run, Run) else (run.kept, None)
    loss = history.latest("loss")
    bar.set_postfix_str(activity or ("" if loss is None else f"loss {loss:.4g}"), refresh=False)
    bar.update(run.step_count - bar.n)
