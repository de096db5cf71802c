"""The statuses of a run, which may follow which, and which commands each permits."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["ready", "running", "paused", "finished", "stopped", "diverged", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)

FOLLOWS: dict[Status, tuple[Status, ...]] = {
    "ready": ("running", "stopped"),
    "running": ("paused", "finished", "stopped", "diverged", "failed"),
    "paused": ("running", "stopped"),
    "diverged": ("paused",),  # back at the last good state
    "finished": (),
    "stopped": (),
    "failed": (),
}

COMMANDS: dict[Status, tuple[str, ...]] = {
    "ready": ("start", "step", "stop", "set"),
    "running": ("pause", "stop", "set"),
    "paused": ("resume", "step", "stop", "set"),
    "diverged": ("go_back",),
    "finished": (),
    "stopped": (),
    "failed": (),
}
