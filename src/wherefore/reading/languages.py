"""Which language a message is in, where it is not English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, Literal

import numpy as np

from wherefore.catalog.abroad_words import tongues
from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import FoundWish
from wherefore.reading.clauses import Span, blank
from wherefore.text import Word, ordinary_words, stems, words

LANGUAGES = {  # told apart, with how it is said in each that English alone is read well
    "de": "Ich verstehe nur Englisch gut.",
    "fr": "Je ne comprends bien que l’anglais.",
    "es": "Solo entiendo bien el inglés.",
    "it": "Capisco bene solo l’inglese.",
    "pt": "Só entendo bem o inglês.",
    "nl": "Ik begrijp alleen Engels goed.",
    "sv": "Jag förstår bara engelska bra.",
    "da": "Jeg forstår kun engelsk godt.",
    "pl": "Dobrze rozumiem tylko angielski.",
    "tr": "Yalnızca İngilizceyi iyi anlıyorum.",
    "ru": "Я хорошо понимаю только английский.",
    "ja": "英語しかよく分かりません。",
    "ko": "영어만 잘 이해합니다.",
    "zh": "我只看得懂英语。",
}
_SURE, _LIKELY = 0.9, 0.75  # how likely a message is not English; the latter where hardly a word is
_BEST = 0.5  # how likely the likeliest must be
_LEAST = 3  # words of a message in letters, in scripts that part words
# Shares of everyday English words: from the former on a message is not looked at, below the latter hardly one is.
_ENGLISH, _HARDLY = 0.5, 0.25
_LONG = 4  # letters of a word that may be a catalogue's
_MOST = 0.5  # share of the records that may have such a word


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages(["en", *LANGUAGES])
    return found


def language_of(text: str, masked: Sequence[Span] = ()) -> str | None:
    """The language of a message, by its code; None of English, and where it is not plain.

    A naive Bayes classifier over byte n-grams (Lui and Baldwin, 2012) tells it; see the library py3langid.

    Args:
        text: The message.
        masked: Characters that name items: they may be in any language.

    >>> language_of("Suche einen Akkuschrauber unter 150 Euro"), language_of("I loved La vita è bella and the like")
    ('de', None)
    """
    return _language_of(blank(text, masked))


_ENGLISH_ALONE = frozenset(  # words that the other languages do not have, in their spelling
    "the and with for my loved liked likes like please something anything want wanted wants looking need needs you "
    "your that this have would some more".split()
)
_PLAINLY = 2  # of them in a message that is English, whatever titles it names


@lru_cache(1_000)
def _language_of(text: str) -> str | None:
    said = [word for word in words(text) if word.form.isalpha()]
    # Scripts that write no spaces have long words.
    apart = not any(char.isalpha() and ord(char) >= 0x2E80 for char in text)
    if not said or (apart and len(said) < _LEAST):
        return None
    usual = ordinary_words()
    # What bears a capital amid a sentence may be a title or a name, which are in any language.
    told = [word for word in said if not word.capital or word.first] or said
    english = sum(word.form in usual for word in told) / len(told)
    if english >= _ENGLISH or len({word.form for word in said} & _ENGLISH_ALONE) >= _PLAINLY:
        return None
    odds = {str(code): float(sure) for code, sure in _identifier().rank(text)}
    best = max(odds, key=odds.__getitem__)
    level = _LIKELY if english < _HARDLY and len(said) > _LEAST + 1 else _SURE
    # What is not English may be Spanish or Italian; which of them is told where one is likelier than all others.
    return best if best in LANGUAGES and odds[best] >= _BEST and odds["en"] <= 1 - level else None


_CHOSEN = 200  # values of a field that people choose from
_EMPTY = frozenset(  # words of other languages that name nothing, and may stand in a title
    "para papá mamá gracias hola bitte danke merci bonjour grazie ciao obrigado obrigada dank hallo quiero busco "
    "quisiera suche möchte cerco vorrei cherche voudrais procuro zoek über unter oder nicht kein keine pour avec sans "
    "mais sobre como pero porque niños amigos noche stasera heute abend soir ragazzi film películas filme".split()
)


def catalogue_words(text: str, catalog: Catalog, masked: Sequence[Span] = ()) -> list[Word]:
    """The words of a message in another language that a catalogue's titles or values have, in order.

    Args:
        text: The message.
        catalog: The catalogue.
        masked: Characters that say something else.
    """
    usual = ordinary_words()
    found = []
    for word in words(text):
        if len(word.form) < _LONG or not word.form.isalpha() or word.form in usual or word.touches(masked):
            continue
        share = float(np.mean(catalog.naming(word.form)))
        if 0 < share <= _MOST and word.form not in _EMPTY:
            found.append(word)
    return found


class NamesAbroad:
    """Finds values by what they are called in a message's language: "aus Deutschland", "mit Aufzug".

    Countries and languages by their names, and other values by the words of catalogues that are known of it.

    Args:
        catalog: The catalogue.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._values: dict[str, list[tuple[str, str]]] = {}
        self._tags: dict[str, list[tuple[str, str]]] = {}
        for spec in catalog.schema.tags:
            vocabulary = catalog.vocabulary(spec.name)
            for value in vocabulary:
                if spec.is_place:
                    self._values.setdefault(value.lower(), []).append((spec.name, value))
                if len(vocabulary) <= _CHOSEN:
                    self._tags.setdefault(" ".join(stems(value)), []).append((spec.name, value))

    def read(self, text: str, language: str, masked: Sequence[Span] = ()) -> list[FoundWish]:
        """The values that a message wants or turns down, in order.

        Args:
            text: The message.
            language: Its language, by its code.
            masked: Characters that say something else.
        """
        names = _names_in(language)
        found: list[FoundWish] = []
        said = words(text)
        for i, word in enumerate(said):
            for size in (3, 2, 1):
                if i + size > len(said) or word.touches(masked):
                    continue
                span = word.start, said[i + size - 1].end
                same = [
                    one
                    for english in names.get(text[slice(*span)].lower(), ())
                    for one in self._values.get(english, ())
                ]
                if not any(one.start <= word.start < one.end for one in found):  # "rote" of "rote Beete"
                    same = same or self._tagged(text[slice(*span)], language)
                kind: Literal["wanted", "unwanted"] = (
                    "unwanted" if _TURNED.search(text[: span[0]]) else "wanted"
                )
                found += [FoundWish(field, value, kind, 2.0, *span) for field, value in same]
        return found

    def _tagged(self, said: str, language: str) -> list[tuple[str, str]]:
        """The values that words of a language name."""
        tongue = tongues().get(language)
        english = None if tongue is None else tongue.english(said)
        return [] if english is None else self._tags.get(" ".join(stems(english)), [])


_TURNED = re.compile(
    r"\b(?:nicht|kein\w*|ohne|außer|pas|sans|sauf|no|sin|excepto|non|senza|tranne|não|sem|exceto|niet|geen|zonder|"
    r"behalve)\s+(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)


@cache
def _names_in(language: str) -> dict[str, set[str]]:
    """What countries and languages are called in a language, with what they are called in English, in lower case."""
    from babel import Locale

    here, english = Locale(language), Locale("en")
    found: dict[str, set[str]] = {}
    for own, told in ((here.territories, english.territories), (here.languages, english.languages)):
        for code, name in own.items():
            if code in told:
                usual = {told[code].lower()} | _SHORT.get(told[code].lower(), set())
                found.setdefault(name.lower(), set()).update(usual)
    return found


_SHORT = {  # other names of countries in tables
    "united states": {"us", "usa", "united states of america"},
    "united kingdom": {"uk", "great britain"},
    "south korea": {"korea"},
}
