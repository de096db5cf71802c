"""Small runs for the tests, and fixtures that add entries to the catalog as a reader would."""

import pytest
from explorers import SMALL

import explorer
from explorer.catalog import registry


@pytest.fixture
def catalog(monkeypatch):
    """Let a test register entries; they are gone after it."""
    monkeypatch.setattr(registry, "_registered", {"model": {}, "dataset": {}})
    return registry


@pytest.fixture
def app():
    """An explorer whose panel is open; closed after the test."""
    made = explorer.Explorer(**SMALL)
    made.panel  # noqa: B018
    yield made
    made.close()
