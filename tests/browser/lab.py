"""A JupyterLab server of its own, and how to drive a notebook in it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page

START = 60  # seconds; a cold disk reads JupyterLab for a while
# Runs code in the kernel of the notebook that is shown, beside its cells, and returns what it printed.
ASK = """async (code) => {
  const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  let text = "";
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = (m) => { text += m.content.text ?? (m.content.traceback ?? []).join("\\n"); };
  await future.done;
  return text;
}"""
CALM = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}


class Lab:
    """A running JupyterLab.

    Args:
      folder: an empty folder; `folder/files` is what the server shows, the rest its own configuration.
    """

    def __init__(self, folder: Path) -> None:
        self.root = folder / "files"
        config = folder / "config"
        (config / "labconfig").mkdir(parents=True)
        (config / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(CALM))
        self.root.mkdir()
        self.token = secrets.token_hex(8)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        own = {
            "JUPYTER_CONFIG_DIR": config,
            "JUPYTER_RUNTIME_DIR": folder / "runtime",
            "JUPYTER_DATA_DIR": folder / "data",
            "JUPYTERLAB_SETTINGS_DIR": folder / "settings",
            "JUPYTERLAB_WORKSPACES_DIR": folder / "workspaces",
            "IPYTHONDIR": folder / "ipython",
        }
        self.log = folder / "server.log"
        options = [
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--ServerApp.port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.root}",
            f"--IdentityProvider.token={self.token}",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.extension_manager=readonly",
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options],
            env=os.environ | {name: str(path) for name, path in own.items()},
            cwd=self.root,
            stdout=self.log.open("wb"),
            stderr=subprocess.STDOUT,
        )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + START
        address = f"http://127.0.0.1:{self.port}/api/status?token={self.token}"
        while True:
            try:
                with urllib.request.urlopen(address, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"JupyterLab did not start:\n{self.log.read_text()}") from None
                time.sleep(0.2)

    def close(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def write(self, name: str, cells: Sequence[str]) -> str:
        """Write a notebook of code cells and return its name."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.root / name)
        return name

    def open_notebook(self, page: Page, path: str) -> None:
        """Open a notebook, path relative to the root, in a workspace of its own; wait for its kernel."""
        space = f"w{secrets.token_hex(4)}"
        page.goto(f"http://127.0.0.1:{self.port}/lab/workspaces/{space}/tree/{path}?reset&token={self.token}")
        wait_idle(page)


def wait_idle(page: Page, seconds: float = 90) -> None:
    """Wait until the notebook's kernel is connected and idle and no cell waits to run."""
    page.wait_for_function(
        """() => {
          const context = window.jupyterapp?.shell?.currentWidget?.sessionContext;
          const kernel = context?.session?.kernel;
          const busy = [...document.querySelectorAll(".jp-InputPrompt")].some((p) => p.textContent.includes("*"));
          const ready = context?.isReady && kernel?.connectionStatus === "connected" && kernel.status === "idle";
          return Boolean(ready && !busy);
        }""",
        timeout=seconds * 1000,
        polling=100,
    )


def run_all(page: Page, seconds: float = 90) -> None:
    """Run every cell and wait until the last has ended."""
    # the braces matter: a command's promise is never awaited
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    prompts = "[...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]"
    started = f"() => {prompts}.every((prompt) => /\\d|\\*/.test(prompt.textContent))"
    page.wait_for_function(started, timeout=seconds * 1000)
    wait_idle(page, seconds)


def question(expression: str) -> str:
    """Return the code that prints the value of an expression, for `ASK`."""
    return f"import json; print('ANSWER' + json.dumps({expression}))"


def answer(text: str) -> Any:
    """Return the value that the kernel printed."""
    assert "ANSWER" in text, text
    return json.loads(text.split("ANSWER", 1)[1])
