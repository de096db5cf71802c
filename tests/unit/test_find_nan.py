"""`find_nan` points at the line, says why and what to write instead; ten planted faults and what is none."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from explorer.compiler.find_nan import find_nan
from explorer.compiler.frames import known_as
from explorer.errors import ExplorerError

W, X = jnp.ones((3, 2)), jnp.array([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])


def log_of_zero(p):
    return -jnp.sum(jnp.log(p))  # here: log of 0


def root_at_zero(x):
    return jnp.sum(jnp.sqrt(x))  # here: sqrt' at 0


def zero_by_zero(x):
    total = x.sum()
    return jnp.sum(x / total)  # here: 0/0


def large_exponent(x):
    weights = jnp.exp(x)  # here: exp
    return jnp.sum(weights / weights.sum())


def small_dtype(x):
    small = x.astype(jnp.bfloat16)
    return jnp.sum(small * small * small)  # here: bf16


def in_a_scan(x):
    def step(carry, item):
        carry = carry / item  # here: scan
        return carry, carry

    return jax.lax.scan(step, 1.0, x)[0]


def in_a_vmap(x):
    return jnp.sum(jax.vmap(lambda row: jnp.log(row[0]) + row[1])(x))  # here: vmap


def only_backward(w):
    norm = jnp.linalg.norm(X @ w, axis=1)  # here: backward
    return jnp.sum(jnp.where(norm > 0, norm, 0.0))


def train_step(w, second):
    grads = jax.grad(lambda w: jnp.mean((X @ w) ** 2) * 0.0)(w)
    second = 0.9 * second + 0.1 * grads**2
    return w - 0.1 * grads / jnp.sqrt(second)  # here: optimizer


def in_a_library(logits):
    labels = jnp.array([[0.5, 0.5]])
    return jnp.sum(optax.kl_divergence(jnp.log(jnp.maximum(logits, 0.0)), labels))  # here: library


PLANTED = {
    "log of 0": (log_of_zero, [jnp.array([0.5, 0.0])], "forward", "log", "the logarithm of 0", "jnp.maximum(x, 1e-6)"),
    "sqrt' at 0": (root_at_zero, [jnp.array([0.0, 4.0])], "backward", "div", "division by 0", "jnp.sqrt(x + 1e-12)"),
    "0/0": (zero_by_zero, [jnp.zeros(3)], "forward", "div", "0 divided by 0", "jnp.where(b == 0, 1.0, b)"),
    "exp": (large_exponent, [jnp.array([1.0, 100.0])], "forward", "exp", "above 88.7", "jax.nn.softmax"),
    "bf16": (small_dtype, [jnp.array([1e30])], "forward", "mul", "too large for bfloat16", "float32"),
    "scan": (in_a_scan, [jnp.array([1.0, 2.0, 0.0])], "forward", "div", "division by 0", "jnp.where(b == 0"),
    "vmap": (in_a_vmap, [jnp.array([[1.0, 2.0], [0.0, 1.0]])], "forward", "log", "logarithm of 0", "jnp.maximum"),
    "backward": (only_backward, [W], "backward", "div", "division by 0", "optax.safe_norm"),
    "optimizer": (train_step, [W, jnp.zeros((3, 2))], "forward", "div", "0 divided by 0", "a / (b + 1e-8)"),
    "library": (in_a_library, [jnp.array([[0.0, 1.0]])], "forward", "log", "the logarithm of 0", "1e-6"),
}


@pytest.mark.parametrize("case", PLANTED)
def test_the_planted_faults(case):
    fn, args, direction, primitive, why, instead = PLANTED[case]
    finding = find_nan(fn, *args)
    operation = finding.operation
    assert finding.verdict == "operation"
    assert operation.text.endswith(f"# here: {case}")
    assert operation.file == __file__
    assert (operation.direction, operation.primitive) == (direction, primitive)
    assert why in operation.why
    assert why in finding.sentence
    assert instead in finding.instead
    assert f"{known_as(__file__)}, line {operation.line}" in finding.sentence


def test_the_place_is_exact_and_the_values_are_there():
    operation = find_nan(log_of_zero, jnp.array([0.5, 0.0, 0.25])).operation
    code = "    return -jnp.sum(jnp.log(p))"
    assert code[operation.column : operation.end_column] == "jnp.log(p)"
    (example,) = operation.examples
    assert example.at == (1,)
    assert example.value == -np.inf
    assert example.inputs == (0.0,)


@pytest.mark.parametrize("wrap", [jax.jit, jax.value_and_grad, lambda f: jax.jit(jax.grad(f))])
def test_a_function_that_is_wrapped_already(wrap):
    operation = find_nan(
        wrap(only_backward if wrap is not jax.jit else log_of_zero), W * (wrap is not jax.jit)
    ).operation
    assert operation.text.endswith("# here: backward") or operation.text.endswith("# here: log of 0")


def test_inside_a_library_the_users_line_is_named_and_the_library_beside_it():
    def loss(x):
        return jnp.sum(optax.safe_root_mean_squares(x, 0.0) + optax.cosine_similarity(x, x * 0.0, epsilon=0.0))

    operation = find_nan(loss, jnp.array([1.0, 2.0])).operation
    assert "optax.cosine_similarity(x, x * 0.0, epsilon=0.0)" in operation.text
    assert operation.inside.startswith("optax")

    def scored(x):
        return jnp.sum(jax.nn.log_softmax(x, where=x > 5.0))  # nothing is left to sum over

    operation = find_nan(scored, jnp.ones(3)).operation
    assert "jax.nn.log_softmax(x, where=x > 5.0)" in operation.text


def test_a_clean_function_says_what_was_tried():
    finding = find_nan(lambda w: jnp.sum(w**2), W)
    assert finding.verdict == "finite"
    assert finding.operation is None
    assert not finding.found
    assert finding.sentence == (
        "Everything is finite. Its value and its gradient are finite in every operation, and compiled."
    )
    several = find_nan(lambda w: w * 2, W)
    assert "more than a single number" in several.sentence
    assert "nothing to differentiate by" in find_nan(lambda n: n * 2, 3).sentence


def test_only_the_compiled_function():
    x = jnp.linspace(1.0, 2.0, 1000)
    square = x * x

    def fused(x, square):
        return jnp.sqrt(x * x - square)  # 0 by itself; fused, x * x is not rounded before the difference

    finding = find_nan(fused, x, square)
    assert finding.verdict == "compiled"
    assert finding.operation is None
    assert "finite operation by operation, and what the compiled function gives is not" in finding.sentence
    assert "With fusion off it is finite" in finding.sentence
    assert "jnp.sqrt(jnp.maximum(x, 0.0))" in finding.instead
    assert 'compiler_options={"xla_disable_hlo_passes": "fusion"}' in finding.instead


def test_infinities_that_the_program_writes_down():
    finding = find_nan(lambda x: jnp.where(x > 1, x, -jnp.inf), X)
    assert finding.operation is None
    assert "infinities that the program writes down itself" in finding.sentence


def test_arguments_by_name_and_without_numbers():
    def model(params, activation, *, scale):
        return jnp.sum(activation(params["w"]) / scale)

    finding = find_nan(model, {"w": W}, jnp.tanh, scale=0.0)
    assert finding.operation.why == "division by 0"
    named = find_nan(model, {"w": W}, jnp.tanh, scale=jnp.inf * 0)
    assert named.verdict == "argument"
    assert named.sentence.startswith("The argument scale was not finite to begin with")


def test_what_it_cannot_do_is_said():
    with pytest.raises(ExplorerError, match=r"functools\.partial"):
        find_nan(jax.jit(lambda x, n: x**n, static_argnums=1), 0.0, 2)

    def fails(x):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        find_nan(fails, 1.0)


def test_the_second_look_compiles_nothing_new():
    from explorer.compiler.watch.watcher import watch

    find_nan(log_of_zero, jnp.array([0.5, 0.0]))
    with watch() as watched:
        find_nan(log_of_zero, jnp.array([0.5, 0.0]))
    assert sum(event.compiles for event in watched.events) == 0


def test_the_record_holds_the_lines_around_the_place():
    header = find_nan(log_of_zero, jnp.array([0.5, 0.0])).records()["bad_operation"].header
    (file,) = header["files"]
    line = file["text"].split("\n")[header["place"]["line"] - file["first"]]
    assert line.endswith("# here: log of 0")
    assert header["operation"]["examples"] == [{"at": [1], "value": "−∞", "inputs": [0.0]}]
    assert header["looks"][0] == {
        "direction": "forward",
        "finite": False,
        "text": "The value is not finite: the replay found where it begins.",
    }


def test_how_it_shows_itself(tmp_path):
    finding = find_nan(log_of_zero, jnp.array([0.5, 0.0]))
    page = finding.save(tmp_path / "nan.html").read_text()
    assert 'data-kind="nan"' in page
    assert "text/html" in finding._repr_mimebundle_()
    assert str(finding).endswith(finding.instead)


def test_the_advice_against_fusion_works():
    x = jnp.linspace(1.0, 2.0, 1000)

    def safe(x, square):
        return jnp.sqrt(jnp.maximum(x * x - square, 0.0))

    assert find_nan(safe, x, x * x).verdict == "finite"
    unfused = jax.jit(lambda x, square: jnp.sqrt(x * x - square), compiler_options={"xla_disable_hlo_passes": "fusion"})
    assert find_nan(unfused, x, x * x).verdict == "finite"


def test_the_gradient_is_by_the_first_argument_and_not_by_the_data():
    def loss(w, x):
        return jnp.sum(w * jnp.linalg.norm(x))  # its slope by x is NaN at 0, and nobody asks for it

    assert find_nan(loss, W, jnp.zeros(3)).verdict == "finite"
    assert find_nan(lambda x, w: loss(w, x), jnp.zeros(3), W).verdict == "operation"


def equinox_layer():
    import equinox

    layer = equinox.nn.Linear(3, 2, key=jax.random.key(0))
    return jax.tree.map(lambda leaf: leaf * 0, layer)


def flax_layer():
    from flax import nnx

    return nnx.Linear(3, 2, kernel_init=nnx.initializers.zeros, rngs=nnx.Rngs(0))


LAYERS = {"equinox": equinox_layer, "flax": flax_layer}


@pytest.mark.parametrize("library", LAYERS)
def test_the_parameters_of_a_module(library):
    model = LAYERS[library]()

    def loss(model, x):
        out = jax.vmap(model)(x)
        return jnp.sum(jnp.sqrt(out))  # here: module

    operation = find_nan(loss, model, jnp.ones((4, 3))).operation
    assert operation.direction == "backward"
    assert operation.text.endswith("# here: module")


def test_programs_that_differ_only_in_what_they_close_over():
    size = 100_000
    divisor = np.ones(size, np.float32)
    assert find_nan(lambda x: x / divisor, np.ones(size, np.float32)).verdict == "finite"
    with_zero = divisor.copy()
    with_zero[777] = 0
    assert find_nan(lambda x: x / with_zero, np.ones(size, np.float32)).operation.examples[0].at == (777,)
