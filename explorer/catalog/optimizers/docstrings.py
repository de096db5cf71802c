"""What a docstring of optax says: the first line, the paper, the arguments. Sphinx's markup is taken off."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

_ARGUMENT = re.compile(r"^(?P<indent>[ \t]+)(?P<name>\w+)(?: *\([^)]*\))?: *(?P<text>.*)$")
_CODE = re.compile(r"``[^`]*``|^ *(?:>>>|\.\.\.).*$", re.M)
_ROLE = re.compile(r":\w+(?::\w+)?:`~?\.?([^`]*)`")
_LINK = re.compile(r"`?(?P<text>[^`<]+?)`?\s*<[^>]+>`?_?")
_URL = re.compile(r"(?:https?://|www\.)[^\s>`]+")
_ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})")


def summary(function: Callable[..., Any]) -> str:
    """Return the first sentence of the docstring, one line."""
    return _plain((inspect.getdoc(function) or "").split("\n\n")[0])


def arguments(function: Callable[..., Any]) -> dict[str, str]:
    """Return what the section Args says, by parameter."""
    found: dict[str, list[str]] = {}
    name, depth = "", 0
    for line in _section(function, "Args").splitlines():
        match = _ARGUMENT.match(line)
        if match and (not found or len(match["indent"]) <= depth):
            name, depth = match["name"], len(match["indent"])
            found[name] = [match["text"]]
        elif name:
            found[name].append(line)
    return {name: _plain(" ".join(lines)) for name, lines in found.items()}


def reference(function: Callable[..., Any]) -> tuple[str, str]:
    """Return the first entry of References as (text without the address, address); empty if there is none."""
    entry = " ".join(_section(function, "References").strip().split("\n\n")[0].split())
    address = _URL.search(entry)
    url = address[0] if address else ""
    text = _URL.sub("", _LINK.sub(lambda m: m["text"].strip(), entry))
    text = re.sub(r"\s+([,.:])", r"\1", _plain(text)).strip(" .:,")
    arxiv = _ARXIV.search(url)
    if arxiv:
        text = f"{text} (arXiv:{arxiv[1]})"
    return text, url if url.startswith("http") or not url else f"https://{url}"


def title(name: str, function: Callable[..., Any]) -> str:
    """Return the name as the docstring writes it ("RMSProp"), where it does, else in words."""
    prose = _ROLE.sub(" ", _CODE.sub(" ", inspect.getdoc(function) or ""))
    words = re.findall(r"[A-Za-z0-9+-]+", prose)
    pieces, title = name.split("_"), ""
    while pieces:
        for taken in range(len(pieces), 0, -1):
            spelled = _spelled("".join(pieces[:taken]), taken, words)
            if spelled:
                break
        else:
            acronym = not re.search("[aeiou0-9]", pieces[0])
            spelled = pieces[0].upper() if acronym else pieces[0]
        title += f" {spelled}" if title else spelled[0].upper() + spelled[1:]
        del pieces[:taken]
    return title


def _spelled(letters: str, most: int, words: list[str]) -> str | None:
    """Return up to `most` neighbouring words that spell `letters`, if they are written with a capital."""
    for length in range(1, most + 1):
        for start in range(len(words) - length + 1):
            found = " ".join(words[start : start + length])
            if found != found.lower() and re.sub(r"[^a-z0-9]", "", found.lower()) == letters:
                return found
    return None


def _section(function: Callable[..., Any], name: str) -> str:
    heading, _, body = (inspect.getdoc(function) or "").partition(f"\n{name}:\n")
    # The next line that is not indented, a heading or a directive such as `.. note::`, ends it.
    return re.split(r"^\S", body, maxsplit=1, flags=re.M)[0] if heading else ""


def _plain(text: str) -> str:
    text = _ROLE.sub(r"\1", text)
    return " ".join(text.replace("``", "").replace("`", "").split())
