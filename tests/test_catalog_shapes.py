"""Tables in the shapes of well-known data sets: each column is taken as a person would take it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from wherefore.catalog.catalog import Catalog

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import catalog_shapes
import measure_catalogs

SHAPES = {shape.file: shape for shape in catalog_shapes.SHAPES}
# What is taken for what, by kind; a unit stands behind a number.
EXPECTED = {
    "netflix_titles.csv": "id:show_id title:title people:director,cast category:type,country,rating,listed_in "
    "date:date_added number:release_year,duration=min,seasons=seasons text:description",
    "movies.csv": "id:movieId title:title number:year alias:other_titles category:genres",
    "title.basics.tsv": "id:tconst title:primaryTitle alias:originalTitle category:titleType,isAdult,genres "
    "number:startYear,endYear,runtimeMinutes=min",
    "RAW_recipes.csv": "title:name id:id number:minutes=min,n_steps,n_ingredients date:submitted "
    "category:tags,ingredients text:steps,description ignore:contributor_id,nutrition",
    "spotify_tracks.csv": "id:id title:track_name people:artists popularity:popularity number:duration_ms=min,tempo "
    "category:explicit,track_genre,album_name ignore:column 1,track_id,key",
    "winemag-data-130k-v2.csv": "id:id title:title category:country,province,region_1,region_2,variety people:winery "
    "number:points,price text:description ignore:column 1,taster_twitter_handle",
    "goodreads_books.csv": "id:bookID title:title people:authors,publisher number:average_rating,num_pages "
    "category:language_code popularity:ratings_count date:publication_date ignore:isbn,isbn13",
    "amazon_products.csv": "id:product_id title:product_name category:category popularity:rating_count "
    "number:discounted_price=₹,actual_price=₹,discount_percentage=%,rating image:img_link "
    "text:about_product,review_title,review_content ignore:user_id,user_name,review_id,product_link",
    "listings.csv": "id:id title:name text:description,host_about people:host_name image:picture_url "
    "number:price=$,host_response_rate=%,accommodates,bedrooms popularity:number_of_reviews "
    "category:host_is_superhost,amenities,bathrooms_text,host_verifications,host_response_time,room_type "
    "date:host_since,first_review ignore:listing_url,host_id,latitude,longitude,bathrooms,license",
    "steam_games.csv": "id:AppID title:Name date:Release date popularity:Estimated owners number:Price,Required age "
    "category:Windows,Mac,Linux,Supported languages,Categories,Genres,Tags people:Developers,Publishers "
    "text:About the game image:Header image",
    "gebrauchtwagen.csv": "id:Inserat-Nr. title:Bezeichnung people:Marke date:Erstzulassung,HU bis text:Beschreibung "
    "number:Preis=€,km-Stand=km,Leistung=kW,Verbrauch=l/100 km,Vorbesitzer "
    "category:Modell,Getriebe,Kraftstoff,Farbe,Unfallfrei,Türen",
    "udemy_courses.csv": "id:course_id title:course_title category:is_paid,level,subject popularity:num_reviews "
    "number:price,num_subscribers,num_lectures,content_duration=min date:published_timestamp ignore:url",
    "phones.csv": "id:id title:Model Name people:Brand date:Announced category:Main camera,OS,NFC,SIM,Colors "
    "number:Weight=g,Display size=inches,RAM=GB,Internal storage=GB,Battery=mAh,Price=€",
    "bgg_games.csv": "id:objectid title:primary text:description image:thumbnail popularity:usersrated "
    "number:minplayers,maxplayers,playingtime,minage date:yearpublished "
    "category:boardgamecategory,boardgamemechanic people:boardgamedesigner",
}


def expected(text: str) -> dict[str, tuple[str, str]]:
    """Kinds and units by field: `number:price=$,age` is two numbers."""
    found = {}
    for part in re.split(r" (?=[a-z]+:)", text):
        kind, _, fields = part.partition(":")
        for field in fields.split(","):
            name, _, unit = field.partition("=")
            found[name] = kind, unit
    return found


def test_all_shapes_are_expected():
    assert EXPECTED.keys() == SHAPES.keys() and all(shape.rows >= 5000 for shape in SHAPES.values())


@pytest.mark.parametrize("name", EXPECTED)
def test_columns_are_taken_as_a_person_would(name: str, tmp_path: Path):
    catalog = Catalog.load(SHAPES[name].write(tmp_path, 1500), skip_bad=True)
    assert len(catalog) > 1400
    found = {spec.name: (spec.kind, spec.unit) for spec in catalog.schema.fields}
    wanted = expected(EXPECTED[name])
    assert {field: found.get(field) for field in wanted} == wanted


def test_the_same_table_is_written_again():
    for shape in SHAPES.values():
        assert shape.made(40) == shape.made(40)


def test_measuring_writes_figures_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    given = ["--rows", "60", "--only", "udemy", "--data", str(tmp_path), "--out", str(tmp_path / "out.json")]
    assert measure_catalogs.main([*given, "--report", str(tmp_path / "out.md")]) == 0
    tree = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    figures = tree["catalogs"]["udemy_courses.csv"]
    assert (figures["items"], figures["columns"]) == (60, 12) and figures["memory_mb"] < 500
    assert tree["seed"] == 0 and tree["command"].startswith("python scripts/measure_catalogs.py")
    assert "`course_title`" in (tmp_path / "out.md").read_text(encoding="utf-8")
    assert "udemy_courses.csv" in capsys.readouterr().out
