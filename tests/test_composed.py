"""Titles that several columns make together, and what tells items of one title apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.report import report_rows
from wherefore.catalog.schema import Schema


def load(folder: Path, text: str, name: str = "items.csv", schema: str = "") -> Catalog:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    if not schema:
        return Catalog.load(file)
    declared = folder / "schema.yaml"
    declared.write_text(schema, encoding="utf-8")
    return Catalog.load(file, declared)


@pytest.mark.parametrize(
    ("text", "columns", "titles"),
    [
        (
            "Brand,Model,Chipset,Price\nPixa,8 Pro,Dragon One,499\nPixa,8a,Tensor Slim,399\nNorra,X200,Kirin Nine,799",
            ("Brand", "Model"),
            ["Pixa 8 Pro", "Pixa 8a", "Norra X200"],
        ),
        (
            "Make,Model,Variant,Price\nFord,Fiesta,Zetec,5400\nFord,Fiesta,ST-Line,8900\nPeugeot,208,Active,6100\n"
            "Peugeot,3008,Allure,9000",
            ("Make", "Model", "Variant"),
            ["Ford Fiesta Zetec", "Ford Fiesta ST-Line", "Peugeot 208 Active", "Peugeot 3008 Allure"],
        ),
        (
            "Edificio;Sala;Capienza;Prezzo orario\nVilla Rossa;Sala Grande;90;35\nVilla Verde;Sala Grande;80;40\n"
            "Villa Verde;Sala Piccola;20;15",
            ("Edificio", "Sala"),
            ["Villa Rossa, Sala Grande", "Villa Verde, Sala Grande", "Villa Verde, Sala Piccola"],
        ),
        (
            "Merk;Model;Kleur;Prijs\nGazelle;Orange C7;zwart;450\nBatavus;Finez;blauw;520\nKoga;F3;grijs;900",
            ("Merk", "Model"),
            ["Gazelle Orange C7", "Batavus Finez", "Koga F3"],
        ),
        (
            "SKU,Collection,Colour,Price\nA1,Heritage,Old Sage,40\nA2,Coastal,Deep Fog,60\nA3,Coastal,Wet Sand,60",
            ("Collection", "Colour"),
            ["Heritage Old Sage", "Coastal Deep Fog", "Coastal Wet Sand"],
        ),
        (  # headers of which no word is known
            "Zork;Blip;Preis\nVolta;Basis;20\nVolta;Plus;30\nStromix;Basis;22\nStromix;Plus;33",
            ("Zork", "Blip"),
            ["Volta, Basis", "Volta, Plus", "Stromix, Basis", "Stromix, Plus"],
        ),
        (  # a title that says too little
            "Name,Venue,Seats\nHall,Old Mill,80\nHall,Town School,120\nKitchen,Old Mill,10\nHall,Scout Hut,40",
            ("Venue", "Name"),
            ["Old Mill, Hall", "Town School, Hall", "Old Mill, Kitchen", "Scout Hut, Hall"],
        ),
    ],
)
def test_a_title_is_put_together(tmp_path: Path, text: str, columns: tuple[str, ...], titles: list[str]):
    catalog = load(tmp_path, text)
    assert catalog.schema.title.columns == columns
    assert list(catalog.titles) == titles
    kept = {spec.column for spec in catalog.schema.kept}
    assert set(columns) <= kept  # each part is a field of its own as well
    assert any("together are taken for the title" in note.said for note in catalog.notes)
    rows = report_rows(catalog.schema, catalog.items, {}, catalog.notes)
    (row,) = [row for row in rows if row.column == " + ".join(columns)]
    assert row.taken == "title: put together" and row.samples[0] == titles[0] and row.warnings
    written = catalog.starter_schema("s.yaml")
    assert list(load(tmp_path, text, schema=written).titles) == titles
    catalog.save(tmp_path / "saved.parquet")
    assert Catalog.load(tmp_path / "saved.parquet") == catalog


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("title,brand,model\nRed Kettle,Bosch,K1\nBlue Kettle,Tefal,K2", "title"),
        ("track_name,artist,year\nHello,Ann,2015\nHello,Bo,1983\nHurt,Cy,1994\nHurt,Ann,2002", "track_name"),
        (  # a headline before make and model
            "Offer,Make,Model\nTidy estate from one owner,VW,Passat\nSporty little thing for summer,BMW,Z4\n"
            "Cheap start for learners,Fiat,Panda",
            "Offer",
        ),
    ],
)
def test_a_title_that_works_stays(tmp_path: Path, text: str, title: str):
    assert load(tmp_path, text).schema.title.columns == (title,)


def test_parts_that_are_missing_or_said_twice(tmp_path: Path):
    catalog = load(tmp_path, "Brand,Model,Price\nBosch,Bosch P3,4\nTefal,Q7,5\n,X200,6\nSmeg,,7\nSmeg,K1,8")
    assert list(catalog.titles) == ["Bosch P3", "Tefal Q7", "X200", "Smeg", "Smeg K1"]
    catalog.add([{"Brand": "Aldo", "Model": "R2"}, {"Brand": "Wex"}])
    assert list(catalog.titles)[-2:] == ["Aldo R2", "Wex"]
    with pytest.raises(ValueError, match="line 6, column `Brand`, `Model`: the title is empty"):
        load(tmp_path, "Brand,Model,Price\nBosch,P3,4\nTefal,Q7,5\nWex,X2,6\nWex,X3,6\n,,7")


def test_in_another_language_the_parts_are_the_columns_of_the_file(tmp_path: Path):
    catalog = load(
        tmp_path,
        "Hersteller;Modell;Farbe;Preis;Zustand\nBosch;WAN28;weiß;429;neu\nMiele;W 627;rot;600;gebraucht",
    )
    assert catalog.schema.language == "de" and catalog.schema.title.columns == ("Hersteller", "Modell")
    assert catalog.items[1].values("Hersteller") == ("Miele",)


def test_a_schema_can_declare_the_parts(tmp_path: Path):
    text = "Range,Shade,Price\nSoft,Navy,3\nBold,Teal,4"
    fields = (
        "fields:\n- {column: [Range, Shade], kind: title, joint: ' / '}\n- {name: Range, kind: category}\n"
    )
    assert list(load(tmp_path, text, schema=fields).titles) == ["Soft / Navy", "Bold / Teal"]
    assert "joint" not in Schema.parse({"fields": [{"name": "t", "kind": "title"}]}).to_yaml()
    for wrong, said in (
        ("- {column: [Range, Nope], kind: title}", "`title` needs a column `Nope`, which is not there"),
        ("- {column: [Range, Range], kind: title}", "names no column, or one twice"),
        (
            "- {name: t, column: Shade, kind: title}\n- {column: [Range, Shade], kind: people}",
            "only a title can",
        ),
        ("- {name: Range, kind: title}\n- {name: Shade, kind: title}", r"`column: \[one, other\]`"),
    ):
        with pytest.raises(ValueError, match=said):
            load(tmp_path, text, schema=f"fields:\n{wrong}\n")
