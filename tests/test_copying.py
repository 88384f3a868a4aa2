"""Names are written whole or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from test_model import prompts_of, signals, trunk_of
from wherefore.lm.copying import Copying
from wherefore.writing.plan import plan_reasons
from wherefore.writing.surface import surface

TOKENS = st.integers(0, 5)
PHRASES = st.lists(st.lists(TOKENS, min_size=1, max_size=4), max_size=4)


def can_be_cut(words, free, phrases):
    """Slow and obvious: whether a sentence is free tokens and whole phrases one after the other."""
    if not words:
        return True
    if words[0] in free and can_be_cut(words[1:], free, phrases):
        return True
    return any(words[: len(p)] == p and can_be_cut(words[len(p) :], free, phrases) for p in phrases)


@given(st.sets(TOKENS, max_size=3), PHRASES, st.data())
def test_what_is_written_is_free_tokens_and_whole_phrases(free, phrases, data):
    copying = Copying(free, phrases)
    places, words = copying.start, []
    while len(words) < 8 and (tokens := sorted(copying.allowed(places))):
        token = data.draw(st.sampled_from(tokens))
        words.append(token)
        places = copying.step(places, token)
        assert ((() in places) == can_be_cut(words, free, phrases)) and places
    assert copying.tokens == {*free, *(token for phrase in phrases for token in phrase)}


@given(st.sets(TOKENS, max_size=3), PHRASES, st.lists(TOKENS, max_size=6))
def test_whatever_can_be_cut_can_be_written(free, phrases, words):
    copying = Copying(free, phrases)
    places = copying.start
    for token in words:
        if token not in copying.allowed(places):
            assert not can_be_cut(words, free, phrases)
            return
        places = copying.step(places, token)
    assert (() in places) == can_be_cut(words, free, phrases)


def test_a_plans_values_are_said_in_their_forms_and_its_own_words_freely(recommender):
    messages = [{"role": "user", "content": "I loved Alien. An animated comedy after 1980?"}]
    dialogue = recommender.reader.read(messages)
    item = next(one for one in recommender.catalog.items if (one.number("year") or 0) > 1980)
    plan = plan_reasons([item], dialogue, recommender.catalog)[0]
    values, words = surface(plan, recommender.catalog)
    assert plan.noun in words and "after 1980" in " ".join(words)
    for spec, value in recommender.catalog.facts(item):
        shown = value[:3] if isinstance(value, tuple) else (value,)
        assert {str(one) for one in shown} <= values, spec
    assert not any(value in words for value in values)


def test_a_name_that_was_begun_is_written_to_its_end(tiny):
    cache = tiny.prefill(trunk_of(tiny, "alien"))
    encode = tiny.format.encode
    name = encode(" haunted lighthouse")
    copying = Copying(encode(" scary"), [name])
    texts = []
    for seed in range(40):  # its weights are drawn, and now and then they begin the name seldom
        written = tiny.write(cache, prompts_of(tiny, "a"), signals(1), 24, 3.0, 1.0, seed, [copying], 4)
        texts += [one.text.replace(" ", "") for one in written if one.finished]
        if seed >= 4 and any("hauntedlighthouse" in text for text in texts):
            break
    assert len(name) > 2 and any("hauntedlighthouse" in text for text in texts)
    assert all(set(text.replace("hauntedlighthouse", "")) <= set("scary") for text in texts)
