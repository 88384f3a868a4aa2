"""Columns as people have them: titles, ids, flags, codes, lists, what stands for nothing; and the report of them."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.spoken import measure
from wherefore.catalog.tables import Table
from wherefore.catalog.titles import MARKS, read_title
from wherefore.errors import CatalogError
from wherefore.reading.reader import DialogueReader


def table(text: str, name: str = "items.csv", separator: str = ",") -> Catalog:
    """A catalogue of a small CSV; a header without a name is called as reading files calls it."""
    header, *rows = csv.reader(io.StringIO(text.strip()), delimiter=separator)
    names = [cell or f"column {number}" for number, cell in enumerate(header, 1)]
    columns = {column: [row[place] or None for row in rows] for place, column in enumerate(names)}
    return Catalog._from_table(Table(name, columns, list(range(2, len(rows) + 2))), None)


def kinds(catalog: Catalog) -> dict[str, str]:
    return {spec.name: spec.kind for spec in catalog.schema.fields}


def notes(catalog: Catalog) -> list[str]:
    return [str(note) for note in catalog.notes]


def values(catalog: Catalog, field: str) -> list:
    return [item.get(field) for item in catalog]


def wishes(catalog: Catalog, said: str) -> tuple[set[str], set[str]]:
    """What a message wants and what it does not."""
    state = DialogueReader(catalog).read([{"role": "user", "content": said}]).preferences
    return {wish.value for wish in state.wanted}, {wish.value for wish in state.unwanted}


FILMS = table(
    """
movieId,title,genres
1,Toy Tales (1995),Adventure|Comedy
2,"Matrices, The (1999)",Action|Sci-Fi
3,"American Presidency, An (1995)",Comedy|Drama
4,"City of Lost Kids, The (Cité des enfants, La) (1995)",Adventure|Drama
5,Babylon Six,(no genres listed)
6,2001: A Space Journey (1968),Adventure|Drama
7,"Good, the Bad and the Quiet, The (Buono, il brutto, Il) (1966)",Action
8,Se7ven (a.k.a. Seven) (1995),Crime
9,Heat Wave (Director's Cut) (1981),Crime
""",
    "films.csv",
)

# -- titles


def test_years_articles_and_other_titles_leave_the_title():
    assert [item.title for item in FILMS] == [
        "Toy Tales",
        "The Matrices",
        "An American Presidency",
        "The City of Lost Kids",
        "Babylon Six",
        "2001: A Space Journey",
        "The Good, the Bad and the Quiet",
        "Se7ven",
        "Heat Wave (Director's Cut)",
    ]
    assert values(FILMS, "year") == [1995, 1999, 1995, 1995, None, 1968, 1966, 1995, 1981]
    assert FILMS["4"].values("other_titles") == ("La Cité des enfants", "Cité des enfants")
    assert FILMS["8"].values("other_titles") == ("Seven",) and FILMS["1"].values("other_titles") == ()
    assert FILMS.schema.year is FILMS.schema.spec("year") and FILMS.schema.noun == "movie"
    assert FILMS["5"].get("genres") is None
    assert "`title`: 'Toy Tales (1995)' is read as 'Toy Tales', of 1995" in notes(FILMS)
    assert "`genres`: counted as not known: 1 × '(no genres listed)'" in notes(FILMS)


@pytest.mark.parametrize(
    ("said", "item_id"),
    [
        ("I loved The Matrices", "2"),
        ("I loved Matrices, The", "2"),
        ("I loved La Cité des enfants", "4"),
        ("I loved the city of lost kids", "4"),
        ("I liked Buono, il brutto", "7"),
    ],
)
def test_a_title_is_found_by_each_of_its_forms(said: str, item_id: str):
    dialogue = DialogueReader(FILMS).read([{"role": "user", "content": said}])
    assert [mention.item_id for mention in dialogue.mentions] == [item_id]


def test_the_year_in_a_title_can_be_limited():
    state = DialogueReader(FILMS).read([{"role": "user", "content": "something after 1990"}]).preferences
    assert [(limit.field, limit.op, limit.value) for limit in state.limits] == [("year", "gt", 1990.0)]


@pytest.mark.parametrize(
    ("cells", "titles"),
    [
        (["Misérables, Les", "Étranger, L'", "Germinal"], ["Les Misérables", "L'Étranger", "Germinal"]),
        (["Sturm, Der", "Glocke, Die", "Faust"], ["Der Sturm", "Die Glocke", "Faust"]),
        (["Camino, El", "Casa, La", "Niebla"], ["El Camino", "La Casa", "Niebla"]),
        (["Gattopardo, Il", "Strada, La"], ["Il Gattopardo", "La Strada"]),
        (["Bureau, Het", "Aanslag, De"], ["Het Bureau", "De Aanslag"]),
        (
            ["The Matrices", "An Owl", "The Sea", "A Dog", "The Hat", "Oak, The"],
            None,
        ),  # here it is no convention
        (["Ready, Set, Go", "Vitamin, A", "Up"], None),
    ],
)
def test_an_article_behind_a_comma_goes_in_front(cells: list[str], titles: list[str] | None):
    catalog = Catalog.from_records([{"title": cell} for cell in cells])
    assert [item.title for item in catalog] == (titles or cells)


def test_a_year_in_titles_that_a_column_says_too_makes_no_field():
    agreeing = table("title,release_date\nUp (2009),2009-05-29\nHeat (1995),1995-12-15")
    assert [item.title for item in agreeing] == ["Up", "Heat"] and "year" not in kinds(agreeing)
    other = table("title,year\nUp (2009),2019\nHeat (1995),2011\nJaws (1975),2015")
    assert [item.title for item in other] == ["Up (2009)", "Heat (1995)", "Jaws (1975)"]
    added = table(
        "title,date_added\nUp (2009),2019-01-02\nHeat [1995],2019-03-02\nDark (2017–2020),2018-03-03"
    )
    assert [item.title for item in added] == ["Up", "Heat", "Dark"]
    assert values(added, "year") == [2009, 1995, 2017]
    few = table("title\nBlade Walker (1982)\nUp\nHeat\nJaws")
    assert few.items[0].title == "Blade Walker (1982)" and kinds(few) == {"id": "id", "title": "title"}


def test_items_that_are_added_are_read_alike():
    films = Catalog.from_records([{"title": "Up (2009)"}, {"title": "Owl, The (1990)"}])
    films.add([{"title": "Fog, The (1980)"}])
    assert films.items[2].title == "The Fog" and films.items[2].get("year") == 1980


@given(st.from_regex(r"[A-Z][a-z]{1,8}( [A-Z][a-z]{1,8}){0,2}", fullmatch=True), st.integers(1900, 2029))
@settings(max_examples=50, deadline=None)
def test_what_is_put_together_is_taken_apart(title: str, year: int):
    read = read_title(f"{title}, The ({title}, Les) ({year})", MARKS)
    assert (read.title, read.year, read.others) == (f"The {title}", year, (f"Les {title}", title))


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("Artikelnummer;Bezeichnung;Kategorie;Hersteller", "Bezeichnung"),
        ("id;Titre;Catégorie;Auteur", "Titre"),
        ("Referencia;Nombre;Categoría;Marca", "Nombre"),
        ("codice;Titolo;Categoria;Autore", "Titolo"),
        ("indeks;Nazwa;Kategoria;Producent", "Nazwa"),
        ("nr;Produktnaam;categorie;merk", "Produktnaam"),
        ("artikelnummer;Produktnamn;kategori;märke", "Produktnamn"),
    ],
)
def test_headers_of_other_languages_are_known(header: str, title: str):
    rows = "\n".join(f"{n}0{n};Ding Num {'abcdef'[n]};{'xy'[n % 2]};Holz" for n in range(6))
    catalog = table(f"{header}\n{rows}", separator=";")
    _, _, category, people = header.split(";")
    assert catalog.schema.title.column == title and not any(
        "taken for the title" in one for one in notes(catalog)
    )
    assert kinds(catalog)[category] == "category" and kinds(catalog)[people] == "people"
    assert catalog.schema.spec(category).label == "category" and catalog.schema.spec(category).phrase == "{}"


def test_a_number_is_called_in_english():
    catalog = table("Bezeichnung;Preis;Jahr\nRotes Brett;12;1999\nBlaues Brett;14;2003", separator=";")
    assert [catalog.schema.spec(name).label for name in ("Preis", "Jahr")] == ["price", "year"]
    assert catalog.schema.spec("Jahr").phrase == "from {}" and catalog.schema.year is catalog.schema.spec(
        "Jahr"
    )


def test_without_a_telling_name_the_likeliest_column_is_the_title():
    catalog = table(
        "SKU,maker,Thing,price\nA1,Holz,Oak Table,99\nA2,Holz,Pine Chair,20\nA3,Brett,Ash Shelf,50"
    )
    assert (catalog.schema.title.column, catalog.schema.id.column) == ("Thing", "SKU")
    (note,) = [note for note in catalog.notes if note.column == "Thing"]
    assert "taken for the title, as no column is called so" in note.said and "`kind: title`" in note.said
    for refused in (
        "sku,cost\na,3\nb,4",
        "id,brand\n1,Holz\n2,Brett",
        "url,year\nhttps://x.org/a,1\nhttps://x.org/b,2",
    ):
        with pytest.raises(ValueError, match="no column that could be the title"):
            table(refused)


def test_of_a_list_of_makers_their_names_are_the_titles():
    catalog = table("brewery_id,brewery_name,city\n1,Moor,Bristol\n2,Dock,Bristol\n3,Crown,York")
    assert (catalog.schema.title.column, catalog.schema.id.column) == ("brewery_name", "brewery_id")


# -- ids, and columns that count rows

TRACKS = table(
    """
,track_id,artists,track_name,explicit,key,tempo,track_genre
0,trk001,Lumen Choir;Ada Voss,Paper Boats,False,1,92.1,acoustic
1,trk002,Ada Voss,Nine Lanterns,False,1,118.0,folk
2,trk003,Kettle Drum Club,Red Line,True,0,128.4,techno
3,trk004,Kettle Drum Club;Mono Fields,After the Ferry,False,7,100.2,ambient
4,trk005,Mono Fields,Long Grass,False,4,76.0,ambient
5,trk006,Sable & Thorn,Copper Mouth,True,9,141.9,rock
""",
    "tracks.csv",
)


def test_tracks_are_identified_by_their_id_and_no_key():
    assert list(TRACKS.ids)[:2] == ["trk001", "trk002"] and TRACKS.schema.noun == "track"
    assert kinds(TRACKS) == {
        "column 1": "ignore", "track_id": "id", "artists": "people", "track_name": "title", "explicit": "category",
        "key": "ignore", "tempo": "number", "track_genre": "category",
    }  # fmt: skip
    assert "`column 1` (it counts the rows)" in TRACKS.describe()
    assert values(TRACKS, "explicit") == [None, None, ("explicit",), None, None, ("explicit",)]
    assert TRACKS["trk001"].values("artists") == ("Lumen Choir", "Ada Voss")


@pytest.mark.parametrize(
    ("header", "cells", "why"),
    [
        ("Unnamed: 0", "012", "it counts the rows"),
        ("index", "123", "it counts the rows"),
        ("row_number", "123", "it counts the rows"),
        ("", "259", "numbers of rows, without a name"),
        ("index", "732", ""),  # of something
        ("floors", "123", ""),
    ],
)
def test_columns_that_count_rows_are_not_talked_about(header: str, cells: str, why: str):
    catalog = table(f"title,{header}\n" + "\n".join(f"T{n},{cell}" for n, cell in enumerate(cells)))
    (row,) = [row for row in catalog.report() if row.column == (header or "column 2")]
    assert row.taken == f"not used: {why}" if why else "it counts" not in row.taken
    assert list(catalog.ids) == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("text", "column", "note"),
    [
        ("key,title\na,A\nb,B\nc,C", "key", ""),
        ("tconst,title\ntt1,A\ntt2,B\ntt3,C", "tconst", ""),
        ("key,title\n3,A\n1,B\n4,C", "", ""),  # may be musical keys
        ("isbn,shelf_id,title\n9,1,A\n8,2,B\n7,3,C", "shelf_id", ""),
        ("isbn,shelf_id,title\n9,1,A\n8,1,B\n7,3,C", "isbn", ""),
        ("movie_id,title\n1,A\n1,B\n2,C", "", "`movie_id`: not the id, items are numbered by their rows: line 2"),
        ("game_id,sku,title\n1,a,A\n1,b,B\n2,c,C", "sku", "`game_id`: not the id, as `sku` is: line 2 and line 3"),
        ("movie_id,title\n1,A\n,B\n2,C", "", "it is empty in line 3"),
    ],
)  # fmt: skip
def test_the_id_is_unique_and_known(text: str, column: str, note: str):
    catalog = table(text)
    assert catalog.schema.id.column == column
    assert any(note in one for one in notes(catalog)) if note else not catalog.notes


def test_what_is_certainly_the_id_is_refused_where_it_is_not_unique():
    with pytest.raises(ValueError, match="line 3, column `id`: the id '1' is already that of line 2"):
        table("id,sku,title\n1,a,A\n1,b,B\n2,c,C")
    rows = "\n".join(f"{max(n, 1)},T{n}" for n in range(30))
    with pytest.raises(ValueError, match="column `movie_id`: the id '1' is already"):
        table(f"movie_id,title\n{rows}")  # one of thirty: a slip


# -- codes and small sets of values

STREAMING = table(
    """
show_id,type,title,rating,listed_in
s1,Movie,Harbour Lights,PG-13,"Dramas, International Movies"
s2,TV Show,Copper Valley,TV-MA,"International TV Shows, TV Dramas, TV Mysteries"
s3,TV Show,The Night Auditor,TV-MA,"Crime TV Shows, International TV Shows"
s4,Movie,On Stage,R,Stand-Up Comedy
s5,Movie,Ballad of Tin,TV-14,"Dramas, Music & Musicals"
s6,Movie,Grown Apart,PG-13,Comedies
s7,TV Show,Sea of Glass,TV-14,"Anime Series, International TV Shows"
s8,Movie,Run Cold,R,Thrillers
s9,Movie,Small Hours,PG-13,"Comedies, Dramas"
""",
    "streaming.csv",
)


def test_ratings_and_lists_of_a_streaming_service_are_values():
    assert values(STREAMING, "rating")[:3] == [("PG-13",), ("TV-MA",), ("TV-MA",)]
    assert STREAMING["s2"].values("listed_in") == ("International TV Shows", "TV Dramas", "TV Mysteries")
    assert STREAMING.schema.spec("listed_in").phrase == "{}"
    assert wishes(STREAMING, "something rated PG-13") == ({"PG-13"}, set())
    assert wishes(STREAMING, "nothing TV-MA please")[1] == {"TV-MA"}


def test_what_items_are_called_can_be_asked_for_where_it_tells_them_apart():
    assert STREAMING.schema.noun == "show"
    assert wishes(STREAMING, "a movie, not a TV show") == ({"Movie"}, {"TV Show"})
    assert wishes(STREAMING, "I want a movie") == ({"Movie"}, set())
    alike = table("title,type\nA,Movie\nB,Movie\nC,Movie")
    assert wishes(alike, "I want a movie") == (set(), set())


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("size", "XL M S XL L M", "category"),
        ("eu_size", "EU_42 EU_43 EU_42 EU_41 EU_42 EU_43", "category"),
        ("screw", "M6 M8 M6 M4 M8 M6", "category"),
        ("certificate", "12A PG 15 PG 12A U", "category"),
        ("guide", "PG-13 TV-14 R PG-13 NC-17 TV-14", "category"),
        ("province", "Marche Oregon Tuscany Alentejo Champagne Rhône", "category"),
        ("model", "zz1 zz2 zz3 zz4 zz5 zz6", "ignore"),
        ("ref", "B0A1X B0A2Y B0B1Z B0C8K B0D4L B0E9M", "ignore"),
        ("winery", "Orsino Cavado Hollow Perrault Falco Verlet", "people"),
        ("brewery", "Moor Dock Crown Crown Dock Moor", "people"),
    ],
)
def test_short_values_are_a_set_and_codes_that_differ_are_none(header: str, cells: str, kind: str):
    rows = [f"T{n},{cell.replace('_', ' ')}" for n, cell in enumerate(cells.split())]
    catalog = table(f"title,{header}\n" + "\n".join(rows))
    assert kinds(catalog)[header] == kind
    if kind == "category":
        assert catalog.items[0].values(header) == (cells.split()[0].replace("_", " "),)


def test_what_is_dropped_has_a_true_reason():
    rows = "\n".join(
        f"T{n},Name{'abcdefghij'[n // 10]}{'klmnopqrst'[n % 10]} Of,{n % 2}{n // 2 % 2} x 3 cm"
        for n in range(80)
    )
    reasons = {row.column: row.taken for row in table(f"title,nick,measures\n{rows}").report()}
    assert reasons["nick"] == "not used: nearly all different: nothing to match or filter"
    assert reasons["measures"].startswith("category")  # four forms of eighty
    odd = "\n".join(f"T{n},{n % 30}x{n % 7} cm" for n in range(300))
    reasons = {row.column: row.taken for row in table(f"title,measures\n{odd}").report()}
    assert reasons["measures"] == "not used: amounts or codes in several forms"


# -- flags


@pytest.mark.parametrize(
    ("header", "yes", "no", "value"),
    [
        ("explicit", "True", "False", "explicit"),
        ("is_vegan", "1", "0", "vegan"),
        ("petsAllowed", "Yes", "No", "pets allowed"),
        ("wireless", "Y", "N", "wireless"),
        ("in_english", "t", "f", "English"),
        ("has_wifi", "ja", "nein", "wifi"),
        ("gluten_free_flag", "TRUE", "FALSE", "gluten free"),
        ("in stock", "1.0", "0.0", "in stock"),
        ("host_is_superhost", "t", "f", "superhost"),
    ],
)
def test_flags_are_values_named_by_their_column(header: str, yes: str, no: str, value: str):
    catalog = table(f"title,{header}\nA,{yes}\nB,{no}\nC,{yes}\nD,")
    assert values(catalog, header) == [(value,), None, (value,), None]
    spec = catalog.schema.spec(header)
    assert (spec.kind, spec.flag, spec.phrase) == ("category", value, "{}")
    wanted, unwanted = wishes(catalog, f"{value} please")
    assert wanted == {value} and unwanted <= {"gluten"}  # who asks for what is free of it may not have it


@pytest.mark.parametrize(
    ("header", "cells", "kind"),
    [
        ("children", "0101", "number"),
        ("rating", "1010", "number"),
        ("season", "1101", "number"),
        ("vegan", "0000", "number"),  # nothing shows that it is no count
        ("adult", "FFFF", "ignore"),
        ("spare_part", "YNYM", "category"),  # and one that is neither
    ],
)
def test_what_is_no_flag(header: str, cells: str, kind: str):
    catalog = table(f"title,{header}\n" + "\n".join(f"T{n},{cell}" for n, cell in enumerate(cells)))
    assert kinds(catalog)[header] == kind and not catalog.schema.spec(header).flag


def test_flags_are_asked_for_and_refused():
    assert wishes(TRACKS, "something with no explicit lyrics") == (set(), {"explicit"})
    assert wishes(TRACKS, "not explicit please") == (set(), {"explicit"})
    stays = table("name,pets_allowed,in_english\nOak Hut,1,yes\nElm Hut,0,no\nAsh Hut,1,yes\nYew Hut,1,no")
    for said in ("must allow pets", "pet friendly please", "pets allowed"):
        assert wishes(stays, said) == ({"pets allowed"}, set())
    assert wishes(stays, "in English please") == ({"English"}, set())
    assert "explicit" in TRACKS.text(TRACKS["trk003"]) and "True" not in TRACKS.text(TRACKS["trk003"])


def test_a_flag_that_says_neither_is_refused_where_it_is_declared():
    schema = Schema.parse({"fields": [{"name": "title", "kind": "title"},
                                      {"name": "vegan", "kind": "category", "flag": "vegan"}]})  # fmt: skip
    with pytest.raises(
        ValueError, match=r"row 2, column `vegan` \(category\) is 'perhaps': it says neither yes nor no"
    ):
        Catalog.from_records([{"title": "A", "vegan": True}, {"title": "B", "vegan": "perhaps"}], schema)


# -- lists


@pytest.mark.parametrize(
    ("header", "cells", "first"),
    [
        ("authors", ["Ann Lee/Bo Ray", "Ann Lee", "Cy Day/Di Fox"], ("Ann Lee", "Bo Ray")),
        ("artist", ["AC/DC", "AC/DC", "Mono"], ("AC/DC",)),
        ("tags", ["rock/metal", "rock", "metal/folk", "folk"], ("rock", "metal")),
        ("genre", ["R&B/Soul", "Pop", "Folk", "Pop"], ("R&B/Soul",)),
        ("hours", ["24/7", "9/5", "24/7", "24/7", "9/5", "24/7"], ("24/7",)),
        ("tags", ["['dinner', 'one-pot']", "['lunch']"], ("dinner", "one-pot")),
        ("tags", ['["dinner", "one-pot"]', "[]"], ("dinner", "one-pot")),
        ("tags", ["dinner; one-pot", "lunch"], ("dinner", "one-pot")),
        ("genres", ["Comedy,Musical", "Short", "Drama"], ("Comedy", "Musical")),
        ("genres", ["Comedy, Musical", "Short", "Drama"], ("Comedy", "Musical")),
        ("country", ["Korea, South", "France", "Norway"], ("Korea, South",)),
        ("colour", ["Black, matt", "White", "Red"], ("Black, matt",)),
        ("category", ["Computers&More|Cables", "Computers&More|Hubs"], ("Computers&More", "Cables")),
        ("allergens", ["None", "nuts, milk", "milk", "nuts"], ()),
        ("authors", ["Sam Birk, Jr.", "Ann Lee", "Bo Ray, Cy Day"], ("Sam Birk, Jr.",)),
    ],
)
def test_lists_are_cut_by_what_the_column_shows(header: str, cells: list[str], first: tuple[str, ...]):
    catalog = Catalog.from_records([{"title": f"T{n}", header: cell} for n, cell in enumerate(cells)])
    assert catalog.items[0].values(header) == first


def test_steps_are_told_and_ingredients_are_values():
    recipes = Catalog.from_records(
        [
            {
                "name": "bean supper",
                "steps": "['soak the beans', 'simmer']",
                "ingredients": "['beans', 'onion']",
            },
            {
                "name": "rice bowl",
                "steps": "['cook rice', 'stir']",
                "ingredients": "['rice', 'peanut butter']",
            },
        ],
        name="recipes.csv",
    )
    assert kinds(recipes) == {"id": "id", "name": "title", "steps": "text", "ingredients": "category"}
    assert values(recipes, "steps") == ["soak the beans\nsimmer", "cook rice\nstir"]
    assert recipes.items[1].values("ingredients") == ("rice", "peanut butter")


# -- what stands for nothing


@pytest.mark.parametrize(
    "cell",
    ["\\N", "(no genres listed)", "N/A", "n/a", "none", "None", "null", "-", "--", "?", "unknown", "Not available",
     "TBD", "NA", "(no country given)"],
)  # fmt: skip
def test_what_stands_for_nothing_is_not_known(cell: str):
    rows = [
        {
            "title": f"T{n}",
            "genre": "War",
            "about": f"A tale of {n} in the fog",
            "year": 1990 + n,
            "cast": "Ann Lee",
        }
        for n in range(30)
    ]
    rows[2] = {key: cell if key != "title" else "T2" for key in rows[2]}
    catalog = Catalog.from_records(rows)
    assert dict(catalog.items[2].fields) == {}
    assert f"`genre`: counted as not known: 1 × {cell!r}" in notes(catalog)
    assert kinds(catalog) == {
        "id": "id", "title": "title", "genre": "category", "about": "text", "year": "number", "cast": "people",
    }  # fmt: skip


def test_a_duration_that_got_among_ratings_is_none():
    cells = ["PG-13", "TV-MA", "R"] * 5
    catalog = Catalog.from_records(
        [{"title": f"T{n}", "rating": cell} for n, cell in enumerate([*cells, "74 min"])]
    )
    assert dict(catalog.vocabulary("rating")) == {"PG-13": 5, "TV-MA": 5, "R": 5}
    assert notes(catalog) == ["`rating`: counted as not known: 1 × '74 min'"]
    lasting = Catalog.from_records([{"title": f"T{n}", "duration": f"{60 + n} min"} for n in range(9)])
    assert values(lasting, "duration")[:2] == [60, 61] and not lasting.notes


def test_what_only_looks_like_nothing_is_kept():
    regions = table("title,region\nA,NA\nB,EU\nC,JP\nD,NA")
    assert values(regions, "region") == [("NA",), ("EU",), ("JP",), ("NA",)] and not regions.notes
    titled = table("title,genre\nUnknown,Drama\n?,War\nDune,War")
    assert [item.title for item in titled] == ["Unknown", "?", "Dune"]


# -- schemas


@pytest.mark.parametrize("catalog", [FILMS, TRACKS, STREAMING], ids=lambda one: one.name)
def test_a_starter_schema_is_read_back_to_the_same(catalog: Catalog, tmp_path: Path):
    path = tmp_path / "starter.yaml"
    path.write_text(catalog.starter_schema(path.name), encoding="utf-8")
    assert Schema.from_yaml(path) == catalog.schema
    path.write_text(catalog.schema.to_yaml(), encoding="utf-8")
    assert Schema.from_yaml(path) == catalog.schema
    catalog.save(tmp_path / "saved.parquet")
    again = Catalog.load(tmp_path / "saved.parquet")
    assert again == catalog and again.fingerprint() == catalog.fingerprint()


def test_plain_fields_are_told_as_before():
    assert set(FieldSpec(name="genre", column="genre", kind="category").model_dump()) == {
        "name", "column", "kind", "label", "phrase", "unit", "separator",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"name": "t2", "kind": "text", "marks": ["year"]}, "a title and an alias can have marks"),
        ({"name": "t2", "kind": "alias", "marks": ["yaer"]}, "'yaer'; known marks: year, article, others"),
        ({"name": "t2", "kind": "people", "flag": "x"}, "only a category can have a `flag`"),
    ],
)
def test_marks_and_flags_belong_to_some_kinds(field: dict, message: str):
    with pytest.raises(ValueError, match=message):
        Schema.parse({"fields": [{"name": "title", "kind": "title"}, field]})


# -- the report

FILE = """\
Unnamed: 0,movieId,title,genres,vegan,nick
0,7,"Matrices, The (1999)",Action|Sci-Fi,yes,https://x.org/a
1,8,Toy [bold]Tales[/bold] (1995),N/A,no,https://x.org/b
2,9,Heat Wave (1981),Crime,yes,https://x.org/c
"""


def test_the_report_prints_a_table_and_writes_a_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, schema = tmp_path / "films.csv", tmp_path / "films.csv.schema.yaml"
    file.write_text(FILE, encoding="utf-8")
    assert cli.main(["index", str(file), "--report"]) == 0
    shown = capsys.readouterr().out
    assert (
        "films.csv: 3 movies" in shown and "How to put it right:" in shown and f"--schema {schema}" in shown
    )
    lines = {line.split("│")[1].strip(): line for line in shown.splitlines() if line.startswith("│")}
    assert "not used: it counts" in lines["Unnamed: 0"]
    assert "by |" in lines["genres"] and "67%" in lines["genres"]
    assert "[bold]Tales[/bold]" in shown and "counted as not known" in shown and "'N/A'" in shown
    assert '"vegan"' in shown
    assert Catalog.load(file, schema) == Catalog.load(file)
    assert "# it counts the rows" in schema.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["films.csv", "films.csv.schema.yaml"]


def test_a_schema_file_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    file, schema = tmp_path / "films.csv", tmp_path / "films.csv.schema.yaml"
    file.write_text(FILE, encoding="utf-8")
    schema.write_text("mine", encoding="utf-8")
    assert cli.main(["index", str(file), "--report"]) == 0
    assert "was left as it is; --force writes it anew" in capsys.readouterr().out
    assert schema.read_text(encoding="utf-8") == "mine"
    assert cli.main(["index", str(file), "--report", "--out-schema", str(schema)]) == 2
    assert "is there already; --force writes over it" in capsys.readouterr().err
    assert cli.main(["index", str(file), "--report", "--force"]) == 0
    assert Schema.from_yaml(schema).noun == "movie"
    other = tmp_path / "other.yaml"
    assert cli.main(["index", str(file), "--report", "--out-schema", str(other)]) == 0
    assert Schema.from_yaml(other) == Schema.from_yaml(schema)
    other.write_text(other.read_text(encoding="utf-8").replace("noun: movie", "noun: film"), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["index", str(file), "--schema", str(other), "--report"]) == 0
    assert "films.csv: 3 films" in capsys.readouterr().out
    assert Schema.from_yaml(other).noun == "film"
    assert cli.main(["index", str(file), "--force"]) == 2
    assert "belong to --report" in capsys.readouterr().err


def test_the_report_builds_nothing(tmp_path: Path):
    file = tmp_path / "films.csv"
    file.write_text(FILE, encoding="utf-8")
    code = (
        f"import sys; from wherefore import cli; assert cli.main(['index', {str(file)!r}, '--report']) == 0;"
        "heavy = {'torch', 'transformers', 'pandas', 'pyarrow'} & set(sys.modules); assert not heavy, heavy"
    )
    env = {**os.environ, "WHEREFORE_CACHE": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", code], check=True, env=env, timeout=600, capture_output=True)
    assert not (tmp_path / "cache").exists()


def test_the_report_and_the_description_say_the_same():
    told = FILMS.describe()
    rows = FILMS.report()
    assert [(row.column, row.known) for row in rows][:2] == [("movieId", 1.0), ("title", 1.0)]
    (genres,) = [row for row in rows if row.column == "genres"]
    assert genres.separator == "by |" and genres.known == pytest.approx(8 / 9)
    assert genres.samples == ("Adventure, Comedy", "Action, Sci-Fi", "Comedy, Drama")
    assert genres.warnings == ("counted as not known: 1 × '(no genres listed)'",)
    for row in rows:
        assert row.source in told and row.taken in told


# -- columns of well-known data sets


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("track_id,artists,album_name,track_name", "track_name"),
        ("product_id,review_title,product_name,user_name", "product_name"),
        ("course_id,instructor_name,course_title", "course_title"),
        ("objectid,description,primary", "primary"),
    ],
)
def test_the_title_is_that_of_what_the_id_is_of(header: str, title: str):
    names = header.split(",")
    rows = "\n".join(
        ",".join(f"{name[0]}{number}" if "id" in name else f"{name} of {word}" for name in names)
        for number, word in enumerate("Kor Lum Mab Nel Pox Rud Sil Tam".split())
    )
    catalog = table(f"{header}\n{rows}".replace("description of", "A long and winding tale, told of"))
    assert catalog.schema.title.column == title


@pytest.mark.parametrize(
    ("header", "cells", "column"),
    [
        ("Inserat-Nr.", "A-01 A-02 A-03", "Inserat-Nr."),
        ("order number", "17 18 19", "order number"),
        ("objectid", "7 9 12", "objectid"),
        ("phone_number", "555-1 555-2 555-3", ""),
        ("page_no", "7 9 12", ""),
        ("amountpaid", "7 9 12", ""),
        ("batch_code", "A1 A1 A2", ""),
    ],
)
def test_codes_that_are_called_numbers_identify_items(header: str, cells: str, column: str):
    rows = "\n".join(f"{cell},Lamp {number}" for number, cell in enumerate(cells.split()))
    assert table(f"{header},title\n{rows}").schema.id.column == column


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("host_name", "people"),
        ("authors", "people"),
        ("director_1", "people"),
        ("directors_from_text", "people"),
        ("host_about", "text"),
        ("host_response_time", "category"),
        ("host_location", "category"),
    ],
)
def test_people_are_what_a_column_is_of_and_not_what_it_is_about(header: str, kind: str):
    cells = {
        "people": ["Ann Lee", "Bo Ray", "Cy Fox", "Di Orr"],
        "text": [
            f"I came here in my {word} year and never left" for word in ("first", "second", "last", "tenth")
        ],
        "category": ["within a day", "within an hour", "within a day", "within an hour"],
    }[kind]
    rows = "\n".join(f"Stay {number},{cell}" for number, cell in enumerate(cells))
    assert kinds(table(f"title,{header}\n{rows}"))[header] == kind


@pytest.mark.parametrize(
    ("header", "cells", "why"),
    [
        ("latitude", "48.1 48.2 48.3 48.4", "where on the map it is"),
        ("license", "7511 7512 7513 7514", "numbers that only identify or stand for something"),
        (
            "permit",
            "7511704138447 7511704138448 7511704138449 7511704138450",
            "long numbers that only identify",
        ),
        ("taster_twitter", "@ann @bo @cy @di", "names of accounts, or addresses of mail"),
        ("contact", "a@b.org c@d.org e@f.org g@h.org", "names of accounts, or addresses of mail"),
        ("user_name", "ann,lee bo,ray cy,fox di,orr", "names of users"),
    ],
)
def test_what_says_nothing_of_an_item_is_not_talked_about(header: str, cells: str, why: str):
    rows = "\n".join(f'Stay {number},"{cell}"' for number, cell in enumerate(cells.split()))
    catalog = table(f"title,{header}\n{rows}")
    assert kinds(catalog)[header] == "ignore" and f"`{header}` ({why})" in catalog.describe()


def test_large_amounts_are_no_codes():
    catalog = table("title,views,revenue\nA,1234567890,999999999999\nB,1234567891,5\nC,12,7\nD,99,8")
    assert values(catalog, "revenue") == [999999999999, 5, 7, 8]


def test_a_few_short_texts_that_come_again_are_values():
    rows = "\n".join(f"Stay {n},{('1 bath', '1 shared bath', '2 baths')[n % 3]}" for n in range(90))
    assert kinds(table(f"title,bathrooms_text\n{rows}"))["bathrooms_text"] == "category"


def test_bars_in_texts_are_ends_of_lines():
    catalog = table(
        "title,about_product\nKettle,Keeps warm for long|Steel body|Two years\nIron,Light and flat|Blue"
    )
    assert values(catalog, "about_product") == [
        "Keeps warm for long\nSteel body\nTwo years",
        "Light and flat\nBlue",
    ]


def test_a_decimal_comma_lists_nothing():
    catalog = table('title,type\nA,"S 4,5"\nB,"M 4,7"\nC,"S 4,5"\nD,"M 4,5"')
    assert values(catalog, "type") == [("S 4,5",), ("M 4,7",), ("S 4,5",), ("M 4,5",)]


def test_a_name_that_programs_write_for_nothing_otherwise():
    assert values(table("title,author\nA,Nan\nB,nan\nC,NaN\nD,Bo"), "author") == [
        ("Nan",),
        None,
        None,
        ("Bo",),
    ]


@pytest.mark.parametrize(
    ("name", "header", "noun"),
    [
        ("steam_games.csv", "app_id", "game"),
        ("games.csv", "game_id", "game"),
        ("toys.csv", "product_id", "toy"),
        ("films.csv", "movie_id", "movie"),
        ("my shop.csv", "product_id", "product"),
    ],
)
def test_what_items_are_called(name: str, header: str, noun: str):
    assert table(f"{header},name\n1,Lamp\n2,Desk", name).schema.noun == noun


def test_headers_written_as_one_word_are_read_as_several():
    catalog = table(
        "id,title,yearpublished,minplayers,runtimeminutes,boardgamedesigner\n"
        "1,Tide,2007,2,90,Ann Lee\n2,Orchard,2011,1,45,Bo Ray\n3,Clock,1999,2,30,Ann Lee"
    )
    assert kinds(catalog)["boardgamedesigner"] == "people"
    assert [catalog.schema.spec(name).phrase for name in ("yearpublished", "minplayers")] == [
        "from {}",
        "min player: {}",
    ]
    assert catalog.schema.spec("runtimeminutes").unit == "min"


def test_what_comes_again_in_a_large_table_is_a_value_though_a_sample_hardly_shows_it():
    rows = "\n".join(
        f"Song {n},Album {chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676 % 9)}"
        for n in range(18000)
    )
    catalog = table(f"title,album_name\n{rows}")
    assert kinds(catalog)["album_name"] == "category" and len(catalog.vocabulary("album_name")) == 26 * 26 * 9


def test_cells_that_say_nothing_are_told_once():
    rows = "\n".join(f"Car {n},{cell}" for n, cell in enumerate(["k.A.", "45 km", "12 km", "9 km", "80 km"]))
    assert notes(table(f"title,range\n{rows}")) == ["`range`: counted as not known: 1 × 'k.A.'"]


def test_a_short_description_is_the_title_where_nothing_else_is():
    rows = [
        {
            "Artikelnr": f"A{n}",
            "Omschrijving": f"Gazelle Orange Dames {n}",
            "Merk": "Gazelle",
            "Prijs": f"{n},00",
        }
        for n in range(500, 520)
    ]
    assert Catalog.from_records(rows, name="fietsen").schema.title.column == "Omschrijving"
    long = [{**row, "Omschrijving": f"{row['Omschrijving']} " * 20} for row in rows]
    with pytest.raises(CatalogError, match="its columns are `Artikelnr`, `Omschrijving`, `Merk`, `Prijs`"):
        Catalog.from_records(long, name="fietsen")


def test_columns_that_are_called_by_a_sign_alone():
    records = [{"name": f"Tetra {n}", "£": f"1.{n}5", "???": n * 3.5, "°C": 20 + n} for n in range(8)]
    catalog = Catalog.from_records(records, name="fish")
    price, odd, warm = (catalog.schema.spec(name) for name in ("£", "???", "°C"))
    assert (price.label, price.unit) == ("price", "£") and (warm.label, warm.unit) == ("temperature", "°C")
    assert measure(price).noun == "price" and measure(odd).way  # nothing that has no word ends a reply
