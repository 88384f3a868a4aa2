"""The page as people use it: the starter behind it, headless Chromium before it."""

import json
import os
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import fake_recommender
import screenshots
from wherefore.catalog.schema import Schema

try:
    CHROMIUM = screenshots.browser()
except FileNotFoundError:
    CHROMIUM = None
KEPT = Path(os.environ.get("WHEREFORE_SCREENSHOTS", "logs/screenshots"))  # of tests that failed

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium; install it: apt install chromium"),
]


QUICK = ("--set", "retrieval.k=60")  # fewer candidates to rank than users have
PLAIN = ("--set", "writer.tries=0")  # the grammar's sentences, which take a tenth of the time


@contextmanager
def server(folder, *arguments, **kwargs):
    """The page; what its server says must hold no traceback."""
    log = folder / "server.log"
    with pytest.MonkeyPatch.context() as patch, log.open("wb") as out:
        patch.setenv("WHEREFORE_CACHE", str(folder / "cache"))
        with screenshots.served(*arguments, log=out, **kwargs) as url:
            yield url
    assert "Traceback" not in log.read_text(encoding="utf-8")


class Lasting:
    """A server with the starter for all tests, which can go away and come back at the same address.

    The LLM words its replies for the first tests; where it has come back they are worded plainly, for tests of
    everything else.
    """

    def __init__(self, make_folder):
        self.make_folder, self.port = make_folder, screenshots.free_port()
        self.start()

    def start(self, *settings):
        self.running = ExitStack()
        self.url = self.running.enter_context(
            server(self.make_folder("page"), *QUICK, *settings, port=self.port)
        )

    def stop(self):
        self.running.close()


@pytest.fixture(scope="module")
def lasting(tmp_path_factory):
    """The server of most tests."""
    lasting = Lasting(tmp_path_factory.mktemp)
    yield lasting
    lasting.stop()


@pytest.fixture(scope="module")
def url(lasting):
    """The page of a server with the starter."""
    return lasting.url


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """Somebody on the page."""

    def __init__(self, browser, url, **screen):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900}, **screen)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", lambda dialog: self.errors.append(dialog.message) or dialog.dismiss())
        self.asked_others = []
        self.page.on("request", lambda request: self.asked_others.append(request.url))
        self.page.add_init_script(
            "window.shifts = [];"
            "new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(one => ({"
            " value: one.value, moved: one.sources.map(moved => moved.node?.className ?? '') }))))"
            ".observe({type: 'layout-shift', buffered: true})"
        )
        self.page.goto(url)
        self.page.wait_for_selector("#wf-box textarea")
        self.page.wait_for_selector("#wf-list .wf-empty, #wf-list .wf-card")  # parts arrive one by one

    def ready(self, before=""):
        """Wait until the reply is whole; `before`: what the list was, when it must change."""
        self.page.wait_for_timeout(150)  # so that the page has noticed
        self.page.evaluate("window.quietSince = null")
        self.page.wait_for_function(  # for a while: its parts do not all change in one moment
            "before => { const list = document.querySelector('#wf-list').innerText;"
            " const done = !document.querySelector('.wf-wait') && list !== before"
            " && document.querySelector('#wf-box').innerText.includes('Send');"
            " window.quietSince = done ? window.quietSince ?? performance.now() : null;"
            " return done && performance.now() - window.quietSince > 300; }",
            arg=before,
        )

    def listed(self):
        return self.page.eval_on_selector_all(
            ".wf-card h3", "all => all.map(one => one.innerText.replace(/^\\d+\\s+/, ''))"
        )

    def list_text(self):
        return self.page.inner_text("#wf-list")

    def send(self, text):
        self.page.fill("#wf-box textarea", text)
        self.page.press("#wf-box textarea", "Enter")

    def say(self, text):
        before, said = self.list_text(), self.page.locator("#wf-chat .user.message").count()
        self.send(text)
        self.page.wait_for_function(  # else a page that is still being filled looks like one with the reply
            "said => document.querySelectorAll('#wf-chat .user.message').length > said", arg=said
        )
        self.ready(before)

    def click(self, where):
        before = self.list_text()
        self.page.click(where)
        self.ready(before)

    def chips(self):
        return self.page.eval_on_selector_all(
            ".wf-chip span", "all => all.map(one => one.innerText.split('\\n')[0])"
        )

    def open(self, box):
        self.page.click(f"{box} > button, {box} button.label-wrap")


@pytest.fixture
def visit(browser, url, request):
    visits = []

    def make(at=None, **screen):
        visits.append(Visit(browser, at or url, **screen))
        return visits[-1]

    yield make
    failed = getattr(request.node, "failed", False)
    for number, one in enumerate(visits):
        if failed:
            KEPT.mkdir(parents=True, exist_ok=True)
            one.page.screenshot(path=KEPT / f"{request.node.name}-{number}.png", full_page=True)
        one.context.close()
        assert one.errors == []


# -- replies that the LLM words: they can be stopped half way ----------------------------------------------


def test_a_message_brings_cards_and_words(visit, url):
    me = visit()
    started = time.perf_counter()
    me.send("I loved Alien. Something scary from after 1990, no comedies")
    me.page.wait_for_selector(".wf-card")
    assert len(me.listed()) == 5 and time.perf_counter() - started < 60
    me.ready()
    assert me.page.locator(".wf-reason mark").count() >= 3
    assert me.chips() == ["Liked Alien (1979)", "Wanted Horror", "Not wanted Comedy", "Limit year after 1990"]
    assert "Alien" in me.page.inner_text("#wf-chat")
    assert {request.split("/")[2] for request in me.asked_others if "//" in request} == {url.split("/")[2]}


def test_a_reply_is_stopped_and_the_talk_goes_on(visit):
    me = visit()
    me.page.evaluate(  # on a busy machine the reply may be whole before anything outside the page sees the button
        "new MutationObserver((_, seen) => {"
        " const shown = [...document.querySelectorAll('#wf-box button')].filter(one => one.offsetParent !== null);"
        " const stop = shown.find(one => one.innerText.includes('Stop'));"
        " if (stop) { seen.disconnect(); stop.click(); }"
        "}).observe(document.body, { attributes: true, childList: true, subtree: true })"
    )
    me.send("I liked Alien, Heat and Amadeus. What do you recommend?")
    me.page.wait_for_selector("#wf-chat :text('(stopped)')", timeout=60_000)
    me.page.wait_for_selector("#wf-box button:has-text('Send')")
    me.say("no comedies, please")
    assert len(me.listed()) == 5 and "Not wanted Comedy" in me.chips() and "Liked Heat (1995)" in me.chips()


def test_a_new_conversation_is_begun_while_a_reply_is_written(visit):
    me = visit()
    me.send("I liked Alien, Heat and Amadeus. What do you recommend?")
    me.page.wait_for_selector(".wf-card")
    me.page.click("#wf-new")
    me.page.wait_for_selector(".wf-card", state="detached")
    me.page.wait_for_selector("#wf-box button:has-text('Send')")
    me.page.wait_for_timeout(1500)
    assert me.listed() == me.chips() == [] and me.page.locator("#wf-chat .user.message").count() == 0
    me.say("no comedies, please")
    assert me.chips() == ["Not wanted Comedy"]


def test_another_checkpoint_and_other_settings(visit):
    me = visit()
    me.open("#wf-settings")
    model = me.page.inner_text("#wf-model")
    for folder, lines, says in (
        ("/no/such/folder", "", "/no/such/folder"),
        ("starter", "item_encoder.soft_tokens=4", "cannot be set on a trained checkpoint"),
        ("starter", "writer.tries=many", "writer.tries"),
    ):
        me.page.fill("#wf-checkpoint textarea, #wf-checkpoint input", folder)
        me.page.fill("#wf-model-settings textarea", lines)
        me.page.click("#wf-load")
        me.page.wait_for_selector(f"#wf-model .wf-trouble:has-text('{says}')")
        me.page.wait_for_timeout(300)  # a button that is pressed twice within a moment counts once
        assert model in me.page.inner_text("#wf-model")
    me.page.fill("#wf-model-settings textarea", "writer.tries=0\nturn.questions=false")
    me.page.click("#wf-load")
    me.page.wait_for_function("!document.querySelector('#wf-model .wf-trouble')")
    me.say("I liked Heat")
    me.page.click(".wf-card:nth-child(1) summary")
    assert "worded plainly" in me.page.inner_text(".wf-card:nth-child(1) .wf-why")


def test_a_server_that_went_away_and_came_back(visit, lasting):
    noticing, unaware = visit(), visit()
    for one in (noticing, unaware):
        one.say("I loved Toy Story. An animated film, please")
    listed = noticing.listed()
    lasting.stop()
    try:
        noticing.send("something newer")
        noticing.page.wait_for_selector(":text('Connection to the server was lost')")
    finally:
        lasting.start(*PLAIN)
    noticing.page.wait_for_selector(":text('Connection to the server was lost')", state="detached")
    noticing.page.wait_for_selector(".wf-card")
    assert noticing.listed() == listed  # the page came back by itself
    for one in (noticing, unaware):
        one.say("something newer")
        assert "Liked Toy Story (1995)" in one.chips() and one.listed() != listed
        assert one.page.locator("#wf-chat .bot.message").count() == 2


# -- replies that are worded plainly ----------------------------------------------------------------------


def test_likes_and_dropped_chips_change_the_list(visit):
    me = visit()
    me.say("Horror from after 2000")
    first = me.listed()
    me.click(".wf-card:nth-child(2) [data-act=seen]")
    assert first[1] not in me.listed() and any(chip.startswith("Already seen") for chip in me.chips())
    me.click(".wf-card:nth-child(1) [data-act=like]")
    assert any(chip.startswith("Liked") for chip in me.chips())
    me.click(".wf-chip:has-text('Horror') button")
    assert not any("Horror" in chip for chip in me.chips()) and any("2000" in chip for chip in me.chips())


def test_a_limit_set_by_a_slider_holds(visit):
    me = visit()
    me.say("Something funny")
    me.open("#wf-filters")
    slider = me.page.locator("#wf-filters input[type=range]").first
    before = me.list_text()
    slider.fill("2015")
    me.page.wait_for_selector(".wf-chip:has-text('2015')")
    me.ready(before)
    years = [int(title[-5:-1]) for title in me.listed()]
    assert years and all(year >= 2015 for year in years), me.listed()
    assert any("2015" in chip for chip in me.chips())


def test_two_people_are_kept_apart_and_a_reload_restores(visit):
    one, other = visit(), visit()
    one.say("I loved Toy Story. An animated film, please")
    other.say("War movies, nothing with Tom Hanks")
    assert "Liked Toy Story (1995)" in one.chips() and not any("Toy Story" in chip for chip in other.chips())
    listed = one.listed()
    one.page.reload()
    one.page.wait_for_selector(".wf-card")
    assert one.listed() == listed and "Liked Toy Story (1995)" in one.chips()
    one.say("something newer")
    assert "Liked Toy Story (1995)" in one.chips()


def test_tabs_keep_what_other_tabs_saved(visit):
    me = visit()
    me.say("I loved Toy Story. An animated film, please")
    me.page.wait_for_function("localStorage.getItem('wherefore-conversations')")
    second = Visit.__new__(Visit)
    second.page = me.context.new_page()
    second.page.set_default_timeout(60_000)
    second.page.goto(me.page.url)
    second.page.wait_for_selector(".wf-card")  # it opens with what was open last
    second.say("War films")
    me.say("something newer")  # the first tab goes on from where it was
    assert "Liked Toy Story (1995)" in me.chips() and not any("war" in chip.lower() for chip in me.chips())
    me.page.wait_for_function("localStorage.getItem('wherefore-conversations').includes('something newer')")
    kept = me.page.evaluate("JSON.parse(localStorage.getItem('wherefore-conversations')).talks")
    said = [[turn["said"] for turn in talk["view"]["turns"]] for talk in kept.values()]
    first = "I loved Toy Story. An animated film, please"
    assert sorted(said) == [[first, "War films"], [first, "something newer"]]
    for tab, last in ((me, "something newer"), (second, "War films")):  # each restores its own
        tab.page.reload()
        tab.page.wait_for_selector(f"#wf-chat :text('{last}')")


def test_hostile_words_stay_words(visit):
    me = visit()
    evil = '<img src=x onerror="alert(1)"> <script>alert(2)</script> horror'
    me.say(evil)
    assert "onerror" in me.page.inner_text("#wf-chat") and me.page.locator("#wf-chat img[src=x]").count() == 0


def test_an_own_catalogue_and_broken_ones(visit, tmp_path):
    me = visit()
    good = tmp_path / "cups.csv"
    rows = ["Name,Shape,Maker,Price"]
    rows += [
        f"{color} {shape} {n},{shape},Maker {n % 3},{n + 3}"
        for n in range(12)
        for color, shape in (("Blue", "round"), ("Red", "square"))
    ]
    good.write_text("\n".join(rows), encoding="utf-8")
    (tmp_path / "empty.csv").write_text("", encoding="utf-8")
    (tmp_path / "ragged.csv").write_text('Name,Price\n"Blue,3\nRed', encoding="utf-8")
    (tmp_path / "broken.jsonl").write_text('{"title": "Cup"}\n{"title": ', encoding="utf-8")
    me.open("#wf-catalog")
    for name in ("empty.csv", "ragged.csv", "broken.jsonl"):
        me.page.set_input_files("#wf-catalog input[type=file]", str(tmp_path / name))
        me.page.wait_for_selector(f".wf-trouble:has-text('{name}')")
        me.page.click("#wf-catalog button[aria-label='Clear'], #wf-catalog button[aria-label='Remove']")
    me.page.set_input_files("#wf-catalog input[type=file]", str(good))
    me.page.click("button:has-text('Use this catalogue')")
    me.page.wait_for_function("document.querySelector('#wf-head').innerText.includes('like. 24 ')")
    me.say("something round under 9")
    assert me.listed() and all("round" in title for title in me.listed())


CANDLES = (
    "Abendrot Zedernholz,Morgentau Vanille,Winterlicht Lavendel,Sommerwiese Bergamotte,Nachtfalter Zimt,"
    "Kaminfeuer Kiefer,Seeblick Meersalz,Bergluft Rosmarin,Herbstlaub Feige,Sternenzelt Amber"
)


def test_a_german_file_is_read_and_its_columns_corrected(visit, tmp_path):
    file = tmp_path / "kerzen.csv"
    lines = ["Bezeichnung;Code;Preis;Dauer (min)"]
    lines += [
        f"{name};{code};{4 + n},{90 - 5 * n};{1200 + 60 * n}"
        for n, (name, code) in enumerate(map(str.split, CANDLES.split(",")))
    ]
    file.write_bytes("\r\n".join(lines).encode("cp1252"))
    me = visit()
    me.open("#wf-catalog")
    me.page.set_input_files("#wf-catalog input[type=file]", str(file))
    price = me.page.locator("#wf-columns tbody", has=me.page.locator("th:text-is('Preis')"))
    price.wait_for()
    assert "decimal commas: 4,90 is 4.9" in price.inner_text()
    code = me.page.locator("#wf-columns [data-field=Code]")
    assert "codes that only identify" in code.inner_text() and not code.locator("input").is_visible()
    kind = me.page.get_by_label("Kind of Code")

    kind.select_option("number")
    assert code.locator("input").is_visible()
    me.page.click("button:has-text('Read again')")
    me.page.wait_for_selector("#wf-trouble :text('it is not a number')")
    assert kind.input_value() == "number"  # nothing is lost

    kind.select_option("category")
    unit = me.page.get_by_label("Unit of Dauer (min)")
    unit.fill("h")
    unit.press("Enter")  # reads again as well
    me.page.wait_for_function("!document.querySelector('#wf-trouble p')")
    me.page.wait_for_function("!document.querySelector('#wf-columns .wf-changed')")
    assert kind.input_value() == "category" and "20 · 21 · 22" in me.page.inner_text("#wf-columns")
    with me.page.expect_download() as download:
        me.page.click("button:has-text('Download the schema')")
    assert download.value.suggested_filename == "kerzen.csv.schema.yaml"
    schema = Schema.from_yaml(download.value.path())
    assert (schema.spec("Code").kind, schema.spec("Dauer (min)").unit) == ("category", "h")

    me.page.click("button:has-text('Use this catalogue')")
    me.page.wait_for_function("document.querySelector('#wf-head').innerText.includes('like. 10 ')")
    me.say("Something with Zimt")
    assert me.chips() == ["Wanted Zimt"] and me.listed()[0] == "Nachtfalter"


def test_a_turn_is_said_again_taken_back_and_edited(visit):
    me = visit()
    me.say("I liked Heat. A crime film?")
    listed = me.listed()
    me.page.click("#wf-chat button[aria-label='Retry']")
    me.page.wait_for_selector("#wf-box button:has-text('Stop')")
    me.ready()
    assert me.listed() == listed and me.page.locator("#wf-chat .bot.message").count() == 1
    me.say("no comedies")
    me.page.click("#wf-chat .user.message:has-text('I liked Heat'), #wf-chat .user:has-text('I liked Heat')")
    me.page.locator("#wf-chat button[aria-label='Edit']").first.click()
    before = me.list_text()
    me.page.locator("#wf-chat textarea").fill("I liked Toy Story. An animated film?")
    me.page.click("#wf-chat button[aria-label='Submit']")
    me.ready(before)
    assert me.chips()[0] == "Liked Toy Story (1995)" and not any("Comedy" in chip for chip in me.chips())
    me.page.click("#wf-chat button[aria-label='Undo']")
    me.page.wait_for_selector(".wf-card", state="detached")
    assert me.page.input_value("#wf-box textarea") == "I liked Toy Story. An animated film?"
    assert me.chips() == [] and me.page.locator("#wf-chat .bot.message").count() == 0


def test_the_keyboard_reaches_a_card_and_nothing_jumps(visit):
    me = visit()
    me.say("I liked Heat")
    shifts = me.page.evaluate("window.shifts")  # from the first paint on
    assert 0 < sum(one["value"] for one in shifts) < 0.1, shifts  # what search engines call good
    before = me.list_text()
    me.page.focus(".wf-card:nth-child(1) .wf-act")
    for _ in range(2):
        me.page.keyboard.press("Tab")
    assert me.page.evaluate("document.activeElement.dataset.act") == "seen"
    me.page.keyboard.press("Enter")
    me.ready(before)
    assert any(chip.startswith("Already seen") for chip in me.chips())
    unnamed = me.page.evaluate(
        "[...document.querySelectorAll('#wf-main button, #wf-main textarea, #wf-main input')]"
        ".filter(one => one.offsetParent)"
        ".filter(one => !(one.innerText.trim() || one.ariaLabel || one.title || one.labels?.length))"
        ".map(one => one.outerHTML)"
    )
    assert unnamed == []


def test_why_and_what_each_thing_does_and_the_map(visit):
    me = visit()
    me.say("I loved Alien. Something scary, no comedies")
    me.page.click(".wf-card:nth-child(1) summary")
    assert "Found by" in me.page.inner_text(".wf-card:nth-child(1) .wf-why")
    me.open("#wf-effects")
    me.page.click("button:has-text('Show what each thing does')")
    me.page.wait_for_selector(".wf-effects li")
    assert "Alien" in me.page.inner_text(".wf-effects")
    me.open("#wf-map-box")
    me.page.wait_for_selector("#wf-map .wf-listed")
    assert (
        me.page.locator("#wf-map .wf-listed").count() == 5
        and me.page.locator("#wf-map .wf-liked").count() == 1
    )


def test_strangers_need_the_password_and_cannot_name_folders(visit, tmp_path, browser):
    with server(tmp_path, "--user", "me:secret", program=[sys.executable, fake_recommender.__file__]) as url:
        page = browser.new_page()
        page.goto(url)
        page.wait_for_selector("input[type=password]")
        assert page.locator("#wf-box").count() == 0
        page.get_by_label("username").fill("me")
        page.fill("input[type=password]", "secret")
        page.keyboard.press("Enter")
        page.wait_for_selector("#wf-box textarea", timeout=60_000)
        page.click("#wf-settings > button, #wf-settings button.label-wrap")
        page.wait_for_selector("#wf-model")
        assert page.locator("#wf-load").count() == 0
        page.close()


def test_a_phone_has_no_sideways_scroll(visit):
    me = visit()
    me.page.set_viewport_size({"width": 390, "height": 844})
    me.say("I liked Heat")
    assert me.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth + 1")
    box = me.page.locator(".wf-acts button").first.bounding_box()
    assert box["height"] >= 34


def test_a_conversation_is_taken_away_as_files(visit):
    me = visit()
    me.say("I liked Heat. A crime film?")
    with me.page.expect_download() as download:
        me.page.click("button:has-text('Save as JSON')")
    tree = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert tree["turns"][0]["said"] == "I liked Heat. A crime film?"
    with me.page.expect_download() as download:
        me.page.click("button:has-text('Save as Markdown')")
    assert "> I liked Heat" in Path(download.value.path()).read_text(encoding="utf-8")
