"""No data, for a function of its parameters alone."""

from explorer.catalog.contract import Dataset


def load():
    """Return the empty batch."""
    return {}, None


def build():
    """Return the data set without examples."""
    return Dataset(
        name="nothing",
        title="No data",
        summary="A function of two parameters reads none.",
        group="No data",
        load=load,
        inputs=(),
    )
