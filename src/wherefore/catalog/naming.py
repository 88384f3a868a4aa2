"""Column names in words: labels, units, phrases and plurals; headers of other languages in English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from wherefore.catalog.abroad_words import header_words
from wherefore.catalog.money import currency_called, names_price
from wherefore.catalog.units import measure_of, unit_written

# How a sentence says a field, by a word of its name (singular).
_PHRASES = {
    word: phrase
    for phrase, words in {
        "directed by {}": "director",
        "by {}": "author artist band singer",
        "written by {}": "writer screenwriter",
        "with {}": "cast actor actress star starring performer",
        "with music by {}": "composer",
        "produced by {}": "producer",
        "published by {}": "publisher",
        "read by {}": "narrator",
        "illustrated by {}": "illustrator",
        "edited by {}": "editor",
        "translated by {}": "translator",
        "designed by {}": "designer",
        "developed by {}": "developer",
        "from {}": "brand manufacturer maker studio company vendor seller country province winery brewery distillery",
        "{}": "genre category subcategory type style cuisine variety varietal grape listed",
        "about {}": "keyword tag topic subject theme",
        "in {}": "language color colour",
        "made of {}": "material",
    }.items()
    for word in words.split()
}
# Units that end a column's name, by the word that does.
_SUFFIX_UNITS = dict.fromkeys(("min", "mins", "minutes"), "min") | dict.fromkeys(("hours", "hrs"), "h")
_SUFFIX_UNITS |= dict.fromkeys(("ms", "msec", "millis", "milliseconds"), "ms")
_SUFFIX_UNITS |= dict.fromkeys(("sec", "secs", "seconds"), "s") | {
    "inches": "in",
    "litres": "l",
    "liters": "l",
}
_SUFFIX_UNITS |= {unit.lower(): unit for unit in ("USD", "EUR", "GBP", "km", "kg", "cm", "mm", "kcal")}
_SUFFIX_UNITS |= {
    unit.lower(): unit for unit in ("g", "mg", "ml", "lb", "lbs", "oz", "ft", "MB", "GB", "TB", "mAh")
}
_SUFFIX_UNITS |= {
    unit.lower(): unit for unit in ("cl", "kB", "bytes", "Wh", "kWh", "kW", "Ah", "MHz", "GHz", "Hz")
}
_SUFFIX_UNITS |= {
    code.lower(): code for code in ("INR", "JPY", "CHF", "SEK", "NOK", "DKK", "AUD", "CAD", "PLN")
}
_SUFFIX_UNITS |= {"kwh": "kWh", "grams": "g", "kilograms": "kg", "watts": "W"}
_TIMES_TAKEN = frozenset(  # words of names that hold how long something takes
    "duration length runtime time playtime dauer laufzeit spieldauer spielzeit duree durée duracion".split()
)
_SHORT_UNITS = {  # units that are letters or words of their own: only behind a word for what they measure
    "l": ("l", "volume capacity content contents size inhalt volumen tank"),
    "m": ("m", "height length depth width distance altitude elevation size höhe länge breite tiefe"),
    "s": ("s", " ".join(_TIMES_TAKEN)),
    "h": ("h", " ".join(_TIMES_TAKEN)),
    "w": ("W", "power wattage leistung output"),
    "in": ("in", "height length depth width size screen diameter"),
    "t": ("t", "weight load mass gewicht"),
}
_IN_BRACKETS = {
    "st": "stone",
    "mon": "months",
    "mth": "months",
    "mths": "months",
}  # that cells do not write so
_SPOKEN_OUT = re.compile(r"[^\s(\[]*/[^\s)\]]+(?=[)\]]?\s*$)")  # "km/h", which is no price for something
_TURNS = re.compile(r"(?:^|[\s(\[])(?:u|rev|tr|upm|1)\s?/\s?min\W*$", re.IGNORECASE)
_SPENT = re.compile(  # "Avg hrs/wk", a time for each of some
    r"(?<![^\W_])(hours?|hrs?|mins?|minutes?)[\s_]?(?:/|per[\s_])[\s_]?(?:wk|week|day|mo|month|session|visit|lesson|shift)\W*$",
    re.IGNORECASE,
)
_LITRES = re.compile(r"(?<=[^\W\d_] )l$")  # "Nutzinhalt l"
_ALONE = {"minutes": "min", "mins": "min", "hours": "h", "seconds": "s", "milliseconds": "ms"}
_BRACKETS = re.compile(r"[(\[](?:in\s+)?([^()\[\]]{1,12})[)\]]\s*$")
_DEGREES = {"c": "°C", "celsius": "°C", "f": "°F", "fahrenheit": "°F"}  # of what is called a temperature
# What has no other plural, or no singular.
_ONLY_PLURAL = frozenset(
    "series species news sheep glasses sunglasses jeans pants shorts trousers leggings tights headphones earphones "
    "earbuds scissors pliers tongs tweezers goggles binoculars pyjamas pajamas clothes goods".split()
)
_IRREGULAR = {
    pair.split(":")[0]: pair.split(":")[1]
    for pair in "child:children man:men woman:women knife:knives leaf:leaves shelf:shelves half:halves life:lives "
    "wolf:wolves loaf:loaves scarf:scarves potato:potatoes tomato:tomatoes hero:heroes echo:echoes quiz:quizzes "
    "mouse:mice goose:geese foot:feet tooth:teeth person:people bus:buses gas:gases lens:lenses bonus:bonuses "
    "analysis:analyses criterion:criteria".split()
}
_SINGULARS = {many: one for one, many in _IRREGULAR.items() if many != "people"}
# Words around what a column counts: "num_lectures", "No. of pages", "page_count".
_COUNTING = frozenset("num nr no n nbr number numbers count counts total qty quantity".split())
_COUNTED_ALONE = frozenset(
    "page track chapter ingredient player piece season episode step serving song volume part level".split()
)
_AVERAGES = frozenset(
    "avg average mean median min minimum max maximum percent pct first last latest current".split()
)
# Plurals that measure rather than count.
_MEASURES = frozenset(
    "rating score price cost fee fare size dimension weight hour minute min second day week month year date age "
    "temp temperature percentage odd dollar euro pound usd eur gbp kg g lb lbs oz ml cm mm km sale earning".split()
)
_BOUNDED = frozenset(  # of which "_min" names the least, not minutes
    "salary pay wage income price cost budget player age temp temperature size weight height quantity".split()
)
_SPELLED_OUT = {
    "avg": "average",
    "max": "maximum",
    "min": "minimum",
    "temp": "temperature",
    "qty": "quantity",
    "dt": "date",
}
_PREPOSITIONS = frozenset("in for with by from on at to up".split())
# How a sentence says a field whose name has no phrase in the schema of its own.
_SPOKEN = {
    word: phrase
    for phrase, words in {
        "from {}": "winery house label province region state origin company",
        "in {}": "city location place town area",
        "hosted by {}": "host",
        "taught by {}": "instructor teacher",
        "{}": "variety grape kind",
    }.items()
    for word in words.split()
}
_PARTS = frozenset(
    "skin hair body fabric engine fuel battery connector closure power light bulb heel sleeve neck soil".split()
)
_BEGINNINGS = {  # of numbers that are years
    "formed": "formed in {}",
    "founded": "founded in {}",
    "established": "established in {}",
    "built": "built in {}",
    "born": "born in {}",
    "vintage": "from {}",
    "since": "from {}",
}
_UNCHANGED_PLURALS = frozenset("series species cast news is has gas bus status brass glass".split())


# Words that headers put together without a mark: "minplayers", "usersrated", "runtimeminutes".
_PIECES = (
    "year published min max players player playing playtime runtime minutes time age users user rated rating ratings "
    "num avg average release released date added product item boardgame name title list sale price brand author "
    "publisher count page pages duration weight category mechanic designer expansion artist imdb votes"
).split()
_GLUED = re.compile("|".join(sorted(_PIECES, key=len, reverse=True)))
_GLUED_WHOLE = re.compile(f"(?:{_GLUED.pattern}){{2,}}")


# Columns that are called by a sign alone.
_SIGNS = {
    **dict.fromkeys("£$€¥₹₽₩", "price"),
    "%": "percent",
    "#": "number",
    "№": "number",
    "°C": "temperature",
}


@lru_cache(1 << 14)
def words_of(name: str) -> tuple[str, ...]:
    """The lower-case words of a column's name, also of those that are written as one.

    >>> words_of("primaryTitle"), words_of("Release Date"), words_of("isbn13"), words_of("yearpublished")
    (('primary', 'title'), ('release', 'date'), ('isbn13',), ('year', 'published'))
    >>> words_of("£"), words_of("???")
    (('price',), ())
    """
    if (sign := name.strip()) in _SIGNS:
        return (_SIGNS[sign],)
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    words = re.findall(r"[^\W_]+", spaced.lower())
    return tuple(
        part for word in words for part in (_GLUED.findall(word) if _GLUED_WHOLE.fullmatch(word) else (word,))
    )


def _plain(word: str) -> str:
    """A word without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


def in_english(words: Sequence[str]) -> tuple[str, ...]:
    """Words of a header in English, where headers of any file may have them; others as they are.

    A header of a file that is in another language as a whole has more of them: see `wherefore.catalog.abroad`.

    >>> in_english(("gewicht", "in", "kg")), in_english(("année",)), in_english(("track", "name"))
    (('weight', 'in', 'kg'), ('year',), ('track', 'name'))
    """
    known = header_words()
    return tuple(known.get(word, known.get(_plain(word), word)) for word in words)


def singular(word: str) -> str:
    """The singular of an English plural, as far as endings tell.

    >>> [singular(w) for w in ("directors", "countries", "genres", "dishes", "series", "cast")]
    ['director', 'country', 'genre', 'dish', 'series', 'cast']
    """
    if word in _SINGULARS:
        return _SINGULARS[word]
    if word in _UNCHANGED_PLURALS or word.endswith(("ss", "us", "is", "ias")) or len(word) < 4:
        return word
    if word in ("movies", "cookies", "calories", "ties", "pies"):
        return word[:-1]
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def plural(noun: str) -> str:
    """The plural of an English noun, as far as endings tell; of several words, of the last.

    >>> [plural(n) for n in ("movie", "dish", "country", "series", "toy", "bread knife", "headphones")]
    ['movies', 'dishes', 'countries', 'series', 'toys', 'bread knives', 'headphones']
    """
    ahead, space, last = noun.rpartition(" ")
    low = last.lower()
    if low in _ONLY_PLURAL or low in _SINGULARS or low == "people":
        return noun
    if low in _IRREGULAR:
        return f"{ahead}{space}{last[:1]}{_IRREGULAR[low][1:]}"
    if low.endswith(("s", "sh", "ch", "x", "z")):
        return noun + "es"
    if low.endswith("y") and low[-2:-1] not in ("a", "e", "i", "o", "u"):
        return noun[:-1] + "ies"
    return noun + "s"


def counted_in(name: str) -> str:
    """The plural noun of what a column counts, by its name; empty where it counts nothing.

    >>> [counted_in(n) for n in ("num_lectures", "No. of pages", "page_count", "listeners", "# Reviews")]
    ['lectures', 'pages', 'pages', 'listeners', 'reviews']
    >>> [counted_in(n) for n in ("avg_ratings", "prices", "minutes", "year", "series", "dimensions")]
    ['', '', '', '', '', '']
    """
    words = list(words_of(name))
    told = False
    while len(words) > 1 and words[0] in _COUNTING:
        words.pop(0)
        told = True
        if len(words) > 1 and words[0] == "of":
            words.pop(0)
    while len(words) > 1 and words[-1] in _COUNTING:
        words.pop()
        told = True
    if not words or not _AVERAGES.isdisjoint(words):
        return ""
    last = singular(words[-1])
    counts = last != words[-1] and last not in _MEASURES or last in _COUNTED_ALONE
    if not (told or counts) or words[-1].isdigit() or len(words[-1]) < 3:
        return ""
    return " ".join([*words[:-1], plural(last)])


def holds_several(name: str) -> bool:
    """Whether a column's name says that it lists several values: "top_notes", but no "series".

    >>> holds_several("top_notes"), holds_several("series"), holds_several("genre")
    (True, False, False)
    """
    words = words_of(name)
    return bool(words) and singular(words[-1]) != words[-1]


@lru_cache(4096)
def spoken_label(label: str) -> str:
    """A field's label as a noun of a sentence, with abbreviations spelled out.

    >>> spoken_label("avg rating"), spoken_label("taster name"), spoken_label("max torque"), spoken_label("no of page")
    ('average rating', 'taster', 'maximum torque', 'page')
    """
    words = list(words_of(label)) or [label.lower()]
    while len(words) > 1 and words[0] in ("num", "nr", "no", "n", "number", "of"):
        words.pop(0)
    if len(words) > 1 and words[-1] == "name":
        words.pop()
    if len(words) > 1 and words[-1] in ("min", "max", "avg"):  # "salary_min"
        words.insert(0, words.pop())
    return " ".join(_SPELLED_OUT.get(word, word) for word in words)


def names_relation(label: str) -> bool:
    """Whether a label ends so that it is no noun: "listed in", "worn by"."""
    return not _PREPOSITIONS.isdisjoint(words_of(label)[-1:])


def is_of_a_part(name: str) -> bool:
    """Whether a type is not that of an item, but of something about it: "skin_type", but not "product_type".

    >>> is_of_a_part("skin_type"), is_of_a_part("product_type"), is_of_a_part("type")
    (True, False, False)
    """
    words = words_of(name)
    return len(words) == 2 and words[1] in ("type", "types") and words[0] in _PARTS


def spoken_phrase(name: str, number: bool) -> str:
    """How a sentence says a value of a field whose schema only labels it; empty where nothing fits better.

    >>> spoken_phrase("listed_in", False), spoken_phrase("winery", False), spoken_phrase("founded", True)
    ('listed in {}', 'from {}', 'founded in {}')
    """
    words = words_of(name)
    if number:
        if words == ("years",):
            return "from {}"
        return next((_BEGINNINGS[word] for word in words if word in _BEGINNINGS), "")
    if words and words[-1] in _PREPOSITIONS and (len(words) > 1 or words[0] in ("with", "for")):
        return f"{' '.join(words)} {{}}"
    kept = [word for word in words if word != "name" and not word.isdigit()]
    return _SPOKEN.get(singular(kept[-1]), "") if kept else ""


_AREA = re.compile(  # "Sq ft", "size (sqm)", "living_area_m2"
    r"(?:^|[\s_(\[])(?:sq(?:uare)?[\s_.]*(?=[fm])|(?=(?:m|ft)[2²]))(?P<of>feet|foot|ft|met(?:er|re)s?|m)[2²]?[\s)\].]*$",
    re.IGNORECASE,
)


DATE_FORM = re.compile(  # "(dd/mm/yyyy)", "[TT.MM.JJJJ]"
    r"[\s_]*[(\[]\s*(?:[dmytja]{1,4})(?:[/.\-\s][dmytja]{1,4}){1,2}\s*[)\]]\s*$|[\s_]+(?:dd|mm|yyyy)[-_/.]?mm[-_/.]?(?:yyyy|yy|dd)$",
    re.IGNORECASE,
)


def label_of(name: str, cut: bool = True) -> str:
    """What people call a field: `directors` is a "director", `runtime_min` the "runtime", `Preis` the "price".

    >>> label_of("directors"), label_of("runtime_min"), label_of("numRatings"), label_of("Gewicht in kg")
    ('director', 'runtime', 'num rating', 'weight')

    Args:
        name: Of a column.
        cut: Whether its last word is English, so that a plural may be put into the singular.

    >>> label_of("Adviesprijs (€)", cut=False)
    'adviesprijs'
    """
    form = DATE_FORM.search(name)
    if form is not None and form.start():
        return label_of(name[: form.start()], cut)
    if (turns := _TURNS.search(name)) is not None:
        ahead = name[: turns.start()]
        return label_of(ahead, cut) if words_of(ahead) else "speed"
    area = _AREA.search(name)
    if area is not None:
        return label_of(name[: area.start()], cut) if words_of(name[: area.start()]) else "area"
    words = list(in_english(words_of(name))) or [name]
    if len(words) > 1 and unit_of(name):
        bracket = _BRACKETS.search(name)
        whole = _SPOKEN_OUT.search(name)
        if whole is not None and unit_of(name) == whole[0]:
            words = list(in_english(words_of(name[: whole.start()])))
        else:
            words = list(in_english(words_of(name[: bracket.start()]))) if bracket else words[:-1]
        if len(words) > 1 and words[-1] == "in":  # "Gewicht in kg"
            words.pop()
    elif words[0] in _ALONE:
        return "time"
    words[-1] = singular(words[-1]) if cut else words[-1]
    return " ".join(words)


_RATE = re.compile(
    r"(?:(?P<unit>[^\W\d_]+|[€£₹$¥])\s*/\s*|[\s_(](?:per|pro|je|par|por|au|à la|al)[\s_]+)(?:\d+\s*)?\w{1,12}\W*$",
    re.IGNORECASE,
)


def unit_of(name: str) -> str:
    """The unit that ends a column's name, if one does.

    >>> unit_of("runtime_min"), unit_of("budget_usd"), unit_of("lowest_temperature_c"), unit_of("year")
    ('min', 'USD', '°C', '')
    >>> unit_of("Weight (kg)"), unit_of("Gewicht in kg"), unit_of("Volume l"), unit_of("minutes"), unit_of("Preis (€)")
    ('kg', 'kg', 'l', 'min', '€')
    >>> unit_of("Price per kg"), unit_of("Prix au kg"), unit_of("Price (€/kg)"), unit_of("Height/cm")
    ('', '', '€', 'cm')
    """
    if (area := _AREA.search(name)) is not None:
        return "ft²" if area["of"].lower().startswith("f") else "m²"
    if _TURNS.search(name):
        return "rpm"
    if (spent := _SPENT.search(name)) is not None and words_of(name[: spent.start()]):
        return "h" if spent[1][0].lower() == "h" else "min"
    if (
        (whole := _SPOKEN_OUT.search(name))
        and measure_of(unit_written(whole[0]))
        and words_of(name[: whole.start()])
    ):
        return whole[0]
    bracket = _BRACKETS.search(name)
    if bracket and bracket.start() and (short := _IN_BRACKETS.get(bracket[1].strip().lower().strip("."))):
        return short
    if _LITRES.search(name.strip()):
        return "l"
    if bracket and bracket.start() and (unit_written(bracket[1]) or currency_called(bracket[1])):
        return bracket[1].strip()
    rate = _RATE.search(name)
    of = "" if rate is None else rate["unit"] or ""
    if rate is not None and (not of or currency_called(of) or names_price((of.lower(),)) or unit_written(of)):
        # What it costs for each of them: "Price per kg", "Price (€/kg)".
        return of if currency_called(of) else ""
    if name.strip() in _SIGNS:
        return name.strip() if name.strip() not in "#№" else ""
    words = words_of(name)
    if len(words) < 2:
        return _ALONE.get(words[0], "") if words else ""
    if words[-1] == "min" and singular(words[-2]) in _BOUNDED:
        return ""
    if any(word.startswith("temp") for word in words[:-1]):
        return _DEGREES.get(words[-1], "")
    unit, of = _SHORT_UNITS.get(words[-1], ("", ""))
    if unit and not frozenset(of.split()).isdisjoint(words[:-1]):
        return unit
    if (sign := name.strip()[-1:]) in "€£₹$%":  # "Preis in €"
        return sign
    return _SUFFIX_UNITS.get(words[-1], "")


def names_time(name: str) -> bool:
    """Whether a column's name says that it holds how long something takes.

    >>> names_time("cook_time"), names_time("start_time"), names_time("price")
    (True, False, False)
    """
    words = words_of(name)
    moment = "start end open opening close closing depart departure arrival arrive begin show check publish release"
    return not _TIMES_TAKEN.isdisjoint(words) and frozenset(moment.split()).isdisjoint(words)


def names_year(name: str) -> bool:
    """Whether a column's name says that it holds years."""
    return not {"year", "yr"}.isdisjoint(in_english(words_of(name)))


def labelled(name: str) -> str:
    """The phrase that fits any field.

    >>> labelled("pages")
    'page: {}'
    """
    return f"{label_of(name)}: {{}}"


def phrase_of(name: str) -> str:
    """How a sentence says a value of a field of that name; empty where no word of the name tells.

    >>> phrase_of("directors"), phrase_of("main_genres"), phrase_of("gadgets")
    ('directed by {}', '{}', '')
    """
    words = map(singular, reversed(in_english(words_of(name))))
    return next((_PHRASES[word] for word in words if word in _PHRASES), "")
