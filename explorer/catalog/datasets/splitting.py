"""What real data go through before they are learned from: shuffled, split, and brought to one scale."""

import numpy as np


def split(x, y, held_out, seed):
    """Shuffle the rows and hold the first of them out. -> (train, held_out), each {"x": f32[N, D], "y": [N]}."""
    order = np.random.default_rng(seed).permutation(len(x))
    x, y = np.asarray(x, np.float32)[order], np.asarray(y)[order]
    train = {"x": x[held_out:], "y": y[held_out:]}
    return train, {"x": x[:held_out], "y": y[:held_out]}


def standardised(train, held_out, names):
    """Give each column mean 0 and standard deviation 1, by the figures of the training examples alone."""
    for name in names:
        mean, deviation = train[name].mean(axis=0), train[name].std(axis=0)
        deviation = np.where(deviation == 0, 1, deviation)
        train = {**train, name: ((train[name] - mean) / deviation).astype(np.float32)}
        held_out = {**held_out, name: ((held_out[name] - mean) / deviation).astype(np.float32)}
    return train, held_out
