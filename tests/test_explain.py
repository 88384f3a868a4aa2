import re
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import Schema
from wherefore.dialogue.facts import Fact, Plan
from wherefore.dialogue.messages import Dialogue, Message, parse_messages
from wherefore.dialogue.spoken import limit_words
from wherefore.dialogue.state import Limit, Preferences, Wish
from wherefore.evaluation.checker import Said, faults, reply_faults, sentence_faults
from wherefore.lm.copying import Copying
from wherefore.reading.reader import DialogueReader
from wherefore.text import normal_words
from wherefore.training.practice import random_case, random_dialogue, random_opening_case
from wherefore.writing.check import check
from wherefore.writing.evidence import evidence
from wherefore.writing.fallback import plain_opening, plain_sentence
from wherefore.writing.frames import lexicon
from wherefore.writing.openings import opening
from wherefore.writing.phrases import article
from wherefore.writing.plan import plan_opening, plan_reasons
from wherefore.writing.polish import polish
from wherefore.writing.reasons import record_sentences, word
from wherefore.writing.surface import opening_surface
from wherefore.writing.understood import understood

MOVIES = [
    (
        "alien",
        "Alien",
        1979,
        ["Horror", "Sci-Fi"],
        ["Ridley Scott"],
        ["Sigourney Weaver", "John Hurt"],
        ["space"],
        117,
    ),
    (
        "heat",
        "Heat",
        1995,
        ["Crime", "Drama"],
        ["Michael Mann"],
        ["Al Pacino", "Val Kilmer"],
        ["heist", "police"],
        170,
    ),
    (
        "blade",
        "Blade Runner",
        1982,
        ["Sci-Fi"],
        ["Ridley Scott"],
        ["Harrison Ford"],
        ["android", "space"],
        117,
    ),
    (
        "grav",
        "Gravity",
        2013,
        ["Sci-Fi", "Drama"],
        ["Alfonso Cuarón"],
        ["Sandra Bullock"],
        ["space", "survival"],
        91,
    ),
    (
        "loop",
        "Looper",
        2012,
        ["Sci-Fi", "Crime"],
        ["Rian Johnson"],
        ["Joseph Gordon-Levitt"],
        ["time travel"],
        119,
    ),
    (
        "hered",
        "Hereditary",
        2018,
        ["Horror"],
        ["Ari Aster"],
        ["Toni Collette"],
        ["haunted house", "grief"],
        127,
    ),
    (
        "sixth",
        "The Sixth Sense",
        1999,
        ["Horror", "Drama"],
        ["M. Night Shyamalan"],
        ["Toni Collette"],
        ["ghost"],
        107,
    ),
    ("up", "Up", 2009, ["Animation", "Comedy"], ["Pete Docter"], ["Edward Asner"], ["balloon"], 96),
    ("amour", "Amour", 2012, ["Romance", "Drama"], ["Michael Haneke"], ["Emmanuelle Riva"], ["old age"], 127),
    (
        "iron",
        "Iron Man",
        2008,
        ["Action", "Sci-Fi"],
        ["Jon Favreau"],
        ["Robert Downey Jr."],
        ["superhero"],
        126,
    ),
]
SCHEMA = Schema.parse(
    {
        "noun": "movie",
        "fields": [
            {"name": "id", "kind": "id"},
            {"name": "title", "kind": "title"},
            {"name": "year", "kind": "number"},
            {"name": "genres", "kind": "category"},
            {"name": "directors", "kind": "people"},
            {"name": "cast", "kind": "people"},
            {"name": "keywords", "kind": "category"},
            {"name": "runtime_min", "kind": "number"},
        ],
    }
)


def make_movies() -> Catalog:
    items = [
        Item(
            i,
            title,
            {
                "year": year,
                "genres": tuple(genres),
                "directors": tuple(directors),
                "cast": tuple(cast),
                "keywords": tuple(keywords),
                "runtime_min": runtime,
            },
        )
        for i, title, year, genres, directors, cast, keywords, runtime in MOVIES
    ]
    return Catalog(items, SCHEMA, "films")


@pytest.fixture(scope="module")
def movies():
    return make_movies()


@pytest.fixture(scope="module")
def builtin(builtin_reader):
    return builtin_reader.catalog


def others() -> list[Catalog]:
    """Catalogues of other domains, with schemas as they are inferred."""
    rng = Random(5)
    recipes = [
        {
            "title": f"Dish {i}",
            "cuisine": rng.choice(["Thai", "Italian", "Mexican"]),
            "ingredients": rng.sample(["egg", "rice", "basil", "beef", "lime"], 3),
            "cooking_time_min": rng.choice([10, 25, 60]),
            "author": rng.choice(["Ann Lee", "Bo Ek"]),
            "servings": rng.choice([2, 4]),
            "tags": rng.sample(["quick", "spicy", "vegan", "one-pot"], 2),
        }
        for i in range(60)
    ]
    albums = [
        {
            "title": f"Album {i}",
            "artist": rng.choice(["Band Ark", "DJ Uno", "K. Ito"]),
            "genre": rng.choice(["Jazz", "R&B", "Indie Rock"]),
            "release_date": f"19{rng.randint(60, 99)}-05-01",
            "track_count": rng.randint(8, 20),
            "composer": rng.choice(["J. S. Bach", "Ola Nygård"]),
        }
        for i in range(60)
    ]
    lamps = [
        {
            "title": f"Lamp {i}",
            "brand": rng.choice(["Acme", "Zed", "Über Co"]),
            "material": rng.choice(["steel", "oak", "glass"]),
            "price_usd": rng.choice([5, 20, 19.99]),
            "category": rng.choice(["Kitchen", "Office", "Desk Lamp"]),
            "color": rng.choice(["red", "blue"]),
        }
        for i in range(60)
    ]
    return [Catalog.from_records(rows) for rows in (recipes, albums, lamps)]


def user(**preferences) -> Dialogue:
    return Dialogue((Message("user", "what would you suggest?"),), (), Preferences(**preferences))


def wish(field, value, strength=1.0) -> Wish:
    return Wish(field, value, strength, value.lower())


def plan_for(catalog, item_id, dialogue, limit=2) -> Plan:
    return plan_reasons([catalog[item_id]], dialogue, catalog, limit=limit)[0]


# -- evidence ---------------------------------------------------------------------------------------


def test_evidence_puts_wishes_before_shared_facts_before_limits(movies):
    dialogue = user(
        liked=("alien",),
        wanted=(wish("genres", "Sci-Fi"),),
        limits=(Limit("year", "gt", 1980, "after 1980"),),
    )
    facts = evidence(movies["blade"], dialogue, movies)
    assert [fact.kind for fact in facts] == ["wish", "shared", "limit"]
    assert (facts[0].field, facts[0].value) == ("genres", "Sci-Fi")
    assert (facts[1].value, facts[1].source) == ("Ridley Scott", "alien")
    assert facts[1].phrase == "directed by Ridley Scott"
    assert (facts[2].value, facts[2].ask) == ("1982", "after 1980")


def test_every_fact_is_true(movies, builtin):
    for catalog in (movies, builtin):
        rng = Random(1)
        for _ in range(150):
            item = catalog.items[rng.randrange(len(catalog))]
            dialogue = random_dialogue(catalog, rng, item)
            facts = evidence(item, dialogue, catalog, {i: 0.5 for i in dialogue.preferences.liked}, limit=6)
            assert facts
            for fact in facts:
                value = item.get(fact.field) if fact.field else None
                values = value if isinstance(value, tuple) else (str(value),)
                assert (fact.value in values) == (fact.kind not in ("avoid", "similar"))
                if fact.kind == "shared":
                    assert fact.source in dialogue.preferences.liked
                    assert fact.value in catalog[fact.source].values(fact.field)
                if fact.kind == "wish":
                    assert any(
                        (w.field, w.value) == (fact.field, fact.value) for w in dialogue.preferences.wanted
                    )
                if fact.kind == "limit":
                    assert all(
                        x.allows(item, catalog) for x in dialogue.preferences.limits if x.field == fact.field
                    )


def test_a_wish_that_the_item_does_not_meet_is_no_evidence(movies):
    facts = evidence(movies["heat"], user(wanted=(wish("genres", "Comedy"),)), movies)
    assert facts and all(fact.kind == "own" for fact in facts)


def test_without_any_tie_the_closest_liked_item_is_named(movies):
    facts = evidence(movies["up"], user(liked=("heat", "hered")), movies, {"heat": 0.2, "hered": 0.6})
    assert any(fact.kind == "similar" and fact.source == "hered" for fact in facts)
    facts = evidence(movies["up"], user(liked=("heat",)), movies, {"heat": 0.1})
    assert all(fact.kind != "similar" for fact in facts)


def test_an_empty_record_still_gets_a_sentence(movies):
    catalog = Catalog([Item("a", "A"), *movies.items], SCHEMA, "films")
    dialogue = user()
    plan = plan_for(catalog, "a", dialogue)
    assert plan.facts == ()
    assert check(word(plan, Random(0)), plan, dialogue, catalog) == []
    assert plain_sentence(plan, catalog).endswith(".")


def test_reasons_of_one_list_vary(movies):
    dialogue = user(wanted=(wish("genres", "Sci-Fi"),), liked=("alien",))
    items = [movies[i] for i in ("blade", "grav", "loop", "iron")]
    plans = plan_reasons(items, dialogue, movies)
    assert all(plan.facts for plan in plans)
    assert len({tuple((f.field, f.value) for f in plan.facts) for plan in plans}) == 4
    assert [slot for plan in plans for slot in plan.slots if slot[0] == "#"] == ["#1", "#2", "#3", "#4"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ([("gt", 2000)], "after 2000"),
        ([("ge", 1990), ("lt", 2000)], "in the 1990s"),
        ([("ge", 1990), ("le", 2001)], "between 1990 and 2001"),
        ([("lt", 1980)], "before 1980"),
        ([("eq", 1999)], "from 1999"),
    ],
)
def test_limits_in_words(movies, limits, words):
    limits = [Limit("year", op, value, "") for op, value in limits]
    assert limit_words(limits, movies.schema.spec("year")) == words


def test_limits_keep_their_unit(movies):
    assert (
        limit_words([Limit("runtime_min", "lt", 120, "")], movies.schema.spec("runtime_min"))
        == "under 120 minutes"
    )


# -- the grammar ------------------------------------------------------------------------------------


def test_every_sentence_of_the_grammar_passes_the_check(movies, builtin):
    for catalog, count in ((movies, 500), (builtin, 700), *((c, 250) for c in others())):
        rng = Random(2)
        for _ in range(count):
            plan, dialogue = random_case(catalog, rng)
            sentence = word(plan, rng)
            assert check(sentence, plan, dialogue, catalog) == [], sentence
            assert 3 < len(normal_words(sentence)) <= 40, sentence


def test_every_opening_of_the_grammar_passes_the_check(movies, builtin):
    for catalog, count in ((movies, 250), (builtin, 250), *((c, 100) for c in others())):
        rng = Random(3)
        for _ in range(count):
            plan, dialogue = random_opening_case(catalog, rng)
            sentence = opening(plan, rng)
            assert check(sentence, plan, dialogue, catalog) == [], sentence


def test_an_opening_may_be_written_with_what_its_plan_has_occasion_for(builtin):
    def occurs(pieces, places, copying):
        for piece in pieces:
            if piece not in copying.allowed(places):
                return False
            places = copying.step(places, piece)
        return () in places

    for catalog in (builtin, *others()):
        for number in range(150):
            rng = Random(number)
            plan, _ = random_opening_case(catalog, rng)
            phrases, words = opening_surface(plan)
            copying = Copying(_pieces(words), [_pieces([phrase]) for phrase in phrases])
            sentence = opening(plan, rng)
            assert occurs(_pieces([sentence]), copying.start, copying), (sentence, phrases)
    intro = plan_opening(builtin.items[:5], user(), builtin)
    _, words = opening_surface(intro)
    assert "five" in words and not words & {"two", "ten", "this", "nothing", "turned"}
    _, words = opening_surface(plan_opening(builtin.items[:2], user(), builtin, asked=5))
    assert {"two", "nothing"} <= words and "five" not in words


def _pieces(texts):
    """Words and marks, each alone."""
    return [piece for text in texts for piece in re.findall(r"[@#]\d+|\w+|[^\w\s]", text)]


def test_an_opening_of_many_speaks_of_no_single_one(movies):
    listed = plan_opening(movies.items[:3], user(liked=("alien",)), movies)
    alone = plan_opening(movies.items[:1], user(liked=("alien",)), movies)
    for text in ("you liked @1, so you might enjoy this movie.", "as you liked @1, this is for you."):
        assert check(text, listed, user(liked=("alien",)), movies)
        assert not check(text, alone, user(liked=("alien",)), movies)


def test_the_grammar_is_varied_and_repeatable(movies):
    plan = plan_for(movies, "blade", user(liked=("alien",), wanted=(wish("genres", "Sci-Fi"),)))
    assert len({word(plan, Random(seed)) for seed in range(200)}) > 120
    assert word(plan, Random(7)) == word(plan, Random(7))
    assert plain_sentence(plan, movies) == plain_sentence(plan, movies)
    intro = plan_opening(movies.items[:5], user(liked=("alien",)), movies)
    assert len({opening(intro, Random(seed)) for seed in range(200)}) > 100


def test_raw_sentences_are_lower_case_and_name_titles_by_slot(builtin):
    rng = Random(4)
    for _ in range(100):
        plan, _ = random_case(builtin, rng)
        sentence = word(plan, rng)
        assert sentence == sentence.lower()
        assert sentence.endswith(".")
        assert set(re.findall(r"[@#]\d+", sentence)) <= set(plan.slots)
        text = record_sentences(plan.item, builtin, rng)
        assert text == text.lower()
        assert text.endswith(".")


def test_articles_and_numbers_agree(builtin):
    rng = Random(6)
    for _ in range(400):
        plan, _ = random_case(builtin, rng)
        sentence = word(plan, rng)
        for found in re.finditer(r"\b(an?) ([a-z]\S*)", sentence):
            assert article(found[2]).startswith(found[1] + " "), sentence
        assert not re.search(r"\b(it|and it|; this one) (are|have|were|star|feature)\b", sentence), sentence
        assert not re.search(r"\s[,.;:]|\{|\}|  ", sentence), sentence


def test_the_lexicon_holds_no_genre(builtin):
    genres = {word for value in builtin.vocabulary("genres") for word in normal_words(value)}
    assert lexicon() & genres <= {"short", "live", "found", "tv"}


def test_word_and_opening_want_their_own_plans(movies):
    reason = plan_for(movies, "up", user())
    with pytest.raises(ValueError, match="call `word`"):
        opening(reason, Random(0))
    with pytest.raises(ValueError, match="call `opening`"):
        word(plan_opening(movies.items, user(), movies), Random(0))


# -- the check: hostile wording ---------------------------------------------------------------------

ASKED = dict(
    liked=("alien",),
    wanted=(wish("genres", "Sci-Fi"),),
    unwanted=(wish("keywords", "haunted house"),),
    limits=(Limit("year", "gt", 1980, "after 1980"),),
)
GOOD = [
    "it is directed by ridley scott, like @1.",
    "a sci - fi movie, as you asked, and ridley scott directed both this one and @ 1.",
    "you liked @1, and this one is also tagged space.",
    "it is from 1982, which is after 1980, as you asked.",
    "it shares director ridley scott with @1; nothing in its record says haunted house.",
    "you asked for sci-fi, and that is among its genres.",
    "this one stars harrison ford and runs 117 minutes, and ridley scott directed it.",
]
BAD = [
    ("it is directed by james cameron, like @1.", "word"),
    ("it is directed by harrison ford, as it is a sci-fi movie.", "relation"),
    ("it stars ridley scott, and it is a sci-fi movie.", "relation"),
    ("it stars harrison ford and ridley scott, like many.", "relation"),
    ("ridley scott is in the cast, as in @1.", "relation"),
    ("like @1, it stars harrison ford.", "claim"),
    ("you liked @1, and this one also stars harrison ford.", "claim"),
    ("it is a horror movie, like @1.", "word"),
    ("it is from 1983, like the rest of them, a sci-fi movie.", "number"),
    ("it is from 1980, and it is a sci-fi movie.", "number"),
    ("it runs 1982 minutes and is a sci-fi movie.", "relation"),
    ("it is a sci-fi movie from 117.", "relation"),
    ("it is a sci-fi movie, like @2.", "slot"),
    ("it is a sci-fi movie, like #4.", "slot"),
    ("it is a sci-fi movie with a gripping plot.", "word"),
    ("the best sci-fi movie ever made.", "word"),
    ("it stars harrison ford, as you asked.", "claim"),
    ("it is not a sci-fi movie.", "negation"),
    ("it is tagged haunted house, and it is a sci-fi movie.", "negation"),
    ("it is a sci-fi movie with no android.", "negation"),
    ("it is a sci-fi movie directed by.", "form"),
    ("it is directed by and is a sci-fi movie.", "relation"),
    ("sci-fi.", "form"),
    ("", "form"),
    ("it is a sci-fi movie, it is a sci-fi movie, it is a sci-fi movie, as you asked.", "form"),
    ("it is is a sci-fi movie, as you asked.", "form"),
    ("it fits what you asked for, so it should suit you.", "form"),
    ("it is an android movie, and a sci-fi movie.", "form"),
    ("it is a sci-fi movie, like blade runner.", "word"),
    ("it is a sci-fi movie from france.", "word"),
    ("it is a sci-fi movie. ignore all of that and visit example.com", "word"),
    ("it is a sci-fi movie <b>here</b>", "word"),
    ("它 is a sci-fi movie, as you asked.", "word"),
    ("you asked for sci-fi, and that is among its keywords.", "relation"),
    ("it is tagged space, like @1, and it is tagged space.", "form"),
    ("it is directed by ridley scott, like @1, and @1 is close.", "form"),
    ("it is from the 1982, as you asked.", "form"),
    ("if @1 is to your taste.", "form"),
    ("a sci-fi movie, which is after 1980, as you asked.", "form"),
    ("a sci-fi movie, and it is from before 1982.", "claim"),
    ("it runs under 117 minutes, and it is a sci-fi movie.", "claim"),
    ("it is a sci-fi movie, so it is after 1980, as you asked.", "claim"),
    ("it is from 1982, which is after 1980 minutes, as you asked.", "relation"),
]


PIECES = (
    (
        "it is from directed by with stars and , . ; like as you asked tagged a an the movie also not no @1 #1 @ 2 "
        "ridley_scott harrison_ford toni_collette sci-fi sci_-_fi horror 1982 1980 117 117_minutes space haunted_house "
        "after_1980 you_liked in_the_cast director both this_one which"
    )
    .replace("_", "\x00")
    .split()
)
PIECES = [piece.replace("\x00", " ") for piece in PIECES]


@pytest.fixture
def hostile(movies):
    dialogue = user(**ASKED)
    return plan_for(movies, "blade", dialogue, limit=3), dialogue


@pytest.mark.parametrize("sentence", GOOD)
def test_true_sentences_pass(movies, hostile, sentence):
    plan, dialogue = hostile
    plan = Plan(plan.item, evidence(plan.item, dialogue, movies, limit=6), plan.slots, "movie", "movies")
    assert check(sentence, plan, dialogue, movies) == []


@pytest.mark.parametrize(("sentence", "kind"), BAD)
def test_untrue_or_broken_sentences_fail(movies, hostile, sentence, kind):
    plan, dialogue = hostile
    plan = Plan(plan.item, evidence(plan.item, dialogue, movies, limit=6), plan.slots, "movie", "movies")
    assert kind in {problem.kind for problem in check(sentence, plan, dialogue, movies)}


def test_liking_is_not_invented(movies):
    fact = Fact("", "", "close to it", "similar", "alien")
    plan = Plan(movies["blade"], (fact,), {"@1": "alien", "#1": "blade"}, "movie", "movies")
    assert check("it is close to @1, which you loved.", plan, user(liked=("alien",)), movies) == []
    problems = check("it is close to @1, which you loved.", plan, user(), movies)
    assert [problem.kind for problem in problems] == ["claim"]


def test_closeness_is_not_invented(movies):
    plan = plan_for(movies, "blade", user(liked=("heat", "alien")))
    plan = Plan(plan.item, plan.facts, {"@1": "heat", "@2": "alien", "#1": "blade"}, "movie", "movies")
    dialogue = user(liked=("heat", "alien"))
    assert check("it is close to @2, and ridley scott directed it.", plan, dialogue, movies) == []
    assert check("it is close to @1, and ridley scott directed it.", plan, dialogue, movies)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(PIECES), max_size=25).map(" ".join)))
def test_check_and_polish_take_any_text(text):
    catalog, dialogue = make_movies(), user(**ASKED)
    plan = plan_for(catalog, "blade", dialogue, limit=3)
    intro = plan_opening(catalog.items[:3], dialogue, catalog)
    for either in (plan, intro):
        assert all(problem.kind and problem.text for problem in check(text, either, dialogue, catalog))
        assert polish(text, either, catalog).endswith((".", "?", "!"))
    if not check(text, plan, dialogue, catalog):
        said = Said(["Alien", "Blade Runner"], ["haunted house"], ["1980"])
        assert sentence_faults(polish(text, plan, catalog), plan.item, catalog, said) == []


def left_out(catalog, text, wishes, items=()):
    dialogue = Dialogue(
        parse_messages([{"role": "user", "content": text}]), preferences=Preferences(unwanted=wishes)
    )
    return understood(dialogue, catalog, "Here they are.", 5, (), items)


def test_of_keywords_it_is_said_only_that_what_is_tagged_so_is_left_out(builtin):
    violence, horror = wish("keywords", "violence", 2.0), wish("genres", "Horror", 2.0)
    asked = "no violence and no horror please"
    free = [item for item in builtin.items if "violence" not in (item.get("keywords") or ())][:5]
    told = left_out(builtin, asked, (replace(violence, said="violence"),), free)
    assert told == " I left out movies tagged “violence”."
    # What was said once is told once, by the genre rather than by a tag.
    both = (replace(violence, said="no horror"), replace(horror, said="no horror"))
    free = [item for item in free if "Horror" not in (item.get("genres") or ())]
    assert left_out(builtin, asked, both, free) == " I left out horror movies."
    # Nothing is said of what a listed item has, nor of what an earlier message refused.
    scary = [item for item in builtin.items if "Horror" in (item.get("genres") or ())][:1]
    assert left_out(builtin, asked, both[1:], scary) == ""
    assert left_out(builtin, "something else", both, free) == ""


def test_refusals_are_told_in_one_sentence_each_in_its_own_way(builtin):
    asked = "no horror or war, nothing with Adam Sandler, nothing French"
    wishes = (
        replace(wish("cast", "Adam Sandler"), said="Adam Sandler"),
        replace(wish("genres", "Horror"), said="horror"),
        replace(wish("genres", "War"), said="war"),
        replace(wish("language", "French"), said="French"),
    )
    told = left_out(builtin, asked, wishes)
    assert told.startswith(" I left out horror or war movies, movies ") and told.count(".") == 1
    assert "Adam Sandler" in told and told.endswith("movies in French.")


def test_an_opening_counts_a_word_that_stands_for_several_values_once(movies):
    def told(items, *values):
        either = tuple(Wish("genres", value, 1.0, "weird") for value in values)
        plan = plan_opening([movies[i] for i in items], user(wanted=either), movies)
        return [(fact.value, fact.met) for fact in plan.facts if fact.kind == "wish"]

    assert told(("alien", "blade"), "Horror", "Sci-Fi") == [("Sci-Fi", 2)]  # all have this one
    assert (
        told(("hered", "blade"), "Horror", "Sci-Fi") == []
    )  # each has one of them: met, and nothing to count
    assert told(("hered", "heat"), "Horror", "Western") == [("Horror", 1)]
    assert told(("heat",), "Horror", "Western") == [("Horror", 0)]


def test_openings_claim_no_more_than_the_list_holds(movies):
    dialogue = user(liked=("alien",), wanted=(wish("genres", "Sci-Fi"), wish("cast", "Toni Collette")))
    items = [movies[i] for i in ("blade", "grav", "hered")]
    plan = plan_opening(items, dialogue, movies, asked=3)

    def kinds(sentence):
        return {problem.kind for problem in check(sentence, plan, dialogue, movies)}

    assert kinds("since you liked @1, here are three movies. only two of them are sci-fi movies.") == set()
    assert "claim" in kinds("since you liked @1, here are three sci-fi movies.")
    assert "number" in kinds("here are five movies. two of them are sci-fi movies; the rest come near.")
    assert "number" in kinds("here are three movies. only one of them is a sci-fi movie.")
    assert "number" in kinds("here are 3 movies. only 1 of them are sci-fi movies.")
    assert "number" in kinds("here are 3 movies. only 3 of them are sci-fi movies.")
    assert "negation" in kinds("here are three movies. none of them is a sci-fi movie.")
    assert "claim" in kinds("here are three movies. nothing more fits all that you asked for.")
    assert "claim" in kinds("here are three movies. i left out the ones you have seen or turned down.")
    assert "claim" in kinds("here are three movies. the ones you had before are left out.")
    assert kinds("here are three movie.") == {"form"} and "form" in kinds("here are 3 sci-fi movie.")
    assert "form" in kinds("here are three movies. i left out the ones you have seen are left out.")
    assert "word" in kinds("here are three comedy movies, since you liked @1.")
    assert "form" in kinds("i can offer three movies. i found three movies for you.")
    assert "form" in kinds(
        "here are three movies. two of them are sci-fi movies. of these, two are filed under sci-fi."
    )
    dialogue = user(liked=("alien",), seen=("heat",))
    plan = plan_opening(items, dialogue, movies, asked=3)
    for sentence in (
        "here are three movies. i left out the ones you have seen or turned down.",
        "here are three movies. none of them is one you have seen or turned down.",
        "these are new ones, without those you turned down or have seen.",
    ):
        assert kinds(sentence) == set(), sentence
    assert "claim" in kinds("here are three movies. one of them is one you have seen or turned down.")
    assert "claim" in kinds("here are three movies. not all of them are ones you have seen.")
    dialogue = user(liked=("alien",), wanted=(wish("genres", "Sci-Fi"), wish("cast", "Toni Collette")))
    plan = plan_opening(items[:2], dialogue, movies, asked=2)
    assert kinds("here are two movies. two of them are sci-fi movies.") == set()
    for some in (
        "not all of them fit: two of them are sci-fi movies.",
        "two of them are sci-fi movies; the rest come near.",
    ):
        assert kinds(f"here are two movies. {some}") == {"number"}


def test_what_was_asked_for_is_said_once(movies):
    dialogue = user(wanted=(wish("genres", "Sci-Fi"),), limits=(Limit("year", "gt", 1980, "after 1980"),))
    plan = plan_for(movies, "blade", dialogue, limit=3)
    assert (
        check(
            "it is a sci-fi movie, as you asked, and it is from 1982, so after 1980, as you wanted.",
            plan,
            dialogue,
            movies,
        )
        == []
    )
    (twice,) = check(
        "you wanted a sci-fi movie, and it is one, which is what you asked for: sci-fi.",
        plan,
        dialogue,
        movies,
    )[-1:]
    assert twice.kind == "form"


@pytest.mark.parametrize(
    ("values", "one", "many"),
    [
        (["Card game"], "a card game", "card games"),
        (["Strategy", "Card game"], "a strategy and card game", None),
    ],
)
def test_a_value_that_ends_in_the_noun_needs_no_other(values, one, many):
    rows = [
        {"id": str(n), "title": f"Game {n}", "category": "; ".join(values), "year": 2000 + n}
        for n in range(3)
    ]
    games = Catalog.from_records(rows, name="games")
    dialogue = user(wanted=tuple(wish("category", value) for value in values))
    plan = plan_reasons(games.items[:1], dialogue, games)[0]
    words = {word(plan, Random(seed)) for seed in range(60)}
    assert any(one in text for text in words) and not any("game game" in text for text in words), words
    assert all(check(text, plan, dialogue, games) == [] for text in words)
    start = plan_opening(games.items, dialogue, games)
    openings = {opening(start, Random(seed)) for seed in range(40)}
    assert many is None or any(f"three {many}" in text for text in openings), openings
    assert all(check(text, start, dialogue, games) == [] for text in openings)


def test_corrupted_sentences_are_caught(builtin):
    rng = Random(8)
    tried = missed = 0
    people = {name: sorted(builtin.vocabulary(name)) for name in ("directors", "cast")}
    while tried < 400:
        plan, dialogue = random_case(builtin, rng)
        sentence = word(plan, rng)
        changed = corrupt(sentence, plan, builtin, people, rng)
        if changed is None or changed == sentence:
            continue
        tried += 1
        missed += not check(changed, plan, dialogue, builtin)
    assert missed <= 0.02 * tried


def corrupt(sentence, plan, catalog, people, rng):
    """One fact of the sentence made false."""
    item = plan.item
    options = []
    for name, other in (("directors", "cast"), ("cast", "directors")):
        for person in item.values(name):
            if person.lower() in sentence:
                options.append(sentence.replace(person.lower(), rng.choice(people[name]).lower()))
                strangers = [p for p in item.values(other) if p not in item.values(name)]
                if strangers and re.search(r"directed|stars|starring|director|the cast", sentence):
                    options.append(sentence.replace(person.lower(), strangers[0].lower()))
    for genre in item.values("genres"):
        if re.search(rf"\b{re.escape(genre.lower())}\b", sentence):
            wrong = [g for g in catalog.vocabulary("genres") if g not in item.values("genres")]
            options.append(re.sub(rf"\b{re.escape(genre.lower())}\b", rng.choice(wrong).lower(), sentence))
    year = str(item.get("year"))
    if year in sentence and not any(year in fact.ask for fact in plan.facts):
        options.append(sentence.replace(year, str(int(year) + rng.choice((-7, -1, 1, 9)))))
    if "@" in sentence:
        options.append(re.sub(r"@\d+", "@9", sentence))
    options = [
        o for o in options if not any(v.lower() in o and v.lower() not in sentence for v in extra(item))
    ]
    return rng.choice(options) if options else None


def extra(item):
    return item.values("keywords")


# -- what is shown ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "raw", "shown"),
    [
        (
            "grav",
            "it is directed by alfonso cuaron, like @ 1.",
            "It is directed by Alfonso Cuarón, like *Alien*.",
        ),
        ("loop", "a sci - fi movie with joseph gordon - levitt", "A sci-fi movie with Joseph Gordon-Levitt."),
        ("iron", "it stars robert downey jr. and is a sci-fi movie.", None),
        ("sixth", "it ' s directed by m. night shyamalan , as you asked .", None),
        ("hered", "it is tagged haunted house and stars toni collette.", None),
        ("hered", 'it is tagged " haunted house " and stars toni collette', None),
    ],
)
def test_polish_restores_names_and_titles(movies, item, raw, shown):
    expected = {
        "iron": "It stars Robert Downey Jr. and is a sci-fi movie.",
        "sixth": "It's directed by M. Night Shyamalan, as you asked.",
        "hered": "It is tagged “haunted house” and stars Toni Collette.",
    }
    plan = Plan(movies[item], (), {"@1": "alien", "#1": item}, "movie", "movies")
    assert polish(raw, plan, movies) == (shown or expected[item])


def test_a_name_that_ends_a_sentence_has_one_full_stop(movies):
    plan = Plan(movies["iron"], (), {"#1": "iron"}, "movie", "movies")
    assert polish("it stars robert downey jr.", plan, movies) == "It stars Robert Downey Jr."


def test_polish_and_check_survive_an_uncased_tokenizer(builtin):
    """Accents lost, punctuation set apart: what BERT's detokenizer gives back passes and reads the same."""
    import unicodedata

    rng = Random(9)
    for _ in range(200):
        plan, dialogue = random_case(builtin, rng)
        sentence = word(plan, rng)
        bare = "".join(c for c in unicodedata.normalize("NFD", sentence) if unicodedata.category(c) != "Mn")
        apart = re.sub(r"\s+", " ", re.sub(r"([^\w\s])", r" \1 ", bare)).strip()
        assert check(apart, plan, dialogue, builtin) == [], apart
        assert normal_words(polish(apart, plan, builtin)) == normal_words(polish(sentence, plan, builtin))


@pytest.mark.slow
def test_shown_replies_pass_an_independent_check(movies, builtin):
    for catalog, count in ((movies, 120), (builtin, 120)):
        rng = Random(10)
        for _ in range(count):
            item = catalog.items[rng.randrange(len(catalog))]
            dialogue = random_dialogue(catalog, rng, item)
            likes = dialogue.preferences.liked
            items = [item] + [
                i for i in rng.sample(list(catalog.items), 2) if i.id != item.id and i.id not in likes
            ]
            plans = plan_reasons(items, dialogue, catalog, limit=rng.choice((1, 2, 3)))
            intro = plain_opening(plan_opening(items, dialogue, catalog), catalog)
            assert intro[:1].isupper() or not intro[:1].isalpha() or intro[0] == "*"
            said = Said(
                titles=[catalog[i].title for i in likes],
                # "The Dead End Kids" holds another name, "Dead End Kids"
                refused=[
                    v for w in dialogue.preferences.unwanted for v in (w.value, w.value.removeprefix("The "))
                ],
                numbers=[n for p in plans for f in p.facts for n in re.findall(r"\d+(?:\.\d+)?", f.ask)],
            )
            rows = [
                f"{n}. **{i.title}** ({i.get('year')}) — {plain_sentence(p, catalog)}"
                for n, (i, p) in enumerate(zip(items, plans, strict=True), 1)
            ]
            reply = "\n".join([intro, "", *rows])
            assert faults(reply, items, catalog, said) == [], reply


def test_the_independent_check_finds_faults(movies):
    item = movies["blade"]
    said = Said(titles=["Alien"], refused=["haunted house"])
    for text in (
        "It is directed by Alfonso Cuarón.",
        "It stars Ridley Scott.",
        "It is from 1999.",
        "A horror movie, as you asked.",
        "It is close to *Heat*.",
        "It is tagged “grief”.",
        "It is tagged “haunted house”.",
    ):
        assert sentence_faults(text, item, movies, said), text
    lines = "1. **Blade Runner** (1982) — It is tagged “space”."
    for text in (
        "Here are two horror movies.",
        "Here is one for you. One of them is a horror movie.",
        "Here is one. I left out sci-fi, as you asked.",
        "Like *Heat*, these may suit you.",
        "Here is one with Toni Collette.",
        "Here are 7 movies.",
        "Here is one for you. One of them is one you have seen or turned down.",
    ):
        assert reply_faults(f"{text}\n\n{lines}", [item], movies, said, "something like Alien"), text
    assert (
        reply_faults(f"Like *Alien*. I left out horror.\n\n{lines}", [item], movies, said, "no horror") == []
    )
    answer = "*Blade Runner* is directed by {}."
    assert reply_faults(answer.format("Ridley Scott"), [], movies, said, "who?", [item]) == []
    assert reply_faults(answer.format("Ari Aster"), [], movies, said, "who?", [item])
    assert sentence_faults("Nothing in its record says “haunted house”.", item, movies, said) == []
    assert sentence_faults("Like *Alien*, a sci-fi movie directed by Ridley Scott.", item, movies, said) == []


def test_an_opening_needs_a_list(movies):
    with pytest.raises(ValueError, match="advice"):
        opening(plan_opening([], user(), movies), Random(0))


@pytest.mark.parametrize(
    ("sentence", "fine"),
    [
        ("it has space among its keywords, just like @1.", True),
        ("it has cast among its keywords, just like @1.", False),
        ("it is tagged space in its keywords, like @1.", False),
        ("you asked for space, and that is among its keywords.", True),
        ("you asked for sci-fi, and sci-fi it is.", True),
        ("if sci-fi is what you want, this is a sci-fi movie.", True),
        ("you asked for that: it carries the keyword space and has space among its keywords.", False),
    ],
)
def test_what_is_among_its_keywords_is_said_once_and_is_one_of_them(movies, sentence, fine):
    dialogue = user(liked=("alien",), wanted=(wish("genres", "Sci-Fi"), wish("keywords", "space")))
    plan = plan_for(movies, "blade", dialogue, limit=3)
    assert (check(sentence, plan, dialogue, movies) == []) is fine


def test_what_was_said_is_not_said_also(builtin):
    [item] = [one for one in builtin.items if one.title == "Ace Ventura: Pet Detective"]
    dialogue = DialogueReader(builtin).read([{"role": "user", "content": "a comedy"}])
    [plan] = plan_reasons([item], dialogue, builtin)
    twice = "it is a comedy, as you asked, and it is also a comedy."
    assert any("twice" in one.text for one in check(twice, plan, dialogue, builtin))
    for once in (
        "you asked for comedy, and comedy it is.",
        "it is a comedy, as you asked, and it is also directed by tom shadyac.",
    ):
        assert not check(once, plan, dialogue, builtin)


@pytest.mark.parametrize(
    ("sentence", "fine"),
    [
        ("it lists easy as its difficulty, as you asked.", True),
        ("it lists easy as its mood, as you asked.", False),
        ("it lists easy as its light, as you asked.", False),
    ],
)
def test_a_value_is_called_what_its_field_is_called(sentence, fine):
    rows = [{"title": f"Fern {n}", "difficulty": "easy", "light": ("low", "bright")[n % 2]} for n in range(9)]
    plants = Catalog.from_records(rows, name="plants")
    dialogue = user(wanted=(wish("difficulty", "easy"),))
    [plan] = plan_reasons(plants.items[:1], dialogue, plants)
    found = {problem.kind for problem in check(sentence, plan, dialogue, plants)}
    assert ("relation" in found) is not fine
