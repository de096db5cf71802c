"""A fixture that opens one view in a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

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
