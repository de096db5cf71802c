"""The kernels of a program: what the device runs as one piece, with their LLVM IR and machine code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from explorer.compiler.hlo.errors import HloSyntaxError
from explorer.compiler.hlo.instruction import Instruction
from explorer.compiler.hlo.module import Module
from explorer.compiler.hlo.renamed import FUSION, Kinds
from explorer.compiler.listed import Listed
from explorer.compiler.machine.disassembly import Line, disassembled, text_of
from explorer.compiler.machine.gpu import library_of, maker_of, symbol_of
from explorer.compiler.machine.llvm import defined_in, definition
from explorer.compiler.machine.objects import Function, ObjectError, functions_of
from explorer.compiler.machine.ptx import text_of as ptx_text_of
from explorer.compiler.machine.written import Code, Written

NO_CODE = "The compiler for this device writes no LLVM IR and no machine code that can be read."
NONE_MADE = "The program has no kernels: nothing of it is compiled to machine code of its own."

Sources = tuple[Any, ...]  # SourceSpans, the innermost first


class Kernel:
    """One kernel: a piece of machine code that runs from its begin to its end.

    Args:
      name: its symbol.
      instructions: names of the HLO instructions that it carries out, the one it is named after first; several where
        XLA found that they do the same. Empty where that is not known.
      lines: where these stand in the optimized HLO, from 1.
      code: what XLA wrote of it.
      alone: whether the module of LLVM's holds no other kernel.
      function: its machine code, None where there is none that can be read.
      sources: where in the source its instructions come from.
      maker: who wrote it for XLA, such as "Triton"; None where XLA's own emitters did.
      library: whose kernel it is, such as "cuDNN", where XLA calls one instead of writing it; then it has no code.
    """

    def __init__(
        self,
        name: str,
        instructions: Sequence[str],
        lines: Sequence[int],
        code: Code,
        alone: bool,
        function: Function | None,
        sources: Callable[[], Sources],
        maker: str | None = None,
        library: str | None = None,
    ) -> None:
        self.name, self.instructions, self.lines = name, tuple(instructions), tuple(lines)
        self.maker, self.library = maker, library
        self._code, self._alone, self._function, self._sources = code, alone, function, sources

    def __repr__(self) -> str:
        for_ = f"for {', '.join(self.instructions) or 'no instruction that is known'}"
        return f"<kernel {self.name}: {self._what}, {for_}>"

    @property
    def _what(self) -> str:
        if self._function:
            return f"{len(self._function.code):,} bytes of machine code"
        if self.library:
            return f"a call of {self.library}"
        return f"{self.ptx.count(chr(10)):,} lines of PTX" if self.ptx else "no machine code"

    @property
    def instruction(self) -> str | None:
        """The HLO instruction that it is named after; None where that is not known."""
        return self.instructions[0] if self.instructions else None

    @property
    def llvm(self) -> str:
        """Its LLVM IR after LLVM's optimization, as LLVM prints it; "" where XLA did not write it."""
        return self._part(self._code.after)

    @property
    def llvm_before(self) -> str:
        """Its LLVM IR as XLA made it, before LLVM's optimization."""
        return self._part(self._code.before)

    @cached_property
    def disassembly(self) -> tuple[Line, ...]:
        """Its machine code, instruction by instruction; empty where there is none that can be read."""
        return () if self._function is None else tuple(disassembled(self._function))

    @property
    def asm(self) -> str:
        """Its machine code as text, for a GPU of NVIDIA's its PTX; "" where there is none that can be read."""
        if self._function is not None:
            return text_of(self._function, self.disassembly)
        if self.library:
            return f"{self.name}:  // a call of {self.library}: its kernel is in that library, and XLA writes none\n"
        return ptx_text_of(self.name, self.ptx, self.maker) if self.ptx else ""

    @property
    def ptx(self) -> str:
        """Its PTX as XLA writes it, for NVIDIA's assembler; "" where it is for no GPU of NVIDIA's."""
        return self._code.ptx

    @property
    def bytes(self) -> int:
        """The size of its machine code, in bytes."""
        return 0 if self._function is None else len(self._function.code)

    @property
    def sources(self) -> Sources:
        """The pieces of source that its instructions come from, each once."""
        return self._sources()

    def _part(self, text: str) -> str:
        return text if self._alone else definition(text, self.name)


class Kernels(Listed[Kernel]):
    """The kernels of a program, in the order in which the program names their instructions.

    Args:
      written: what XLA wrote of the program.
      module: its optimized HLO.
      sources_of: from a line of that text, from 1, to where it comes from.
    """

    def __init__(
        self, written: Written, module: Module, sources_of: Callable[[int], Sources] = lambda line: ()
    ) -> None:
        self.missing = written.missing or (None if written.codes else _why_none(module))
        self.notes: tuple[str, ...] = ()
        self._sources_of = sources_of
        read = [(code, self._functions(code)) for code in written.codes]
        names = [
            list(dict.fromkeys([*functions, *defined_in(code.after or code.before), *_only(code)]))
            for code, functions in read
        ]
        named = _Named(module, [name for each in names for name in each])
        found = [
            self._kernel(name, named.of(name), code, len(each) == 1, functions.get(name))
            for (code, functions), each in zip(read, names, strict=True)
            for name in each
        ]
        if written.gpu:
            found.extend(self._calls(module))
        super().__init__(sorted(found, key=lambda kernel: (kernel.lines or (len(module.text),), kernel.name)))

    def __repr__(self) -> str:
        if self.missing is not None:
            return f"<no kernels: {self.missing}>"
        return "\n".join([f"<{len(self):,} kernels>", *map(repr, self)])

    def named(self, name: str) -> Kernel | None:
        """Return the kernel of a symbol, or the one that carries out an HLO instruction; None where there is none."""
        return next((k for k in self if k.name == name), next((k for k in self if name in k.instructions), None))

    def _functions(self, code: Code) -> dict[str, Function]:
        try:
            return {function.name: function for function in functions_of(code.object)} if code.object else {}
        except ObjectError as error:
            self.notes = tuple(dict.fromkeys((*self.notes, str(error))))
            return {}

    def _kernel(
        self, name: str, instructions: Sequence[Instruction], code: Code, alone: bool, function: Function | None
    ) -> Kernel:
        maker = next(filter(None, map(maker_of, instructions)), None)
        lines = [one.line for one in instructions]
        names = [one.name for one in instructions]
        return Kernel(name, names, lines, code, alone, function, self._sources(lines), maker)

    def _calls(self, module: Module) -> Iterator[Kernel]:
        """Yield the kernels of libraries that a program for a GPU calls."""
        for one in module:
            library, lines = library_of(one), [one.line]
            if library is not None:
                nothing = Code(one.name, "", "", b"")
                yield Kernel(one.name, [one.name], lines, nothing, True, None, self._sources(lines), library=library)

    def _sources(self, lines: Sequence[int]) -> Callable[[], Sources]:
        return lambda: tuple(dict.fromkeys(source for line in lines for source in self._sources_of(line)))


def _why_none(module: Module) -> str:
    return NO_CODE if any(instruction.opcode in FUSION for instruction in module) else NONE_MADE


class _Named:
    """The instructions of a module by the names of the kernels that carry them out.

    Args:
      module: the optimized HLO.
      kernels: the names of all kernels.
    """

    def __init__(self, module: Module, kernels: Sequence[str]) -> None:
        self._module = module
        self._instructions = {instruction.name: instruction for instruction in module}
        symbols = {symbol_of(name): name for name in reversed(self._instructions)}  # as they are for a GPU
        found = ((kernel, kernel if kernel in self._instructions else symbols.get(kernel)) for kernel in kernels)
        self._own = {kernel: name for kernel, name in found if name is not None}
        self._twins = self._same()

    def of(self, kernel: str) -> list[Instruction]:
        """Return the instructions of a kernel, the one that it is named after first."""
        own = self._own.get(kernel)
        names = self._callers(kernel) if own is None else [own, *self._twins.get(own, ())]
        return [self._instructions[name] for name in names]

    def _callers(self, kernel: str) -> list[str]:
        """Return the instructions that run the computation that a kernel is named after, as a sort does."""
        if self._module.computation(kernel) is None:
            return []
        return [name for name, one in self._instructions.items() if kernel in dict.fromkeys(c for _, c in one.called)]

    def _same(self) -> dict[str, list[str]]:
        """Return the fusions without a kernel of their own by the one that does the same: XLA compiles those once."""
        fusions = [(i, one.name) for i, one in enumerate(self._module) if one.opcode in FUSION]
        named = set(self._own.values())
        left = [(i, name) for i, name in fusions if name not in named]
        if not left:
            return {}
        try:
            kinds = Kinds(self._module).of
        except HloSyntaxError:  # a printer that changed with a version: then none is known to be the same
            return {}
        first = {kinds[i]: name for i, name in reversed(fusions) if name in named}
        twins: dict[str, list[str]] = defaultdict(list)
        for i, name in left:
            if kinds[i] in first:
                twins[first[kinds[i]]].append(name)
        return twins


def _only(code: Code) -> list[str]:
    """Return the name of a kernel of which there is nothing but PTX."""
    return [code.name] if code.ptx and not (code.before or code.after) else []
