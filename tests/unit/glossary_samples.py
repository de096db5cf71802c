"""Functions that between them use most of what JAX can record, to be traced and lowered, not run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import jax.scipy.sparse.linalg
import numpy as np
from jax import lax
from jax.ad_checkpoint import checkpoint_name
from jax.experimental import io_callback
from jax.extend.core import ClosedJaxpr, Jaxpr
from jax.sharding import AxisType, PartitionSpec, SingleDeviceSharding

M = jax.ShapeDtypeStruct((4, 4), jnp.float32)
V = jax.ShapeDtypeStruct((8,), jnp.float32)
I = jax.ShapeDtypeStruct((8,), jnp.int32)  # noqa: E741
KEY = jax.eval_shape(lambda: jax.random.key(0))


def elementwise(v, i):
    unary = (jnp.abs, jnp.arccos, jnp.arccosh, jnp.arcsin, jnp.arcsinh, jnp.arctan, jnp.arctanh, jnp.cbrt, jnp.ceil)
    unary += (
        jnp.cos,
        jnp.cosh,
        jnp.exp,
        jnp.exp2,
        jnp.expm1,
        jnp.floor,
        jnp.isfinite,
        jnp.log,
        jnp.log1p,
        jnp.negative,
    )
    unary += (
        jnp.round,
        jnp.sign,
        jnp.sin,
        jnp.sinh,
        jnp.sqrt,
        jnp.square,
        jnp.tan,
        jnp.tanh,
        jax.nn.sigmoid,
        lax.rsqrt,
    )
    unary += (
        lax.erf,
        lax.erf_inv,
        lax.erfc,
        lax.lgamma,
        lax.digamma,
        lax.bessel_i0e,
        lax.bessel_i1e,
        lax.stop_gradient,
    )
    binary = (jnp.add, jnp.arctan2, jnp.divide, jnp.equal, jnp.greater, jnp.greater_equal, jnp.less, jnp.less_equal)
    binary += (jnp.maximum, jnp.minimum, jnp.multiply, jnp.nextafter, jnp.not_equal, jnp.power, lax.rem, jnp.subtract)
    binary += (lax.igamma, lax.igammac, lax.polygamma, lax.zeta, jax.scipy.special.xlogy)
    whole = (lax.clz, lax.population_count, jnp.invert)
    bits = (jnp.bitwise_and, jnp.bitwise_or, jnp.bitwise_xor, jnp.left_shift, jnp.right_shift, lax.shift_right_logical)
    z = lax.complex(v, v)
    return (
        [f(v) for f in unary],
        [f(v, v) for f in binary],
        [f(i) for f in whole],
        [f(i, i) for f in bits],
        (
            v**3,
            jnp.conj(z),
            z.real,
            z.imag,
            lax.betainc(v, v, v),
            lax.clamp(0.0, v, 1.0),
            lax.reduce_precision(v, 5, 7),
        ),
        lax.bitcast_convert_type(v, jnp.int32),
    )


def arranging(m, v, i):
    return (
        (m.T, m.reshape(2, 8), m[::-1], m[:, None], jnp.squeeze(m[None]), jnp.pad(m, 1), jnp.concatenate([m, m])),
        (m[1:3, ::2], lax.dynamic_slice(m, (i[0], 0), (2, 2)), lax.dynamic_update_slice(m, m[:1], (i[0], 0))),
        (m[i], m.at[i].set(1.0), m.at[i].add(1.0), m.at[i].max(1.0), m.at[i].min(1.0), m.at[i].mul(2.0)),
        (jnp.where(v > 0, v, 0.0), jnp.arange(8), jnp.tile(m, 2), jnp.split(v, 2), jnp.stack([v, v]), jnp.eye(4)),
        (jnp.sort(v), jnp.argsort(v), lax.top_k(v, 3), jnp.argmax(v), jnp.argmin(v), lax.approx_max_k(v, 2)),
        (jnp.sum(m), jnp.max(m, 0), jnp.min(m, 1), jnp.prod(m), jnp.any(m > 0), jnp.all(m > 0)),
        (jnp.cumsum(v), jnp.cumprod(v), lax.cummax(v), lax.cummin(v), lax.cumlogsumexp(v), v.astype(jnp.bfloat16)),
        lax.reduce(v, 0.0, lambda a, b: a + b * 2, (0,)),
        lax.reduce_window(m, -jnp.inf, lax.max, (2, 2), (2, 2), "VALID"),
        jnp.bitwise_xor.reduce(i),
        lax.optimization_barrier(v),
    )


def algebra(m, v):
    image = m[None, :, :, None]
    kernel = jnp.ones((2, 2, 1, 3))
    return (
        (
            m @ m,
            jnp.linalg.cholesky(m),
            jnp.linalg.qr(m),
            jnp.linalg.svd(m),
            jnp.linalg.eigh(m),
            jnp.linalg.solve(m, m),
        ),
        (jnp.linalg.eig(m), jax.scipy.linalg.lu(m), jax.scipy.linalg.schur(m), jax.scipy.linalg.hessenberg(m)),
        (jax.scipy.linalg.solve_triangular(m, v[:4]), lax.linalg.tridiagonal_solve(v, v, v, v[:, None])),
        (jnp.fft.fft(v), jnp.fft.rfft(v), jnp.fft.irfft(v), jnp.fft.ifft(v), lax.linalg.tridiagonal(m)),
        lax.conv_general_dilated(image, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")),
        lax.ragged_dot(m, jnp.ones((2, 4, 4)), jnp.array([2, 2])),
        jax.scipy.sparse.linalg.cg(lambda x: m @ x, v[:4]),
    )


def control(m, v):
    loop = lax.scan(lambda c, x: (jnp.sin(c) * x, c), v[0], v)
    chosen = lax.cond(v[0] > 0, jnp.sin, jnp.cos, v)
    turned = lax.while_loop(lambda a: a.sum() < 9, lambda a: a + 1, v)
    kept = checkpoint_name(v, "kept")
    jax.debug.print("{}", v[0])
    called = jax.pure_callback(np.sin, jax.ShapeDtypeStruct((8,), jnp.float32), v)
    written = io_callback(np.cos, jax.ShapeDtypeStruct((8,), jnp.float32), v)
    named = jax.nn.relu(v), jax.nn.gelu(v), jax.nn.silu(v), jax.nn.softmax(v), jax.numpy.linalg.norm(v)
    return loop, chosen, turned, kept, called, written, named, jax.checkpoint(jnp.tanh)(v), jax.device_put(v)


def derived(m, v):
    def f(w, x):
        ref = jax.new_ref(jnp.zeros(()))
        ref[...] += x.sum()
        hidden = jax.checkpoint(lambda a: jnp.tanh(a @ w))(jax.nn.relu(m))
        pooled = lax.reduce_window(hidden, -jnp.inf, lax.max, (2, 2), (2, 2), "VALID")
        return pooled.sum() + lax.scan(lambda c, r: (c + jnp.sin(r).sum(), c), 0.0, w)[0] + ref[...] + w[0].sum()

    return jax.value_and_grad(f)(m, v), jax.hessian(lambda a: jnp.sum(a[:2] ** 3))(v), jax.jvp(jnp.sin, (v,), (v,))


@jax.custom_vjp
def own(v):
    return jnp.sin(v)


own.defvjp(lambda v: (own(v), v), lambda v, g: (g * jnp.cos(v),))


@functools.partial(lax.composite, name="own.composite")
def composite(v):
    return jnp.sin(v)


def marked(v):
    jax.debug.callback(lambda _: None, v)
    return own(v), composite(v), lax.with_sharding_constraint(v, SingleDeviceSharding(jax.devices("cpu")[0]))


def random(key):
    a, b = jax.random.split(key)
    shapes = jax.random.normal(a, (4,)), jax.random.uniform(b, (4,)), jax.random.gamma(a, 2.0), jax.random.bits(b)
    raw = jax.random.wrap_key_data(jax.random.key_data(a))
    return shapes, jax.random.fold_in(raw, 3), jax.random.randint(a, (4,), 0, 9), jax.random.key(7)


def mapped(v):
    named = jax.vmap(lambda a: (lax.psum(a, "i"), lax.axis_index("i"), lax.all_gather(a, "i")), axis_name="i")
    rows = jax.vmap(lambda a, k: a[k])(v.reshape(2, 4), jnp.arange(2))
    return named(v), rows, jnp.einsum("bij,bjk->bik", v.reshape(2, 2, 2), v.reshape(2, 2, 2))


def shared(v):
    def each(a):
        ring = lax.ppermute(a, "d", [(0, 0)])
        summed = lax.psum(ring, "d"), lax.pmax(ring, "d"), lax.pmin(ring, "d"), lax.axis_index("d")
        whole = lax.all_gather(a, "d"), lax.psum_scatter(a, "d", tiled=True), lax.all_to_all(a, "d", 0, 0, tiled=True)
        return sum(x.sum() for x in (*summed[:3], *whole)) * jnp.ones((1,)) + summed[3]

    mesh = jax.make_mesh((1,), ("d",), axis_types=(AxisType.Auto,))
    split = PartitionSpec("d")
    return jax.shard_map(each, mesh=mesh, in_specs=split, out_specs=split)(v)


SAMPLES: tuple[tuple[Callable[..., Any], tuple[Any, ...]], ...] = (
    (elementwise, (V, I)),
    (arranging, (M, V, I)),
    (algebra, (M, V)),
    (control, (M, V)),
    (derived, (M, V)),
    (marked, (V,)),
    (random, (KEY,)),
    (mapped, (V,)),
    (shared, (V,)),
)


@functools.cache
def traced() -> tuple[Any, ...]:
    """Return the samples, traced."""

    def trace(function, arguments):
        return jax.jit(function, donate_argnums=0 if function is derived else ()).trace(*arguments)

    return tuple(trace(*each) for each in SAMPLES)


def equations(jaxpr: Any) -> Iterator[Any]:
    """Yield every equation of a jaxpr, those of the functions inside too."""
    for equation in jaxpr.eqns:
        yield equation
        for value in equation.params.values():
            for inner in value if isinstance(value, tuple | list) else (value,):
                if isinstance(inner, ClosedJaxpr):
                    yield from equations(inner.jaxpr)
                elif isinstance(inner, Jaxpr):
                    yield from equations(inner)
