"""Files in other languages: abbreviations, values with brackets, inflected phrases, and texts that are searched."""

from __future__ import annotations

import pytest

from wherefore.catalog.abroad import header_in_english, meanings
from wherefore.catalog.abroad_short import SHORT, written_out
from wherefore.catalog.abroad_words import LANGUAGES, tongues, words_stamp
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.cells import as_list
from wherefore.catalog.schema import FieldSpec
from wherefore.dialogue.messages import Message
from wherefore.reading.reader import DialogueReader
from wherefore.retrieval.passages import _embedded

BOATS = [
    {"Bezeichnung": "Möwe", "Typ": "Boot", "max. Pers.": 4, "Haustiere": "ja (5 €/Tag)", "Mind. Nächte": 2,
     "Preis/N. HS": "90,00 €", "Preis/N. NS": "60,00 €", "Ausstattung": "Grill, Herd",
     "Beschreibung": "Rollstuhlgerecht gebaut, der Steg ist bodengleich."},
    {"Bezeichnung": "Robbe", "Typ": "Boot", "max. Pers.": 6, "Haustiere": "nein", "Mind. Nächte": 3,
     "Preis/N. HS": "140,00 €", "Preis/N. NS": "95,00 €", "Ausstattung": "Sauna, Herd",
     "Beschreibung": "Fahrräder stehen im Schuppen. Ruhige Lage."},
    {"Bezeichnung": "Kranich", "Typ": "Hütte", "max. Pers.": 2, "Haustiere": "1 kl. Hund", "Mind. Nächte": 1,
     "Preis/N. HS": "70,00 €", "Preis/N. NS": "50,00 €", "Ausstattung": "Kamin, Garten eingezäunt",
     "Beschreibung": "Nur für Erwachsene, mit Blick auf den Norddeich."},
    {"Bezeichnung": "Igel", "Typ": "Hütte", "max. Pers.": 5, "Haustiere": "2 Hunde", "Mind. Nächte": 7,
     "Preis/N. HS": "110,00 €", "Preis/N. NS": "80,00 €", "Ausstattung": "Kamin, Garten",
     "Beschreibung": "Kinderbett und Hochstuhl sind da."},
]  # fmt: skip


@pytest.fixture(scope="module")
def boats() -> Catalog:
    return Catalog.from_records(
        [row | {"Bezeichnung": f"{row['Bezeichnung']}{name}"} for name in ("", " zwei") for row in BOATS]
    )


@pytest.mark.parametrize(
    ("code", "header", "english"),
    [
        ("de", "Preis/N. HS", "high season price per night"),
        ("de", "max. Pers.", "maximum persons"),
        ("de", "Garantie (Mon.)", "warranty (months)"),
        ("de", "Art.-Nr.", "sku"),
        ("fr", "Gar. (mois)", "warranty (months)"),
        ("es", "Precio TB", "low season price"),
        ("es", "Pers. máx.", "maximum persons"),
        ("nl", "Leeftijd (jr)", "age (years)"),
        ("de", "Qwx.", "Qwx."),
        ("de", "", ""),
    ],
)
def test_abbreviated_headers(code, header, english):
    assert header_in_english(header, tongues()[code]) == english


def test_texts_without_abbreviations_stay():
    assert (
        written_out("Haus am See. Min", "de") == "Haus am See. Min" and written_out("N. HS", "pl") == "N. HS"
    )
    assert written_out("", "de") == "" and written_out("(((", "fr") == "((("
    assert set(SHORT) <= set(LANGUAGES)


def test_values_in_brackets_stay_whole():
    assert as_list("ja (10 €/Tag) / nein", "/") == ("ja (10 €/Tag)", "nein")
    assert as_list("a (b/c", "/") == ("a (b", "c") and as_list("a) / b", "/") == ("a)", "b")
    cells = ["ja (5 €/Tag)", "nein", "1 kl. Hund", "2 Hunde", "auf (", "nach ) ab"]
    told = meanings(FieldSpec(name="Haustiere", kind="category", english="pets"), cells, tongues()["de"])
    assert told == {
        "ja (5 €/Tag)": "yes (5 €/day)",
        "nein": "no",
        "1 kl. Hund": "1 small dog",
        "2 Hunde": "2 dogs",
    }


def test_machines_are_called_by_their_model():
    pumps = [
        {"Hersteller": "Brunn", "Modell": f"PX {n}0{n}", "Preis €": 90 + n, "Farbe": "rot"} for n in range(12)
    ]
    assert Catalog.from_records(pumps).items[3].title == "Brunn PX 303"


def test_phrases_are_known_inflected():
    gloss = tongues()["es"].gloss
    assert gloss("apta para sillas de ruedas") == "for wheelchair"
    assert "oak" not in tongues()["de"].gloss("am Norddeich, gleich hinterm Deich")


def test_texts_are_searched_by_english_words(boats):
    assert [boats.items[row].title for row in boats.naming("wheelchair").nonzero()[0]] == [
        "Möwe",
        "Möwe zwei",
    ]
    assert [boats.items[row].title for row in boats.naming("adults").nonzero()[0]] == [
        "Kranich",
        "Kranich zwei",
    ]
    assert "wheelchair accessible" in boats.text(boats.items[0])
    assert any("high chair" in clause for clause in _embedded(boats.items[3], boats.schema))
    english = Catalog.from_records([{"title": "Hut", "description": "Quiet and warm, by the mill."}])
    assert _embedded(english.items[0], english.schema) == ["Quiet and warm, by the mill."]
    assert len(words_stamp()) == 16


def test_values_and_limits_are_found_by_english_words(boats):
    reader = DialogueReader(boats)
    wanted = reader.read(
        [Message("user", "something with a fireplace and a fenced garden")]
    ).preferences.wanted
    assert {one.value for one in wanted} >= {"fireplace"}
    wanted = reader.read([Message("user", "we'd love an open fire")]).preferences.wanted
    assert [one.value for one in wanted] == ["fireplace"]
    [limit] = reader.read([Message("user", "at most 3 nights")]).preferences.limits
    assert (limit.field, limit.op, limit.value) == ("Mind. Nächte", "le", 3.0)
