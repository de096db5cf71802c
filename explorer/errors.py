"""Errors for the reader: the field, what was wrong, what is allowed."""

from __future__ import annotations


class ExplorerError(Exception):
    """The base of every error that the explorer raises on purpose."""


class ExplorerWarning(UserWarning):
    """What was left out, where going on matters more."""


class FieldError(ExplorerError, ValueError):
    """A choice that cannot be used.

    Args:
      field: the name of the field as the person sees it, such as "learning_rate".
      problem: one sentence on what was wrong, with the value given.
      allowed: one sentence on what is allowed.
    """

    def __init__(self, field: str, problem: str, allowed: str) -> None:
        super().__init__(f"{field}: {problem} {allowed}".strip())
        self.field, self.problem, self.allowed = field, problem, allowed


class TransitionError(ExplorerError, RuntimeError):
    """A command that the run's status does not permit, such as resuming a finished run."""
