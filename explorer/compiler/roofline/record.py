"""The record of a roofline: the roof; its kernels are in the record of the instructions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax

from explorer.compiler.roofline.peaks import Peak, Peaks, measured_peaks, peaks_of
from explorer.compiler.targets.program import Compiled
from explorer.records import Record

if TYPE_CHECKING:
    from explorer.compiler.inspection import Inspection

BESIDE = "What runs beside a measurement makes the roof lower than it is: pause a training first."
NONE = "How fast this device can be is not known here: there are no figures of its maker, and it is not at hand."


def roof_of(inspection: Inspection) -> tuple[Peaks, tuple[str, ...]]:
    """Return what the device of an inspection can do at most, and sentences on how that is known."""
    notes: tuple[str, ...] = ()
    if isinstance(inspection.compiled, Compiled):
        peaks = peaks_of(inspection.compiled.target)
    else:
        device = next((d for d in jax.devices() if f"{d.platform}:{d.id}" == inspection.device), None)
        if device is None and inspection.device.startswith("cpu"):
            device = jax.devices("cpu")[0]
        peaks, notes = (Peaks(), notes) if device is None else (measured_peaks(device), (BESIDE,))
    return peaks, notes if peaks.memory is not None else (NONE,)


def roofline_of(inspection: Inspection, function: str) -> dict[str, Record]:
    """Return roofline/<function>, by key; a device that is here is measured for it, which takes about a second."""
    peaks, notes = inspection.roof
    header = {
        "function": function,
        "device": inspection.device,
        "peaks": [_told(peak) for peak in peaks.arithmetic],
        "bandwidth": None if peaks.memory is None else _told(peaks.memory),
        "notes": list(notes),
    }
    return {f"roofline/{function}": Record("roofline", header)}


def _told(peak: Peak) -> dict[str, Any]:
    return {"name": peak.name, "per_second": peak.per_second, "how": peak.how, "detail": peak.detail}
