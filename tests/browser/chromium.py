"""The Chromium of this machine, and how it is started for tests."""

import shutil
from pathlib import Path

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
INSTALL = (
    "These tests drive a real browser and there is none. Install one: `apt-get install chromium`, "
    "`dnf install chromium`, or Google Chrome on a Mac."
)


def chromium() -> str | None:
    """Return the path of a Chromium or Chrome."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return found or (MAC if Path(MAC).exists() else None)
