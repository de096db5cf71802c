"""Records of every kind, as a run of a small network leaves them; with a spike, a NaN and a live change."""

import numpy as np

from explorer.records import Record

STEPS = 420
SPIKE_STEP, SPIKE = 200, 7.5
NAN_STEP = 300


def option(value, label, group=None, reason=None, help=None):
    return {"value": value, "label": label, "group": group, "reason": reason, "help": help}


def field(name, label, group, kind, value, **more):
    return {"name": name, "label": label, "group": group, "kind": kind, "value": value, **more}


OPTIMIZERS = [
    option("adam", "adam", "Common", help="Adaptive moments: a step size for every parameter."),
    option("sgd", "sgd", "Common", help="The gradient times the learning rate."),
    option("lion", "lion", "Common", help="The sign of a running mean."),
    option("lbfgs", "lbfgs", "Common", reason="its line search needs the whole data as one batch"),
    *[option(f"other_{i}", f"other_{i}", "All others", help="Another one.") for i in range(42)],
]


def form(**changes):
    fields = [
        field(
            "model",
            "Model",
            "model",
            "select",
            "neural-network",
            help="What maps the inputs to a prediction.",
            options=[
                option("linear-regression", "Linear regression", reason="it reads x, which this data lacks"),
                option("neural-network", "Neural network", help="784 inputs, 256 hidden units, 10 classes"),
            ],
        ),
        field("hidden", "Hidden units", "model", "number", 256, integer=True, low=1, high=4096),
        field("dataset", "Data set", "data", "select", "mnist", options=[option("mnist", "MNIST digits")]),
        field("optimizer", "Optimizer", "optimizer", "select", "adam", options=OPTIMIZERS),
        field(
            "learning_rate",
            "Learning rate",
            "optimizer",
            "number",
            0.001,
            log=True,
            low=1e-6,
            high=10.0,
            live=True,
            help="How far a step goes.",
        ),
        field("b1", "b1", "optimizer", "number", 0.9, advanced=True),
        field("nesterov", "Nesterov momentum", "optimizer", "checkbox", False, advanced=True),
        field("device", "Device", "device", "select", "cpu:0", options=[option("cpu:0", "CPU 0")]),
        field("batch_size", "Batch size", "training", "number", 128, integer=True, unit="examples"),
        field("steps", "Steps", "training", "number", 1000, integer=True),
        field("seed", "Seed", "training", "number", 0, integer=True),
    ]
    for each in fields:
        each.update(changes.get(each["name"], {}))
    return Record("form", {"fields": fields, "problem": None})


def status(**changes):
    header = {
        "run": "1",
        "status": "paused",
        "step": STEPS,
        "steps": 1000,
        "steps_per_second": 1936.4,
        "seconds_left": 0.3,
        "activity": None,
        "can": ["resume", "step", "stop", "reset", "script"],
        "problem": None,
    }
    return Record("status", header | changes)


def runs(*names):
    listed = [{"id": str(i + 1), "name": name, "status": "paused", "summary": ""} for i, name in enumerate(names)]
    return Record("runs", {"runs": listed, "current": "1"})


def curve(run="1", steps=STEPS, decay=60.0, marks=True):
    """Loss with noise, one spike and one NaN; held-out points; norms of two parameters."""
    rng = np.random.default_rng(int(run))
    at = np.arange(1, steps + 1)
    loss = (2.3 * np.exp(-at / decay) + 0.15 + rng.normal(0, 0.05, steps).clip(-0.12)).astype(np.float32)
    if marks:
        loss[at == SPIKE_STEP] = SPIKE
        loss[at == NAN_STEP] = np.nan
    rate = np.where(at < 250, 1e-3, 3e-3).astype(np.float32)
    every = np.arange(50, steps + 1, 50)
    tenth = np.arange(10, steps + 1, 10)
    series = [("loss", "train", at, loss), ("learning_rate", "train", at, rate)]
    series += [("held_out/loss", "held_out", every, 2.3 * np.exp(-every / decay) + 0.22)]
    series += [("held_out/accuracy", "held_out", every, 1 - 0.9 * np.exp(-every / decay))]
    for i, name in enumerate(("hidden/w", "hidden/b", "output/w", "output/b")):
        norm = (i + 1) * np.exp(-tenth / 200) * rng.uniform(0.8, 1.2, tenth.size)
        series += [(f"grad_norm/{name}", "diagnostic", tenth, norm)]
        series += [(f"param_norm/{name}", "diagnostic", tenth, 5 + tenth / 100)]
        series += [(f"update_ratio/{name}", "diagnostic", tenth, 1e-3 * norm)]
    buffers = {}
    for i, (_, _, own, values) in enumerate(series):
        buffers |= {f"{i}/steps": own.astype(np.uint32), f"{i}/values": np.asarray(values, np.float32)}
    header = {
        "run": run,
        "reset": True,
        "series": [{"name": name, "group": group} for name, group, _, _ in series],
        "events": [{"step": 250, "field": "learning_rate", "value": 0.003}] if marks else [],
    }
    return Record("frame", header, buffers)


def gradient():
    rng = np.random.default_rng(3)
    values = rng.normal(0, 1e-3, (784, 16)).astype(np.float32)
    counts, edges = np.histogram(values, 32)
    summary = {
        "norm": float(np.linalg.norm(values)),
        "min": float(values.min()),
        "max": float(values.max()),
        "mean": float(values.mean()),
        "std": float(values.std()),
        "nonfinite": 0,
    }
    header = {
        "run": "1",
        "step": STEPS,
        "parameter": "hidden/w",
        "shape": [784, 16],
        "dtype": "float32",
        "image": [28, 28],
        "summary": summary,
        "shown": values.size,
        "size": values.size,
    }
    buffers = {"values": values.ravel(), "counts": counts.astype(np.uint32), "edges": edges.astype(np.float32)}
    return Record("gradient", header, buffers)


def images():
    """Ten pictures that look like strokes, so that a screenshot shows something."""
    y, x = np.mgrid[0:28, 0:28]
    made = [255 * np.exp(-(((x - 14) * np.cos(a) + (y - 14) * np.sin(a)) ** 2) / 6) for a in np.linspace(0, 3, 10)]
    return np.stack(made).astype(np.uint8)


JAXPR = "{ lambda ; a:f32[784,16] b:f32[128,784]. let\n    c:f32[128,16] = dot_general b a\n  in (c,) }"


NET = "def loss(w, x):\n    return x @ w\n"


def instructions():
    """One instruction on the second line of the text, which does everything."""
    one = {
        "lines": np.array([1], np.uint32),
        "opcode": np.array([0], np.uint16),
        "computation": np.array([0], np.uint32),
        "flops": np.array([3211264.0]),
        "executed_flops": np.array([3211264.0]),
        "bytes": np.array([61440.0]),
        "measured_us": np.array([np.nan], np.float32),
        "counts": np.array([3], np.uint8),
        "whole": np.array([0], np.uint32),
        "part": np.array([1.0], np.float32),
    }
    header = {
        "function": "loss",
        "stage": "hlo",
        "opcodes": ["dot"],
        "computations": ["main"],
        "runs": [1.0],
        "counted_by": "XLA",
        "measured": None,
        "notes": [],
    }
    return Record("instructions", header, one)


def everything():
    """Every kind of record, by key."""
    keys = ["hidden/w", "hidden/b", "output/w", "output/b"]
    shapes = [[784, 16], [16], [16, 10], [10]]
    parameters = [
        {"name": n, "shape": s, "dtype": "float32", "size": int(np.prod(s)), "image": [28, 28] if i == 0 else None}
        for i, (n, s) in enumerate(zip(keys, shapes, strict=True))
    ]
    layers = [
        {"name": "images", "shape": [128, 784], "text": "a batch of 28 × 28 pictures"},
        {"name": "hidden", "shape": [784, 256], "text": "linear, then ReLU: 200,960 parameters"},
        {"name": "output", "shape": [256, 10], "text": "linear: 2,570 parameters"},
    ]
    stages = [("jaxpr", "JAX recorded (jaxpr)"), ("stablehlo", "handed to XLA"), ("hlo", "runs on the device")]
    return {
        "about": Record(
            "about",
            {
                "title": "JAX Explorer",
                "subtitle": "Neural network on MNIST",
                "device": "CPU",
                "versions": {"jax": "0.10.2", "optax": "0.2.8", "python": "3.11", "explorer": "0.1.0"},
                "live": False,
            },
        ),
        "form": form(),
        "status": status(),
        "runs": runs("adam"),
        "model": Record(
            "model",
            {
                "name": "neural-network",
                "title": "Neural network",
                "summary": "One hidden layer of rectified linear units.",
                "layers": layers,
                "count": 203530,
            },
        ),
        "data": Record(
            "data",
            {
                "name": "mnist",
                "title": "MNIST digits",
                "summary": "Handwritten digits, 28 × 28 pixels.",
                "fields": [
                    {"name": "image", "shape": [784], "dtype": "float32", "role": "input", "examples": 4000},
                    {"name": "label", "shape": [], "dtype": "int32", "role": "target", "examples": 4000},
                ],
                "truth": None,
                "preview": {"kind": "images", "height": 28, "width": 28, "labels": list(range(10))},
            },
            {"images": images()},
        ),
        "frame/1": curve(),
        "parameters": Record("parameters", {"run": "1", "parameters": parameters}),
        "gradient/hidden/w": gradient(),
        "functions": Record(
            "functions",
            {
                "functions": [{"name": "loss", "title": "Loss", "help": "From parameters and a batch to one number."}],
                "current": "loss",
                "device": "cpu:0",
            },
        ),
        "inspection/loss": Record(
            "inspection",
            {
                "function": "loss",
                "title": "Loss",
                "device": "cpu:0",
                "stages": [{"stage": s, "title": t, "available": True, "reason": None} for s, t in stages],
                "late": [],
                "times_ms": {"trace": 12.0, "lower": 8.0, "compile": 130.0},
                "cost": {"flops": 51200000.0, "bytes_accessed": 1840000.0},
                "memory": {"argument_bytes": 1200000, "output_bytes": 4, "temp_bytes": 90000},
                "versions": {"jax": "0.10.2"},
                "problem": None,
            },
        ),
        **{
            f"stage/loss/{stage}": Record(
                "stage",
                {
                    "function": "loss",
                    "stage": stage,
                    "title": title,
                    "language": {"stablehlo": "mlir"}.get(stage, stage),
                    "available": True,
                    "reason": None,
                    "lines": 3,
                    "scopes": [],
                    "rules": [],
                },
                {
                    "text": JAXPR,
                    "links": np.array([[1, 0, 2, 11, 2, 16, -1, 0]], np.int32),
                },
            )
            for stage, title in stages
        },
        "source/loss": Record(
            "source",
            {
                "function": "loss",
                "files": [{"file": "net.py", "title": "net.py", "owner": "user", "text": NET}],
                "main": 0,
                "first": 1,
                "last": 2,
            },
        ),
        "instructions/loss": instructions(),
        "summary/loss": Record(
            "summary",
            {
                "function": "loss",
                "totals": {"instructions": 1, "fusions": 0, "executed_flops": 3211264.0},
                "findings": [
                    {
                        "kind": "costly_line",
                        "text": "`return x @ w` does all of the arithmetic.",
                        "measure": "modelled",
                        "value": 3211264.0,
                        "unit": "FLOPs",
                        "share": 1.0,
                        "stage": "hlo",
                        "lines": [1],
                        "place": {"file": 0, "line": 2, "column": 11, "end_line": 2, "end_column": 16},
                    }
                ],
            },
        ),
        "script": Record("script", {"run": "1", "name": "run.py"}, {"text": "import jax\n\nprint(jax.devices())\n"}),
    }
