"""From a frame for each line of text to the spans and sources of a stage record."""

from __future__ import annotations

import linecache
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from explorer.compiler.frames import Frame, owner

LONGEST_SOURCE = 1 << 20  # characters; a longer file is named, and its text left out

Spans = np.ndarray  # int32[n, 6]: text line, source, first line, first column, last line, last column


def source_lines(file: str) -> list[str]:
    """Return the lines of a source file or notebook cell as they are now; [] where they cannot be read."""
    linecache.checkcache(file)
    return linecache.getlines(file)


def code_points(line: str, column: int) -> int:
    """Return a column in UTF-8 bytes as one in code points."""
    if line.isascii():
        return column
    return len(line.encode()[:column].decode(errors="ignore"))


def spans_of(lines: Iterable[Sequence[Frame]]) -> tuple[Spans, list[dict[str, Any]]]:
    """Return the spans of a text and the sources they point into.

    Args:
      lines: for each line of the text, the frames it comes from.

    Returns:
      int32[n, 6] rows (text line from 0, source, first line from 1, first column from 0 in code points,
      last line, last column), and the sources as {"file", "text" or None}, the user's own files first.
    """
    rows = [(number, frame) for number, frames in enumerate(lines) for frame in dict.fromkeys(frames)]
    files = sorted(dict.fromkeys(frame.file for _, frame in rows), key=lambda file: owner(file) != "user")
    texts = {file: source_lines(file) for file in files}
    index = {file: number for number, file in enumerate(files)}

    @cache
    def place(frame: Frame) -> tuple[int, int, int, int, int]:
        first, last = (_line(texts, frame.file, n) for n in (frame.line, frame.end_line))
        start, end = code_points(first, frame.column), code_points(last, frame.end_column)
        return index[frame.file], frame.line, start, frame.end_line, end

    spans = np.array([(number, *place(frame)) for number, frame in rows], np.int32).reshape(-1, 6)
    return spans, [{"file": file, "text": _text(texts[file])} for file in files]


def _line(texts: Mapping[str, list[str]], file: str, number: int) -> str:
    lines = texts[file]
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _text(lines: list[str]) -> str | None:
    text = "".join(lines)
    return text if text and len(text) <= LONGEST_SOURCE else None
