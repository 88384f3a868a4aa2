"""Whom things are for, where a catalogue files them by it: "for my husband", "I'm a woman"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.state import Wish
from wherefore.text import forms, straight

# What a catalogue may call them, and who they are.
_FILED = {
    "men": "men mens man male males gentlemen",
    "women": "women womens woman female females ladies",
    "boys": "boys boy",
    "girls": "girls girl",
    "baby": "baby babies newborn infant infants toddler toddlers",
}
_PEOPLE = {
    "men": "husband hubby boyfriend bf dad daddy father grandpa grandad granddad grandfather brother uncle fiance man "
    "guy gentleman bloke him",
    "women": "wife girlfriend gf mom mum mommy mummy mother grandma granny gran nan grandmother sister aunt auntie "
    "fiancee woman lady her",
    "boys": "son grandson nephew boy",
    "girls": "daughter granddaughter niece girl",
    "baby": "baby newborn infant toddler",
}
_GROUP = {word: group for group, told in _PEOPLE.items() for word in told.split()}
_PERSON = "|".join(sorted(_GROUP, key=len, reverse=True))
# "A gift for my dear old dad", "what do you get a dad who has everything"; not "for my sister's wedding".
_FOR = re.compile(
    r"\b(?:for|get|buy|give|dress)\s+(?:(?:my|our|his|her|a|an|the|this|that|your)\s+(?:[\w-]+\s+){0,4}?)?"
    rf"(?P<who>{_PERSON})\b(?!\s*['’]s)",
    re.IGNORECASE,
)
_SELF = re.compile(  # "I'm a woman", "man btw", "for a guy. me"
    r"\bi(?:'m|\s*am|m)\s+an?\s+(?:[\w-]+\s+){0,4}?(?P<who>man|guy|male|bloke|woman|lady|female|girl)\b|"
    r"(?:^|[.,;!?]\s*)(?:i\s+am\s+)?(?P<alone>man|guy|male|woman|female)(?:\s+(?:btw|here))?\s*(?=$|[.,;!?])",
    re.IGNORECASE,
)
_FEWEST = 3  # items that must be filed so


class Wearers:
    """Finds whom a message wants things for.

    Args:
        catalog: The catalogue; where it does not file things by their wearers, nothing is found.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._filed: dict[str, tuple[str, str]] = {}
        for spec in catalog.schema.tags:
            counts = catalog.vocabulary(spec.name)
            for value, count in sorted(counts.items(), key=lambda one: one[1]):
                said = " ".join(forms(value))
                group = next((name for name, told in _FILED.items() if said in told.split()), None)
                if group is not None and count >= _FEWEST:
                    self._filed[group] = (spec.name, value)

    def read(self, text: str) -> Iterator[tuple[Wish, int]]:
        """What is to be demanded of a field, and where the message says it.

        Args:
            text: A message of the user.
        """
        if not {"men", "women"} <= set(self._filed):
            return
        found: dict[str, re.Match[str]] = {}
        for match in (*_FOR.finditer(straight(text)), *_SELF.finditer(straight(text))):
            who = next(one for one in match.groupdict().values() if one).lower()
            group = _GROUP.get(who, "men" if who == "male" else "women")
            found.setdefault("women" if match.re is _SELF and group == "girls" else group, match)
        if len(found) == 1:  # for several it may be anybody's
            group, match = next(iter(found.items()))
            if group in self._filed:
                yield Wish(*self._filed[group], 2.0, match[0].strip(" .,;!?")), match.start()
