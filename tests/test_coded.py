"""Codes of columns: found by what people say for them, said in words with the code, told in the report."""

import lzma
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.coded import FILE, codes_of, families, families_of
from wherefore.catalog.concepts import having
from wherefore.catalog.report import starter_yaml
from wherefore.catalog.schema import FieldSpec, Schema
from wherefore.dialogue.facts import Plan
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import Preferences, Wish
from wherefore.errors import CatalogError
from wherefore.evaluation.checker import Said, sentence_faults
from wherefore.reading.partial import PartialValues
from wherefore.reading.values import ValueFinder
from wherefore.reading.vocabulary import Vocabulary, key_of
from wherefore.reading.wishes import WishReader
from wherefore.text import words
from wherefore.writing.check import check
from wherefore.writing.evidence import evidence, record_fact
from wherefore.writing.phrases import additions, predicates
from wherefore.writing.polish import polish
from wherefore.writing.telling import can_be_said

ROOT = Path(__file__).resolve().parents[1]
HOTELS = [
    {
        "id": str(number),
        "hotel": f"House {number}",
        "board": board,
        "view": view,
        "country": country,
        "for": wearer,
    }
    for number, (board, view, country, wearer) in enumerate(
        [("FB", "SV", "ES", "W"), ("HB", "GV", "IT", "M"), ("RO", "SV", "SE", "U"), ("AI", "MTV", "NO", "W")]
        * 3
    )
]


@pytest.fixture(scope="module")
def hotels():
    return Catalog.from_records(HOTELS)


@pytest.mark.parametrize(
    ("column", "values", "family", "code", "said"),
    [
        ("board", "FB HB RO", "board", "HB", "half board"),
        ("binding", "HB PB LB", "binding", "HB", "hardback"),
        ("Karosserie", "HB SUV EST", "body", "HB", "hatchback"),
        ("department", "W M K U", "gender", "U", "everyone"),
        ("sex", "M F", "gender", "F", "women"),
        ("state", "OR IN ME CA", "us states", "OR", "Oregon"),
        ("state", "NSW VIC QLD", "australian states", "VIC", "Victoria"),
        ("province", "ON QC BC", "canadian provinces", "ON", "Ontario"),
        ("Made in", "DE FR JP", "country", "DE", "Germany"),
        ("country", "USA DEU FRA", "country", "USA", "United States"),
        ("original_language", "de fr sv", "language", "sv", "Swedish"),
        ("grade", "NM VG+ G P", "record condition", "VG+", "very good plus condition"),
        ("energy rating", "A B C D", "energy class", "B", "energy class B"),
        ("concentration", "EDP EDT EDC", "concentration", "EDP", "eau de parfum"),
        ("difficulty", "D1 D2 D5", "difficulty", "D5", "hardest level"),
        ("allergens", "1 3 7 14", "allergens", "7", "milk"),
        ("gearbox", "A M", "gearbox", "A", "an automatic gearbox"),
        ("day", "Mon Sat Sun", "day", "Sat", "Saturdays"),
        ("Etage", "EG DG 2OG", "german floors", "DG", "the top floor"),
    ],
)
def test_a_column_is_of_a_family_by_its_name_and_most_of_its_values(column, values, family, code, said):
    found = codes_of(column, dict.fromkeys(values.split(), 2))
    assert found is not None and found.family.name == family
    assert dict(found.codes)[code][0] == said


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("grade", "HB 2B 4H 6B"),  # of pencils
        ("grade", "A B C"),  # of anything
        ("board", "Chess Go Draughts"),
        ("board games", "FB HB"),  # the name is of something else
        ("gender", "women men"),
        ("brand", "W M"),
        ("board", "FB"),  # one value tells nothing
        ("price", "A M"),
    ],
)
def test_other_columns_hold_no_codes(column, values):
    assert codes_of(column, dict.fromkeys(values.split(), 2)) is None


def test_the_columns_beside_it_tell_what_a_column_is_of():
    values = {"M": 3, "F": 4}
    said = {
        beside: codes_of("sex", values, {beside}).codes[1][1][0] for beside in ("breed", "player", "price")
    }
    assert said == {"breed": "female", "player": "female", "price": "women"}


def test_a_table_of_families_is_read():
    (family,) = families_of(["# a comment", "spin\tspin; turn\tprice\twith {}\t", "\tL; l\tleft spin; left"])
    assert family.words("L") == ("left spin", "left") == family.words("l")
    assert family.is_of("top spin") and not family.is_of("spin price") and family.words("R") == ()
    with pytest.raises(ValueError, match="of no family"):
        families_of(["\tL\tleft"])
    with pytest.raises(ValueError, match="stands for nothing"):
        families_of(["spin\tspin", "\tL\t"])


def test_every_family_of_the_packaged_table_finds_itself():
    for family in families():
        several = {told[0]: code for code, told in family.codes.items()}
        values = dict.fromkeys([code for code in several.values() if len(code) <= 8], 2)
        name = next(one for one in family.columns if family.is_of(one, family.beside))
        found = codes_of(name, values, family.beside)
        assert found is not None and len(found.codes) >= len(values) - 2, family.name


@pytest.mark.slow
def test_the_packaged_table_is_what_the_script_makes(tmp_path):
    out = tmp_path / "codes.tsv.xz"
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_codes.py", "--out", out], capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    assert lzma.decompress(out.read_bytes()) == lzma.decompress(FILE.read_bytes())
    (tmp_path / "bad.tsv").write_text("\tL\tleft\n")
    run = subprocess.run(
        [sys.executable, ROOT / "scripts" / "make_codes.py", "--table", tmp_path / "bad.tsv", "--out", out],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 2 and "of no family" in run.stderr


def test_values_stay_and_the_report_says_what_they_stand_for(hotels):
    assert hotels.items[0].values("board") == ("FB",)
    taken = {row.column: row.taken for row in hotels.report()}
    assert taken["board"].startswith('category, said "with {}"; codes: ')
    assert "FB = full board" in taken["board"] and "ES = Spain" in taken["country"]


def test_numbers_are_codes_of_allergens():
    menu = [{"dish": f"Dish {n}", "allergens": held} for n, held in enumerate(["1|3", "7|8", "1|7", "4"] * 3)]
    catalog = Catalog.from_records(menu)
    assert catalog.schema.spec("allergens").stands_for("7")[0] == "milk"
    assert having(catalog, "dairy").tolist() == [False, True, True, False] * 3


def test_a_schema_corrects_codes(tmp_path):
    told = starter_yaml(Catalog.from_records(HOTELS).schema, {}, "hotels.csv", "schema.yaml")
    assert "full board" in told
    path = tmp_path / "schema.yaml"
    path.write_text(told)
    assert Schema.from_yaml(path).spec("board").stands_for("HB")[0] == "half board"
    fields = [
        {"name": "hotel", "kind": "title"},
        {"name": "board", "kind": "category", "codes": {"FB": "football", "RO": ["rowing", "boats"]}},
        {"name": "view", "kind": "category", "codes": {}},
    ]
    schema = Catalog.from_records(HOTELS, Schema.parse({"fields": fields})).schema
    assert schema.spec("board").spoken("FB") == "football (FB)" and schema.spec("board").spoken("HB") == "HB"
    assert schema.spec("view").spoken("SV") == "SV"
    assert Schema.parse(schema.model_dump()) == schema


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ({"kind": "category", "codes": {False: "Norway"}}, "quotation marks"),
        ({"kind": "category", "codes": {"FB": []}}, "what it stands for"),
        ({"kind": "number", "codes": {"1": "one"}}, "only a category can have `codes`"),
    ],
)
def test_wrong_codes_of_a_schema_are_refused(field, message):
    with pytest.raises(CatalogError, match=message):
        Schema.parse({"fields": [{"name": "t", "kind": "title"}, {"name": "b", **field}]})


def test_what_has_no_codes_keeps_its_fingerprint():
    assert "codes" not in FieldSpec(name="board", column="board", kind="category").model_dump()


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("something with full board", [("board", "FB", "wanted")]),
        ("anything without half board", [("board", "HB", "unwanted")]),
        ("all meals and a sea view please", [("board", "FB", "wanted"), ("view", "SV", "wanted")]),
        ("from Spain", [("country", "ES", "wanted")]),
        ("Italian hotels", [("country", "IT", "wanted")]),
        ("for women", [("for", "W", "wanted")]),
        ("for ladies", [("for", "W", "wanted")]),
        ("give me something in or near the town, no rush, is it fine", []),  # words before they are codes
    ],
)
def test_a_code_is_found_by_what_people_say_for_it(hotels, said, found):
    read = WishReader(ValueFinder(Vocabulary(hotels))).read(said, words(said))
    assert [(one.field, one.value, one.kind) for one in read] == found


def test_what_stands_for_several_codes_asks_for_each():
    days = [{"title": str(number), "day": day} for number, day in enumerate(["Mon", "Sat", "Sun", "Fri"] * 2)]
    known = Vocabulary(Catalog.from_records(days))
    assert [one.value for one in known.wanted(key_of("weekends"))] == ["Sat", "Sun"]
    assert [one.value for one in known.wanted(key_of("Monday"))] == ["Mon"]
    assert known.is_code("weekend") and not known.is_code("mon day")


def test_codes_are_of_a_kind_by_what_they_stand_for(hotels):
    partial = PartialValues(Vocabulary(hotels), len(hotels))
    assert [one.value for one in partial.of("Scandinavia")] == ["SE", "NO"]
    assert having(hotels, "full board").sum() == 3  # where only the code stands


def test_a_code_is_said_in_words_with_the_code_behind_them(hotels):
    item, dialogue = hotels.items[0], Dialogue((Message("user", "full board"),))
    fact = record_fact(hotels.schema.spec("board"), "FB")
    assert predicates([fact], "hotel") == ["has full board"] and additions([fact]) == ["with full board"]
    plan = Plan(item, (fact,), noun="hotel", plural="hotels")
    raw = "it is a hotel with full board."
    assert check(raw, plan, dialogue, hotels) == []
    assert polish(raw, plan, hotels) == "It is a hotel with full board (FB)."
    assert check("it is a hotel with half board.", plan, dialogue, hotels)  # not in the record
    wearer = Plan(item, (record_fact(hotels.schema.spec("for"), "W"),), noun="hotel", plural="hotels")
    assert polish("this one is for women.", wearer, hotels) == "This one is for women (W)."


def test_a_letter_that_is_a_code_is_no_yes_or_no():
    records = [{"title": str(n), "sex": sex} for n, sex in enumerate("FMFM")]
    catalog = Catalog.from_records(records)
    spec = catalog.schema.spec("sex")
    assert can_be_said("F", spec) and not can_be_said("F", FieldSpec(name="x", column="x", kind="category"))
    wish = Wish("sex", "F", 1.0, "ladies")
    told = evidence(
        catalog.items[0],
        Dialogue((Message("user", "ladies"),), preferences=Preferences(wanted=(wish,))),
        catalog,
    )
    assert [(one.value, one.text) for one in told] == [("F", "women")]
    assert [part.text for part in parts(Preferences(wanted=(wish,)), catalog)] == ["women (F)"]


def test_the_independent_check_knows_codes(hotels):
    item = hotels.items[0]
    assert sentence_faults("It has full board (FB) and a sea view (SV).", item, hotels, Said()) == []
    assert sentence_faults("It has half board (HB).", item, hotels, Said()) == ["code HB"]
    assert sentence_faults("It has half board (FB).", item, hotels, Said()) == ["code FB said otherwise"]
    assert sentence_faults("It is without half board (HB).", item, hotels, Said(refused={"HB"})) == []


@given(st.sampled_from([one for one in families() if not one.beside]), st.data())
def test_what_a_code_stands_for_is_always_found(family, data):
    meanings = list(dict.fromkeys(told[0] for told in family.codes.values()))
    chosen = data.draw(st.lists(st.sampled_from(meanings), min_size=2, max_size=6, unique=True))
    by_meaning = {told[0]: code for code, told in reversed(family.codes.items()) if len(code) <= 8}
    values = [by_meaning[one] for one in chosen if one in by_meaning]
    found = codes_of(family.columns[0], dict.fromkeys(values, 2))
    if found is None or found.family is not family:
        return  # another family knows as many of these
    assert all(told == family.codes[code] for code, told in found.codes)
