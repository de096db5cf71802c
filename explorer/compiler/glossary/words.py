"""The words that stand in jaxpr, StableHLO and HLO, each with what it means and its place in the docs.

They are written down in the JSON files beside this one, by language and kind. There `{}` in a section's `docs` is the
word without hyphens, as the docs name it; an entry of its own says where it is told in another place, "#name" on the
same pages and "" on none. A meaning that begins with "=" is that of another word of the same kind, of any language.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple

LANGUAGES = ("hlo", "mlir", "jaxpr", "types")  # in the order in which a meaning is looked for
OPERATIONS = ("opcode", "operation", "primitive")  # one kind, as each language calls it


class Word(NamedTuple):
    """One word of a language.

    language: "hlo", "mlir" (StableHLO), "jaxpr", or "types" for what all of them share.
    kind: "opcode", "operation", "primitive", "attribute", "word", "dtype" or "shape".
    name: as it is printed.
    means: one or two sentences.
    docs: its place in the docs, without "https://"; "" where it has none.
    """

    language: str
    kind: str
    name: str
    means: str
    docs: str

    @property
    def key(self) -> str:
        """What a view asks for it by, such as "hlo opcode add"."""
        return f"{self.language} {self.kind} {self.name}"


@cache
def words() -> Mapping[str, Word]:
    """Return every word by its key, such as "jaxpr primitive dot_general"."""
    files = resources.files(__package__)
    read = {name: json.loads(files.joinpath(f"{name}.json").read_text(encoding="utf-8")) for name in LANGUAGES}
    meanings: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        for kind, section in read[language].items():
            for name, entry in section["words"].items():
                meanings.setdefault((_shared(kind), name), entry["means"] if isinstance(entry, dict) else entry)

    def made() -> Iterator[Word]:
        for language in LANGUAGES:
            for kind, section in read[language].items():
                for name, entry in section["words"].items():
                    means = entry["means"] if isinstance(entry, dict) else entry
                    if means.startswith("="):
                        means = meanings[_shared(kind), means[1:]]
                    yield Word(language, kind, name, means, _place(name, entry, section["docs"]))

    return MappingProxyType({word.key: word for word in made()})


def _shared(kind: str) -> str:
    return OPERATIONS[0] if kind in OPERATIONS else kind


def _place(name: str, entry: object, pages: str) -> str:
    plain = name.rpartition(".")[2] if name.startswith("stablehlo.") else name.replace("-", "")
    if not isinstance(entry, dict):
        return pages.replace("{}", plain)
    docs = entry["docs"]
    if not docs.startswith("#"):
        return docs
    return pages.partition("#")[0] + docs if "#" in pages else pages.replace("{}", docs[1:])
