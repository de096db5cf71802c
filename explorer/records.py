"""Records: the frozen values that every room makes and every view draws.

A record is a JSON header and named binary buffers. JSON alone cannot hold NaN, float32 history or megabytes of
IR; binary alone cannot be read by a person. `static/schema.json` lists the kinds; Python checks against it here,
the browser in `frontend/src/records.js`. A record is encoded once, the same for a comm and for a page:

    uint32 little endian: n, the length of the JSON that follows, padded with spaces so that 4 + n is a multiple of 8
    n bytes: {"schema", "kind", "header", "buffers": [{"name", "dtype", "shape", "offset", "length"}]}
    the buffers, each starting at a multiple of 8 bytes from the start of the record; offsets count from there
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np

DTYPES = ("uint8", "uint16", "int32", "uint32", "float32", "float64")
PART_BYTES = 1 << 20  # what one comm message carries at most; longer records go in parts

_CHECKS: dict[str, Any] = {
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "object": lambda v: isinstance(v, Mapping),
    "array": lambda v: isinstance(v, list | tuple),
}


class RecordError(ValueError):
    """A record that does not follow the schema; names the kind and the field."""


@cache
def schema() -> Mapping[str, Any]:
    """Return the schema that Python and the browser share."""
    text = resources.files("explorer").joinpath("static/schema.json").read_text(encoding="utf-8")
    return MappingProxyType(json.loads(text))


@dataclass(frozen=True)
class Record:
    """A frozen value made of a JSON header and named buffers.

    Args:
      kind: one of the kinds of `static/schema.json`.
      header: JSON values only; NaN and infinity are refused (they belong into a buffer).
      buffers: name to NumPy array of one of `DTYPES`, any shape; or to `str` where the schema says utf8.

    Raises:
      RecordError: the kind is unknown, or a field or buffer is missing, unexpected or of another type.
    """

    kind: str
    header: Mapping[str, Any]
    buffers: Mapping[str, np.ndarray | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check(self)
        object.__setattr__(self, "header", MappingProxyType(dict(self.header)))
        object.__setattr__(self, "buffers", MappingProxyType(dict(self.buffers)))


def _check(record: Record) -> None:
    kinds = schema()["kinds"]
    if record.kind not in kinds:
        raise RecordError(f"unknown record kind {record.kind!r}; known: {', '.join(sorted(kinds))}")
    want = kinds[record.kind]
    for name in want["header"].keys() | record.header.keys():
        if name not in want["header"]:
            raise RecordError(f"{record.kind}: unexpected header field {name!r}")
        if name not in record.header:
            raise RecordError(f"{record.kind}: header field {name!r} is missing")
        kind, value = want["header"][name], record.header[name]
        if kind.endswith("?") and value is None:
            continue
        if not _CHECKS[kind.rstrip("?")](value):
            raise RecordError(f"{record.kind}: {name!r} must be {kind}, got {type(value).__name__}")
    allowed = want["buffers"]
    for name in set(allowed) - {"*"} - set(record.buffers):
        raise RecordError(f"{record.kind}: buffer {name!r} is missing")
    for name, value in record.buffers.items():
        dtype = allowed.get(name, allowed.get("*"))
        got = "utf8" if isinstance(value, str) else value.dtype.name
        if dtype is None:
            raise RecordError(f"{record.kind}: unexpected buffer {name!r}")
        if got not in (*DTYPES, "utf8") or dtype not in ("any", got):
            raise RecordError(f"{record.kind}: buffer {name!r} must be {dtype}, got {got}")


def _pad(size: int) -> int:
    return -size % 8


def encode(record: Record) -> bytes:
    """Return the record as the bytes that travel over a comm or lie in a page."""
    entries, chunks, offset = [], [], 0
    for name, value in record.buffers.items():
        if isinstance(value, str):
            raw, dtype, shape = value.encode(), "utf8", (len(value),)
        else:
            raw, dtype, shape = np.ascontiguousarray(value).tobytes(), value.dtype.name, value.shape
        entries.append({"name": name, "dtype": dtype, "shape": list(shape), "offset": offset, "length": len(raw)})
        chunks += [raw, bytes(_pad(len(raw)))]
        offset += len(raw) + _pad(len(raw))
    body = {
        "schema": schema()["schema"],
        "kind": record.kind,
        "header": dict(record.header),
        "buffers": entries,
    }
    text = json.dumps(body, allow_nan=False, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * _pad(4 + len(text))
    return b"".join([struct.pack("<I", len(text)), text, *chunks])


def decode(raw: bytes) -> Record:
    """Return the record that `encode` wrote.

    Raises:
      RecordError: the bytes are of another schema version, or not a record.
    """
    try:
        (length,) = struct.unpack_from("<I", raw)
        body = json.loads(raw[4 : 4 + length])
        version = body["schema"]
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"these bytes are not a record: {error}") from error
    if version != schema()["schema"]:
        raise RecordError(f"a record of schema {version}; this version reads schema {schema()['schema']}")
    buffers: dict[str, np.ndarray | str] = {}
    for entry in body["buffers"]:
        start = 4 + length + entry["offset"]
        chunk = raw[start : start + entry["length"]]
        if entry["dtype"] == "utf8":
            buffers[entry["name"]] = chunk.decode()
        else:
            buffers[entry["name"]] = np.frombuffer(chunk, entry["dtype"]).reshape(entry["shape"])
    return Record(body["kind"], body["header"], buffers)


def parts(raw: bytes, limit: int = PART_BYTES) -> Iterator[tuple[int, int, bytes]]:
    """Yield an encoded record as (index, count, bytes), each at most `limit` bytes."""
    count = max(1, -(-len(raw) // limit))
    for index in range(count):
        yield index, count, raw[index * limit : (index + 1) * limit]
