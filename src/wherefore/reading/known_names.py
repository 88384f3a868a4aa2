"""People called by one name: "got any denzel", "some spielberg", where it is clear who is meant, or which few."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.text import FUNCTION_WORDS, ordinary_words, stem

_SHORTEST = 4  # letters of a name
_SEVERAL, _SMALL = 2, 1000  # items that somebody has, and items of a catalogue in which one is enough
_CLEARLY = 4  # times as many items as another of the name has, who is then not meant
_FEW = 3  # people of a name who may all be meant
_IN_TITLES = 3  # times as many items of a person as titles that hold the name
# What is also a name, but is hardly meant as one.
_EVERYDAY = frozenset(
    "king hill grace rose will mark bill rich young brown white black green grey gray stone west east "
    "north south long page hope faith joy dawn summer autumn april may june july august jack frank "
    "christian harry penny sandy rusty violet ivy lily daisy iris olive hazel ruby pearl amber jade "
    "crystal destiny trinity melody harmony carol dean duke earl prince bishop pope abbot knight baron "
    "baker cook miller smith taylor mason carter turner hunter fisher archer parker walker porter potter "
    "skinner tanner weaver fuller cooper barber butler chandler gardener sawyer shepherd wolf fox lamb "
    "bird swan finch crane drake hawk lake rivers brook brooks wood woods forest field fields moor marsh "
    "ford bridges church temple hall house banks street lane gates wall walls price cash bond bell ball "
    "bush berry cherry plum rice bean winter snow frost storm rain burns burn blood power powers love "
    "moody sharp swift strong small short little goodman wise noble savage grant chase pierce robin pat "
    "bob nick ray gene guy drew lance norm pete randy rod roger skip tony trip victor wade ward dick john "
    "max miles star stars sterling sunny sky storey rush read reader holiday holidays christmas paris "
    "london england france ireland israel jordan chad kenya china india asia georgia carolina virginia "
    "dakota austin dallas houston york jersey chester angel angels jesus moses adam eve david solomon "
    "mary madonna santa king's queen lord major marshall sergeant marine chance fortune justice liberty "
    "chastity charity mercy patience prudence honor honour royal regal valentine dusty misty stormy windy "
    "heaven ocean reed river brooke heather fern flora basil sage ginger rosemary saffron honey candy "
    "sugar coffee tea pepper curry bacon pork ham fish pike bass salmon marlin jay wren martin starling "
    "dove raven crow jennet colt mustang hammer nail glass steel irons gold silver diamond gem jewel "
    "english french german irish scott welsh norman roman holland".split()
)
_LED = frozenset("any some more of by with anything something".split())
_PLACED = frozenset("from in at to near".split())
_OWNED = frozenset(
    "my our his her their your uncle aunt called named im i'm hi hey hello dear thanks thank mr mrs dr".split()
)
_ENJOYED = frozenset(  # before what is rather the title of something that is not here
    "loved liked enjoyed adored hated watched saw".split()
)
_ACTS = frozenset(
    "says said is was wants wanted likes liked loves loved hates hated thinks told recommended recommends "
    "asked and has had does came comes will would can".split()
)


class KnownNames:
    """Who is meant by a first or last name alone.

    Args:
        catalog: The catalogue.
        people: By folded name, of each field that has it, the value and its count.
        firsts: By the word that begins a full name, who bears it, and in how many items.
        surnames: The same by last name.
    """

    def __init__(
        self,
        catalog: Catalog,
        people: Mapping[str, Sequence[Any]],
        firsts: Mapping[str, Mapping[str, int]],
        surnames: Mapping[str, Mapping[str, int]],
    ) -> None:
        self._catalog, self._people, self._firsts, self._surnames = catalog, people, firsts, surnames
        self._least = _SEVERAL if len(catalog) >= _SMALL else 1
        self._is_name = lru_cache(1000)(self._only_names)

    def bearers(self, form: str) -> list[str]:
        """The folded full names that a name alone may mean, best known first; none where it means nobody, or many."""
        alone = sum(one.count for one in self._people[form]) if form in self._people else 0
        borne = {form: alone} if alone else {}  # "Björk"
        for each in (self._surnames.get(form, {}), self._firsts.get(form, {})):
            for name, count in each.items():
                borne[name] = max(borne.get(name, 0), count)
        best = max(borne.values(), default=0)
        if best < self._least:
            return []
        told = sorted(
            (name for name in borne if borne[name] * _CLEARLY > best), key=lambda name: -borne[name]
        )
        return told if len(told) <= _FEW else []

    def stands_alone(self, said: Sequence[str], i: int) -> bool:
        """Whether folded word i of a clause alone is the name of somebody of the catalogue."""
        form, before, after = said[i], said[i - 1] if i else "", said[i + 1] if i + 1 < len(said) else ""
        if len(said) == 1 and form in self._people:
            return form not in ordinary_words()  # "Prince"
        if len(form) < _SHORTEST or form in _EVERYDAY or form in FUNCTION_WORDS or form in ordinary_words():
            return False
        if before in _OWNED or (after in _ACTS and before not in _LED):
            return False  # "my friend Denzel", "Meryl wants a western"
        if before in _ENJOYED:
            return False  # "loved Oppenheimer"
        if before in _PLACED or (before and before not in _LED and self._odd(before)):
            return False  # "from Hamburg"; "Agatha Christie", where there is only Julie
        if any(
            one in self._surnames or one in self._firsts
            for one in (before, after)
            if len(one) > 2 and self._odd(one)
        ):
            return False  # "Denzel Curry" is somebody else
        who = self.bearers(form)
        if not who or not self._is_name(form):
            return False
        titled = len(self._catalog.title_words.rows(stem(form)))
        return not titled or (before in _LED and self._items(who) >= _IN_TITLES * titled)

    def _odd(self, form: str) -> bool:
        return form not in ordinary_words() and form not in FUNCTION_WORDS

    def _items(self, who: Sequence[str]) -> int:
        return sum(value.count for name in who for value in self._people[name])

    def _only_names(self, form: str) -> bool:
        """Whether no text of the catalogue has the word in small letters, as it would an everyday one."""
        rows = np.flatnonzero(self._catalog.naming(form))[:200].tolist()
        small = re.compile(rf"(?<![\w-]){re.escape(form)}\b")
        texts = [spec.name for spec in self._catalog.schema.texts]
        return not any(
            small.search(str(self._catalog.items[row].fields.get(name) or ""))
            for row in rows
            for name in texts
        )
