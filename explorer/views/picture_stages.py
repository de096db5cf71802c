"""An inspection, still: its stages with their lengths, what XLA reports, and the first lines of what JAX recorded."""

from __future__ import annotations

from explorer.records import Record
from explorer.views.svg import box, text

LINES = 9  # of the jaxpr
FIGURES = (
    ("compile", "times_ms", "compile time", lambda v: f"{v:,.1f} ms" if v < 1000 else f"{v / 1000:,.1f} s"),
    ("flops", "cost", "FLOPs", lambda v: f"{v:,.0f}"),
    ("bytes_accessed", "cost", "bytes accessed", lambda v: f"{v:,.0f}"),
    ("temp_bytes", "memory", "temporary memory, bytes", lambda v: f"{v:,.0f}"),
)


def stages(
    inspection: Record, texts: dict[str, Record], left: float, top: float, width: float
) -> tuple[list[str], float]:
    """Return the table, the figures and the code, and the height that they take.

    Args:
      texts: the stage records by stage.
    """
    header, body, y = inspection.header, [], top
    for stage in header["stages"]:
        record = texts.get(stage["stage"])
        if not stage["available"]:
            words = f"not there: {stage['reason'] or 'unknown'}"
        else:
            words = "a long text" if record is None else f"{record.header['lines']:,} lines"
        body.append(text(left, y + 12, stage["title"], 12, bold=True, room=width * 0.5))
        body.append(text(left + width * 0.5, y + 12, words, 12, quiet=True, room=width * 0.5))
        y += 22
    figures = [
        (label, show(value))
        for name, group, label, show in FIGURES
        if isinstance(value := (header[group] or {}).get(name), int | float)
    ]
    if figures:
        y += 8
        for index, (label, words) in enumerate(figures):
            x = left + index * width / len(figures)
            body.append(text(x, y + 14, words, 14, bold=True))
            body.append(text(x, y + 30, label, 11, quiet=True))
        y += 42
    if header["problem"]:
        problem = header["problem"]
        body += [text(left, y + 14, problem["title"], 12, bold=True, room=width)]
        body += [text(left, y + 32, problem["text"], 11, quiet=True, room=width)]
        y += 42
    code = texts["jaxpr"].buffers["text"] if "jaxpr" in texts else ""
    lines = str(code).splitlines()
    if lines:
        shown = lines if len(lines) <= LINES else [*lines[: LINES - 1], f"… {len(lines) - LINES + 1} more lines"]
        body.append(box(left, y + 4, width, 16 * len(shown) + 14))
        body += [text(left + 10, y + 22 + 16 * i, line, 11, mono=True, room=width - 20) for i, line in enumerate(shown)]
        y += 16 * len(shown) + 22
    return body, y - top
