"""Strings as MLIR and XLA quote them."""

from __future__ import annotations

import re

_ESCAPE = re.compile(rb"\\([0-7]{3}|[0-9A-Fa-f]{2}|[\"'\\nt])")
_PLAIN = {b'"': b'"', b"'": b"'", b"\\": b"\\", b"n": b"\n", b"t": b"\t"}


def unquote(text: str) -> str:
    """Return the string between the quotes, its escapes undone.

    MLIR writes a byte that is not printable ASCII as two hexadecimal digits, XLA as three octal ones.
    """

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if code in _PLAIN:
            return _PLAIN[code]
        return bytes([int(code, 8 if len(code) == 3 else 16) & 0xFF])

    body = text.removeprefix('"').removesuffix('"').encode()
    return _ESCAPE.sub(plain, body).decode(errors="replace")
