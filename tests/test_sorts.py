"""The sort of thing that is asked for by name: nothing else is listed, and what nothing is called is said."""

import numpy as np
import pytest

from titled_shop import retriever_of
from wherefore.catalog.catalog import Catalog
from wherefore.catalog.sorts import called, titles_name_sorts
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.ranking.sorts import heads, sort_named

TITLES = (
    "Slim Nylon Wallet;Leather Coin Wallet;Bacon Wallet;Key Ring Classic;Card Holder for Men;Wool Socks;Hiking Sock;"
    "Rain Jacket;Snow Pants;Sun Hat;Silk Scarf;Sailboat Print Shirt;Red Dress;Yoga Mat"
).split(";")


@pytest.fixture(scope="module")
def retriever():
    return retriever_of(TITLES)


def described(text, piece):
    start = text.index(piece)
    return Dialogue((Message("user", text),), described=((0, start, start + len(piece)),))


@pytest.mark.parametrize(
    ("piece", "found"),
    [
        ("a slim wallet for my brother", ["wallet"]),
        ("leather belt or braces", ["belt", "braces"]),
        ("boots with laces", ["boots"]),
        ("of the", []),
    ],
)
def test_a_description_is_headed_by_nouns(piece, found):
    assert list(heads(piece)) == found


def test_the_sort_is_what_titles_call_it(retriever):
    sort = sort_named(described("a wallet please", "wallet"), retriever)
    assert [TITLES[row] for row in np.flatnonzero(sort.named)] == TITLES[:3]
    assert not sort.fitting(np.array([TITLES.index("Yoga Mat")]))[0]


def test_a_word_that_is_not_what_is_looked_for_names_no_sort(retriever):
    text = "socks for hiking, I look like I own a sailboat"
    sort = sort_named(described(text, "a sailboat"), retriever)
    assert sort is not None and sort.names == ("socks",)
    assert [TITLES[row] for row in np.flatnonzero(sort.named)] == ["Wool Socks", "Hiking Sock"]


def test_nothing_is_named_where_nobody_says_what_is_sought(retriever):
    for text in ("hello there", "my wallet was stolen on the train", ""):
        assert sort_named(Dialogue((Message("user", text),)), retriever) is None


def test_called_knows_numbers_and_short_values():
    shop = Catalog.from_records(
        [{"title": f"Aster {n}", "category": ["Tents", "Camp Stoves"][n % 2]} for n in range(6)]
    )
    assert called(shop, "tent").tolist() == [0, 2, 4]
    assert called(shop, "stove").tolist() == [1, 3, 5]
    assert not len(called(shop, "kayak"))


def test_titles_of_goods_name_sorts_and_those_of_films_do_not():
    assert titles_name_sorts(Catalog.from_records([{"title": "Mug"}], name="items"))
    assert not titles_name_sorts(Catalog.from_records([{"title": "Heat", "movie_id": "1"}], name="movies"))
