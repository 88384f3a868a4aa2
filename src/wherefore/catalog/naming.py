"""Column names in words: labels, units, phrases and plurals; headers of other languages in English."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from wherefore.catalog.money import currency_called
from wherefore.catalog.units import unit_written

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
_ALONE = {"minutes": "min", "mins": "min", "hours": "h", "seconds": "s", "milliseconds": "ms"}
_BRACKETS = re.compile(r"[(\[](?:in\s+)?([^()\[\]]{1,12})[)\]]\s*$")
_DEGREES = {"c": "°C", "celsius": "°C", "f": "°F", "fahrenheit": "°F"}  # of what is called a temperature
# Words of headers in German, French, Spanish, Italian, Dutch, Portuguese, Polish and Swedish, by the English one.
_FOREIGN = {
    "title": "titel bezeichnung titre titulo título titolo tytuł tytul artikelbezeichnung produktbezeichnung",
    "name": "nom nombre nome naam namn nazwa artikelname produktname produktnaam produktnamn benennung",
    "sku": "artikelnummer artikelnr bestellnummer produktnummer artnr référence referencia indeks",
    "identifier": "kennung identifiant identificador identificatore identyfikator",
    "category": "kategorie catégorie categoría categoria categorie kategoria kategori warengruppe rubrik rubrique",
    "product": "produkt produit producto prodotto produto artikel artículo",
    "price": "preis prix precio prezzo prijs preço cena pris verkaufspreis einzelpreis stückpreis",
    "weight": "gewicht poids peso waga vikt",
    "brand": "marke marque marca merk marka märke varumärke",
    "manufacturer": "hersteller fabricant fabricante produttore fabrikant producent tillverkare",
    "year": "jahr année año anno jaar ano rok baujahr erscheinungsjahr jahrgang",
    "author": "autor autorin auteur autore schrijver författare verfasser",
    "publisher": "verlag éditeur editorial editore uitgeverij editora wydawnictwo förlag",
    "director": "regie regisseur réalisateur regista reżyser",
    "description": "beschreibung descripción descrizione omschrijving beschrijving descrição opis beskrivning",
    "color": "farbe couleur colore kleur kolor färg",
    "language": "sprache langue idioma lingua taal język språk",
    "country": "land pays país paese kraj herkunftsland",
    "size": "größe groesse taille talla taglia maat tamanho rozmiar storlek",
    "rating": "bewertung valoración valutazione beoordeling avaliação ocena betyg",
    "pages": "seiten seitenzahl páginas pagine strony sidor",
    "material": "werkstoff matériau materiale materiaal materiał",
}
_UNCHANGED_PLURALS = frozenset("series species cast news is has gas bus status brass glass".split())


def words_of(name: str) -> tuple[str, ...]:
    """The lower-case words of a column's name.

    >>> words_of("primaryTitle"), words_of("Release Date"), words_of("isbn13")
    (('primary', 'title'), ('release', 'date'), ('isbn13',))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return tuple(re.findall(r"[^\W_]+", spaced.lower()))


def _plain(word: str) -> str:
    """A word without its accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))


_ENGLISH = {
    form: english
    for english, foreign in _FOREIGN.items()
    for word in foreign.split()
    for form in (word, _plain(word))
    if len(form) > 2
}


def in_english(words: Sequence[str]) -> tuple[str, ...]:
    """Words of a header in English, as far as a small table of common headers knows them; others as they are.

    >>> in_english(("gewicht", "in", "kg")), in_english(("année",)), in_english(("track", "name"))
    (('weight', 'in', 'kg'), ('year',), ('track', 'name'))
    """
    return tuple(_ENGLISH.get(word, _ENGLISH.get(_plain(word), word)) for word in words)


def singular(word: str) -> str:
    """The singular of an English plural, as far as endings tell.

    >>> [singular(w) for w in ("directors", "countries", "genres", "dishes", "series", "cast")]
    ['director', 'country', 'genre', 'dish', 'series', 'cast']
    """
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
    """The plural of an English noun, as far as endings tell.

    >>> [plural(n) for n in ("movie", "dish", "country", "series", "toy")]
    ['movies', 'dishes', 'countries', 'series', 'toys']
    """
    if noun in ("series", "species", "news"):
        return noun
    if noun.endswith(("s", "sh", "ch", "x", "z")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1] not in ("a", "e", "i", "o", "u"):
        return noun[:-1] + "ies"
    return noun + "s"


def label_of(name: str) -> str:
    """What people call a field: `directors` is a "director", `runtime_min` the "runtime", `Preis` the "price".

    >>> label_of("directors"), label_of("runtime_min"), label_of("numRatings"), label_of("Gewicht in kg")
    ('director', 'runtime', 'num rating', 'weight')
    """
    words = list(in_english(words_of(name))) or [name]
    if len(words) > 1 and unit_of(name):
        bracket = _BRACKETS.search(name)
        words = list(in_english(words_of(name[: bracket.start()]))) if bracket else words[:-1]
        if len(words) > 1 and words[-1] == "in":  # "Gewicht in kg"
            words.pop()
    elif words[0] in _ALONE:
        return "time"
    words[-1] = singular(words[-1])
    return " ".join(words)


def unit_of(name: str) -> str:
    """The unit that ends a column's name, if one does.

    >>> unit_of("runtime_min"), unit_of("budget_usd"), unit_of("lowest_temperature_c"), unit_of("year")
    ('min', 'USD', '°C', '')
    >>> unit_of("Weight (kg)"), unit_of("Gewicht in kg"), unit_of("Volume l"), unit_of("minutes"), unit_of("Preis (€)")
    ('kg', 'kg', 'l', 'min', '€')
    """
    bracket = _BRACKETS.search(name)
    if bracket and bracket.start() and (unit_written(bracket[1]) or currency_called(bracket[1])):
        return bracket[1].strip()
    words = words_of(name)
    if len(words) < 2:
        return _ALONE.get(words[0], "") if words else ""
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
