"""Train without a widget: `explorer.train(config)`."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from explorer.training.config import RunConfig
from explorer.training.run import Run


def train(config: RunConfig | None = None, *, wait: bool = True, progress: bool = True, **fields: Any) -> Run:
    """Train a model and return the run.

    Args:
      config: what to train; instead, its fields may be given by name.
      wait: whether to return when the run is over, or at once.
      progress: whether to draw a progress bar while waiting.

    Returns:
      The run. Interrupting the kernel while waiting pauses it; `run.resume()` goes on.

    Raises:
      FieldError: the configuration cannot be used.
      Exception: what the model raised, if it did.
    """
    run = Run(config.but(**fields) if config is not None else RunConfig(**fields))
    run.start()
    if wait:
        _wait(run, progress)
    return run


def _wait(run: Run, progress: bool) -> None:
    from tqdm.auto import tqdm

    with tqdm(total=run.config.steps, unit="step", disable=not progress, leave=True) as bar:
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
    if run.divergence is not None:
        print(run.divergence.sentence())


def _show(bar: Any, run: Run) -> None:
    loss = run.history.latest("loss")
    bar.set_postfix_str(run.activity or ("" if loss is None else f"loss {loss:.4g}"), refresh=False)
    bar.update(run.step_count - bar.n)
