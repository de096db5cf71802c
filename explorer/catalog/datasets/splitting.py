"""What real data go through before they are learned from: shuffled, split, and brought to one scale."""

import numpy as np


def split(batch, held_out, seed):
    """Shuffle the rows of every column alike and hold the first of them out. -> (train, held_out), leading axis N."""
    order = np.random.default_rng(seed).permutation(len(next(iter(batch.values()))))
    shuffled = {name: np.asarray(values)[order] for name, values in batch.items()}
    train = {name: values[held_out:] for name, values in shuffled.items()}
    return train, {name: values[:held_out] for name, values in shuffled.items()}


def held_out_fifth(x, y):
    """Hold the first fifth out of rows that were drawn in no order. x, y: leading axis N. -> (train, held_out)"""
    held_out = len(x) // 5
    return {"x": x[held_out:], "y": y[held_out:]}, {"x": x[:held_out], "y": y[:held_out]}


def standardised(train, held_out, names):
    """Give each column mean 0 and standard deviation 1, by the figures of the training examples alone."""
    for name in names:
        mean, deviation = train[name].mean(axis=0), train[name].std(axis=0)
        deviation = np.where(deviation == 0, 1, deviation)
        train = {**train, name: ((train[name] - mean) / deviation).astype(np.float32)}
        held_out = {**held_out, name: ((held_out[name] - mean) / deviation).astype(np.float32)}
    return train, held_out
