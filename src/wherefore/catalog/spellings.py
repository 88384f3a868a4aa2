"""Other spellings of words, British and American, together and apart: "yoghurt", "colour", "breadcrumbs", "tow bar"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wherefore.text import forms

# Words for one thing on both sides of the Atlantic, besides those that differ by a rule.
_SAME = (
    "yoghurt yogurt yoghourt",
    "grey gray",
    "aluminium aluminum",
    "tyre tire",
    "pyjamas pajamas",
    "jewellery jewelry",
    "moustache mustache",
    "doughnut donut",
    "plough plow",
    "sceptic skeptic",
    "mould mold",
    "moult molt",
    "cheque check",
    "kerb curb",
    "draught draft",
    "cosy cozy",
    "sulphur sulfur",
    "tonne ton",
    "whisky whiskey",
    "chilli chili chile",
    "fillet filet",
    "omelette omelet",
    "lasagne lasagna",
    "ketchup catsup",
    "aubergine eggplant",
    "courgette zucchini",
    "coriander cilantro",
    "beetroot beet",
    "rocket arugula",
    "spanner wrench",
    "nappy diaper",
    "pram stroller",
    "pushchair stroller",
    "torch flashlight",
    "duvet comforter",
    "cot crib",
    "lift elevator",
    "flat apartment",
    "tap faucet",
    "wardrobe closet",
    "curtains drapes",
    "rucksack backpack",
    "hiking trekking",
    "autumn fall",
    "holiday vacation",
    "petrol gasoline",
    "estate wagon",
    "saloon sedan",
    "motorbike motorcycle",
    "bike bicycle",
    "tv television",
    "fridge refrigerator",
    "hoover vacuum",
    "trainers sneakers",
    "sweater jumper pullover",
    "headphone earphone headset",
    "liquorice licorice",
    "camomile chamomile",
    "coeliac celiac",
    "gelatine gelatin jello",
    "maths math mathematics",
    "hob stovetop stove cooktop",
    "loo toilet lavatory",
    "flatmate roommate housemate",
    "starter appetizer appetiser",
    "prawn shrimp",
    "sweets candy",
    "porridge oatmeal",
    "swede rutabaga",
    "mangetout snowpea",
    "pavement sidewalk",
    "settee sofa couch",
    "pensioner senior elderly",
    "lorry truck",
    "motorway highway freeway",
    "pram buggy stroller",
    "dummy pacifier",
    "fizzy sparkling carbonated",
    "ladybird ladybug",
    "solicitor lawyer attorney",
    "chemist pharmacy drugstore",
    "rubbish garbage trash",
    "moulting shedding",
    "bin dustbin wastebasket trashcan",
    "handbag purse",
    "waistcoat vest",
    "dungarees overalls",
    "tights pantyhose",
    "cooker stove",
)
_GROUPS = [tuple(line.split()) for line in _SAME]
_RULES = (  # each both ways
    ("our", "or"),
    ("isation", "ization"),
    ("ise", "ize"),
    ("yse", "yze"),
    ("tre", "ter"),
    ("bre", "ber"),
    ("ogue", "og"),
    ("ence", "ense"),
    ("lling", "ling"),
    ("lled", "led"),
    ("ller", "ler"),
    ("aem", "em"),
    ("amme", "am"),
)
_SHORTEST = 3  # letters of a part of a compound
_LONG = 7  # letters of a word that may be one


def spelt_otherwise(words: str) -> Iterator[str]:
    """How else words may be written; of two words also together, of a long one also apart, wherever it can be cut.

    >>> list(spelt_otherwise("grey")), list(spelt_otherwise("tow bar")), list(spelt_otherwise("airbed"))
    (['gray'], ['towbar'], [])
    >>> "bread crumbs" in spelt_otherwise("breadcrumbs")
    True
    """
    told = forms(words)
    for place, word in enumerate(told):
        for other in dict.fromkeys(_others(word)):
            yield " ".join([*told[:place], other, *told[place + 1 :]])
    if len(told) == 2:
        yield "".join(told)
    elif len(told) == 1 and len(told[0]) >= _LONG:
        yield from _apart(told[0])


def _others(word: str) -> Iterator[str]:
    ending = "s" if word.endswith("s") else ""
    for bare, end in ((word, ""), (word.removesuffix("s"), ending)):
        for group in _GROUPS:
            if bare in group:
                yield from (f"{one}{end}" for one in group if one != bare)
    for british, american in _RULES:
        for one, other in ((british, american), (american, british)):
            for match in re.finditer(one, word):
                if match.start() >= 2:
                    yield word[: match.start()] + other + word[match.end() :]


def _apart(word: str) -> Iterator[str]:
    for cut in range(_SHORTEST, len(word) - _SHORTEST + 1):
        yield f"{word[:cut]} {word[cut:]}"
