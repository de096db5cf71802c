"""How data of somebody's own are read: what the copied script shows."""

import csv
from pathlib import Path

import numpy as np

from explorer.catalog.datasets.splitting import split, standardised


def spelled(label):
    """Return a label as text: 2, 2.0 and " 2" are the same one."""
    try:
        number = float(label)
    except ValueError:
        return str(label).strip()
    return str(int(number)) if number.is_integer() else str(number)


def load_csv(path, columns, target, labels, header, held_out, standardise, seed):
    """Read the columns of a CSV file. x: f32[N, D], y: f32[N], or i32[N] where the target is one of the labels."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.reader(file) if row]
    names = [cell.strip() for cell in rows[0]] if header else [str(i) for i in range(len(rows[0]))]
    table = [dict(zip(names, row, strict=True)) for row in rows[1 if header else 0 :]]
    x = np.array([[float(row[name]) for name in columns] for row in table], np.float32)
    if labels:
        y = np.array([labels.index(spelled(row[target])) for row in table], np.int32)
    else:
        y = np.array([float(row[target]) for row in table], np.float32)
    parts = split({"x": x, "y": y}, held_out, seed)
    return standardised(*parts, names=["x"]) if standardise else parts


def load_arrays(arrays, held_out, standardise, seed):
    """Shuffle the arrays alike and hold some rows out. arrays: name to [N, ...]."""
    parts = split(arrays, held_out, seed)
    return standardised(*parts, names=["x"]) if standardise else parts


def load_saved(path, held_out, standardise, seed):
    """Read the arrays of an .npz file; explorer.register says how it is written."""
    with np.load(path) as file:
        return load_arrays(dict(file), held_out, standardise, seed)
