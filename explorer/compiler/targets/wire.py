"""Messages between two processes over a pipe: a JSON header, then the bytes that it announces."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

_LENGTH = struct.Struct(">Q")
PIECE = 1 << 20  # bytes written at a time


class Message(NamedTuple):
    """A message.

    Args:
      header: what JSON can hold.
      buffers: bytes that go with it.
    """

    header: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()


def send(write: Callable[[memoryview], Any], header: Mapping[str, Any], buffers: Sequence[bytes] = ()) -> None:
    """Write a message.

    Args:
      write: writes as many of the bytes as it can, and returns how many.
      header, buffers: as `Message`.
    """
    head = json.dumps({**header, "buffers": [len(buffer) for buffer in buffers]}).encode()
    for part in (_LENGTH.pack(len(head)) + head, *buffers):
        view = memoryview(part)
        while view:
            view = view[write(view[:PIECE]) :]


def receive(read: Callable[[int], bytes]) -> Message | None:
    """Read a message; None where the other side has gone.

    Args:
      read: returns at most so many bytes, b"" at the end.
    """
    try:
        (length,) = _LENGTH.unpack(_exactly(read, _LENGTH.size))
        header = json.loads(_exactly(read, length))
        buffers = tuple(_exactly(read, size) for size in header.pop("buffers"))
    except EOFError:
        return None
    return Message(header, buffers)


def _exactly(read: Callable[[int], bytes], count: int) -> bytes:
    found = bytearray()
    while len(found) < count:
        piece = read(min(count - len(found), PIECE))
        if not piece:
            raise EOFError
        found += piece
    return bytes(found)
