"""From plans to sentences: worded by a language model, held to what may be said, and plain where that fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from wherefore.catalog.catalog import Catalog
from wherefore.config import WriterConfig
from wherefore.dialogue.facts import Fact, Plan, Worded
from wherefore.dialogue.messages import Dialogue
from wherefore.lm.decoding import Written
from wherefore.writing.asides import brief
from wherefore.writing.check import problems
from wherefore.writing.fallback import plain_opening, plain_sentence
from wherefore.writing.fluency import oddities
from wherefore.writing.polish import polish
from wherefore.writing.sentence import Sentence

# Words plans, with slots looked up in a catalogue, settings and a seed, unchecked; the last argument is asked whether
# what a plan has so far will do. None stands for a step that other turns may come after.
Writer = Callable[
    [Sequence[Plan], Catalog, WriterConfig, int, Callable[[int], bool]], Iterator[Written | None]
]


@dataclass(eq=False)
class Grounds:
    """What the sentences of a turn are about, as it is when the turn begins."""

    dialogue: Dialogue
    catalog: Catalog
    write: Writer  # after this dialogue
    settings: WriterConfig


class Told(NamedTuple):
    """A sentence that may be said: number 0 is the opening, the others are the reasons."""

    number: int
    text: str
    worded: Worded


def realize(grounds: Grounds, opening: Plan, plans: Sequence[Plan], seed: int) -> Iterator[Told | None]:
    """Opening and reasons, in order, each as soon as it and all before it have passed the check.

    The opening is written by itself, and not tried again, so that the first words come soon; then all reasons
    together. Between them, None whenever others may go on; what they write is then written in one batch.
    """
    tries = grounds.settings.tries
    yield from _sentences(grounds, {0: opening}, seed, min(tries, 1))
    yield from _sentences(grounds, dict(enumerate(plans, 1)), seed, tries)


def _sentences(grounds: Grounds, plans: dict[int, Plan], seed: int, tries: int) -> Iterator[Told | None]:
    """A checked sentence for each numbered plan, in order."""
    ready: dict[int, Told] = {
        number: Told(number, plan.beside_quote(""), "quoted")
        for number, plan in plans.items()
        if plan.quote and not plan.facts
    }
    # Where a record has nothing to do with what was said, a sentence around it would only pretend that it has.
    for number, plan in plans.items() if grounds.settings.brief else ():
        if plan.item is not None and plan.facts and all(_is_bare(fact) for fact in plan.facts):
            ready[number] = Told(number, plan.beside_quote(brief(plan, grounds.catalog)), "quoted")
    waiting = list(plans)  # to be shown
    starts: Counter[str] = Counter()
    while waiting and waiting[0] in ready:
        yield ready[waiting.pop(0)]
    for attempt in range(tries):
        missing = [number for number in plans if number not in ready]
        if not missing:
            break
        written = _attempt(grounds, [plans[number] for number in missing], seed * 1_000_003 + attempt, starts)
        for passed in written:
            if passed is None:
                yield None
                continue
            number = missing[passed[0]]
            text = plans[number].beside_quote(passed[1])
            ready[number] = Told(number, text, "rewritten" if attempt else "first")
            while waiting and waiting[0] in ready:
                yield ready[waiting.pop(0)]
    for number in waiting:
        text = plans[number].beside_quote(_plain(plans[number], grounds.catalog))
        yield ready.get(number) or Told(number, text, "plain")


def _is_bare(fact: Fact) -> bool:
    """Whether a fact is only on record: it neither answers the user's words nor says where an item is on the list."""
    return fact.kind == "own" and not fact.said


def _attempt(
    grounds: Grounds, plans: Sequence[Plan], seed: int, starts: Counter[str]
) -> Iterator[tuple[int, str] | None]:
    """Word some plans at once; those that pass the check, ready to be shown."""
    settled: set[int] = set()  # plans that have their sentence, or will not get one
    ended: Counter[int] = Counter()
    passed: dict[int, list[tuple[Written, int]]] = {row: [] for row in range(len(plans))}
    for one in grounds.write(plans, grounds.catalog, grounds.settings, seed, settled.__contains__):
        if one is None:
            yield None
            continue
        if one.row in settled:
            continue
        ended[one.row] += 1
        plan = plans[one.row]
        if one.finished:
            sentence = Sentence(one.text, plan, grounds.dialogue, grounds.catalog)
            if _is_whole(sentence) and not problems(sentence) and not oddities(sentence):
                passed[one.row].append((one, len(sentence.told())))
        if len(passed[one.row]) < grounds.settings.enough and ended[one.row] < grounds.settings.samples:
            continue
        settled.add(one.row)
        if not passed[one.row]:
            continue
        # The same first words again and again read like a form, so a new beginning counts for something; and the
        # likeliest wordings say the least, so each fact of the plan does too.
        best, _ = min(
            passed[one.row], key=lambda w: 0.15 * starts[_start(w[0].text)] - 0.3 * w[1] - w[0].likely
        )
        starts[_start(best.text)] += 1
        yield one.row, polish(best.text, plan, grounds.catalog)


def _is_whole(sentence: Sentence) -> bool:
    """Whether an opening tells what holds of the whole list: no reason says it once more."""
    if sentence.plan.item is not None:
        return True
    told = sentence.told()
    whole = [fact for fact in sentence.plan.facts if fact.kind == "wish" and fact.met == sentence.plan.total]
    return all(fact in told for fact in whole)


def _plain(plan: Plan, catalog: Catalog) -> str:
    """The sentence of last resort, made from the facts."""
    return (plain_opening if plan.item is None else plain_sentence)(plan, catalog)


def _start(sentence: str) -> str:
    """The first two words."""
    return " ".join(sentence.split()[:2])
