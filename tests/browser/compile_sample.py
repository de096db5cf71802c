"""Records of one inspection: what JAX and XLA really made of a small loss, and what is said about it.

The summary, the comparison, the subject and the issue are written by hand, so that a test knows every word of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import explorer
from explorer.records import Record


def loss(params: Mapping[str, jax.Array], batch: Mapping[str, jax.Array]) -> jax.Array:
    with jax.named_scope("dense"):
        hidden = jax.nn.relu(batch["x"] @ params["w"])
    αβγ, shifted = jnp.exp(hidden), len("🙂🙂") + jnp.tanh(hidden)

    def step(total: jax.Array, row: jax.Array) -> tuple[jax.Array, None]:
        return total * 0.5 + jnp.sin(row).sum(), None

    return jax.lax.scan(step, 0.0, αβγ)[0] + shifted.mean()


def inspected() -> Any:
    """Return the inspection of the gradient of `loss`."""
    arguments = {"w": _shape(40, 300)}, {"x": _shape(64, 40)}
    return explorer.inspect(jax.value_and_grad(loss), *arguments)


def _shape(*sizes: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(sizes, jnp.float32)


def functions() -> Record:
    """Return the list of functions, one of them not compiled."""
    listed = [
        {"name": "loss", "title": "the loss", "help": "One number: how wrong the model is."},
        {"name": "gradient", "title": "the gradient", "help": "How the loss changes."},
    ]
    return Record("functions", {"functions": listed, "current": "loss", "device": "cpu:0"})


def real(found: Any) -> dict[str, Record]:
    """Return what was found as records, by key."""
    return {"functions": functions(), **found.records("loss"), **found.figures("loss")}


def line_of(text: str, part: str) -> int:
    """Return the line of a text, from 0, that holds a part of it."""
    return next(number for number, line in enumerate(text.split("\n")) if part in line)


def summary(records: Mapping[str, Record]) -> Record:
    """Return two findings: the costliest line of the source, and a constant."""
    source = records["source/loss"].header
    text = source["files"][source["main"]]["text"]
    matmul = line_of(text, 'batch["x"] @')
    hlo = str(records["stage/loss/hlo"].buffers["text"])
    where = {"file": source["main"], "column": text.split("\n")[matmul].index("batch")}
    findings = [
        finding(
            "costly_line",
            "The matrix product takes 96 % of the FLOPs.",
            share=0.96,
            stage="hlo",
            place={**where, "line": matmul + 1, "end_line": matmul + 1, "end_column": 54},
        ),
        finding("constant", "A constant is baked in.", measure="fact", stage="hlo", lines=[line_of(hlo, "constant(")]),
        *[finding("layout_copy", f"Copy {i} changes a layout.", stage="hlo", lines=[60 + i]) for i in range(5)],
    ]
    totals = {"instructions": 210, "fusions": 9, "flops": 3.2e6, "executed_flops": 3.7e6, "bytes": 2.9e6}
    return Record("summary", {"function": "loss", "totals": totals, "findings": findings})


def finding(kind: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a finding; what is not said is empty."""
    empty = {"measure": "modelled", "value": None, "unit": None, "share": None, "stage": None, "lines": []}
    return {"kind": kind, "text": text, "place": None, **empty, **more}


INSTALL = "install: pip install 'jax-explorer[gpu-targets]'"


def subject(**changes: Any) -> Record:
    """Return a subject with two transformations around the loss."""
    header = {
        "function": "loss",
        "name": "jit(grad(loss))",
        "transforms": [{"name": "grad", "options": {"argnums": 1}}, {"name": "jit", "options": {}}],
        "choices": [
            {
                "name": "grad",
                "help": "The gradient with respect to an argument.",
                "options": [{"name": "argnums", "default": 0, "help": "Which arguments, counted from 0."}],
                "reason": None,
            },
            {"name": "jit", "help": "Compile it.", "options": [], "reason": None},
            {"name": "vmap", "help": "Map it over an axis.", "options": [], "reason": None},
            {"name": "hessian", "help": "Second derivatives.", "options": [], "reason": "the output is no scalar"},
        ],
        "dtype": None,
        "dtypes": [
            {"name": "float32", "reason": None},
            {"name": "bfloat16", "reason": None},
            {"name": "float64", "reason": "x64 is off"},
        ],
        "arguments": [
            {
                "name": "params.w",
                "shape": [40, 300],
                "dtype": "float32",
                "axes": [
                    {"axis": 0, "size": 40, "low": 1, "high": 1024, "shared": "features"},
                    {"axis": 1, "size": 300, "low": 1, "high": 4096, "shared": None},
                ],
            },
            {
                "name": "batch.x",
                "shape": [64, 40],
                "dtype": "float32",
                "axes": [
                    {"axis": 0, "size": 64, "low": 1, "high": 1024, "shared": None},
                    {"axis": 1, "size": 40, "low": 1, "high": 1024, "shared": "features"},
                ],
            },
        ],
        "target": None,
        "targets": [
            {"name": "cpu", "title": "CPU", "can": "runs here", "reason": None},
            {"name": "tpu-v5e:2x2", "title": "TPU v5e", "can": "compile only", "reason": None},
            {"name": "gpu-h100", "title": "NVIDIA H100 80GB HBM3", "can": INSTALL, "reason": INSTALL},
        ],
        "size": None,
        "sharding": None,
        "compiler_options": {},
        "passes_off": [],
        "known_options": [{"name": "xla_cpu_max_isa", "help": "The newest instructions.", "values": ["AVX", "AVX2"]}],
        "problem": None,
        "busy": None,
    }
    return Record("subject", header | changes)


def comparison() -> Record:
    """Return what changed since another look: two fusions fewer, more bytes, one hunk of the jaxpr."""
    rows = [
        {"name": "Fusions", "unit": "", "before": 11, "after": 9, "ratio": 9 / 11},
        {"name": "Bytes", "unit": "bytes", "before": 2_000_000, "after": 2_800_000, "ratio": 1.4},
        {"name": "FLOPs", "unit": "FLOPs", "before": 3_200_000, "after": 3_200_000, "ratio": 1.0},
        {"name": "Measured", "unit": "µs", "before": None, "after": None, "ratio": None},
    ]
    lines = [
        {"kind": " ", "text": "    e:f32[64,300] = dot_general d b"},
        {"kind": "-", "text": "    f:f32[64,300] = max e 0.0:f32[]"},
        {"kind": "+", "text": "    f:f32[64,300] = tanh e"},
        {"kind": " ", "text": "    g:f32[] = reduce_sum f"},
    ]
    hunk = {"before": [20, 23], "after": [20, 23], "lines": lines}
    stages = [
        {"stage": "jaxpr", "hunks": [hunk], "changed": 2, "same": 40},
        {"stage": "hlo", "hunks": [], "changed": 0, "same": 210},
    ]
    return Record(
        "comparison",
        {
            "function": "loss",
            "with": "your last look, 3 minutes ago",
            "verdict": "Two fusions fewer, 40 % more bytes.",
            "rows": rows,
            "stages": stages,
        },
    )


ISSUE = "### jit(loss) is slow\n\n```python\nimport jax\n```\n"


def issue() -> Record:
    """Return an issue that is written up."""
    return Record("issue", {"function": "loss"}, {"text": ISSUE})


def measured(records: Mapping[str, Record]) -> Record:
    """Return the instructions with a time for each, as a profile gives it."""
    record = records["instructions/loss"]
    times = np.arange(record.buffers["lines"].size, dtype=np.float32)  # type: ignore[union-attr]
    header = {**record.header, "measured": {"runs": 5, "device": "cpu:0", "note": ""}}
    return Record("instructions", header, {**record.buffers, "measured_us": times})
