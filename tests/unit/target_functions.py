"""Functions to compile for machines that are not here."""

import jax
import jax.numpy as jnp
import optax

S = jax.ShapeDtypeStruct
STEP_SIZES = (784, 256, 10)


def small(x):
    """Two operations."""
    return jnp.sin(x) * 2.0


def endless(x):
    """What XLA for TPU has not compiled after half a minute."""
    for _ in range(800):
        x = jnp.tanh(x @ x) + jnp.sort(x, axis=0)
    return x


def loss(params, x, y):
    """The cross entropy of a network with one hidden layer."""
    hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
    logits = hidden @ params["w2"] + params["b2"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


def step(params, state, x, y):
    """One step of Adam."""
    grads = jax.grad(loss)(params, x, y)
    updates, state = optax.adam(1e-3).update(grads, state, params)
    return optax.apply_updates(params, updates), state


def step_arguments(batch=128):
    """The shapes that `step` takes for images of 784 pixels and ten classes."""
    inputs, hidden, classes = STEP_SIZES
    params = {
        "w1": S((inputs, hidden), jnp.float32),
        "b1": S((hidden,), jnp.float32),
        "w2": S((hidden, classes), jnp.float32),
        "b2": S((classes,), jnp.float32),
    }
    state = jax.eval_shape(optax.adam(1e-3).init, params)
    return params, state, S((batch, inputs), jnp.float32), S((batch,), jnp.int32)
