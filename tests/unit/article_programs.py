"""Two programs with the faults of an article on JAX (written anew; only the faults are the article's)."""
# ruff: noqa: E501

LINEAR_REGRESSION = """
import jax
import jax.numpy as jnp

def predict(weights, inputs, targets):
    return jnp.dot(inputs, weights) + jnp.mean(targets)   # the targets leak into the prediction; there is no bias

def objective(params, batch):
    weights, inputs, targets = params                      # params and batch are mixed up
    return jnp.mean((predict(weights, inputs, targets) - targets) ** 2)

start = jnp.zeros((1,))
fast_objective = jax.jit(objective)

for step in range(1000):
    batch = ...                                            # no data
    params = start                                         # starts over at every step
    value, grads = jax.value_and_grad(fast_objective)(params, batch)
    params = jax.optimizers.adam(params, 0.001).update(params, grads)   # no such module, no optimizer state
    print(f"step {step + 1}: loss {value:.4f}")
"""

NEURAL_NETWORK = """
import jax
import jax.numpy as jnp

def network(inputs, first, second, first_bias, second_bias):
    hidden = jnp.relu(jnp.dot(inputs, first) + first_bias)              # jax.nn.relu
    return jnp.dot(hidden, second) + second_bias

def objective(params, batch):
    inputs, targets = batch
    return jnp.mean((network(inputs, *params) - targets) ** 2)

first = jnp.random.normal((784, 256))                                   # jax.random.normal(key, shape); and far too wide
second = jnp.random.normal((256, 10))
first_bias, second_bias = jnp.zeros((256,)), jnp.zeros((10,))
fast_objective = jax.jit(objective)

for step in range(1000):
    batch = ...
    params = (first, second, first_bias, second_bias)
    value, grads = jax.value_and_grad(fast_objective)(params, batch)
    params = jax.optimizers.adam(params, 0.001).update(params, grads)
    print(f"step {step + 1}: loss {value:.4f}")
"""
