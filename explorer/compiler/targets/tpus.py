"""The TPU generations that XLA compiles for, and the arrangements of chips that they come in."""

from __future__ import annotations

from typing import NamedTuple

MOST_CHIPS = 256


class Generation(NamedTuple):
    """A generation of TPUs.

    Args:
      title: as people write it.
      libtpu: what the compiler calls it, before the colon of a topology.
      least: the smallest arrangement that is offered, chips along each axis; its length is the number of axes.
      most: the largest that is offered.
      devices: how many devices JAX sees on a chip: one for each of its cores.
    """

    title: str
    libtpu: str
    least: tuple[int, ...]
    most: tuple[int, ...]
    devices: int


GENERATIONS = {
    "v4": Generation("TPU v4", "v4", (2, 2, 1), (4, 8, 8), 2),
    "v5e": Generation("TPU v5e", "v5e", (2, 2), (16, 16), 1),
    "v5p": Generation("TPU v5p", "v5p", (2, 2, 1), (4, 8, 8), 1),
    "v6e": Generation("TPU v6e", "v6e", (2, 2), (16, 16), 1),
    "7x": Generation("TPU 7x", "tpu7x", (2, 2, 1), (4, 8, 8), 2),
}


def chips_of_a_host(topology: tuple[int, ...]) -> list[int]:
    """Return how the chips of a topology are shared among hosts: squares of four where they fit, as in the cloud."""
    first, second = topology[:2]
    return [2 - first % 2, 2 - second % 2, 1]
