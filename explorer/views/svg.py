"""Pieces of an SVG that stands alone: it loads nothing, runs nothing, and reads on light and on dark pages."""

from __future__ import annotations

import base64
import html
import re
import struct
import zlib

import numpy as np

COLOURS = 6  # Okabe and Ito's, brighter on dark: the classes c0 to c5 of curves
SANS, MONO = "system-ui, sans-serif", "ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace"
_STYLE = """
.card{fill:#fff;stroke:#d0d7de}.box{fill:#f6f8fa;stroke:#d0d7de}.line{stroke:#d0d7de;fill:none}
.text{fill:#1f2328}.quiet{fill:#57606a}.dot{fill:#0072b2}.curve{fill:none}
.c0{stroke:#0072b2}.c1{stroke:#d55e00}.c2{stroke:#009e73}.c3{stroke:#cc79a7}.c4{stroke:#e69f00}.c5{stroke:#56b4e9}
@media (prefers-color-scheme:dark){.card{fill:#161b22;stroke:#3d444d}.box{fill:#0d1117;stroke:#3d444d}
.line{stroke:#3d444d}.text{fill:#e6edf3}.quiet{fill:#9da7b1}.dot{fill:#56b4e9}
.c0{stroke:#3d9bd9}.c1{stroke:#f0782c}.c2{stroke:#1fc698}.c5{stroke:#9bd3f5}}
""".replace("\n", "")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def document(width: float, height: float, title: str, body: list[str]) -> str:
    """Return the whole SVG: a card with `body` on it. The title is what a screen reader says."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'height="{height:.0f}" font-family="{SANS}" role="img"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f'<rect class="card" x="0.5" y="0.5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="6"/>'
        f"{''.join(body)}</svg>"
    )


def escape(text: str) -> str:
    """Return text that may stand in XML: marked-up characters as entities, those that XML forbids replaced."""
    return html.escape(_NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text))


def text(
    x: float,
    y: float,
    words: str,
    size: float = 12,
    *,
    quiet: bool = False,
    bold: bool = False,
    mono: bool = False,
    anchor: str = "start",
    room: float | None = None,
) -> str:
    """Return one line of text whose baseline starts (or ends, or is centred) at x, y.

    Args:
      room: pixels it may take; what is longer ends in an ellipsis.
    """
    if room is not None:
        most = int(room / (size * (0.61 if mono else 0.56)))
        words = words if len(words) <= most else f"{words[: most - 1]}…"
    more = ' font-weight="600"' if bold else ""
    more += f' font-family="{MONO}" xml:space="preserve"' if mono else ""
    more += f' text-anchor="{anchor}"' if anchor != "start" else ""
    kind = "quiet" if quiet else "text"
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" font-size="{size:g}"{more}>{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float) -> str:
    """Return a box with rounded corners."""
    return f'<rect class="box" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="4"/>'


def path(steps: str) -> str:
    """Return a thin line along an SVG path."""
    return f'<path class="line" d="{steps}"/>'


def grey_image(x: float, y: float, pixels: np.ndarray, scale: float) -> str:
    """Return a picture. pixels: uint8[h, w], 0 is black."""
    height, width = pixels.shape
    return (
        f'<image x="{x:.1f}" y="{y:.1f}" width="{width * scale:.1f}" height="{height * scale:.1f}" '
        f'href="data:image/png;base64,{base64.b64encode(_png(pixels)).decode()}"/>'
    )


def _png(pixels: np.ndarray) -> bytes:
    height, width = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(pixels, np.uint8))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)  # 8 bits of grey
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
