"""The language of a catalogue: its closed vocabulary, and the words that tie a value to its field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.dialogue.facts import Fact
from wherefore.text import normal_words
from wherefore.writing.evidence import record_fact
from wherefore.writing.frames import lexicon
from wherefore.writing.phrases import additions, label_noun, measure, predicates, role_of, style_of

Key = tuple[str, ...]  # the normal words of a phrase

_WEAK = frozenset(("with", "by", "from", "star"))  # too common to need a value beside them


@dataclass(frozen=True, slots=True)
class Language:
    """The words that a catalogue's sentences may hold besides values, and the cues among them."""

    words: frozenset[str]
    before: Mapping[Key, frozenset[str]]  # cue words before a value -> fields
    after: Mapping[Key, frozenset[str]]
    strong: frozenset[Key]  # cues that must stand by a value
    banned: frozenset[str]  # words of the lexicon that are genre-like values
    units: Mapping[str, Key]  # fields whose number must have its unit
    lists: Mapping[str, str]  # a one-word label, singular or plural -> field


class _Cue(NamedTuple):
    text: str
    after: bool = False  # it follows the value
    strong: bool = False


def _language(catalog: Catalog) -> Language:
    schema, fixed = catalog.schema, lexicon()
    words = {*fixed, *normal_words(f"{schema.noun} {schema.plural}")}
    before: dict[Key, frozenset[str]] = {}
    after: dict[Key, frozenset[str]] = {}
    strong: set[Key] = set()
    banned: set[str] = set()
    units: dict[str, Key] = {}
    for spec in schema.filterable:
        fact, name = record_fact(spec, "0"), spec.name
        words.update(_extra_words(fact))
        for cue in _cues(fact):
            if key := tuple(normal_words(cue.text)):
                table = after if cue.after else before
                table[key] = table.get(key, frozenset()) | {name}
                words.update(key)
                strong |= {key} if cue.strong else set()
        if style_of(fact) == "number" and measure(fact).unit:
            units[name] = tuple(normal_words(measure(fact).unit))
        if style_of(fact) == "modifier":
            keys = [normal_words(value) for value in catalog.vocabulary(name)]
            banned |= {key[0] for key in keys if len(key) == 1 and key[0] in fixed}
    labels = [((spec.label or spec.name).lower(), spec.name) for spec in schema.valued]
    lists = {form: name for label, name in labels for form in (label, label + "s", label[:-1] + "ies")}
    return Language(frozenset(words), before, after, frozenset(strong), frozenset(banned), units, lists)


language_of = PerCatalog(_language)


def _cues(fact: Fact) -> Iterator[_Cue]:
    """The words around a value that say which field it is of."""
    prefix = fact.template.partition("{}")[0]
    style = style_of(fact)
    labels = [label_noun(fact, many) for many in (False, True)]
    yield from map(_Cue, labels)
    match style:
        case "person":
            role = role_of(fact.template, fact.label)
            tying = {role.noun, role.plural, prefix.strip().lower()}
            tying |= {"starring", "stars", "features", "featuring"}
            yield from (_Cue(text, strong=text in tying - _WEAK) for text in role.before)
            yield from (_Cue(text, after=True) for text in role.after)
            if prefix.strip().endswith("by"):
                yield _Cue("by")
        case "year":
            yield from map(_Cue, (prefix, "from", "came out in", "dates from", "in"))
        case "number":
            yield from map(_Cue, ("runs", "lasts", "with", "costs", f"{measure(fact).noun} of"))
        case "modifier":
            yield _Cue("filed under")
            yield from (_Cue(label, after=True) for label in labels)
        case "tag":
            yield from map(_Cue, ("tagged", "about", "filed under"))
        case _:
            yield _Cue(prefix.rstrip(": "))
            if style == "label":
                yield _Cue("with")
                for label in dict.fromkeys(labels):
                    yield from (
                        _Cue(f"{tie} {label}", after=True) for tie in ("as its", "as their", "among its")
                    )


def _extra_words(fact: Fact) -> list[str]:
    """Words that speak of a field without being cues."""
    match style_of(fact):
        case "person":
            role = role_of(fact.template, fact.label)
            return normal_words(" ".join((*role.predicates, *role.additions, *role.who)).replace("{v}", " "))
        case "number":
            how = measure(fact)
            verbs = " ".join(phrases for phrases in (*predicates([fact], ""), *additions([fact])))
            return normal_words(f"{how.unit} {fact.unit} {how.noun} {how.nouns} {verbs} rated weighing per")
        case "year":
            return normal_words(" ".join((*predicates([fact], ""), *additions([fact]))))
        case "label":
            return ["listed", "comes", "come", "among"]
        case _:
            return []
