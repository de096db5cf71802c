"""Source files as they are now, and columns as people count them."""

from __future__ import annotations

import linecache

import numpy as np

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
