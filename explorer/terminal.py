"""`jax-explorer inspect`: a function of a file, inspected from a terminal; the answer first."""

from __future__ import annotations

import ast
import importlib.util
import inspect as signatures
import re
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from explorer.compiler.inspection import Inspection
from explorer.compiler.inspector import inspector
from explorer.compiler.look import failed
from explorer.errors import ExplorerError, FieldError

DTYPES = {
    "f64": "float64", "f32": "float32", "f16": "float16", "bf16": "bfloat16",
    "i64": "int64", "i32": "int32", "i16": "int16", "i8": "int8",
    "u64": "uint64", "u32": "uint32", "u16": "uint16", "u8": "uint8",
    "c64": "complex64", "c128": "complex128", "bool": "bool", "pred": "bool",
}  # fmt: skip
_SCALAR = re.compile(rf"\b({'|'.join(DTYPES)})\[\]")
SHAPES = "Allowed: shapes such as f32[32,784], numbers, strings in quotes, and lists, tuples and dicts of these."


def main(options: Namespace) -> int:
    """Inspect as the command line asks.

    Args:
      options: function ("FILE:FUNCTION"), args, transform, target, stage, format, out.

    Returns:
      0; 1 where the function could not be traced or compiled; 2 where what was asked for cannot be.
    """
    try:
        fn, space = loaded(options.function)
        args = arguments(options.args, fn, space, options.function)
        inspect = inspector(transform=[transform(word) for word in options.transform], target=options.target)
        made = _format(options)
        try:
            looked = inspect(fn, *args)
        except ExplorerError:
            raise
        except Exception as error:  # the person's own function may raise anything
            looked = failed(error, fn)
        _write(looked, made, options)
    except ExplorerError as error:
        print(f"jax-explorer inspect: {error}", file=sys.stderr)
        return 2
    return 1 if looked.problem else 0


def loaded(asked: str) -> tuple[Any, dict[str, Any]]:
    """Return a function and the names of its file.

    Args:
      asked: "FILE:FUNCTION", the function with dots where it is inside of a class.

    Raises:
      FieldError: there is no such file or function, or the file raises.
    """
    path, _, name = asked.rpartition(":")
    if not path or not name:
        raise FieldError("FILE:FUNCTION", f"'{asked}' names no function.", "Such as model.py:loss.")
    file = Path(path)
    if not file.is_file():
        raise FieldError("FILE", f"there is no file '{path}'.", "")
    spec = importlib.util.spec_from_file_location(file.stem, file.resolve())
    if spec is None or spec.loader is None:
        raise FieldError("FILE", f"'{path}' is no Python file.", "Such as model.py.")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(file.resolve().parent))
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        told = failed(error, None).problem
        where = f" At {told['where']}." if told and told["where"] else ""
        raise FieldError("FILE", f"'{path}' raises {type(error).__name__}: {error}.{where}", "") from error
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            there = [n for n, value in vars(module).items() if callable(value) and not n.startswith("_")]
            raise FieldError("FUNCTION", f"there is none called '{name}' in {path}.", f"There are: {', '.join(there)}.")
        found = getattr(found, part)
    return found, vars(module)


def arguments(given: Sequence[str] | None, fn: Any, space: dict[str, Any], asked: str) -> tuple[Any, ...]:
    """Return the arguments: those given; else the file's `example_args`; else none, where none is needed.

    Raises:
      FieldError: one cannot be read, or some are missing.
    """
    if given is not None:
        return tuple(argument(text) for text in given)
    if "example_args" in space:
        found = space["example_args"]
        found = found() if callable(found) else found
        return tuple(found) if isinstance(found, tuple | list) else (found,)
    try:
        parameters = signatures.signature(fn).parameters.values()
    except (TypeError, ValueError):  # a builtin that does not say
        parameters = ()  # type: ignore[assignment]
    kinds = (signatures.Parameter.POSITIONAL_ONLY, signatures.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p.name for p in parameters if p.kind in kinds and p.default is p.empty]
    if needed:
        raise FieldError(
            "--args",
            f"{asked.rpartition(':')[2]} takes {', '.join(needed)}.",
            "Give their shapes, such as --args f32[32,784] i32[32], or define example_args in the file.",
        )
    return ()


def argument(text: str) -> Any:
    """Return an argument from its text, such as `f32[32,784]`, `3`, or `{'w': f32[4,4]}`.

    Raises:
      FieldError: it cannot be read.
    """
    try:
        # Python has no empty index, and JAX writes the shape of one number with one.
        return _value(ast.parse(_SCALAR.sub(r"\1[()]", text.strip()), mode="eval").body)
    except (SyntaxError, ValueError) as error:
        raise FieldError("--args", f"'{text}' cannot be read.", SHAPES) from error


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in DTYPES:
        sizes = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        return _shape(node.value.id, [ast.literal_eval(size) for size in sizes])
    if isinstance(node, ast.Dict):
        return {ast.literal_eval(k): _value(v) for k, v in zip(node.keys, node.values, strict=True) if k is not None}
    if isinstance(node, ast.List | ast.Tuple):
        found = [_value(item) for item in node.elts]
        return found if isinstance(node, ast.List) else tuple(found)
    return ast.literal_eval(node)


def _shape(dtype: str, sizes: Sequence[Any]) -> jax.ShapeDtypeStruct:
    if not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise ValueError("sizes are whole numbers")
    return jax.ShapeDtypeStruct(tuple(sizes), jnp.dtype(DTYPES[dtype]))


def transform(word: str) -> Any:
    """Return a transformation from its word, such as `grad` or `grad(argnums=1)`.

    Raises:
      FieldError: it cannot be read.
    """
    try:
        node = ast.parse(word, mode="eval").body
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.args:
            return node.func.id, {k.arg: ast.literal_eval(k.value) for k in node.keywords if k.arg is not None}
    except (SyntaxError, ValueError) as error:
        raise FieldError("--transform", f"'{word}' cannot be read.", "Such as grad, or grad(argnums=1).") from error
    return word


def _format(options: Namespace) -> str:
    """Return "text", "json" or "html": what was asked for, else what the name of the file to write says."""
    if options.format == "html" and options.out is None:
        raise FieldError("--out", "a page needs a file.", "Such as --out page.html.")
    ending = Path(options.out or "").suffix.lower()
    return options.format or {".html": "html", ".htm": "html", ".json": "json"}.get(ending, "text")


def _write(looked: Inspection, made: str, options: Namespace) -> None:
    if made == "html":
        print(looked.save(options.out))
        return
    text = looked.to_json() + "\n" if made == "json" else as_text(looked, options.stage)
    if options.out is None:
        sys.stdout.write(text)
        return
    target = Path(options.out)
    if not target.parent.is_dir():
        raise FieldError("--out", f"there is no folder '{target.parent}'.", "")
    target.write_text(text, encoding="utf-8")
    print(target)


def as_text(looked: Inspection, stages: Sequence[str] = ()) -> str:
    """Return an inspection for a terminal: what went wrong or stands out first, then the figures, then texts.

    Args:
      looked: the inspection.
      stages: whose texts to add, as they are.
    """
    lines = [f"{looked.name} for {looked.device}", ""]
    if looked.problem:
        where = [f"  at {looked.problem['where']}"] if looked.problem["where"] else []
        lines += [looked.problem["title"], f"  {looked.problem['text']}", *where, ""]
    lines += [f"{number}. {finding.text}" for number, finding in enumerate(looked.summary, 1)]
    figures = [
        *((f"{step} {ms:,.0f} ms") for step, ms in looked.times_ms.items() if ms is not None),
        *((f"{looked.cost['flops']:,.0f} FLOPs",) if "flops" in looked.cost else ()),
        *((f"{looked.memory['temp_bytes']:,} bytes of temporary memory",) if "temp_bytes" in looked.memory else ()),
    ]
    lines += ["", ", ".join(figures), ""] if figures else [""]
    said: set[str | None] = set()
    for name, stage in looked.stages.items():
        reason = "not available, for the same reason" if stage.reason in said else f"not available: {stage.reason}"
        lines.append(f"  {name:<11} {stage.title:<28} {f'{stage.lines:,} lines' if stage.available else reason}")
        said.add(stage.reason)
    if not stages and looked.stages["jaxpr"].available:
        lines += ["", "Add --stage jaxpr, or another of these names, to see its text."]
    for name in stages:
        stage = looked.stages[name]
        lines += ["", f"== {stage.title} ==", stage.text if stage.available else f"Not available: {stage.reason}"]
    return "\n".join(lines) + "\n"
