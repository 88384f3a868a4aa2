"""What questions and wishes are about, where a field tells it under another name: "how bitter" of the `ibu`."""

from __future__ import annotations

import re
from collections.abc import Collection

from wherefore.catalog.catalog import Catalog, PerCatalog
from wherefore.catalog.flag_words import flag_words
from wherefore.catalog.naming import in_english, words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.text import stem, stems

# How people ask for what some fields tell, and words of the names that such fields have.
_TOPICS: tuple[tuple[str, str], ...] = (
    (
        r"how\s+(?:much|expensive)\s+(?:is|are|does|do|would|will|for)|(?:what|how\s+much)\s+(?:does|do|would|will)\s+(?:it|that|they|this|the\s+\w+"
        r"(?:\s+one)?)\s+cost|what(?:\s+is|'s)\s+the\s+(?:price|cost|fee|fare|rent)",
        "price fee cost fare rent miete preis prix precio prezzo tickets ticket admission",
    ),
    (r"bitter\w*|hoppy", "ibu bitterness bitter"),
    (r"(?:strong|strength|alcohol\w*|boozy|proof)", "abv alcohol strength vol proof alkohol alcool"),
    (
        r"available|in\s+stock|still\s+(?:there|free|to\s+be\s+had|for\s+sale|on\s+sale)|(?:will|do)\s+(?:they|you)\s+(?:\w+\s+)?(?:have|"
        r"stock|sell|carry)|sold\s*out|(?:any\s+)?(?:places?|"
        r"spaces?|seats?|tickets?|rooms?)\s+(?:left|free|available)|(?:book|buy|order|get)\s+(?:it|one|them)\s+(?:now|today)",
        "availability available status stock places left remaining dispo disponible disponibilité lieferbar bestand "
        "verfügbar inventory seats spaces",
    ),
    (
        r"where\s+(?:is|are|does|do|will|would|'?s)\b.{0,25}\b(?:held|place|meet|it|they|that|this|take|located|happen\w*|run|at)|"
        r"(?:which|what)\s+(?:venue|address|place|building|room|town|city)|how\s+do\s+i\s+get\s+there",
        "venue location place address room city town where meeting point ort stadt lieu ville site district stadtteil "
        "region",
    ),
    (
        r"who\s+(?:is|are|'?s|does|do|will)?\s*(?:the\s+)?(?:teach\w*|tutor\w*|instruct\w*|lead\w*|guid\w*|run\w*|host\w*|"
        r"giv\w*|hold\w*|play\w*)|the\s+(?:teacher|tutor|instructor|guide|leader)",
        "tutor instructor teacher leader guide host trainer lecturer kursleitung",
    ),
    (
        r"how\s+(?:big|large|spacious|roomy)|what\s+size|(?:square\s+(?:feet|foot|metres?|meters?)|sq\s?(?:m|ft)|floor\s+space)",
        "size area surface dimensions dimension sqm sqft wohnfläche fläche surface superficie capacity volume boot",
    ),
    (
        r"how\s+(?:many|much)\s+(?:ml|cl|litres?|liters?|ounces?|oz|fl\s*oz|pints?)",
        "ounces volume size ml cl litres content oz inhalt contenance",
    ),
    (
        r"how\s+old|when\s+(?:was|were)\s+(?:it|that|this|they)\s+(?:built|made)|what\s+year",
        "year built baujahr age anno année construction",
    ),
    (
        r"pets?|dogs?|cats?|animals?|hund\w*|haustier\w*|chiens?",
        "pets pet dogs dog animals haustiere animaux mascotas animali",
    ),
    (
        r"lifts?|elevators?|stairs?|steps?|(?:on\s+)?which\s+floor|wheel\s*chairs?|accessib\w*",
        "lift elevator aufzug access accessibility floor etage stairs ascenseur ascensor fahrstuhl",
    ),
    (
        r"park(?:ing)?\b(?!\s+(?:view|side))|garage|park\s+(?:the|my|our|a)\s+car",
        "parking garage stellplatz parkplatz aparcamiento",
    ),
    (
        r"how\s+long\s+(?:is|does|do|are|will)|how\s+many\s+(?:nights|days|weeks|sessions|hours)",
        "duration length nights days weeks sessions hours dauer durée crossing time",
    ),
    (
        r"how\s+many\s+(?:people|persons|guests|of\s+us|can\s+(?:it|you|we)|does\s+it\s+(?:sleep|seat|fit|hold))|sleeps?\s+how\s+many",
        "sleeps capacity guests persons people group seats places pax",
    ),
    (
        r"breakfast|meals?|food|catering|full\s+board|half\s+board|dinner",
        "board basis meals breakfast catering verpflegung pension",
    ),
    (r"deposit|bond", "deposit kaution caution"),
    (
        r"when\s+(?:does|do|is|are|will|can)\b.{0,30}\b(?:start\w*|begin\w*|leave\w*|depart\w*|on|next|run\w*|go\w*)|what\s+(?:date|day)s?",
        "start starts date dates departures departure departs day days when run runs begins termin beginn",
    ),
    (r"what\s+time|what\s+hours?", "time times hours doors departs starts start when uhrzeit heure"),
    (r"how\s+far|how\s+near|how\s+close", "distance nearest far near entfernung"),
    (r"deliver\w*|ship\w*|dispatch\w*", "delivery shipping lieferung livraison versand"),
    (r"(?:\bmot\b|inspection|t[üu]v)", "mot inspection tüv hu"),
    (r"how\s+(?:hard|difficult|easy)|what\s+level|for\s+beginners", "difficulty level niveau grade"),
    (
        r"(?:minimum\s+)?age\b|how\s+old\s+(?:must|do|does|should)|(?:is|are)\s+(?:children|kids)\s+allowed",
        "age ages under min_age",
    ),
    (r"review\w*|rated|rating", "rating ratings reviews review score stars"),
    (r"made\s+(?:of|from|out)|what\s+material", "material materials fabric matière materiale"),
    (r"guarantee|warranty", "warranty guarantee garantie"),
    (
        r"notice\s+period|how\s+much\s+(?:is|are)\s+the\s+(?:bills|utilities)",
        "nebenkosten utilities bills charges",
    ),
    (r"heated|heating", "heating heizung chauffage"),
    (r"cushions?", "cushions cushion"),
    (
        r"keep\w*|shelf\s+life|best\s+before|expir\w*|se\s+garde|conserv\w*",
        "dlc ddm expiry expires best before use haltbar",
    ),
)
_ASKED = tuple(
    (re.compile(rf"\b(?:{asks})\b", re.IGNORECASE), tuple(dict.fromkeys(map(stem, names.split()))))
    for asks, names in _TOPICS
)


_OWN = re.compile(r"\b(?:my|our|his|her|their)\s+\w+", re.IGNORECASE)
_COUNTED = re.compile(r"\bhow\s+(?:long|many|much|big|large|old|far)\b", re.IGNORECASE)


def _named(catalog: Catalog) -> tuple[tuple[FieldSpec, frozenset[str]], ...]:
    """The fields that can be told, each with the stems of the words that it is called by."""
    schema = catalog.schema
    return tuple(
        (
            spec,
            frozenset(
                map(stem, (*words_of(spec.name), *in_english(words_of(spec.name)), *words_of(spec.label)))
            ),
        )
        for spec in (*schema.filterable, *schema.texts)
        if not spec.is_rank
    )


_fields = PerCatalog(_named)


def fields_about(text: str, catalog: Catalog) -> list[FieldSpec]:
    """The fields that tell what a text is about, by their names and the families that they are of.

    >>> from wherefore.catalog.catalog import Catalog
    >>> beers = Catalog.from_records([{"title": "Porter", "ibu": 40}, {"title": "Gose", "ibu": 8}])
    >>> [spec.name for spec in fields_about("how bitter is it", beers)], fields_about("how long is it", beers)
    (['ibu'], [])
    """
    named = _fields(catalog)
    said = set(stems(text))
    own = set(stems(without_own(text)))
    found = [spec for spec, words in named if words & own - _SAYING_NOTHING]
    counted = _COUNTED.search(text) is not None
    for asks, names in _ASKED:
        if asks.search(text):
            told = [spec for name in names for spec, words in named if name in words]
            found += sorted(told, key=lambda spec: counted and not spec.has_measure)
    for family in flag_words().values():
        if any(set(stems(one)) <= said for one in (*family.yes, *family.no, *family.names)):
            found += [spec for spec, _ in named if family.is_of(spec.name)]
    return list({spec.name: spec for spec in found}.values())


def without_own(text: str) -> str:
    """A question without what is one's own: "at my age" asks nothing of an age.

    >>> " ".join(without_own("do I need a note at my age?").split())
    'do I need a note at ?'
    """
    return _OWN.sub(" ", text)


def is_of_a_family(text: str) -> bool:
    """Whether a text is about something that fields of some catalogues tell: "a lift", "parking"."""
    said = set(stems(text))
    families = (set(stems(one)) <= said for each in flag_words().values() for one in (*each.yes, *each.names))
    return any(asks.search(text) for asks, _ in _ASKED) or any(families)


def asked_about(text: str, catalog: Catalog, items: Collection[str] = ()) -> FieldSpec | None:
    """The field that answers a question, of which some of the items have a value; None where none is about it."""
    found = fields_about(text, catalog)
    held = [
        spec
        for spec in found
        if any(catalog[item].fields.get(spec.name) is not None for item in items if item in catalog)
    ]
    return next(iter([*held, *found]), None)


_SAYING_NOTHING = frozenset(
    map(
        stem,
        "the of and in per number no name type item is it are was for to how many much min max long time first by on "
        "at year month week day hour place start starts begin begins run runs all any one ones no not with without and "
        "or".split(),
    )
)
