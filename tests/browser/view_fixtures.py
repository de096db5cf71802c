"""Fixtures that open one view in a page of its own, and what most views are tested on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import compile_sample
import pytest
from playwright.sync_api import Browser
from view_page import ViewPage

from explorer.records import Record


@pytest.fixture
def open_view(browser: Browser) -> Iterator[Callable[..., ViewPage]]:
    """Open a view in a page of its own; at the end, nothing may have been logged as an error."""
    opened: list[ViewPage] = []

    def open_(
        view: str, records: Mapping[str, Record], *, width: int = 1280, scheme: Any = "light", **options: Any
    ) -> ViewPage:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        opened.append(ViewPage(context.new_page(), view, records, **options))
        return opened[-1]

    yield open_
    for each in opened:
        each.page.context.close()
    assert [error for each in opened for error in each.errors] == []


@pytest.fixture(scope="module")
def found() -> Any:
    """The inspection of the sample."""
    return compile_sample.inspected()


@pytest.fixture(scope="module")
def records(found: Any) -> dict[str, Record]:
    """Its records, as a panel has them at first."""
    return compile_sample.real(found)
