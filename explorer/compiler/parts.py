"""How the bytes and the time of a fusion are shared among its parts, so that each of their source lines gets its own.

XLA and the profiler see a fusion as one. What a part weighs is a model of ours: the arithmetic it does, one for each
FLOP and each exp, log or the like, and not less than one for each element it makes. Parts that only stand for a
value (parameters, constants and their broadcasts, bitcasts) weigh nothing.
"""

from __future__ import annotations

import numpy as np

from explorer.compiler.call_graph import Calls
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import FUSION, Kinds
from explorer.compiler.hlo.shapes import Shape, TupleShape

PASSIVE = frozenset({"parameter", "constant", "broadcast", "iota", "bitcast", "reshape", "tuple", "get-tuple-element"})


def weights(module: Module, kinds: Kinds, work: np.ndarray) -> np.ndarray:
    """Return what each instruction would weigh in a fusion.

    Args:
      work: f64[kinds], the FLOPs and transcendentals of each kind; NaN where unknown.

    Returns:
      f64[n].
    """
    by_kind = [
        0.0 if example.opcode in PASSIVE else max(float(np.nan_to_num(done)), _elements(example.shape))
        for example, done in zip((Instruction(module, index) for index in kinds.examples), work, strict=True)
    ]
    return np.array(by_kind, float)[np.frombuffer(kinds.of, np.uint32)]


def shares(module: Module, calls: Calls, steps: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return of which step each instruction is a part, and how much of it.

    Args:
      steps: bool[n], whether an instruction moves bytes and takes time by itself (a fusion, not its parts).
      weight: f64[n], from `weights`.

    Returns:
      whole u32[n], the index of the step: an instruction's own, or its fusion's; part f32[n], its share, 0 to 1. The
      parts of a fusion add up to 1, the fusion's own is then 0; so the sum over all instructions of a step's
      figure times the part is the sum over the steps.
    """
    whole = np.arange(len(module), dtype=np.uint32)
    part = steps.astype(np.float32)
    for index, called in calls.callers.items():
        if not steps[index] or module.opcodes[module.opcode_of[index]] not in FUSION:
            continue
        inside = module.computations[called[0][1]]
        span = slice(inside.first, inside.last)
        whole[span] = index
        total = float(weight[span].sum())
        if total:
            part[index] = 0.0
            part[span] = weight[span] / total
    return whole, part


def _elements(shape: Shape) -> float:
    if isinstance(shape, TupleShape):
        return float(sum(_elements(element) for element in shape.elements))
    return float(shape.size)
