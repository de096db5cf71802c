"""The roof that kernels are drawn under: measured here, or from the maker's figures; labelled which."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

import explorer
from explorer.compiler.roofline.peaks import HERE, MAKER, TENSOR_CORES, TPUS, Peak, Peaks, measured_peaks, peaks_of
from explorer.compiler.shown import ON_DEMAND
from explorer.compiler.targets.gpus import GPUS
from explorer.compiler.targets.target import Target
from explorer.compiler.targets.tpus import GENERATIONS


def test_what_is_measured_here_is_labelled_so_and_possible():
    found = measured_peaks(jax.devices("cpu")[0])
    (products,) = found.arithmetic
    assert products.name == "float32 products"
    assert 1e9 < products.per_second < 1e14  # any CPU there is
    assert found.memory is not None
    assert 5e8 < found.memory.per_second < 2e12
    assert products.how == found.memory.how == HERE == "measured here"
    assert "best of 5 runs" in products.detail


def test_every_target_has_its_makers_figures():
    assert set(TENSOR_CORES) == set(GPUS)
    assert set(TPUS) == set(GENERATIONS)
    for family, models in (("gpu", GPUS), ("tpu", GENERATIONS)):
        for model in models:
            found = peaks_of(Target(family, model, (1,)))
            assert found.memory is not None
            assert {peak.how for peak in (*found.arithmetic, found.memory)} == {MAKER}
            # in bfloat16 a chip does between 100 and 1,000 FLOPs in the time of a byte
            assert 100 < found.arithmetic[0].per_second / found.memory.per_second < 1000


def test_the_float32_peak_of_an_h100_is_two_a_clock_for_each_unit():
    plain = peaks_of(Target("gpu", "h100", (1,))).arithmetic[1]
    assert plain.per_second == pytest.approx(66.9e12, rel=0.01)


def test_an_inspection_gives_it_on_demand():
    found = explorer.inspect(lambda a: jnp.tanh(a @ a).sum(), jax.ShapeDtypeStruct((64, 64), jnp.float32))
    header = ON_DEMAND["roofline"](found, "function")["roofline/function"].header
    assert header["device"] == found.device
    assert [peak["how"] for peak in (*header["peaks"], header["bandwidth"])] == [HERE, HERE]
    assert "pause a training" in header["notes"][0]


def test_the_kernels_are_records_held_up_by_memory_or_by_arithmetic():
    def network(x, w):
        return jnp.tanh(x @ w) + 1.0

    found = explorer.inspect(network, *[jax.ShapeDtypeStruct((512, 512), jnp.float32)] * 2)
    # 20 FLOPs in the time of a byte
    found.roof = Peaks((Peak("float32 products", 1e12, MAKER, ""),), Peak("memory", 5e10, MAKER, "")), ()
    modelled = found.roofline
    product = next(kernel for kernel in modelled if kernel.flops >= 2 * 512**3)
    assert product.bound == "arithmetic"
    assert product.intensity == product.flops / product.bytes > 20
    assert product.microseconds == pytest.approx(product.flops / 1e12 * 1e6)
    assert any(source.function.endswith("network") for source in product.sources)
    point = next(kernel for kernel in modelled if kernel.flops < 10 * 512**2)
    assert point.bound == "memory"
    assert point.microseconds == pytest.approx(point.bytes / 5e10 * 1e6)
    assert not any(kernel.measured for kernel in modelled)
    assert [kernel.microseconds for kernel in modelled] == sorted((k.microseconds for k in modelled), reverse=True)
    found.measure()
    measured = found.roofline
    assert all(kernel.measured and kernel.reached > 0 for kernel in measured)


def test_where_the_peaks_are_not_known_the_reason_is_told():
    found = explorer.inspect(lambda a: a @ a, jax.ShapeDtypeStruct((64, 64), jnp.float32))
    found.roof = Peaks(), ("nothing is known",)
    assert len(found.roofline) == 0
    assert "nothing is known" in repr(found.roofline)
