"""A Chromium driven by its own protocol alone. Playwright tells a page that it is seen whatever is in front of it."""

from __future__ import annotations

import itertools
import json
import subprocess
import time
from pathlib import Path
from typing import Any

import websocket


class Tab:
    """One tab: `target` names it to the browser, `session` to the protocol."""

    def __init__(self, browser: Chromium, target: str, session: str) -> None:
        self.browser, self.target, self.session = browser, target, session

    def evaluate(self, function: str, *arguments: Any) -> Any:
        """Call a function of JavaScript in the page, wait for its promise and return its value.

        Raises:
          RuntimeError: it threw.
        """
        expression = f"({function})({', '.join(map(json.dumps, arguments))})"
        asked = {"expression": expression, "awaitPromise": True, "returnByValue": True}
        found = self.browser.send("Runtime.evaluate", asked, self.session)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def until(self, function: str, seconds: float = 90) -> Any:
        """Wait until a function of JavaScript returns something true, and return that."""
        end = time.monotonic() + seconds
        while not (value := self.evaluate(function)):
            assert time.monotonic() < end, f"did not come true in {seconds} s: {function}"
            time.sleep(0.2)
        return value

    def activate(self) -> None:
        """Bring the tab to the front, which hides the one that was there."""
        self.browser.send("Target.activateTarget", {"targetId": self.target})


class Chromium:
    """A headless Chromium with a profile of its own.

    Args:
      path: of the program.
      options: of its command line.
      folder: an empty folder for the profile.
    """

    def __init__(self, path: str, options: list[str], folder: Path) -> None:
        own = ["--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}", "--window-size=1300,1000"]
        self.process = subprocess.Popen([path, *options, *own, "about:blank"], stderr=subprocess.DEVNULL)
        self._numbers = itertools.count(1)
        self._socket = websocket.create_connection(self._address(folder), timeout=60, suppress_origin=True)

    def _address(self, folder: Path) -> str:
        end, file = time.monotonic() + 30, folder / "DevToolsActivePort"
        while not (file.exists() and len(lines := file.read_text().splitlines()) == 2):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("Chromium did not start")
            time.sleep(0.1)
        return f"ws://127.0.0.1:{lines[0]}{lines[1]}"

    def send(self, method: str, params: dict[str, Any], session: str | None = None) -> Any:
        """Send a command and return its result.

        Raises:
          RuntimeError: the browser refuses it.
        """
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        self._socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:  # events come in between; nobody asks for them here
            got = json.loads(self._socket.recv())
            if got.get("id") == number:
                if "error" in got:
                    raise RuntimeError(f"{method}: {got['error']['message']}")
                return got["result"]

    def open(self, url: str) -> Tab:
        """Open a tab in front of the others."""
        target = self.send("Target.createTarget", {"url": url})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        return Tab(self, target, session)

    def close(self) -> None:
        """End the browser."""
        self._socket.close()
        self.process.terminate()
        self.process.wait(20)
