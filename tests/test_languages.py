"""Messages in other languages are named as such, with what was understood; English ones never are."""

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.reading.languages import LANGUAGES, catalogue_words, language_of
from wherefore.reading.reader import DialogueReader


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Suche einen Akkuschrauber unter 150 Euro, muss sofort lieferbar sein", "de"),
        ("Wie schwer ist der zweite?", "de"),
        ("Ciao, cerco un hotel in Italia, meno di 100 euro a notte", "it"),
        ("busco una novela para mi madre, menos de 300 páginas", "es"),
        ("je cherche un film drôle pour ce soir", "fr"),
        ("ik zoek een spannend boek voor mijn vader", "nl"),
        ("procuro um livro para o meu filho", "pt"),
        ("посоветуйте хороший фильм", "ru"),
        ("something like La vita è bella", None),
        ("I loved Das Leben der Anderen and Der Untergang", None),
        ("gracias", None),
        ("lol ok", None),
        ("pho, ramen or okonomiyaki, whichever is quick", None),
        ("", None),
    ],
)
def test_language(text, code):
    assert language_of(text) == code


def test_titles_say_nothing_of_the_language():
    text = "Das Leben der Anderen, Der Himmel über Berlin"
    assert language_of(text, [(0, len(text))]) is None


def test_words_of_the_catalogue_are_found_in_any_language():
    catalog = Catalog.from_records(
        [{"title": f"Akkuschrauber {n}" if n % 3 else f"Handsäge {n}", "kind": "Werkzeug"} for n in range(9)]
    )
    text = "Ich suche eine Handsäge oder Werkzeug"
    assert [text[word.start : word.end] for word in catalogue_words(text, catalog)] == ["Handsäge"]


def test_every_language_has_its_sentence():
    assert all(sentence.strip()[-1] in ".。" for sentence in LANGUAGES.values())


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("ein guter Wein aus Deutschland bitte", ["Germany"], []),
        ("cerco un vino rosso dalla Francia, non troppo caro", ["France"], []),
        ("busco un vino tinto, pero no de Italia por favor", [], ["Italy"]),
        ("a good wine from Deutschland", [], []),
    ],
)
def test_countries_are_known_by_their_names_in_other_languages(text, wanted, unwanted):
    lands = ("Germany", "France", "Italy")
    rows = [{"title": f"Number {n}", "country": lands[n % 3]} for n in range(9)]
    state = DialogueReader(Catalog.from_records(rows)).read([{"role": "user", "content": text}]).preferences
    assert [one.value for one in state.wanted] == wanted
    assert [one.value for one in state.unwanted] == unwanted
