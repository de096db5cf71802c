"""Shapes and layouts: `f32[8,<=128]{1,0:T(8,128)S(1)}`, tuples of them, and how many bytes they hold."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from explorer.compiler.hlo.scanner import end_of_brackets, joined, numbered

_ARRAY = re.compile(r"([a-z][a-z0-9]*)\[([^\[\]]*)\](?:\{([^{}]*)\})?")
_DIMENSION = re.compile(r"(<=)?(\d+|\?)")
_VALUE = r"(?:\([^()]*+(?:\([^()]*+\)[^()]*+)*+\))++"  # (8,128)(2,1)
_LAYOUT = re.compile(rf"((?:\d++(?:,\d++)*+)?)(?::((?:[A-Z#*]++{_VALUE})++))?")
_PROPERTY = re.compile(rf"([A-Z#*]++)({_VALUE})")
_DEEPEST = 100  # tuples in tuples; compilers make two or three
_BITS = {"pred": 8, "token": 0, "opaque": 0}


@dataclass(frozen=True, slots=True)
class Layout:
    """How an array lies in memory.

    Args:
      minor_to_major: the dimensions, the one whose elements are neighbours first.
      properties: what follows the colon, in order, such as ("T", "(8,128)(2,1)") for tiles or ("S", "(1)") for
        the memory space.
    """

    minor_to_major: tuple[int, ...]
    properties: tuple[tuple[str, str], ...] = ()

    @property
    def tiles(self) -> str:
        """The tiles of a TPU or of packed types, such as "(8,128)(2,1)"; "" where there are none."""
        return dict(self.properties).get("T", "")

    @property
    def memory_space(self) -> int:
        """0 for the device's main memory; others mean what the device says."""
        return int(dict(self.properties).get("S", "(0)")[1:-1])

    def __str__(self) -> str:
        order = ",".join(map(str, self.minor_to_major))
        extra = "".join(name + value for name, value in self.properties)
        return f"{{{order}:{extra}}}" if extra else f"{{{order}}}"


@dataclass(frozen=True, slots=True)
class ArrayShape:
    """The type of an array: its element type, its dimensions, and its layout where the text gives one.

    Args:
      dtype: XLA's name, such as "f32", "bf16", "pred" or "token".
      dimensions: sizes; None where unbounded ("?").
      dynamic: for each dimension, whether its size is only an upper bound ("<=8").
      layout: None where the text has none.
    """

    dtype: str
    dimensions: tuple[int | None, ...]
    dynamic: tuple[bool, ...]
    layout: Layout | None = None

    @property
    def size(self) -> int:
        """How many elements; a dimension of unknown size counts as one."""
        return math.prod(1 if d is None else d for d in self.dimensions)

    @property
    def bytes(self) -> int:
        """How many bytes the elements take, without padding."""
        return math.ceil(self.size * bits(self.dtype) / 8)

    def __str__(self) -> str:
        sizes = (
            ("<=" * b) + ("?" if d is None else str(d)) for d, b in zip(self.dimensions, self.dynamic, strict=True)
        )
        return f"{self.dtype}[{','.join(sizes)}]{self.layout or ''}"


@dataclass(frozen=True, slots=True)
class TupleShape:
    """The type of a tuple.

    Args:
      elements: the types of its parts.
      marked: whether the text numbers every fifth part in a comment.
    """

    elements: tuple[Shape, ...]
    marked: bool = False

    @property
    def bytes(self) -> int:
        """How many bytes the parts take, without padding."""
        return sum(element.bytes for element in self.elements)

    def __str__(self) -> str:
        return f"({joined([str(e) for e in self.elements], self.marked)})"


Shape = ArrayShape | TupleShape


def bits(dtype: str) -> int:
    """Return how many bits an element takes; pred takes a byte, as XLA stores it."""
    if dtype in _BITS:
        return _BITS[dtype]
    found = re.search(r"\d+", dtype)
    return int(found[0]) if found else 0


@lru_cache(maxsize=4096)
def parse_shape(text: str, depth: int = 0) -> Shape:
    """Return the shape that a text says; `depth` counts the tuples around it.

    Raises:
      ValueError: it says none.
    """
    if text.startswith("("):
        if depth == _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} tuples in one another are no shape")
        if end_of_brackets(text, 0, len(text)) != len(text):
            raise ValueError(f"'{text[:60]}' is no shape")
        parts, marked = numbered(text[1:-1])
        return TupleShape(tuple(parse_shape(part, depth + 1) for part in parts), marked)
    found = _ARRAY.fullmatch(text)
    if found is None:
        raise ValueError(f"'{text[:60]}' is no shape")
    dtype, inside, layout = found.groups()
    sizes, dynamic = [], []
    for part in inside.split(",") if inside else ():
        size = _DIMENSION.fullmatch(part)
        if size is None:
            raise ValueError(f"'{part[:20]}' in '{text[:60]}' is no dimension")
        dynamic.append(size[1] is not None)
        sizes.append(None if size[2] == "?" else _number(size[2]))
    return ArrayShape(dtype, tuple(sizes), tuple(dynamic), None if layout is None else _layout(layout))


def _layout(text: str) -> Layout:
    found = _LAYOUT.fullmatch(text)
    if found is None:
        raise ValueError(f"'{{{text[:60]}}}' is no layout")
    order = tuple(_number(d) for d in found[1].split(",")) if found[1] else ()
    return Layout(order, tuple((name, value) for name, value in _PROPERTY.findall(found[2] or "")))


def _number(text: str) -> int:
    if len(text) > 18 or (text != "0" and text.startswith("0")):
        raise ValueError(f"'{text[:20]}' is no size")
    return int(text)
