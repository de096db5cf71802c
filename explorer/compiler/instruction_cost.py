"""What each instruction costs, as XLA itself counts it, and what it comes to with loops run as often as they run.

Every kind of instruction (`hlo/renamed.py`) is made a module of its own and given to XLA's cost analysis. What
runs other computations as they stand (loops, branches, calls) is summed from their instructions, as XLA does.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from explorer.compiler.call_graph import Calls, calls_of, times
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import CONTROL, FUSION, Kinds
from explorer.compiler.jax_private import hlo_cost
from explorer.compiler.parts import shares, weights

FLOPS, BYTES = 1, 2
FREE = frozenset({"parameter", "async-update", "async-done"})  # the last two are counted where they start


@dataclass(frozen=True)
class Costs:
    """The cost of each instruction of a module, in the order of its text. All of them include what they run.

    Args:
      flops: f64[n], as XLA counts: a loop's body once, a conditional's costliest branch; NaN where it does not
        count (custom calls).
      executed_flops: f64[n], in one call of the module, a loop's body as often as it runs; NaN where that is
        unknown, and for the function that a reduction or a sort applies.
      bytes: f64[n], read and written by one execution, as XLA counts; NaN for the parts of a fusion, which
        stay in registers, and where XLA does not count.
      counts: u8[n], what a sum without double counting takes: bit 1 the rows of FLOPs (the innermost
        ones), bit 2 the rows of bytes and of time (fusions, not their parts).
      whole, part: u32[n] and f32[n], of which step each instruction is a part (its fusion, or itself) and how
        much of it: a step's bytes and time are shared so among the source lines of its parts (`parts.py`).
      calls: who runs what how often.
      counted_by: "XLA", or None where nothing could be counted.
      notes: sentences on what is not in the figures.
    """

    flops: np.ndarray
    executed_flops: np.ndarray
    bytes: np.ndarray
    counts: np.ndarray
    whole: np.ndarray
    part: np.ndarray
    calls: Calls
    counted_by: str | None
    notes: tuple[str, ...]


Figures = Sequence[Mapping[str, float] | None]  # of each text XLA's own count, None for one that it cannot read


def counted_here(texts: Sequence[str]) -> Figures:
    """Return XLA's count of modules given as text, in this process.

    Only for what the XLA of this process printed: on another compiler's text its parser may abort (of 3,000 texts with
    random changes 159 did, of those that it printed none), so that of a target is counted where that does no harm.

    Raises:
      NotImplementedError: jaxlib has no such function any more.
    """
    found: list[Mapping[str, float] | None] = []
    for text in texts:
        try:
            found.append(hlo_cost(text))
        except ValueError:  # unknown, not zero
            found.append(None)
    return found


def costs_of(module: Module, count: Callable[[Sequence[str]], Figures] = counted_here) -> Costs:
    """Return what the instructions of a module cost.

    Args:
      module: the optimized module.
      count: asks XLA what modules of one instruction each cost.

    Raises:
      HloSyntaxError: something inside an instruction is not HLO.
    """
    kinds = Kinds(module)
    calls = calls_of(module, kinds)
    opcodes = [module.opcodes[module.opcode_of[example]] for example in kinds.examples]
    of, notes = np.frombuffer(kinds.of, np.uint32), []
    by_kind = np.full((len(opcodes), 3), math.nan)
    counted_by: str | None = "XLA"
    try:
        asked = [kind for kind, opcode in enumerate(opcodes) if opcode not in FREE and opcode not in CONTROL]
        counted = [_figures(each) for each in count([*map(kinds.text, asked)])]
        by_kind[:] = 0.0
        by_kind[asked] = np.array(counted).reshape(-1, 3)
    except NotImplementedError as error:
        counted_by = None
        notes.append(f"Nothing was counted: {error}.")
    flops, bytes_ = by_kind[of, :2].T.copy()
    executed = flops.copy()
    _sum_up(module, kinds, calls, flops, executed, bytes_)
    owners = np.frombuffer(module.owners, np.uint32)
    role = np.array(calls.role)[owners]
    executed *= calls.runs[owners]
    executed[(role == "applied") | (role == "unused")] = math.nan
    bytes_[role == "fused"] = math.nan
    if counted_by:
        notes += _not_counted(module, flops, role) + _unknown_loops(module, calls)
    counts = _counts(module, role)
    work = np.nan_to_num(by_kind[:, 0]) + by_kind[:, 2]
    whole, part = shares(module, calls, (counts & BYTES) > 0, weights(module, kinds, work))
    return Costs(flops, executed, bytes_, counts, whole, part, calls, counted_by, tuple(notes))


def no_costs(module: Module, reason: str) -> Costs:
    """Return costs of which nothing is known, and why."""
    count, places = len(module), len(module.computations)
    unknown, whole = np.full(count, math.nan), np.arange(count, dtype=np.uint32)
    calls = Calls(["unused"] * places, np.full(places, math.nan), {})
    counts, part = np.zeros(count, np.uint8), np.zeros(count, np.float32)
    return Costs(unknown, unknown, unknown, counts, whole, part, calls, None, (reason,))


def _figures(found: Mapping[str, float] | None) -> tuple[float, float, float]:
    """Return the FLOPs, bytes and transcendentals that XLA counted; it says -1 for what it does not know."""
    if found is None:
        return math.nan, math.nan, math.nan
    figures = [float(found.get(name, 0.0)) for name in ("flops", "bytes accessed", "transcendentals")]
    flops, bytes_, transcendentals = (figure if figure >= 0 else math.nan for figure in figures)
    return flops, bytes_, transcendentals


def _sum_up(
    module: Module, kinds: Kinds, calls: Calls, flops: np.ndarray, executed: np.ndarray, bytes_: np.ndarray
) -> None:
    """Fill in what loops, branches and calls come to, in place; each computation after those it runs."""
    sums: dict[int, tuple[float, float, float]] = {}
    for place in kinds.order:
        computation = module.computations[place]
        span = slice(computation.first, computation.last)
        for index in range(computation.first, computation.last):
            if index not in calls.callers or module.opcodes[module.opcode_of[index]] not in CONTROL:
                continue
            instruction, called = Instruction(module, index), calls.callers[index]
            total = max if instruction.opcode == "conditional" else sum
            flops[index] = total(sums[c][0] for _, c in called)
            executed[index] = _all_known(total, [sums[c][1] * times(instruction, how) for how, c in called])
            bytes_[index] = total(sums[c][2] for _, c in called)
        # a custom call that XLA does not count adds nothing; a loop of unknown length makes the sum unknown
        unknown = np.isnan(executed[span]) & ~np.isnan(flops[span])
        once = math.nan if unknown.any() else float(np.nansum(executed[span]))
        sums[place] = float(np.nansum(flops[span])), once, float(np.nansum(bytes_[span]))


def _all_known(total, values: list[float]) -> float:  # type: ignore[no-untyped-def]
    return math.nan if any(math.isnan(value) for value in values) else total(values)


def _counts(module: Module, role: np.ndarray) -> np.ndarray:
    codes = np.frombuffer(module.opcode_of, np.uint16)
    control = np.array([code in CONTROL for code in module.opcodes], bool)[codes]
    fusion = np.array([code in FUSION for code in module.opcodes], bool)[codes]
    innermost = ((role == "run") | (role == "fused")) & ~control & ~fusion
    moving = (role == "run") & ~control
    return (innermost * FLOPS + moving * BYTES).astype(np.uint8)


def _not_counted(module: Module, flops: np.ndarray, role: np.ndarray) -> list[str]:
    unknown = np.flatnonzero(np.isnan(flops) & ((role == "run") | (role == "fused")))
    if not len(unknown):
        return []
    names = list(dict.fromkeys(_called_as(Instruction(module, int(index))) for index in unknown))
    shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
    calls = "1 instruction" if len(unknown) == 1 else f"{len(unknown):,} instructions"
    return [f"XLA does not count what {calls} cost: {shown}."]


def _called_as(instruction: Instruction) -> str:
    target = dict(instruction.attributes).get("custom_call_target", "").strip('"')
    return f"{instruction.opcode} to {target}" if target else instruction.opcode


def _unknown_loops(module: Module, calls: Calls) -> list[str]:
    notes = []
    loops = [Instruction(module, i) for i in calls.callers if module.opcodes[module.opcode_of[i]] == "while"]
    unknown = [loop.name for loop in loops if loop.trip_count is None]
    if unknown:
        what = f"the loop {unknown[0]} runs" if len(unknown) == 1 else f"{len(unknown):,} loops run"
        notes.append(f"How often {what} is decided while running: what is executed is unknown.")
    if any(how == "branch" for called in calls.callers.values() for how, _ in called):
        notes.append(
            "Each branch of a conditional counts as if it were taken, the conditional itself as its costliest branch."
        )
    return notes
