"""The layout that still figures with words share: a title, what was found beneath it, and room for both."""

from __future__ import annotations

import html
import textwrap
from typing import Any

WIDE = 110  # characters of a line beneath the title
LINE_PX = 17


def told(title: str, words: str, *, height: int = 400, **more: Any) -> dict[str, Any]:
    """Return the layout of a figure.

    Args:
      title: of the figure.
      words: plain text that stands beneath the title; broken into lines.
      height: of what is drawn, in pixels.
      more: of plotly's layout.
    """
    lines = [part for line in words.splitlines() for part in textwrap.wrap(line, WIDE) or [""]]
    top = 60 + LINE_PX * len(lines)
    return {
        "template": "plotly_white",
        "title": {
            "text": html.escape(title),
            "subtitle": {"text": "<br>".join(map(html.escape, lines)), "font": {"size": 12, "color": "#444"}},
            "x": 0,
            "xref": "paper",
            "y": 1,
            "yanchor": "top",
            "pad": {"t": 14},
        },
        "margin": {"l": 70, "r": 20, "t": top, "b": 55},
        "height": height + top,
        **more,
    }
