"""What a page must not do while it is tested."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Page


class Watch:
    """What a page must not do: log an error, raise, or ask another machine."""

    def __init__(self, context: BrowserContext) -> None:
        self.errors: list[str] = []
        self.elsewhere: list[str] = []
        context.on("page", self._page)
        context.on("request", self._request)

    def _page(self, page: Page) -> None:
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.errors.append(str(e)))

    def _request(self, request: Any) -> None:
        if not request.url.startswith(
            ("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:", "ws://127.0.0.1")
        ):
            self.elsewhere.append(request.url)

    def clean(self) -> None:
        """Fail when something of it happened."""
        assert self.errors == []
        assert self.elsewhere == []
