"""The systems that are not ours, on corpora small enough to score by hand."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from wherefore.corpora.base import CorpusDialogue, CorpusTurn, Instance, ItemRef
from wherefore.evaluation import baselines
from wherefore.evaluation.baselines import (
    BASELINES,
    COMPLETE,
    bm25,
    co_mention,
    ease,
    nearest_dialogues,
    popularity,
    repeat_context,
    zero_shot,
)
from wherefore.evaluation.system import Setting, count_mentions, facts_as_text


def talk(number, *turns):
    """A dialogue of (role, part, ...); a part that begins with @ is an item."""
    return CorpusDialogue(
        f"d{number}",
        "toy",
        "train",
        tuple(
            CorpusTurn(role, tuple(ItemRef(part[1:]) if part[:1] == "@" else part for part in parts))
            for role, *parts in turns
        ),
    )


def ask(*turns):
    """An instance after these turns; its gold is nothing that a system could look at."""
    dialogue = talk(99, *turns)
    named = dict.fromkeys(item for turn in dialogue.turns for item in turn.items)
    return Instance(dialogue, len(turns), ("gold",), tuple(named))


TRAINING = (
    talk(1, ("user", "scary ", "@a"), ("assistant", "@b")),
    talk(2, ("user", "scary ", "@a"), ("assistant", "@b"), ("user", "more"), ("assistant", "@c")),
    talk(3, ("user", "funny ", "@a"), ("assistant", "@d")),
    talk(4, ("user", "funny"), ("assistant", "@d"), ("user", "@d", " again"), ("assistant", "@d")),
)
# Turns that name each: a 3, b 2, c 1, d 4. Dialogues: a 3, b 2, c 1, d 2; a and b 2, a and c 1, a and d 1, b and c 1.
POPULAR = ["d", "a", "b", "c"]
SILENT = ask(("user", "hello"))
AFTER_A = ask(("user", "I saw ", "@a"))


class LetterEmbedder:
    """Counts letters, and notes what it was asked."""

    dim = 26
    name = "letters"

    def __init__(self):
        self.asked = []

    def encode(self, texts, kind, progress=None):
        self.asked.append((kind, list(texts)))
        counts = np.array(
            [[text.lower().count(chr(97 + n)) for n in range(26)] for text in texts], np.float32
        )
        if progress is not None:
            progress(len(texts), len(texts))
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-9)


# -- from mentions ----------------------------------------------------------------------------------------


def test_popularity_counts_turns():
    assert count_mentions(TRAINING) == {"a": 3, "b": 2, "c": 1, "d": 4}
    assert list(popularity(TRAINING)(AFTER_A)) == POPULAR


def test_repeat_context_says_the_newest_first():
    instance = ask(("user", "@a"), ("assistant", "@b", " or ", "@a"), ("user", "ok"))
    assert repeat_context(lambda _: ["z", "a"])(instance) == ["a", "b", "z"]


def test_co_mention_by_hand():
    # After a, without shrinking: b 2/sqrt(3*2) = .82, c 1/sqrt(3*1) = .58, d 1/sqrt(3*2) = .41.
    assert co_mention(TRAINING, shrink=0)(AFTER_A) == ["b", "c", "d", "a"]
    # With 10: b 2/(2.45+10) = .161, c 1/(1.73+10) = .085, d 1/(2.45+10) = .080.
    assert co_mention(TRAINING, shrink=10)(AFTER_A) == ["b", "c", "d", "a"]
    # After b and c: a 2/sqrt(6) + 1/sqrt(3) = 1.39; c of b and b of c: 1/sqrt(2) = .71, b named more often; d 0.
    both = ask(("user", "@b", "@c"))
    assert co_mention(TRAINING, shrink=0)(both) == ["a", "b", "c", "d"]


def test_shrinking_distrusts_single_mentions():
    rare = talk(5, ("user", "@a"), ("assistant", "@e"))
    often = [talk(10 + n, ("user", "@a"), ("assistant", "@f")) for n in range(3)]
    others = [talk(20 + n, ("user", "@f")) for n in range(30)]
    training = [rare, *often, *others]
    # e 1/sqrt(4*1) = .5 and f 3/sqrt(4*33) = .26; with 10: e 1/12 = .083, f 3/21.5 = .14
    assert co_mention(training, shrink=0)(AFTER_A)[:2] == ["e", "f"]
    assert co_mention(training, shrink=10)(AFTER_A)[:2] == ["f", "e"]


def test_ease_by_hand():
    """Two items, named together twice, one of them once more: P = (X'X + lambda)^-1 by the rule for 2 x 2."""
    training = [
        talk(1, ("user", "@x"), ("assistant", "@y")),
        talk(2, ("user", "@x"), ("assistant", "@y")),
        talk(3, ("user", "@x")),
        talk(4, ("user", "@z")),
        talk(5, ("user", "@z")),
        talk(6, ("user", "@z")),
        talk(7, ("user", "@z")),
    ]
    # G = [[3 + 1, 2], [2, 2 + 1]]; P is [[3, -2], [-2, 4]] / 8; weight x -> y: 2/4 = .5, y -> x: 2/3. z: 0.
    assert ease(training, 1.0)(ask(("user", "@x"))) == ["y", "z", "x"]
    assert ease(training, 1.0)(ask(("user", "@y"))) == ["x", "z", "y"]
    assert ease(training, 1.0)(SILENT) == ["z", "x", "y"]


def slow_ease(training, regularization, named):
    """Each item regressed on all others by ridge: what the closed form solves at once."""
    sets = [{item for turn in one.turns for item in turn.items} for one in training]
    names = sorted(set().union(*sets))
    x = np.array([[name in one for name in names] for one in sets], dtype=float)
    scores = {}
    for place, name in enumerate(names):
        others = [n for n in range(len(names)) if n != place]
        left = x[:, others].T @ x[:, others] + regularization * np.eye(len(others))
        weights = np.linalg.solve(left, x[:, others].T @ x[:, place])
        scores[name] = sum(w for w, n in zip(weights, others, strict=True) if names[n] in named)
    return scores


def test_ease_is_a_ridge_regression_per_item():
    draw = np.random.default_rng(5)
    training = [
        talk(n, *(("user", f"@{item}") for item in draw.choice(12, size=draw.integers(1, 6), replace=False)))
        for n in range(40)
    ]
    for regularization in (0.5, 20.0):
        rank = ease(training, regularization)
        for named in ({"1"}, {"2", "5"}, {"0", "3", "11"}):
            scores = slow_ease(training, regularization, named)
            ranked = rank(ask(*(("user", f"@{item}") for item in sorted(named))))
            assert sorted(ranked) == sorted(scores)
            for better, worse in zip(ranked, ranked[1:], strict=False):
                assert scores[better] >= scores[worse] - 1e-5


@pytest.mark.parametrize("make", [co_mention, ease])
def test_an_empty_context_and_unknown_items_are_answered_with_what_is_popular(make):
    rank = make(TRAINING)
    assert rank(SILENT) == POPULAR
    assert rank(ask(("user", "@never-seen"))) == POPULAR


# -- from words -------------------------------------------------------------------------------------------

TEXTS = {"w": "a shark at sea", "v": "stars and a sea", "u": "a robot", "t": "a robot"}


def test_bm25_reads_words_not_titles():
    rank = bm25(TEXTS)
    assert rank(ask(("user", "a film with a shark"))) == ["w", "t", "u", "v"]  # the shortest texts next
    assert rank(ask(("user", "robot"))) == ["t", "u", "v", "w"]  # equal scores in order of id
    assert rank(ask(("user", "shark"), ("assistant", "@robot"), ("user", "sea")))[:2] == ["w", "v"]


def test_bm25_scores_by_hand():
    """Lucene's formula for one word in one of two texts of four words each."""
    from wherefore.retrieval.lexical import Lexical

    idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
    found = Lexical(["shark at the sea", "stars over the sea"]).scores("shark")
    assert found == pytest.approx([idf * 1 / (1 + 1.5), 0])


def test_bm25_reads_the_newest_words():
    rank = bm25(TEXTS, chars=10)
    assert rank(ask(("user", "shark"), ("user", "I want a robot")))[:2] == ["t", "u"]
    assert bm25(TEXTS, depth=1)(ask(("user", "shark ", "@q"))) == ["w", "t"]  # one besides those named


def test_zero_shot_ranks_by_similarity():
    embedder = LetterEmbedder()
    rank = zero_shot(embedder, {"x": "zzz", "y": "hello", "w": "help"}, str.upper, depth=2)
    instance = ask(("user", "hello"))
    assert rank(instance) == ["y", "w"]
    assert rank(instance) == ["y", "w"]
    assert [kind for kind, _ in embedder.asked] == ["item", "query"]  # the same words only once
    rank(ask(("user", "about ", "@x")))
    assert embedder.asked[-1] == ("query", ["about X"])


NEIGHBOURS = (
    talk(1, ("user", "aaa"), ("assistant", "@p")),
    talk(2, ("user", "aab"), ("assistant", "@q")),
    talk(3, ("user", "zzz"), ("assistant", "@r"), ("user", "zz"), ("assistant", "@r", "@s")),
    talk(4, ("user", "zzz"), ("assistant", "@r")),
)


def test_nearest_dialogues_by_hand():
    def make(**options):
        options = {"k": 10, "power": 1.0, "overlap": 0.0} | options
        return nearest_dialogues(LetterEmbedder(), NEIGHBOURS, lambda item: "", **options)

    # To "aaa": context 1 is alike (1), 2 nearly (2/sqrt(5) = .89), those of zzz not at all.
    assert make()(ask(("user", "aaa"))) == ["p", "q", "r", "s"]
    # To "ab": 1 at 1/sqrt(2) = .71, 2 at 3/sqrt(10) = .95.
    assert make()(ask(("user", "ab"))) == ["q", "p", "r", "s"]
    # One neighbour decides alone; the rest goes by popularity (r 3, then p, q, s once each).
    assert make(k=1)(ask(("user", "ab"))) == ["q", "r", "p", "s"]
    # To "z": contexts 3 and 4 say r twice, and s once, after r.
    assert make()(ask(("user", "z"))) == ["r", "s", "p", "q"]
    # To "a" with r named: only the second context of dialogue 3 names r, too; its answer s gets the overlap 2.
    named = ask(("user", "aaa", "@r"))
    assert make()(named) == ["p", "q", "r", "s"]
    assert make(overlap=2.0)(named) == ["s", "p", "q", "r"]


def test_a_higher_power_listens_to_the_nearest():
    training = (
        talk(1, ("user", "aaaa"), ("assistant", "@p")),
        talk(2, ("user", "ab"), ("assistant", "@q")),
        talk(3, ("user", "ab"), ("assistant", "@q")),
    )
    instance = ask(("user", "a"))  # p once at 1, q twice at .71: 1.41, and with the fourth power .5

    def make(power):
        return nearest_dialogues(LetterEmbedder(), training, str, power=power, overlap=0.0)

    assert make(1.0)(instance) == ["q", "p"]
    assert make(4.0)(instance) == ["p", "q"]


def test_overlap_is_a_cosine_of_sets():
    training = (
        talk(1, ("user", "z", "@a"), ("assistant", "@p")),
        talk(2, ("user", "z", "@a", "@b", "@c", "@d"), ("assistant", "@q")),
        talk(4, ("user", "@q")),  # popularity would put q first
    )
    rank = nearest_dialogues(LetterEmbedder(), training, lambda item: "", power=1.0, overlap=1.0)
    # The words are nothing alike. With a named, p's context shares 1 of 1 (1), q's 1 of 4 (.5).
    assert rank(ask(("user", "@a")))[:2] == ["p", "q"]
    assert rank(ask(("user", "@a", "@b", "@c")))[:2] == ["q", "p"]  # .58 and .87
    far = (talk(3, ("user", "ab"), ("assistant", "@r")), *training)
    rank = nearest_dialogues(LetterEmbedder(), far, lambda item: "", power=1.0, overlap=1.0)
    # "a" is as near to "ab" as .71: nearer than contexts that share one of many items named.
    assert rank(ask(("user", "a", "@a", "@x", "@y")))[0] == "r"  # p's: 1/sqrt(3) = .58


def test_nearest_dialogues_reads_only_contexts_with_words():
    embedder, told = LetterEmbedder(), []
    silent = talk(9, ("user", "@p"), ("assistant", "@q"))  # mentions are known, not the words
    nearest_dialogues(
        embedder, [*NEIGHBOURS, silent], str.upper, progress=lambda done, of: told.append((done, of))
    )
    ((kind, texts),) = embedder.asked
    assert kind == "query"
    assert texts == ["aaa", "aab", "zzz", "zzz\nR\nzz", "zzz"]
    assert told == [(5, 5)]


def test_facts_as_text_skips_what_is_not_words():
    assert facts_as_text({"genres": ["Comedy"], "url": "http://x", "n": 3}) == "genres: Comedy"
    assert len(facts_as_text({"title": "x" * 1000})) == 600


# -- all of them ------------------------------------------------------------------------------------------


def big_setting(monkeypatch):
    """200 items with facts and training dialogues that name them all."""
    import wherefore.retrieval.embedders

    monkeypatch.setattr(wherefore.retrieval.embedders, "PackagedMiniLM", LetterEmbedder)
    facts = {f"{n:03}": {"title": f"Film {chr(97 + n % 26) * (n % 7 + 1)}"} for n in range(200)}
    training = [
        talk(n, ("user", "like ", f"@{n:03}"), ("assistant", f"try @{n}", f"@{(n * 7 + 1) % 200:03}"))
        for n in range(200)
    ]
    corpus = SimpleNamespace(name="toy", items=lambda: facts)
    return Setting(corpus, (training,))


@pytest.mark.parametrize("name", sorted(BASELINES))
def test_every_baseline_gives_fifty_besides_those_named_each_once_and_always_the_same(name, monkeypatch):
    setting = big_setting(monkeypatch)
    rank, twin = BASELINES[name](setting), BASELINES[name](setting)
    for instance in (
        SILENT,
        ask(("user", "a film"), ("assistant", "@001", "@002"), ("user", "no, ", "@150")),
    ):
        ranked = list(rank(instance))
        assert len(ranked) == len(set(ranked))
        assert set(ranked) <= set(setting.corpus.items())
        assert len(set(ranked) - set(instance.named)) >= 50
        assert ranked == list(twin(instance))
        if name in COMPLETE:
            assert len(ranked) == 200


def test_complete_names_are_baselines():
    assert set(BASELINES) > COMPLETE


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: popularity([]), "training dialogues name no item"),
        (lambda: co_mention([talk(1, ("user", "hi"))]), "training dialogues name no item"),
        (lambda: ease([]), "training dialogues name no item"),
        (lambda: nearest_dialogues(LetterEmbedder(), [], str), "training dialogues name no item"),
        (
            lambda: nearest_dialogues(LetterEmbedder(), [talk(1, ("user", "@a"), ("assistant", "@b"))], str),
            "needs dialogues with text",
        ),
        (lambda: nearest_dialogues(LetterEmbedder(), NEIGHBOURS, str, k=0), "`k` is 0"),
        (lambda: co_mention(TRAINING, shrink=-1), "`shrink` is -1"),
        (lambda: ease(TRAINING, 0), "`regularization` is 0"),
        (lambda: bm25({}), "no facts about its items"),
        (lambda: bm25(TEXTS, depth=0), "`depth` is 0"),
        (lambda: bm25(TEXTS, chars=0), "`chars` is 0"),
        (lambda: zero_shot(LetterEmbedder(), {}, str), "no facts about its items"),
    ],
)
def test_bad_input_is_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


def test_baselines_know_nothing_of_the_recommender():
    assert not {"Recommender", "recommender"} & set(vars(baselines))
