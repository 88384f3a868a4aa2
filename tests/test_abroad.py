"""Catalogues in other languages are read in English, and said in it; English ones stay as they are."""

import subprocess
import sys
from pathlib import Path

import pytest

from wherefore.catalog.abroad import grants, read_abroad
from wherefore.catalog.abroad_words import FILE, LANGUAGES, alike, header_words, rows_of, tongues
from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.concepts import having
from wherefore.catalog.flag_words import flags_of
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.catalog.tables import Table
from wherefore.reading.reader import DialogueReader
from wherefore.writing.abroad import own_words

ROOT = Path(__file__).parents[1]
FLATS = [
    {
        "Titel": f"Wohnung am Park {n}",
        "Stadt": ("Köln", "München", "Bonn")[n % 3],
        "Stadtteil": ("Altstadt", "Kalk", "Südstadt")[n // 2 % 3],
        "Zimmer": n % 4 + 1,
        "Warmmiete": f"{600 + 10 * n},00 €",
        "Etage": ("EG", "2. OG", "DG", "Souterrain")[n // 3 % 4],
        "Aufzug": ("ja", "nein")[n // 4 % 2],
        "Haustiere": ("nein", "nach Absprache", "erlaubt")[n // 5 % 3],
        "Heizung": ("Fernwärme", "Gas", "Wärmepumpe")[n // 7 % 3],
        "Beschreibung": f"Die helle Wohnung Nummer {n} liegt ruhig am Park und wird frisch gestrichen übergeben.",
    }
    for n in range(60)
]


@pytest.fixture(scope="module")
def flats() -> Catalog:
    return Catalog.from_records(FLATS, name="flats")


@pytest.fixture(scope="module")
def reader(flats: Catalog) -> DialogueReader:
    return DialogueReader(flats)


def wanted(reader: DialogueReader, said: str) -> set[tuple[str, str]]:
    state = reader.read([{"role": "user", "content": said}]).preferences
    return {(wish.field, wish.value) for wish in state.wanted}


# -- the table


def test_the_packaged_table_is_the_one_in_data(tmp_path):
    out = tmp_path / "words_abroad.tsv.xz"
    subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_words_abroad.py", "--out", out],
        check=True,
        capture_output=True,
    )
    assert out.read_bytes() == FILE.read_bytes()
    assert FILE.stat().st_size < 60_000


@pytest.mark.parametrize(
    "line", ["red\trot\trouge", "\trot\t\t\t\t\t\t\t", "red\t\t\t\t\t\t\t\t", "*\trot\t\t\t\t\t\t\t"]
)
def test_a_line_that_is_no_row_is_refused(line):
    with pytest.raises(ValueError, match="line 2, .* is not an English word and the words of 8 languages"):
        rows_of(f"blue\tblau\tbleu\tazul\tblu\tblauw\tazul\tniebieski\tblå\n{line}")


def test_a_wrong_table_is_not_packed(tmp_path):
    table = tmp_path / "table.tsv"
    table.write_text("red\trot\n", encoding="utf-8")
    command = [
        sys.executable,
        ROOT / "scripts" / "make_words_abroad.py",
        "--table",
        table,
        "--out",
        tmp_path / "x",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "line 1" in done.stderr and not (tmp_path / "x").exists()


def test_every_language_has_words_of_every_sort():
    for code, tongue in tongues().items():
        meanings = {*tongue.entries.values()}
        assert len(meanings) > 900, code
        assert {"yes", "no", "price", "red", "sheep", "nuts", "women", "in stock", "Vienna"} <= meanings, code


@pytest.mark.parametrize(
    ("code", "said", "english"),
    [
        ("de", "Rotwein", "red wine"),
        ("de", "Balkonpflanze", "balcony plant"),
        ("de", "Koeln", "Cologne"),
        ("de", "3. OG", "3rd floor"),
        ("de", "Damenschuhe", "women's shoes"),
        ("de", "2-3 Tage", "2-3 days"),
        ("de", "nach Absprache", "by arrangement"),
        ("de", "Kalk", None),
        ("fr", "pâte molle", "soft texture"),
        ("fr", "pate molle", "soft texture"),
        ("fr", "lait de brebis cru", "raw sheep milk"),
        ("fr", "petite table", "small table"),
        ("fr", "sucre", "sugar"),
        ("fr", "sucré", "sweet"),
        ("fr", "1 à 2 mois", "1-2 months"),
        ("fr", "1 mois", "1 month"),
        ("es", "vino tinto", "red wine"),
        ("es", "2º piso", "2nd floor"),
        ("es", "sin gluten", "gluten free"),
        ("it", "scarpe da donna", "women's shoes"),
        ("it", "latte di pecora", "sheep milk"),
        ("nl", "Tuintafel", "garden table"),
        ("nl", "op aanvraag", "on request"),
        ("pt", "queijo de cabra", "goat cheese"),
        ("pl", "wino czerwone", "red wine"),
        ("pl", "białe wino", "white wine"),
        ("pl", "Łódź", "Lodz"),
        ("sv", "vinterjacka", "winter jacket"),
        ("sv", "svart", "black"),
        ("sv", "svårt", "difficult"),
    ],
)
def test_short_texts_in_english(code, said, english):
    assert tongues()[code].english(said) == english


def test_headers_of_any_file_are_few_and_safe():
    for word, english in {
        "preis": "price",
        "categorie": "category",
        "poids": "weight",
        "tytul": "title",
    }.items():
        assert header_words()[word] == english
    assert not {"art", "die", "gift", "note", "pain", "chair", "rot"} & {*header_words()}


def test_british_and_american_words_stand_for_each_other():
    assert alike("lift") == ["elevator"] and "kids bike" in alike("children's bike") and alike("oak") == []


# -- the language


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("de", {"Titel": ["a", "b"], "Ort": ["Wien", "Graz"], "Preis": ["3", "4"]}),
        (
            "fr",
            {
                "Nom": ["a", "b"],
                "Lait": ["brebis", "vache"],
                "Prix": ["3", "4"],
                "Région": ["Savoie", "Jura"],
            },
        ),
        ("es", {"Título": ["a", "b"], "Ciudad": ["Sevilla", "Vigo"], "Alquiler": ["3", "4"]}),
        ("it", {"Titolo": ["a", "b"], "Città": ["Roma", "Bari"], "Prezzo": ["3", "4"]}),
        (
            "nl",
            {"Titel": ["a", "b"], "Kleur": ["rood", "zwart"], "Prijs": ["3", "4"], "Voorraad": ["ja", "nee"]},
        ),
        (
            "pt",
            {
                "Título": ["a", "b"],
                "Preço": ["3", "4"],
                "Leite": ["ovelha", "cabra"],
                "Avaliação": ["1", "2"],
            },
        ),
        ("pl", {"Tytuł": ["a", "b"], "Cena": ["3", "4"], "Kolor": ["czerwony", "biały"]}),
        (
            "sv",
            {"Titel": ["a", "b"], "Pris": ["3", "4"], "Färg": ["röd", "svart"], "Nivå": ["nybörjare", "x"]},
        ),
    ],
)
def test_the_language_of_a_table(code, columns):
    found = read_abroad(Table("t", columns))
    assert found is not None and found.code == code
    assert (
        {"title", "price"} <= {*found.headers.values()}
        or {"name", "price"} <= {*found.headers.values()}
        or ("title" in found.headers.values())
    )


@pytest.mark.parametrize(
    "columns",
    [
        # English words that mean something else elsewhere.
        {
            "title": ["x", "y"],
            "art": ["die", "gift"],
            "chair": ["rot", "pain"],
            "coin": ["comment", "hut"],
            "note": [1, 2],
        },
        {
            "name": ["Die Hard", "Gift"],
            "brand": ["Rot", "Star"],
            "type": ["gift", "art"],
            "place": ["Bath", "Nice"],
        },
        {"title": ["a", "b"], "wine": ["vin", "rouge"], "price": [1, 2], "size": ["small", "large"]},
        {"id": [1, 2], "Titel": ["a", "b"], "score": [1, 2], "votes": [3, 4], "year": [5, 6]},
        {
            "title": ["La vita è bella", "Amélie"],
            "genre": ["comedy", "drama"],
            "language": ["Italian", "French"],
        },
    ],
)
def test_an_english_table_is_none_of_another_language(columns):
    assert read_abroad(Table("t", columns)) is None


def test_the_built_in_movies_are_english():
    builtin = Catalog.builtin()
    assert builtin.schema.language == ""
    records = [{"title": item.title, **item.fields} for item in builtin.items[:500]]
    again = Catalog.from_records(records)
    assert again.schema.language == "" and not any(spec.means or spec.english for spec in again.schema.fields)


def test_values_alone_tell_the_language_where_headers_are_english():
    kinds = ["Sessel", "Schreibtisch", "Bücherregal", "Teppich", "Kommode", "Matratze", "Spiegel", "Vorhang"]
    rows = [{"title": f"M{n}", "category": kinds[n % 8], "price": 10 * n} for n in range(40)]
    catalog = Catalog.from_records(rows)
    assert catalog.schema.language == "de"
    assert {"armchair", "bookcase", "desk"} <= {*catalog.vocabulary("category")}
    assert catalog.schema.spec("category").english == ""


# -- the catalogue


def test_headers_and_values_are_read_in_english(flats):
    schema = flats.schema
    assert schema.language == "de" and schema.title.column == "Titel"
    labels = {spec.name: spec.label for spec in schema.fields}
    assert (
        labels["Warmmiete"] == "warm rent"
        and labels["Zimmer"] == "rooms"
        and labels["Stadtteil"] == "district"
    )
    assert {*flats.vocabulary("Stadt")} == {"Cologne", "Munich", "Bonn"}
    assert {*flats.vocabulary("Etage")} == {"ground floor", "2nd floor", "top floor", "basement"}
    assert {*flats.vocabulary("Heizung")} == {"district heating", "Gas", "heat pump"} or (
        {*flats.vocabulary("Heizung")} == {"district heating", "gas", "heat pump"}
    )
    assert schema.spec("Aufzug").flag == "lift" and flats.vocabulary("Aufzug")["lift"] == 32
    assert flats.numbers("Warmmiete")[:2].tolist() == [600.0, 610.0] and schema.spec("Warmmiete").unit == "€"


def test_what_a_column_grants_says_so_with_its_name(flats):
    assert {*flats.vocabulary("Haustiere")} == {"no pets", "pets by arrangement", "pets allowed"}
    assert [(flag.field, flag.value) for flag in flags_of(flats)] == [("Haustiere", "pets allowed")]
    spec = FieldSpec(name="Amueblado", kind="category", english="furnished")
    assert grants(spec, {"sí": "yes", "no": "no"}) == {"sí": "furnished", "no": "unfurnished"}
    spec = FieldSpec(name="Animali ammessi", kind="category", english="pets allowed")
    assert grants(spec, {"sì": "yes", "no": "no"}) == {"sì": "pets allowed", "no": "no pets"}
    spec = FieldSpec(name="Dispo", kind="category", english="availability")
    assert grants(spec, {"oui": "yes", "non": "no"}) == {}


def test_names_of_places_and_titles_are_not_put_into_words(flats):
    assert {*flats.vocabulary("Stadtteil")} == {"Altstadt", "Kalk", "Südstadt"}
    assert flats.items[0].title == "Wohnung am Park 0"
    assert str(flats.items[0].get("Beschreibung")).startswith("Die helle Wohnung")


def test_the_report_says_what_was_read(flats):
    told = flats.describe()
    assert "it is in German, and read in English: " in told and "`Zimmer` is 'rooms'" in told
    assert "`Stadt`: in German: 'Köln' is 'Cologne', 'München' is 'Munich'" in told
    row = next(row for row in flats.report() if row.column == "Haustiere")
    assert any("'nein' is 'no pets'" in warning for warning in row.warnings)


def test_what_is_added_later_is_read_the_same(flats):
    again = Catalog(flats.items, flats.schema)
    again.add([{**FLATS[0], "Titel": "Neu", "Stadt": "München", "Aufzug": "ja", "Haustiere": "erlaubt"}])
    assert again.items[-1].values("Stadt") == ("Munich",) and again.items[-1].values("Aufzug") == ("lift",)
    assert again.items[-1].values("Haustiere") == ("pets allowed",)


def test_it_is_kept_in_schema_files_and_saved_catalogues(flats, tmp_path):
    assert Schema.parse(flats.schema.model_dump(mode="json")) == flats.schema
    file = tmp_path / "schema.yaml"
    file.write_text(flats.starter_schema("schema.yaml"), encoding="utf-8")
    assert Catalog.from_records(FLATS, file, name="flats") == flats
    flats.save(tmp_path / "flats.parquet")
    assert Catalog.load(tmp_path / "flats.parquet") == flats


def test_a_meaning_can_be_put_right_in_the_schema():
    fields = (
        {"name": "name", "kind": "title"},
        {"name": "milk", "kind": "category", "means": {"brebis": "ewe"}},
    )
    catalog = Catalog.from_records(
        [{"name": "Ossau", "milk": "brebis"}, {"name": "Brie", "milk": "vache"}], Schema(fields=fields)
    )
    assert [item.values("milk") for item in catalog] == [("ewe",), ("vache",)]
    assert catalog.schema.spec("milk").original("ewe") == "brebis"


def test_schemas_in_english_keep_their_form():
    schema = Schema(fields=({"name": "name", "kind": "title"}, {"name": "genre", "kind": "category"}))
    told = schema.model_dump(mode="json")
    assert "language" not in told and not {"english", "means"} & {*told["fields"][2]}


def test_numbers_counted_in_words_of_another_language():
    rows = [{"Titre": f"Cours {n}", "Durée": f"{n + 1} semaines", "Niveau": "débutant"} for n in range(20)]
    catalog = Catalog.from_records([*rows[:10], *({**row, "Niveau": "avancé"} for row in rows[10:])])
    assert catalog.schema.language == "fr" and catalog.numbers("Durée")[:3].tolist() == [1.0, 2.0, 3.0]
    assert catalog.schema.spec("Durée").unit in ("weeks", "week")


def test_what_says_that_nothing_is_known_is_no_value():
    rows = [{**row, "Heizung": "k. A." if n % 3 else "Gas"} for n, row in enumerate(FLATS)]
    assert "unknown" not in Catalog.from_records(rows).vocabulary("Heizung")


# -- what is asked, and said


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("a flat in Cologne with a lift", {("Stadt", "Cologne"), ("Aufzug", "lift")}),
        ("something in Munich with an elevator", {("Stadt", "Munich"), ("Aufzug", "lift")}),
        ("in Köln please, with an Aufzug", {("Stadt", "Cologne"), ("Aufzug", "lift")}),
        ("in Koeln please", {("Stadt", "Cologne")}),
        ("we have a dog", {("Haustiere", "pets allowed")}),
        ("ground floor with a heat pump", {("Etage", "ground floor"), ("Heizung", "heat pump")}),
    ],
)
def test_english_words_find_it(reader, said, found):
    assert wanted(reader, said) == found


def test_refusals_and_limits_find_it(reader):
    state = reader.read(
        [{"role": "user", "content": "no basement, warm rent of at most 800 euros"}]
    ).preferences
    assert [(wish.field, wish.value) for wish in state.unwanted] == [("Etage", "basement")]
    assert [(limit.field, limit.op, limit.value) for limit in state.limits] == [("Warmmiete", "le", 800.0)]


def test_the_reply_tells_its_own_words_once(flats, reader):
    first = {"role": "user", "content": "a flat in Cologne with a lift, warm rent of at most 800 euros"}
    said = own_words(reader.read([first]), flats)
    assert said.startswith(" The records are in German: ") and said.endswith(".")
    assert (
        "“Stadt: Köln” is Cologne" in said
        and "“Aufzug: ja” is lift" in said
        and "“Warmmiete” is warm rent" in said
    )
    later = [
        first,
        {"role": "assistant", "content": "Here are some."},
        {"role": "user", "content": "top floor please"},
    ]
    assert own_words(reader.read(later), flats) == " The records are in German: “Etage: DG” is top floor."


def test_nothing_is_told_of_an_english_catalogue():
    catalog = Catalog.from_records(
        [{"title": f"Flat {n}", "city": ("Rome", "Oslo")[n % 2]} for n in range(9)]
    )
    assert own_words(DialogueReader(catalog).read([{"role": "user", "content": "in Rome"}]), catalog) == ""


def test_words_that_english_has_as_well_keep_their_meaning():
    rows = [
        {"Titel": f"Brett {n}", "Farbe": ("rot", "blau")[n % 2], "Preis": n, "Material": "Holz"}
        for n in range(20)
    ]
    catalog = Catalog.from_records(rows)
    assert {*catalog.vocabulary("Farbe")} == {"red", "blue"}
    assert wanted(DialogueReader(catalog), "it should not rot in the rain") == set()
    assert wanted(DialogueReader(catalog), "a red one") == {("Farbe", "red")}


@pytest.mark.parametrize(
    ("said", "found", "turned"),
    [
        ("Suche eine Wohnung mit Aufzug in Köln, nicht im Souterrain", {"lift", "Cologne"}, {"basement"}),
        ("je cherche un appartement avec ascenseur, rez-de-chaussée", {"lift", "ground floor"}, set()),
        ("busco un piso con ascensor y bomba de calor", {"lift", "heat pump"}, set()),
        ("a flat where the mail comes by post", set(), set()),
    ],
)
def test_an_english_catalogue_is_asked_in_another_language(said, found, turned):
    rows = [
        {
            "title": f"Flat {n}",
            "city": ("Cologne", "Berlin")[n % 2],
            "floor": ("ground floor", "2nd floor", "top floor", "basement")[n // 3 % 4],
            "lift": ("yes", "no")[n // 4 % 2],
            "heating": ("gas", "heat pump")[n // 5 % 2],
        }
        for n in range(60)
    ]
    state = DialogueReader(Catalog.from_records(rows)).read([{"role": "user", "content": said}]).preferences
    assert {wish.value for wish in state.wanted} == found
    assert {wish.value for wish in state.unwanted} == turned


def test_allergies_are_kept_to_in_records_of_another_language():
    cakes = [
        "Gâteau aux noisettes",
        "Tarte aux pommes",
        "Cake aux amandes",
        "Biscuit nature sans fruits à coque",
    ]
    rows = [
        {"Nom": f"{cakes[n % 4]} {n}", "Prix": f"{n},50 €", "Région": ("Savoie", "Corse")[n % 2]}
        for n in range(40)
    ]
    catalog = Catalog.from_records(rows)
    assert catalog.schema.language == "fr"
    assert having(catalog, "nuts")[:4].tolist() == [True, False, True, False]
    assert catalog.naming("apple")[:4].tolist() == [False, True, False, False]
    assert "Gâteau aux noisettes 0. cake hazelnut 0." in catalog.text(catalog.items[0])


def test_compounds_tell_what_their_ends_say():
    gloss = tongues()["de"].gloss
    assert gloss("Haselnusskuchen mit Sahne") == "hazelnut cake with cream"
    assert gloss("Knuspermilchschokolade, ohne Nüsse") == "milk chocolate, without nuts"
    assert gloss("Zusammenhang") == ""


def test_items_made_by_hand_need_no_language():
    schema = Schema(fields=({"name": "title", "kind": "title"}, {"name": "Farbe", "kind": "category"}))
    assert Catalog([Item("1", "Brett", {"Farbe": ("rot",)})], schema).vocabulary("Farbe") == {"rot": 1}


def test_languages_have_names():
    assert list(LANGUAGES) == list(tongues())


def test_ranges_of_people_are_read_by_the_english_name():
    rows = [
        {
            "nazwa": f"Gra {n}",
            "liczba graczy": ("2-4", "1-5", "3-6")[n % 3],
            "cena": f"{n},90 zł",
            "wiek": "8+",
        }
        for n in range(30)
    ]
    catalog = Catalog.from_records(rows)
    assert catalog.schema.language == "pl"
    told = {spec.name: spec.label for spec in catalog.schema.fields if spec.column == "liczba graczy"}
    assert told == {"liczba graczy": "minimum players", "liczba graczy_max": "maximum players"}
    assert catalog.numbers("liczba graczy")[:3].tolist() == [2, 1, 3]
    assert catalog.numbers("liczba graczy_max")[:3].tolist() == [4, 5, 6]


def test_a_column_that_no_english_word_is_known_for_keeps_its_last_letter():
    rows = [
        {
            "Titel": f"Fiets {n}",
            "Merk": "Gazelle",
            "Kleur": "blauw",
            "Adviesprijs (€)": f"{n},00",
            "Categorie": "Stadsfiets",
        }
        for n in range(500, 530)
    ]
    catalog = Catalog.from_records(rows, name="fietsen")
    (price,) = (spec for spec in catalog.schema.fields if spec.column == "Adviesprijs (€)")
    assert catalog.schema.language == "nl" and (price.label, price.phrase) == (
        "adviesprijs",
        "adviesprijs: {}",
    )
