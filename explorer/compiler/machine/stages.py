"""The stages below HLO, made when somebody asks for one: the program is compiled once more for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from explorer.compiler.links import Links, SourceSpan
from explorer.compiler.machine.kernels import Kernel, Kernels
from explorer.compiler.stage import LATE, MissingError, Stage

MOST = 4_000_000  # characters of a stage: what a browser still shows without a wait
LEFT_OUT = "; {:,} more kernels are left out: Inspection.kernels has them all"

TEXTS: Mapping[str, Callable[[Kernel], str]] = {
    "llvm_before": lambda kernel: kernel.llvm_before,
    "llvm": lambda kernel: kernel.llvm,
    "asm": lambda kernel: kernel.asm,
}
NO_TPU_CODE = "XLA for TPU gives neither LLVM IR nor machine code away: what runs there is told down to the HLO."
PTX = "Code for the GPU (PTX)"
NOT_MADE = {
    "llvm_before": "The compiler for this device wrote no LLVM IR.",
    "llvm": "The compiler for this device wrote no LLVM IR.",
    "asm": "The compiler for this device wrote no machine code.",
}


class KernelStage(Stage):
    """The texts of all kernels, one after the other; each line comes from what its kernel comes from.

    The links are those of each kernel's first line only: a kernel has hundreds of lines, and all come from the same.

    Args:
      name: "llvm_before", "llvm" or "asm".
      kernels: returns the kernels.
      hlo: the stage of the optimized HLO, which the kernels' instructions stand in.
      platform: what the program is for, as JAX calls it, such as "cuda".
    """

    def __init__(self, name: str, kernels: Callable[[], Kernels], hlo: Stage, platform: str = "cpu") -> None:
        super().__init__(name, lambda: self._joined(kernels()), files=hlo.files, links=self._linked)
        self._hlo, self._is_ptx, self._is_tpu = hlo, name == "asm" and platform == "cuda", platform == "tpu"
        self._shown: list[tuple[int, Kernel]] = []  # the first line of each, from 0

    @property
    def title(self) -> str:
        """What the stage is in plain words, the term in parentheses."""
        return PTX if self._is_ptx else super().title

    @property
    def language(self) -> str:
        """The language of the text, for its colours: "llvm", "asm" or "ptx"."""
        return "ptx" if self._is_ptx else super().language

    @property
    def never(self) -> str | None:
        """Why there is none whatever the program, known before anybody asks; else None."""
        return NO_TPU_CODE if self._is_tpu else None

    def head(self, line: int) -> int:
        """Return the first line of the kernel that a line belongs to, both from 1."""
        _ = self.text
        return max((first + 1 for first, _ in self._shown if first < line), default=line)

    def sources(self, line: int) -> tuple[SourceSpan, ...]:
        """Return the pieces of source that the kernel of a line comes from."""
        return super().sources(self.head(line) if 0 < line <= self.lines else line)

    def _joined(self, kernels: Kernels) -> str:
        if kernels.missing is not None:
            raise MissingError(kernels.missing)
        texts: list[str] = []
        size = line = 0
        made = [(kernel, text) for kernel in kernels if (text := TEXTS[self.name](kernel))]
        if not made:
            raise MissingError(" ".join(kernels.notes) or NOT_MADE[self.name])
        for kernel, text in made:
            if size and size + len(text) > MOST:
                texts.append(LEFT_OUT.format(len(made) - len(texts)))
                break
            text = text.rstrip("\n") + "\n"  # and a blank line before the next
            self._shown.append((line, kernel))
            texts.append(text)
            size, line = size + len(text) + 1, line + text.count("\n") + 1
        return "\n".join(texts)

    def _linked(self) -> Links:
        links = self._hlo.links
        rows = []
        for first, kernel in self._shown:
            own = [links.of(line - 1) for line in kernel.lines]
            if own:
                found = np.unique(np.concatenate(own)[:, 1:], axis=0)
                rows.append(np.column_stack([np.full(len(found), first, np.int32), found]))
        return Links(np.concatenate(rows).astype(np.int32) if rows else np.zeros((0, 8), np.int32), links.scopes)


class Stages(Mapping[str, Stage]):
    """The stages of an inspection by their names. Those below HLO are listed once they were made; who asks for one by
    its name makes it.

    Args:
      listed: those that are always there; `late` are the others, whether they were asked for or not.
      kernels: returns the kernels.
      platform: what the program is for, as JAX calls it, such as "cuda".
    """

    def __init__(self, listed: Mapping[str, Stage], kernels: Callable[[], Kernels], platform: str = "cpu") -> None:
        self._listed = dict(listed)
        self.late = {name: KernelStage(name, kernels, listed["hlo"], platform) for name in LATE if "hlo" in listed}

    def __getitem__(self, name: str) -> Stage:
        return self._listed[name] if name in self._listed else self.late[name]

    def __iter__(self) -> Iterator[str]:
        yield from self._listed
        yield from (name for name, stage in self.late.items() if not stage.pending)

    def __len__(self) -> int:
        return sum(1 for _ in self)
