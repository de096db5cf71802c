"""The record of the words: all of them where a kernel runs, and in a page those that its texts hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache

from explorer.compiler.glossary.words import LANGUAGES, Word, words
from explorer.records import Record

_WORDS = re.compile(r"[A-Za-z_][\w.-]*")


@cache
def every_word() -> Record:
    """Return the record of all words; one for every panel."""
    return _record(words().values())


def words_in(texts: Mapping[str, Iterable[str]]) -> Record:
    """Return the record of the words that occur.

    Args:
      texts: by language, as the stages are printed in it; Python, which has no words here, is passed over.
    """
    found = {language: _found(each) for language, each in texts.items() if language in LANGUAGES}
    return _record(word for word in words().values() if _occurs(word, found))


def _found(texts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for text in texts:
        found.update(_WORDS.findall(text))
    # Where letters and digits go on after a word that has a meaning of its own: tensor<2x3xf32>, %0:2, bf16[2].
    return found | {part for word in found for part in re.split(r"[.x]", word)}


def _occurs(word: Word, found: Mapping[str, set[str]]) -> bool:
    if word.kind == "shape":
        return True
    if word.language == "types":
        return any(word.name in each for each in found.values())
    return word.name in found.get(word.language, ())


def _record(chosen: Iterable[Word]) -> Record:
    return Record("glossary", {"words": {word.key: [word.means, word.docs] for word in chosen}})
