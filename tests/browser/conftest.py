"""A real Chromium, pages served from this machine only, and a real JupyterLab."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import ARGS, INSTALL, chromium
from lab import Lab
from page_watch import Watch
from pages import bundle
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session; fails, never skips, where there is none."""
    path = chromium()
    if path is None:
        pytest.fail(INSTALL, pytrace=False)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield launched
        launched.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A fresh context, 1280 wide; clicks and waits fail after 15 s."""
    made = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    made.set_default_timeout(15_000)
    yield made
    made.close()


@pytest.fixture
def watch(context: BrowserContext) -> Watch:
    """What the context's pages did wrong. Ask for it before `page`."""
    return Watch(context)


@pytest.fixture
def page(watch: Watch, context: BrowserContext) -> Page:
    """An empty page that is watched."""
    return context.new_page()


class Site:
    """A folder served from 127.0.0.1."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.address = folder, f"http://127.0.0.1:{port}"

    def add(self, name: str, text: str) -> str:
        """Write a file and return its address."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return f"{self.address}/{name}"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map = http.server.SimpleHTTPRequestHandler.extensions_map | {".js": "text/javascript"}

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A small server with the bundle at /explorer.js."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "explorer.js").write_text(bundle(), encoding="utf-8")
    (folder / "favicon.ico").write_bytes(b"")
    handler = functools.partial(_Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(folder, server.server_address[1])
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One JupyterLab for the session, with a configuration, a port and a token of its own."""
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()
