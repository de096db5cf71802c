"""One view of the built front end, in a page with a model that speaks the comm protocol and nothing else."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Route

from explorer.records import Record, encode

BUNDLE = Path(__file__).parents[2] / "explorer" / "static" / "explorer.js"
ADDRESS = "http://localhost/view.html"  # never asked for: the page is answered from here
STYLE = ":root { color-scheme: light dark } body { margin: 16px; background: light-dark(#fff, #111418) }"
HTML = f"<!doctype html><title>view</title><link rel=icon href=data:,><style>{STYLE}</style><div id=here></div>"
WHERE = {  # of each view: what is laid out, the state that shows it, and its element
    "code": ({"kind": "inspection"}, {"tab": "compile"}, ".jx-code"),
    "gradients": ({"kind": "run"}, {"tab": "gradients"}, ".jx-gradients"),
    "learn": ({"kind": "run"}, {"tab": "learn"}, ".jx-learn"),
    "explain": ({"kind": "explain"}, {}, ".jx-explain"),
    "nan": ({"kind": "nan"}, {}, ".jx-nan"),
    "retraces": ({"kind": "watch"}, {}, ".jx-retraces"),
}

MODEL = """async ([arrangement, ui, records, shadow]) => {
  const traits = { arrangement, ui, records };
  const listeners = new Set();
  const tell = (event, ...what) => [...listeners].filter(([of]) => of === event).forEach(([, fn]) => fn(...what));
  window.sent = [];
  window.listeners = listeners;
  window.model = {
    get: (name) => traits[name],
    set: (name, value) => {
      traits[name] = value;
      tell(`change:${name}`);
    },
    save_changes() {},
    on: (event, fn) => listeners.add([event, fn]),
    off: (event, fn) => listeners.forEach((entry) => entry[1] === fn && listeners.delete(entry)),
    send: (message) => sent.push(message),
  };
  window.pick = (patch) => model.set("ui", { ...traits.ui, ...patch });
  let seq = 0;
  window.deliver = async (items) => {
    const to = sent.findLast(({ type }) => type === "ready").view;
    const bytes = items.map(([, text]) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
    seq += 1;
    tell("msg:custom", { type: "batch", to, seq, items: items.map(([key]) => ({ key, part: 0, of: 1 })) }, bytes);
    while (!sent.some((message) => message.type === "ack" && message.seq === seq)) await frame();
  };
  window.frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const { default: explorer } = await import("/explorer.js");
  window.render = (el) => {
    seq = 0;
    return explorer.render({ model, el });
  };
  const here = document.getElementById("here");
  window.el = (shadow ? here.attachShadow({ mode: "open" }) : here).appendChild(document.createElement("div"));
  window.cleanup = render(el);
}"""


class ViewPage:
    """A mounted view.

    Args:
      page: a fresh page.
      view: "code" or "gradients".
      records: by key; the key "frame" is appended to the series.
      live: whether there is a kernel to command; without one the records lie in the page, packed.
      shadow: mount inside a shadow root.
      ui: the state to start from.
    """

    def __init__(
        self,
        page: Page,
        view: str,
        records: Mapping[str, Record],
        *,
        live: bool = True,
        shadow: bool = False,
        ui: Mapping[str, Any] | None = None,
    ) -> None:
        arrangement, state, selector = WHERE[view]
        self.page, self.root = page, page.locator(selector)
        self.errors: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.route("**/*", _answer)
        page.goto(ADDRESS)
        packed = {} if live else {key: _text(zlib.compress(encode(each))) for key, each in records.items()}
        page.evaluate(MODEL, [arrangement, {**state, **(ui or {})}, packed, shadow])
        if live:
            self.put(records)
        elif records:
            page.wait_for_timeout(300)  # unpacking says nothing when it is done
        self.settle()

    def put(self, records: Mapping[str, Record]) -> None:
        """Send records as a kernel would, and wait until they are drawn."""
        self.page.evaluate("deliver", [[key, _text(encode(each))] for key, each in records.items()])

    def settle(self) -> None:
        """Wait until what was picked is drawn."""
        self.page.evaluate("frame()")

    def find(self, selector: str) -> Locator:
        return self.root.locator(selector)

    def button(self, name: str) -> Locator:
        return self.root.get_by_role("button", name=name, exact=True)

    def status(self) -> Locator:
        """What the view says of itself; the words that a card explains are said apart."""
        return self.root.locator("[role=status]:not(.jx-word-said)")

    def ui(self) -> dict[str, Any]:
        return dict(self.page.evaluate("model.get('ui')"))

    def sent(self) -> list[Any]:
        """The commands so far, [name, arguments] each."""
        commands = "sent.filter(({ type }) => type === 'command').map(({ name, args }) => [name, args])"
        return list(self.page.evaluate(commands))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _answer(route: Route) -> None:
    """Answer every request from here: nothing may leave for the network."""
    if route.request.url.endswith("/explorer.js"):
        route.fulfill(path=BUNDLE, content_type="text/javascript")
    elif route.request.url == ADDRESS:
        route.fulfill(body=HTML, content_type="text/html")
    else:
        route.abort()


def plain(text: str | None) -> float:
    """Return the number that a person reads in a text: "26.2 M", "−8.34e−4", "1,234 bytes", "95.3 ms"."""
    assert text is not None
    text = text.replace("\u2212", "-").replace("\u00a0", " ").replace(",", "")
    found = re.search(r"(-?\d[\d.]*(?:e-?\d+)?)\s*([kMGT]?)(?:B|s)?(?:\s|$|ms|bytes)?", text)
    assert found, text
    return float(found[1]) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[found[2]]
