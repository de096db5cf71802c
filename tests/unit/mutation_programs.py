"""Programs whose literals are changed to judge provenance: realistic ones written by hand, and drawn ones.

Each is a function `f` of one file; its floating-point literals are values, never shapes, axes or exponents.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

HEAD = "import jax\nimport jax.numpy as jnp\nfrom jax import lax\n\n"


class Program(NamedTuple):
    """A program: its name, its source, and the arguments of `f` as shapes."""

    name: str
    source: str
    arguments: tuple[Any, ...]


def spec(*shape: int, dtype: Any = jnp.float32) -> jax.ShapeDtypeStruct:
    """Return an argument as its shape."""
    return jax.ShapeDtypeStruct(shape, dtype)


M, V = spec(16, 16), spec(16)
TOKENS = spec(8, dtype=jnp.int32)

WRITTEN = {
    "two additions": ("""
def f(x):
    y = x + 2.3
    z = y + 1.4
    return z
""", (V,)),
    "mlp": ("""
def f(x, w1, b1, w2, b2):
    h = x @ w1 * 0.37 + b1
    h = jnp.where(h > 0.02, h, 0.13 * h)
    h = h * 0.83
    return h @ w2 + b2 * 1.7
""", (M, M, V, M, V)),
    "mlp loss": ("""
def layer(w, x):
    y = jnp.tanh(x @ w) * 1.7159
    return y + 0.0613 * x

def f(ws, x, t):
    for w in ws:
        x = layer(w, x)
    e = x - t
    return 0.53 * jnp.mean(e * e) + 0.0107 * sum(jnp.sum(w * w) for w in ws)
""", ([M, M, M], M, M)),
    "mlp gradient": ("""
def loss(w1, w2, x, t):
    h = jnp.tanh(x @ w1) * 1.3
    y = h @ w2 + 0.21
    e = (y - t) * 0.57
    return jnp.mean(e * e) + 0.0113 * jnp.sum(w1 * w1)

def f(w1, w2, x, t):
    g1, g2 = jax.grad(loss, argnums=(0, 1))(w1, w2, x, t)
    return w1 - 0.0127 * g1, w2 - 0.0131 * g2
""", (M, M, M, M)),
    "attention": ("""
def f(q, k, v, m):
    s = q @ k.T * 0.2513
    s = jnp.where(m > 0.51, s, -1.0e9)
    s = s - s.max(axis=-1, keepdims=True)
    p = jnp.exp(s * 1.07)
    p = p / (p.sum(axis=-1, keepdims=True) + 1.0e-6)
    return p @ v * 0.93
""", (M, M, M, M)),
    "attention of heads": ("""
def head(q, k, v):
    s = jnp.einsum("qd,kd->qk", q, k) * 0.3537
    p = jax.nn.softmax(s + 0.0019)
    return p @ v

def f(q, k, v, x):
    y = jax.vmap(head)(q, k, v)
    y = y * 0.71
    y = y.mean(axis=0) + x
    return y * 1.13
""", (spec(4, 8, 8),) * 3 + (spec(8, 8),)),
    "scan": ("""
def f(x, w):
    def body(c, r):
        c = jnp.tanh(c * 0.91 + r)
        y = c @ w + 0.17
        return c, y * 1.21
    c, ys = lax.scan(body, x[0], x)
    return c * 0.43, ys.sum(axis=0) - 0.29
""", (M, M)),
    "gru": ("""
def f(x, h, wz, wh):
    def cell(h, r):
        z = jax.nn.sigmoid(r @ wz + 0.11)
        n = jnp.tanh((r + 0.37 * h) @ wh)
        h = (1.0 - z) * n + z * h
        return h, h * 0.97
    h, ys = lax.scan(cell, h, x)
    return ys * 1.9, h - 0.31
""", (M, V, M, M)),
    "scan gradient": ("""
def run(w, x):
    def body(c, r):
        c = jnp.sin(c @ w * 0.61) + r
        return c, c * 1.3
    c, ys = lax.scan(body, x[0], x)
    return jnp.sum(ys * ys) * 0.27 + jnp.sum(c)

def f(w, x):
    g = jax.grad(run)(w, x)
    return w - 0.013 * g
""", (M, M)),
    "convolution": ("""
def f(x, k, b):
    y = lax.conv(x * 0.77, k, (1, 1), "SAME")
    y = y + b[None, :, None, None] * 1.31
    y = jnp.maximum(y, 0.057 * y)
    y = lax.reduce_window(y, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return y.mean(axis=(2, 3)) * 0.61
""", (spec(2, 3, 8, 8), spec(4, 3, 3, 3), spec(4))),
    "adam": ("""
def f(p, g, m, v, t):
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.0013 * g * g
    a = m / (1.03 - 0.9 ** t)
    b = v / (1.07 - 0.995 ** t)
    u = a / (jnp.sqrt(b) + 1.0e-8)
    p = p - 0.0017 * (u + 0.0101 * p)
    return p, m, v
""", (M, M, M, M, spec())),
    "momentum": ("""
def update(p, g, m):
    g = g + 0.0003 * p
    m = 0.89 * m - 0.013 * g
    return p + m, m

def f(ps, gs, ms):
    out = [update(p, g, m) for p, g, m in zip(ps, gs, ms)]
    return [p for p, _ in out], [m * 1.01 for _, m in out]
""", ([M, V], [M, V], [M, V])),
    "clipped step": ("""
def f(p, g):
    n = jnp.sqrt(jnp.sum(g * g) + 1.0e-12)
    s = jnp.minimum(1.13, 0.71 / n)
    g = g * s
    q = p - 0.037 * g
    return jnp.clip(q, -2.5, 2.7)
""", (M, M)),
    "layer norm": ("""
def f(x, g, b):
    m = x.mean(axis=-1, keepdims=True)
    c = x - m * 1.03
    v = (c * c).mean(axis=-1, keepdims=True)
    y = c * lax.rsqrt(v + 1.1e-5)
    return (y * g + b) * 0.87
""", (M, V, V)),
    "gelu by hand": ("""
def f(x, w):
    h = x @ w
    c = 0.044715 * h * h * h
    t = jnp.tanh(0.7978845 * (h + c))
    y = 0.53 * h
    return y * (t + 1.3)
""", (M, M)),
    "embedding": ("""
def f(tokens, table, w):
    x = table[tokens] * 3.7
    x = x + jnp.sin(jnp.arange(8)[:, None] * 0.013)
    y = x @ w * 0.61
    return jax.nn.log_softmax(y) * -0.23
""", (TOKENS, M, M)),
    "while": ("""
def f(x):
    def more(c):
        return jnp.abs(c[0]).max() > 0.0101
    def body(c):
        y, n = c
        y = y * 0.73 - 0.0007
        return y, n + 1
    y, n = lax.while_loop(more, body, (x + 0.19, 0))
    return y * 2.3, n
""", (V,)),
    "cond": ("""
def f(x, w):
    def yes(x):
        return jnp.sin(x * 1.9) + 0.37
    def no(x):
        y = x @ w * 0.41
        return y - 0.13
    y = lax.cond(x.sum() > 0.57, yes, no, x)
    return y * 0.81
""", (M, M)),
    "physics": ("""
def f(q, p):
    for _ in range(3):
        p = p - 0.0127 * (q + 0.31 * q * q * q)
        q = q + 0.0251 * p
    e = 0.53 * p * p + 0.47 * q * q
    return q, p, e.sum() * 1.1
""", (V, V)),
    "mixed precision": ("""
def f(x, w):
    h = x.astype(jnp.bfloat16) * 0.75
    y = (h @ w.astype(jnp.bfloat16)).astype(jnp.float32)
    y = y * 1.0625 + 0.1875
    return jax.nn.relu(y - 0.3125) * 1.1
""", (M, M)),
}  # fmt: skip


def written() -> list[Program]:
    """Return the programs that are written by hand."""
    return [Program(name, HEAD + source.lstrip("\n"), arguments) for name, (source, arguments) in WRITTEN.items()]


def drawn(seed: int) -> Program:
    """Return a drawn program: 6 to 14 lines of one operation each, some of them with a literal, some in a helper."""
    chance = random.Random(seed)
    names = ["x", "y"]
    helper = ["def helper(a):", f"    b = a * {_literal(chance)}", f"    return b - {_literal(chance)}"]
    lines = [*helper, "", "def f(x, y, w):"]
    for number in range(chance.randrange(6, 15)):
        # Mostly what was made last, so that operations with literals follow each other and are merged.
        a = names[-1] if chance.random() < 0.6 else chance.choice(names[-4:])
        line = chance.choice(_LINES).format(a=a, b=chance.choice(names[-4:]), c=_literal(chance))
        lines.append(f"    v{number} = {line}")
        names.append(f"v{number}")
    lines.append(f"    return {names[-1]}, {names[-2]}")
    return Program(f"drawn {seed}", HEAD + "\n".join(lines) + "\n", (M, M, M))


def _literal(chance: random.Random) -> str:
    return f"{chance.randrange(101, 899) / 1000:.3f}"


_LINES = (
    *("{a} + {c}", "{a} * {c}", "{a} - {c}", "{c} - {a}", "{a} / {c}", "{a} + {c}", "{a} * {c}"),
    *("jnp.maximum({a}, {c})", "jnp.minimum({a}, {c})", "{a} + {b}", "{a} * {b}", "{a} - {b}"),
    *("jnp.sin({a})", "jnp.tanh({a})", "jnp.exp({a})", "-{a}", "{a}.T", "{a} @ w", "helper({a})", "helper({a})"),
    *("{a} - {a}.mean(axis=0)", "jnp.where({a} > {c}, {a}, -{b})", "jnp.cumsum({a}, axis=0)", "{a}[::-1]"),
)
