"""What every finding looks at: the instructions with their costs, and the lines of source they come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from explorer.compiler.frames import known_as
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import FUSION
from explorer.compiler.instruction_cost import BYTES, FLOPS
from explorer.compiler.instructions import Instructions
from explorer.compiler.links import CARRIED, DETAIL, Links
from explorer.compiler.source import Files, Place

LONGEST_CODE = 60  # characters of a source line that a sentence quotes


@dataclass(frozen=True)
class Evidence:
    """One program, and what is known of it.

    Args:
      instructions: of the optimized HLO.
      links: of the optimized HLO with the source.
      files: the source files that the links point into.
      before: the HLO before optimization and its links, where there is one.
    """

    instructions: Instructions
    links: Links
    files: Files
    before: tuple[Module, Links] | None = None

    @property
    def module(self) -> Module:
        """The optimized HLO."""
        return self.instructions.module

    @cached_property
    def runs(self) -> np.ndarray:
        """f64[n]: how often each instruction runs in one call; NaN where unknown."""
        return self.instructions.costs.calls.runs[np.frombuffer(self.module.owners, np.uint32)]

    @property
    def loops(self) -> bool:
        """Whether the program loops."""
        return "while" in self.module.opcodes

    @cached_property
    def moved(self) -> np.ndarray:
        """f64[n]: bytes that each instruction moves in one call, 0 for the parts of a fusion and what runs others.

        A loop of unknown length counts once.
        """
        costs = self.instructions.costs
        runs = np.where(np.isnan(self.runs), 1.0, self.runs)
        return np.where(costs.counts & BYTES, np.nan_to_num(costs.bytes) * runs, 0.0)

    @cached_property
    def worked(self) -> np.ndarray:
        """f64[n]: FLOPs that each innermost instruction does in one call, 0 for fusions and what runs others.

        A loop of unknown length counts once.
        """
        costs = self.instructions.costs
        known = np.where(np.isnan(costs.executed_flops), costs.flops, costs.executed_flops)
        return np.where(costs.counts & FLOPS, np.nan_to_num(known), 0.0)

    @property
    def timed(self) -> np.ndarray | None:
        """f64[n]: measured microseconds of each instruction in one call, 0 for what runs others; None if unmeasured."""
        if self.instructions.measured is None:
            return None
        microseconds = np.nan_to_num(self.instructions.measured_us.astype(float))
        return np.where(self.instructions.costs.counts & BYTES, microseconds, 0.0)

    @cached_property
    def step(self) -> np.ndarray:
        """bool[n]: whether an instruction is a step of its own: not in a fusion, and not one that runs others."""
        return (self.instructions.costs.counts & BYTES) > 0

    @cached_property
    def operands(self) -> Mapping[int, list[int]]:
        """For each step the instructions that it takes its values from, by their index."""
        found: dict[int, list[int]] = {}
        names: dict[str, int] = {}
        owner_ = -1
        for index in np.flatnonzero(self.step | self._control).tolist():
            if self.module.owners[index] != owner_:
                owner_ = self.module.owners[index]
                names = {i.printed_name: i.index for i in self.module.computations[owner_]}
            operands = Instruction(self.module, index).operands
            found[index] = [names[o.name] for o in operands if o.name in names]
        return found

    @cached_property
    def users(self) -> Mapping[int, list[int]]:
        """For each instruction the steps that take its value, by their index."""
        found: dict[int, list[int]] = defaultdict(list)
        for index, operands in self.operands.items():
            for operand in operands:
                found[operand].append(index)
        return found

    @property
    def _control(self) -> np.ndarray:
        runs = np.zeros(len(self.module), bool)
        runs[list(self.instructions.costs.calls.callers)] = True
        return runs & ~self.step & (np.nan_to_num(self.runs) > 0)

    def parts(self, index: int) -> list[Instruction]:
        """Return what an instruction is made of: the instructions inside a fusion, else itself alone."""
        called = self.instructions.costs.calls.callers.get(index, [])
        if self.module.opcodes[self.module.opcode_of[index]] not in FUSION or not called:
            return [Instruction(self.module, index)]
        return list(self.module.computations[called[0][1]])

    def place(self, index: int) -> Place | None:
        """Return where an instruction of the optimized HLO comes from."""
        return place_in(self.links, self.module.lines[index])

    def by_line(self, values: np.ndarray) -> dict[tuple[int, int], float]:
        """Return a figure summed by line of source, as (file, line). The key (-1, 0) has what comes from no line.

        A fusion's figure is shared among its parts; an instruction of several lines gives each an equal part.

        Args:
          values: f64[n], a figure of each instruction, 0 for those that a sum leaves out.
        """
        shared = self._shared(values)
        sums = np.bincount(self._line_of_pair, shared[self._pairs[:, 0]] * self._part, len(self._keys))
        rest = float(shared.sum() - sums.sum())
        return {(-1, 0): rest} | {key: float(value) for key, value in zip(self._keys, sums, strict=True)}

    def _shared(self, values: np.ndarray) -> np.ndarray:
        """Return a figure with that of each fusion shared among its parts, and what these do by themselves."""
        costs = self.instructions.costs
        inside = costs.whole != np.arange(len(values))
        parted = np.where(inside, 0.0, values)[costs.whole] * costs.part
        return parted + np.where(inside | ~self.step, values, 0.0)

    def instructions_on(self, key: tuple[int, int], values: np.ndarray, most: int = 20) -> tuple[int, ...]:
        """Return the lines of the HLO, from 1, that come from a line of source, the weightiest first."""
        if key not in self._keys:
            return ()
        indices = self._pairs[self._line_of_pair == self._keys.index(key), 0]
        order = indices[np.argsort(-self._shared(values)[indices], kind="stable")]
        return tuple(self.module.lines[i] + 1 for i in order[:most].tolist())

    def whole_line(self, key: tuple[int, int]) -> Place:
        """Return the place that spans all that instructions come from on a line."""
        rows = self.links.rows
        on = rows[(rows[:, 1] == key[0]) & (rows[:, 2] == key[1]) & ((rows[:, 7] & DETAIL) == 0)]
        start = int(on[:, 3].min())
        end = max((int(row[4]), int(row[5])) for row in on)
        return Place(key[0], key[1], start, *end)

    def code(self, place: Place) -> str:
        """Return the piece of source at a place; of several lines the first."""
        line = self.files.line(place.file, place.line)
        end = place.end_column if place.end_line == place.line else len(line)
        return line[place.column : end].strip() or line.strip()

    def said(self, place: Place | None, whole_line: bool = False) -> str:
        """Return a place as a sentence says it: "train.py:12 `x @ w`"; "" for none."""
        if place is None:
            return ""
        code = self.files.line(place.file, place.line).strip() if whole_line else self.code(place)
        shown = code if len(code) <= LONGEST_CODE else code[: LONGEST_CODE - 1] + "…"
        where = f"{known_as(self.files.names[place.file])}:{place.line}"
        return f"{where} `{shown}`" if shown else where

    @cached_property
    def _pairs(self) -> np.ndarray:
        """i64[m, 3]: (instruction, file, line) of every instruction and each line that it comes from."""
        rows = self.links.rows
        rows = np.unique(rows[(rows[:, 7] & DETAIL) == 0][:, :3], axis=0)
        lines = np.frombuffer(self.module.lines, np.uint32)
        at = np.searchsorted(lines, rows[:, 0])
        good = (at < len(lines)) & (lines[np.minimum(at, len(lines) - 1)] == rows[:, 0]) if len(lines) else at < 0
        pairs = np.column_stack([at, rows[:, 1:]])[good].astype(np.int64).reshape(-1, 3)
        return np.concatenate([pairs, self._lent(pairs)])

    def _lent(self, pairs: np.ndarray) -> np.ndarray:
        """Return the lines of a fusion for those of its parts that have none of their own."""
        whole = self.instructions.costs.whole
        without = np.setdiff1d(np.arange(len(whole)), pairs[:, 0])
        found = [pairs[:0]]
        starts = np.searchsorted(pairs[:, 0], whole[without], "left")
        ends = np.searchsorted(pairs[:, 0], whole[without], "right")
        for index, start, end in zip(without.tolist(), starts.tolist(), ends.tolist(), strict=True):
            if end > start:
                found.append(np.column_stack([np.full(end - start, index), pairs[start:end, 1:]]))
        return np.concatenate(found)

    @cached_property
    def _part(self) -> np.ndarray:
        counts = np.bincount(self._pairs[:, 0], minlength=len(self.module))
        return 1.0 / counts[self._pairs[:, 0]]

    @cached_property
    def _lines(self) -> tuple[list[tuple[int, int]], np.ndarray]:
        keys, of = np.unique(self._pairs[:, 1:], axis=0, return_inverse=True)
        return [(int(file), int(line)) for file, line in keys], of.reshape(-1)

    @property
    def _keys(self) -> list[tuple[int, int]]:
        return self._lines[0]

    @property
    def _line_of_pair(self) -> np.ndarray:
        return self._lines[1]


def place_in(links: Links, line: int) -> Place | None:
    """Return where a line of a stage, from 0, comes from: its own span before one carried through optimization."""
    rows = [row for row in links.of(line).tolist() if not row[7] & DETAIL]
    row = min(rows, key=lambda row: row[7] & CARRIED, default=None)
    return None if row is None else Place(*row[1:6])


def grouped(places: Iterable[tuple[Place | None, int]]) -> dict[tuple[int, int] | None, list[tuple[Place | None, int]]]:
    """Group what was found by the line of source it is on."""
    found: dict[tuple[int, int] | None, list[tuple[Place | None, int]]] = defaultdict(list)
    for place, index in places:
        found[None if place is None else (place.file, place.line)].append((place, index))
    return found
