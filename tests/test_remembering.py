"""What a remembering recommender keeps changes no figure, and is not asked for twice."""

import numpy as np
import pytest

from conftest import make_recommender
from wherefore.dialogue.messages import Dialogue, Message
from wherefore.evaluation.remembering import RememberingRecommender, RememberingRetriever
from wherefore.retrieval.retriever import Retriever

SAID = [
    Dialogue((Message("user", "A funny space film please."),)),
    Dialogue((Message("user", "Something dark and slow, maybe French."),)),
]


def remembering(plain):
    return RememberingRecommender(plain.config, plain.index, plain.model, plain.retriever, plain.signals)


def listed(recommender, dialogue, exclude=()):
    return [(one.item.id, one.score) for one in recommender.rank(dialogue, 8, exclude=exclude)]


@pytest.fixture
def plain(tokenizers):
    made = make_recommender("llama", tokenizers)
    made.model.head.llm[-1].weight.data.normal_()  # as after training: the LLM's part counts
    return made


def test_memory_changes_no_score(plain):
    twin = remembering(plain)
    for dialogue in SAID:
        whole = listed(plain, dialogue)
        without = listed(plain, dialogue, {whole[0][0]})
        for _ in range(2):  # read, then remembered
            for expected, exclude in ((without, {whole[0][0]}), (whole, ())):
                found = listed(twin, dialogue, exclude)
                assert [item for item, _ in found] == [item for item, _ in expected]
                np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], atol=1e-5)


def test_a_candidate_is_read_once(plain, monkeypatch):
    twin, read = remembering(plain), []
    rank = twin.model.rank

    def counting(cache, signals, *further):
        read.append(len(signals))
        return rank(cache, signals, *further)

    monkeypatch.setattr(twin.model, "rank", counting)
    assert listed(twin, SAID[0], set(twin.catalog.ids[:2])) and len(read) == 1
    listed(twin, SAID[0])
    assert read[1:] == [2]  # only what was left out before
    listed(twin, SAID[0])
    assert len(read) == 2
    listed(twin, SAID[1])
    assert read[2] > 2  # another dialogue is another question


def test_a_causal_order_is_read_anew(tokenizers, plain, monkeypatch):
    twin, read = remembering(plain), []
    twin.model.mask = "causal"
    rank = twin.model.rank
    monkeypatch.setattr(twin.model, "rank", lambda *given: read.append(1) or rank(*given))
    assert {item for item, _ in listed(twin, SAID[0])} == {item for item, _ in listed(twin, SAID[0])}
    assert len(read) == 2


def test_two_recommenders_share_what_was_searched(plain, monkeypatch):
    shared, searched = {}, []
    search = Retriever.search

    def counting(self, dialogue, k, exclude=(), named=None):
        searched.append((dialogue, k, frozenset(exclude)))
        return search(self, dialogue, k, exclude, named)

    monkeypatch.setattr(Retriever, "search", counting)
    one, two = (RememberingRetriever(plain.retriever, shared) for _ in range(2))
    found = one.search(SAID[0], 6)
    assert two.search(SAID[0], 6) is found and len(searched) == 1
    assert len(two.search(SAID[0], 4)) == 4 and len(searched) == 2
    gone = {found.items[0].id}
    assert found.items[0] not in one.search(SAID[0], 6, gone).items and len(searched) == 3
    two.search(SAID[0], 6, gone)
    assert len(searched) == 3
    read = []
    monkeypatch.setattr(Retriever, "read_ahead", lambda self, dialogues: read.extend(dialogues))
    two.read_ahead(SAID)
    assert read == [SAID[1]]
