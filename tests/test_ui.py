"""The web page without a browser: what it shows, and its endpoints for programs."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest

import fake_recommender
from conftest import make_recommender
from test_remote import serving, text_only
from wherefore import cli
from wherefore.catalog.catalog import Catalog
from wherefore.cli import talking
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import Preferences, Wish
from wherefore.errors import WhereforeWarning
from wherefore.serving.threads import OneThread


@pytest.fixture(scope="module")
def page():
    return talking.ui_module()


@pytest.fixture(scope="module")
def ui(page):
    """The page's modules by name."""
    modules = {
        name.partition(".")[2]: module
        for name, module in sys.modules.items()
        if name.startswith("wherefore_ui.")
    }
    return SimpleNamespace(**modules)


@pytest.fixture(scope="module")
def recommender(tokenizers):
    return make_recommender("llama", tokenizers, tries=0)


ASK = "I loved Alien. Horror please, after 1990"


@pytest.fixture(scope="module")
def talk(ui, recommender):
    """The views of one turn."""
    return list(ui.turns.answer(recommender, ui.view.View(), ASK, ui.view.Settings(k=3)))


def test_a_turn_shows_the_list_before_the_words(talk):
    assert talk[0].messages == ({"role": "user", "content": ASK},) and talk[0].listed is None
    assert len(talk[1].messages) == 1 and len(talk[1].listed.cards) == 3
    assert talk[1].state.liked and talk[1].state.limits
    said = [view.messages[1]["content"] for view in talk[2:]]
    assert all(after.startswith(before) for before, after in zip(said, said[1:], strict=False))
    counts = [sum(bool(card.reason) for card in view.listed.cards) for view in talk[1:]]
    assert counts == sorted(counts) and {0, 1, 2, 3} <= set(counts)  # one after the other
    assert talk[-1].turns[0].action == "recommend" and all(card.reason for card in talk[-1].listed.cards)
    assert max(card.strength for card in talk[-1].listed.cards) == 1


def test_an_edited_state_holds_in_later_turns(ui, recommender, talk):
    view, settings = talk[-1], ui.view.Settings(k=3)
    limit = next(p for p in parts(view.state, recommender.catalog) if p.kind == "limit")
    state = ui.view.without_part(view.state, ui.view.key_of(limit), recommender)
    *_, view = ui.turns.anew(recommender, view, state, settings)
    assert len(view.turns) == 1 and view.state.limits == () and view.turns[0].action == "recommend"
    *_, view = ui.turns.answer(recommender, view, "something else", settings)
    assert len(view.turns) == 2 and view.state.limits == () and view.state.liked
    with pytest.raises(ValueError, match="no longer"):
        ui.view.without_part(view.state, ui.view.key_of(limit), recommender)


def test_an_answer_leaves_the_list_it_speaks_of(ui, recommender, talk):
    *_, view = ui.turns.answer(recommender, talk[-1], "Who directed the first one?", ui.view.Settings(k=3))
    assert view.turns[-1].action == "answer" and view.listed == talk[-1].listed
    nothing = replace(view.turns[-1], action="nothing", cards=())
    assert replace(view, turns=(*view.turns, nothing)).listed is None


def test_a_page_that_is_closed_lets_go_of_the_recommender(ui, recommender):
    views = ui.turns.answer(recommender, ui.view.View(), ASK, ui.view.Settings(k=2))
    next(views)
    next(views)
    views.close()
    done = []
    other = threading.Thread(
        target=lambda: done.append(recommender.generate([{"role": "user", "content": ASK}]))
    )
    other.start()
    other.join(30)
    assert done


def test_everything_a_page_computes_runs_on_one_thread(ui, recommender, monkeypatch):
    prefill, seen = recommender.model.prefill, []
    monkeypatch.setattr(
        recommender.model, "prefill", lambda *given: seen.append(threading.get_ident()) or prefill(*given)
    )

    async def build():  # where no event loop runs, Gradio leaves new ones open
        return ui.app.build_app(recommender, k=2)

    app = asyncio.run(build())
    done = {one.fn.__name__: one.fn for one in app.fns.values() if one.fn is not None}
    *_, last = done["turn"](ASK, ui.session.Session(), {})
    session = next(one for one in last.values() if isinstance(one, ui.session.Session))
    assert session.view.turns[0].action == "recommend" and not session.running
    assert 'class="wf-' in done["explain"](session, {})
    for value in ("A &amp; B comedy", [{"type": "text", "text": "A &amp; B comedy"}]):
        *_, last = done["edit"](session, {}, SimpleNamespace(index=0, value=value))
        edited = next(one for one in last.values() if isinstance(one, ui.session.Session))
        assert [turn.said for turn in edited.view.turns] == ["A & B comedy"]
    done["recommend"]([{"role": "user", "content": ASK}])
    *_, answer = done["chat"](ASK)
    assert answer["reply"]["recommendations"]
    assert len(seen) >= 4 and len(set(seen)) == 1 and seen[0] != threading.get_ident()


def test_a_conversation_is_saved_and_restored(ui, talk):
    tree = json.loads(json.dumps(talk[-1].to_json()))
    assert ui.view.View.from_json(tree) == talk[-1]
    for wrong in (None, [], {}, tree | {"version": 0}, tree | {"turns": [{}]}, tree | {"turns": 3}):
        with pytest.raises(ValueError):
            ui.view.View.from_json(wrong)


def test_cards_show_evidence_and_escape_all_text(ui, recommender, talk):
    html = ui.cards.cards_html(talk[-1].listed, recommender.catalog)
    assert html.count('class="wf-card"') == 3 and "<mark title=" in html and html.count('data-act="why"') == 3
    evil = "<img src=x onerror=alert(1)>"
    records = [
        {"id": f"{n}", "title": f"{evil} {n}", "year": 1990 + n, "genres": [evil], "image": "javascript:x"}
        for n in range(3)
    ]
    catalog = Catalog.from_records(records, name="evil")
    mark = ui.view.Mark(evil, evil, evil)
    card = ui.view.Card("1", 1.0, 2.0, f"It has {evil}.", "first", (mark,), {evil: 1}, {evil: 2.0})
    turn = ui.view.Turn(evil, Preferences(), Preferences(), "x", "recommend", (card,), ("1", "2"))
    for images in (False, True):
        html = ui.cards.cards_html(turn, catalog, images)
        assert "<img" not in html and "onerror=alert(1)&gt;" in html
    state = Preferences(liked=("1",), said=(("1", evil),), wanted=(Wish("genres", evil, 1.0, evil),))
    assert "<img" not in ui.cards.chips_html(state, catalog)
    found = ui.picture.CatalogMap(catalog, np.eye(3, dtype=np.float32)).svg(["1", "2"], ["0"], ["2"])
    assert "<img" not in found and found.count("<circle") == 3
    assert "<img" not in ui.saved.Saved({evil: {"title": evil, "when": 1}}).html()
    assert "<img" not in ui.own.trouble_html(f"/x/{evil}.csv", ValueError(evil))
    assert ui.markup.literal("<b>![x](http://y)</b>\x1b") == "&lt;b&gt;!\\[x](http://y)&lt;/b&gt;"


def test_pictures_are_loaded_only_where_they_may_be(ui):
    records = [{"id": "1", "title": "Cup", "image": "https://example.org/cup.png", "price": 3}]
    catalog = Catalog.from_records(records, name="cups")
    card = ui.view.Card("1", 1.0, 2.0)
    turn = ui.view.Turn("x", Preferences(), Preferences(), cards=(card,))
    assert "example.org" not in ui.cards.cards_html(turn, catalog)
    assert 'src="https://example.org/cup.png"' in ui.cards.cards_html(turn, catalog, images=True)


def test_limits_and_wishes_by_hand(ui, recommender):
    controls, catalog = ui.controls, recommender.catalog
    year, low, high, step = next(controls.ranges_of(catalog))
    assert year.name == "year" and low < high and step == 1
    state = controls.limited(Preferences(), year, 1980, high, (low, high))
    assert [(one.field, one.op, one.value) for one in state.limits] == [("year", "ge", 1980.0)]
    assert controls.limited(state, year, low, high, (low, high)).limits == ()
    genres, values = next(controls.values_of_field(catalog))
    said = Preferences(wanted=(Wish(genres.name, values[0], 1.0, "said so"),))
    state = controls.wished(said, genres, [values[1]], [values[2]])
    assert [w.value for w in state.wanted] == [values[0], values[1]] and state.demands[0].value == values[1]
    assert [w.value for w in state.refusals] == [values[2]]
    assert controls.wished(state, genres, [], []) == said


CANDLES = """\
Bezeichnung;Code;Preis;dauer_min
Abendrot;Zedernholz;4,90;1200
Morgentau;Vanille;5,85;1260
Winterlicht;Lavendel;6,80;1320
Seeblick;Zimt;k.A.;1380
"""


def controls(schema, **changed):
    """What the page sends of the table: all controls, some of them changed by people."""
    rows = [
        {"field": spec.name, "kind": spec.kind, "unit": spec.unit if spec.is_number else ""}
        for spec in schema.fields
        if spec.column
    ]
    return json.dumps([row | changed.get(row["field"], {}) for row in rows])


@pytest.fixture
def candles(tmp_path):
    """A file as German Excel writes it."""
    file = tmp_path / "kerzen.csv"
    file.write_bytes(CANDLES.replace("\n", "\r\n").encode("cp1252"))
    return file


@pytest.fixture
def own(ui):
    """What handles uploads, with names for the components that it changes."""
    names = ("found", "report", "trouble", "corrections", "use", "text_out", "name_out")
    shown = SimpleNamespace(**{name: name for name in names})
    return ui.own.OwnHandlers(SimpleNamespace(page=shown, shelf=None))


def row_of(report, column):
    """The part of the table about one column."""
    parts = report.replace("<wbr>", "").split("<tbody")[1:]
    return next(part for part in parts if f'<th scope="row">{column}' in part)


def test_what_the_columns_of_an_own_file_are_taken_for_is_shown(own, candles):
    shown = own.inspect(str(candles), False)
    report = shown["report"]
    assert "kerzen.csv: 4 items" in report and shown["trouble"] == ""
    assert shown["use"]["visible"] and shown["corrections"]["visible"]
    price, code = row_of(report, "Preis"), row_of(report, "Code")
    assert "decimal commas: 4,90 is 4.9" in price and ">75%<" in price and "4.9 · 5.85 · 6.8" in price
    assert "<option selected data-unit>number</option>" in price
    assert "<option selected>ignore</option>" in code and "not used: codes that only identify" in code
    assert 'value="min"' in row_of(report, "dauer_min")
    assert "<select" not in row_of(report, "(no column)")
    for nothing in (None, ""):
        hidden = own.inspect(nothing, False)
        assert hidden["report"] == "" and hidden["found"] is None and not hidden["use"]["visible"]


def test_columns_of_an_own_file_can_be_corrected(own, candles):
    found = own.inspect(str(candles), False)["found"]
    assert found.corrected(controls(found.schema)) == found.corrected("") == found.schema
    changed = controls(found.schema, Code={"kind": "category"}, dauer_min={"unit": "h"})
    schema = found.corrected(changed)
    catalog = Catalog.load(candles, schema)
    assert [item.get("Code") for item in catalog][:2] == [("Zedernholz",), ("Vanille",)]
    assert [item.get("dauer_min") for item in catalog] == [20, 21, 22, 23]
    report = own.read_again(changed, str(candles), False, found)["report"]
    assert "<option selected>category</option>" in row_of(report, "Code") and 'value="h"' in report
    assert "decimal commas" in row_of(report, "Preis")
    changed = controls(found.schema, Code={"kind": "id"}, Preis={"kind": "ignore"})
    schema = found.corrected(changed)  # in the place of the numbers of the rows
    assert (schema.id.name, schema.spec("Preis").kind) == ("Code", "ignore")
    assert Catalog.load(candles, schema)["Zimt"].title == "Seeblick"
    report = own.read_again(changed, str(candles), False, found)["report"]
    assert "(no column)" not in report and "not used: carried along" in row_of(report, "Preis")


def test_corrections_outlive_a_server_that_was_started_anew(own, candles):
    sent = controls(Catalog.load(candles).schema, Code={"kind": "category"})
    shown = own.read_again(sent, str(candles), False, None)
    assert "<option selected>category</option>" in row_of(shown["report"], "Code")
    assert shown["found"].schema.spec("Code").kind == "ignore"
    assert "kind: category" in own.schema_file(sent, str(candles), False, None)["text_out"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"Code": {"kind": "shape"}}, "column 'Code' has the kind 'shape'; known kinds: id, title, alias"),
        ({"Code": {"kind": "title"}}, "more than one field is the title: Bezeichnung, Code; leave one"),
        ({"Bezeichnung": {"kind": "text"}}, "no field is the title"),
        ({"Code": {"kind": "number"}}, "line 2, column `Code` (number) is 'Zedernholz': it is not a number"),
        ({"Preis": {"kind": "date"}}, "line 2, column `Preis` (date) is '4,90': it is not a date"),
    ],
)
def test_corrections_that_cannot_be_are_refused_and_kept(own, candles, changed, says):
    found = own.inspect(str(candles), False)["found"]
    sent = controls(found.schema, **changed)
    for refused in (
        own.read_again(sent, str(candles), False, found),
        own.adopt(sent, str(candles), False, found, None, {}),
        own.schema_file(sent, str(candles), False, found),
    ):
        told = unescape(refused["trouble"])
        assert says in told and "Your changes are still in the table" in told
        assert str(candles.parent) not in told and told.count("kerzen.csv") == 1
        assert "report" not in refused and "found" not in refused  # the table stays as it is
        assert not refused.get("name_out")
    for broken in ("{", "3", '[{"kind": "text"}]', "[3]"):
        assert "upload the file once more" in own.read_again(broken, str(candles), False, found)["trouble"]


def test_the_schema_of_an_own_file_is_read_back(own, candles, tmp_path):
    found = own.inspect(str(candles), False)["found"]
    for changed in ({}, {"Code": {"kind": "category"}, "Preis": {"unit": "€"}}):
        sent = controls(found.schema, **changed)
        made = own.schema_file(sent, str(candles), False, found)
        assert made["name_out"] == "kerzen.csv.schema.yaml" and made["trouble"] == ""
        (tmp_path / made["name_out"]).write_text(made["text_out"], encoding="utf-8")
        read = Catalog.load(candles, tmp_path / made["name_out"])
        assert read.schema == Catalog.load(candles, found.corrected(sent)).schema
        assert read["1"].get("Preis") == 4.9


def test_columns_with_hostile_names_stay_text(own, tmp_path):
    file = tmp_path / "cups.csv"
    file.write_text('Name,"<img src=x>","a""b"\nBlue,<b>,1\nRed,<b>,2\n', encoding="utf-8")
    shown = own.inspect(str(file), False)
    assert "<img" not in shown["report"] and "<b>" not in shown["report"]
    assert 'data-field="a&quot;b"' in shown["report"]


def test_rows_of_an_own_file_that_cannot_be_read_are_left_out_where_ticked(own, tmp_path):
    file = tmp_path / "cups.csv"
    file.write_text("Name;Shape\nBlue;round\nRed;square;x\nGreen;oval\n", encoding="utf-8")
    shown = own.inspect(str(file), False)
    assert not shown["use"]["visible"] and "line 3 has 3 cells where the header has 2" in shown["trouble"]
    assert shown["trouble"].count("cups.csv") == 1 and str(tmp_path) not in shown["trouble"]
    ticked = own.read_again("[]", str(file), True, shown["found"])
    assert ticked["use"]["visible"] and "1 of 3 rows is left out" in ticked["report"].partition("<table")[0]
    assert "Blue · Green" in row_of(ticked["report"], "Name")
    assert "report" not in own.read_again("[]", str(file), False, ticked["found"])  # nor is the table lost


def test_a_conversation_as_markdown(ui, recommender, talk):
    text = ui.export.as_markdown(talk[-1], recommender.catalog)
    assert text.startswith(f"# Conversation\n\n> {ASK}\n") and "- Liked: Alien" in text


def test_places_on_the_map_fill_the_square(ui):
    vectors = np.random.default_rng(0).normal(size=(500, 16)).astype(np.float32)
    places = ui.picture.places_of(vectors)
    assert places.shape == (500, 2) and places.min() >= 0 and places.max() <= 1
    assert np.histogram2d(*places.T, bins=4)[0].min() > 5
    assert ui.picture.places_of(vectors[:1]).tolist() == [[0.5, 0.5]]


def test_examples_fit_the_catalogue(ui):
    builtin = ui.examples.examples_of(Catalog.builtin())
    assert len(builtin) == 4 and any("from after 2000" in text for text in builtin)
    assert len(ui.examples.examples_of(Catalog.from_records([{"id": "1", "title": "Cup"}], name="cups"))) == 1


def test_messages_are_limited(ui):
    now = ui.session.Session()
    assert now.sending("hello").sent
    busy = replace(now, sent=(time.time(),) * ui.session.MOST_MESSAGES)
    for text, of, says in (
        ("", now, ui.texts.EMPTY),
        ("x" * 20_001, now, "20,001 char"),
        ("hello", busy, "Wait"),
    ):
        with pytest.raises(ValueError, match=says):
            of.sending(text)


def test_conversations_in_the_browser(ui, talk):
    saved = ui.saved.Saved()
    change = json.loads(saved.keep("one", talk[-1], "films").changed(saved))
    assert change["drop"] == [] and list(change["put"]) == ["one"]
    saved = ui.saved.Saved.from_browser(json.dumps({"talks": change["put"], "open": change["open"]}))
    assert saved.open == "one" and saved.get("one", "films").messages == talk[-1].messages
    for name, catalog, says in (("two", "films", "no longer there"), ("one", "books", "catalogue “films”")):
        with pytest.raises(ValueError, match=says):
            saved.get(name, catalog)
    for n in range(ui.saved.MOST_SAVED + 3):
        saved = saved.keep(f"{n}", talk[-1], "films")
    assert len(saved.talks) == ui.saved.MOST_SAVED and "one" not in saved.talks
    assert "0" not in saved.talks and f"{n}" not in saved.drop(f"{n}").talks
    assert json.loads(saved.drop("4").changed(saved))["drop"] == ["4"]
    assert saved.when("5") > saved.when("4") > saved.when("gone") == 0
    for odd in (None, 3, "{", "3", "[]", '{"talks": 3}', '{"talks": {"x": 3}}'):
        assert ui.saved.Saved.from_browser(odd) == ui.saved.Saved()


def test_a_stopped_turn_is_understood(ui, recommender, talk):
    for view in talk[:-1]:
        cut = ui.turns.cut_off(recommender, view, "(stopped)")
        assert cut.turns[-1].reply.endswith("(stopped)") and cut.turns[-1].action == "stopped"
        assert cut.state.liked and cut.state.limits
    assert ui.turns.cut_off(recommender, talk[-1], "(stopped)") == talk[-1]


def test_a_catalogue_that_is_no_longer_held_is_noticed(ui, recommender):
    first = ui.shelf.Held(recommender, "starter")
    shelf = ui.shelf.Shelf(first)
    keys = [shelf._hold(first) for _ in range(ui.shelf.MOST_CATALOGS + 1)]
    assert shelf.lost(keys[0]) and not shelf.lost(keys[1]) and not shelf.lost("")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, data=None):
    """The lines of an answer; with data, of a POST."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return [line.decode().rstrip("\n") for line in answer]


def fetch_when_up(url, process, seconds=30):
    for _ in range(10 * seconds):
        try:
            return fetch(url)
        except urllib.error.URLError:
            assert process.poll() is None, "the server has ended"
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


HI = [{"role": "user", "content": "hi"}]
PICTURE = {"type": "image_url", "image_url": {"url": "data:,"}}
WRONG_CALLS = [
    ("recommend", ("hi",), "messages are a str; give a list of {'role'"),
    ("recommend", (3,), "messages are a int; give a list"),
    ("recommend", (None,), "messages are a NoneType; give a list"),
    ("recommend", ([],), "there are no messages"),
    ("recommend", ([["user", "hi"]],), "message 1 is a list; give {'role'"),
    ("recommend", ([{"role": "user", "content": " "}],), "The last message is empty"),
    ("recommend", ([{"role": "user", "content": [PICTURE]}],), "message 1 holds a picture and no text"),
    ("recommend", ([{"role": "robot", "content": "hi"}],), "the role 'robot'; known roles: user"),
    ("recommend", (HI, 0), "`k` is 0; it must be a whole number"),
    ("recommend", (HI, "many"), "`k` is 'many'; it must be a whole number"),
    ("recommend", (HI, 3, {"likes": []}), "`likes` is not a known key; known: liked"),
    ("recommend", (HI, 3, 7), "preferences are a int"),
    ("recommend", (HI, 3, None, ["nothing"]), "does not have: 'nothing'"),
    ("recommend", (HI, 3, None, "nothing"), "a history is a list of item ids or titles"),
    ("chat", ("",), "The last message is empty; say what you like"),
    ("chat", (None,), "message 1 has no content"),
    ("chat", (3,), "message 1 has a content of type int"),
    ("chat", ("x" * 20_001,), "message 1 has 20,001 characters; at most 20,000"),
    ("chat", ("hi", "before"), "`conversation` is a str; give the list of messages"),
    ("chat", ("hi", [["a", "b"]]), "message 1 is a list"),
    ("chat", ("hi", [{"role": "user"}]), "message 1 has no `content`"),
]


@pytest.mark.parametrize(("name", "given", "says"), WRONG_CALLS)
def test_a_wrong_call_is_told_what_is_wrong(ui, page, recommender, name, given, says):
    endpoints = {one.__name__: one for one in ui.programs.endpoints(recommender, 3, OneThread())}
    with pytest.raises(page.gr.Error) as told:
        done = endpoints[name](*given)
        list(done if name == "chat" else ())
    assert says in told.value.message and not told.value.print_exception


def test_a_fault_of_ours_is_told_as_one(ui, page):
    broken = SimpleNamespace(steps=lambda *given, **named: 1 // 0)
    recommend, _ = ui.programs.endpoints(broken, 3, OneThread())
    with pytest.raises(
        page.gr.Error, match="fault of the server and not of your call .ZeroDivisionError."
    ) as told:
        recommend(HI)
    assert told.value.print_exception  # the log has the rest


def test_parts_of_a_message_are_read_and_what_is_not_is_said(ui, recommender):
    recommend, chat = ui.programs.endpoints(recommender, 3, OneThread())
    parts = [
        {"text": "I loved Alien.", "type": "text"},
        {"text": "Horror please, after 1990", "type": "text"},
    ]
    asked = recommend([{"role": "user", "content": parts}], None)
    assert asked["preferences"] == recommend([{"role": "user", "content": ASK}])["preferences"]
    assert len(asked["recommendations"]) == 3 and "text only" not in asked["text"]
    with pytest.warns(WhereforeWarning, match="message 1 holds a picture: only text is read"):
        *_, last = chat([*parts, PICTURE])
    assert (
        last["text"].startswith("I read text only, so I went by your words") and "(a picture)" in last["text"]
    )
    with pytest.warns(WhereforeWarning):
        *_, then = chat("something newer", last["conversation"])
    assert "text only" not in then["text"] and then["reply"]["preferences"]["liked"] == ["alien"]


@contextmanager
def served(*options):
    """The address of a page with the fake recommender; nothing may go wrong on the server."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    command = [sys.executable, fake_recommender.__file__, "ui", "--port", str(port), *options]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert server.stderr
    try:
        fetch_when_up(url, server)
        yield url
    finally:
        server.send_signal(signal.SIGINT)
        try:
            assert server.wait(20) in (0, 130)
        finally:
            server.kill()
            error = server.stderr.read().decode()
            server.stderr.close()
    assert "Traceback" not in error


@pytest.mark.slow
def test_wrong_calls_from_outside_get_the_message():
    from gradio_client import Client
    from gradio_client.exceptions import AppError

    with served() as url:
        client = Client(url, verbose=False)
        for name, given, says in WRONG_CALLS:
            with pytest.raises(AppError) as told:
                client.predict(*given, api_name=f"/{name}")
            assert says in str(told.value), (name, given)
        event = json.loads(fetch(f"{url}/gradio_api/call/recommend", {"data": [HI]})[0])["event_id"]
        answer = " ".join(fetch(f"{url}/gradio_api/call/recommend/{event}"))
        assert (
            "`recommend` takes 3 values in `data`, in this order: messages, k, preferences; 1 came" in answer
        )
        assert client.predict(HI, api_name="/recommend")["recommendations"]  # and nothing is broken
        known = client.predict(HI, 3, None, ["1", "Low Tide"], api_name="/recommend")["recommendations"]
        assert [one["item"]["id"] for one in known] == ["2", "3", "4"]
        client.close()


@pytest.mark.slow
def test_the_command_serves_the_page():
    with served("--k", "3") as url:
        html = "\n".join(fetch(url))
        assert "Wherefore" in html
        assert not re.search(r"fonts\.g(oogleapis|static)", html.partition("window.gradio_config")[2])
        event = json.loads(fetch(f"{url}/gradio_api/call/chat", {"data": ["First", None]})[0])["event_id"]
        lines = fetch(f"{url}/gradio_api/call/chat/{event}")
        assert "event: generating" in lines  # it streams
        last = lines[lines.index("event: complete") + 1]
        assert "Ghosts & Sons" in last and "conversation" in last
        asked = {"data": [[{"role": "user", "content": "First"}], 2, None]}
        event = json.loads(fetch(f"{url}/gradio_api/call/recommend", asked)[0])["event_id"]
        lines = fetch(f"{url}/gradio_api/call/recommend/{event}")
        reply = json.loads(lines[lines.index("event: complete") + 1].removeprefix("data: "))[0]
        assert len(reply["recommendations"]) == 2 and reply["preferences"]["liked"] == ["5"]


def test_programs_that_ask_at_once_are_answered_as_each_alone(ui, tokenizers):
    """Their replies are written in one batch, on one thread."""
    recommender = make_recommender("llama", tokenizers)
    alone = OneThread()
    recommend, chat = ui.programs.endpoints(recommender, 3, alone)
    asked = [ASK, "A comedy after 1980", "Something with Sigourney Weaver", "Anything shorter than Heat?"]
    expected = [recommend([{"role": "user", "content": text}])["text"] for text in asked]
    sizes, answered = set(), {}
    read = recommender.lm.words.batch._reader.read
    recommender.lm.words.batch._reader.read = lambda drafts: sizes.add(len(drafts)) or read(drafts)
    begin = threading.Barrier(len(asked))

    def program(number):
        begin.wait()
        if number % 2:
            answered[number] = recommend([{"role": "user", "content": asked[number]}])["text"]
        else:
            *_, last = chat(asked[number])
            answered[number] = last["reply"]["text"]

    programs = [threading.Thread(target=program, args=(number,)) for number in range(len(asked))]
    for one in programs:
        one.start()
    for one in programs:
        one.join()
    assert [answered[number] for number in range(len(asked))] == expected
    assert max(sizes) > 1


@pytest.mark.slow
def test_a_port_that_is_taken_and_a_bad_user_are_explained(capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        command = [sys.executable, fake_recommender.__file__, "ui", "--port", str(port)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 2 and f"port {port} is taken" in done.stderr
    assert cli.main(["ui", "--user", "me"]) == 2
    assert "give NAME:PASSWORD" in capsys.readouterr().err


def test_without_gradio_the_error_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["ui"]) == 2
    assert capsys.readouterr().err == (
        "error: the web page needs gradio; install it with: pip install 'wherefore[ui]'\n"
    )


def test_text_only_is_said_and_so_is_what_goes_wrong(page, ui, tokenizers, recommender, monkeypatch):
    with serving(lambda prompt: 429) as script:
        served = text_only(tokenizers, script)
        assert "Text-only: no soft tokens" in ui.layout.head_html(served)
        assert f"text-only: no soft tokens; tiny at {script.url}" in ui.layout.about_html(served)
        assert "no soft tokens" not in ui.layout.head_html(recommender) + ui.layout.about_html(recommender)
        shown = []
        monkeypatch.setattr(page.gr, "Warning", shown.append)
        shelf = ui.shelf.Shelf(ui.shelf.Held(served, "starter"))
        views = list(ui.turns.answer(shelf.get(""), ui.view.View(), ASK, ui.view.Settings(k=3)))
    assert len(views[-1].listed.cards) == 3
    assert len(shown) == 1 and "429" in shown[0]


@pytest.mark.parametrize("folders", [True, False])
def test_only_who_may_name_folders_can_change_settings(page, recommender, folders):
    """A setting names servers and variables of the environment; hiding its button would not keep it from others."""

    async def build():
        return page.build_app(recommender, folders=folders)

    app = asyncio.run(build())
    assert any(one.fn is not None and one.fn.__name__ == "take" for one in app.fns.values()) is folders
