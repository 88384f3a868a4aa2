"""Pools of likely negatives for the recommending turns of dialogues, and their judging."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from wherefore.catalog.catalog import Catalog
from wherefore.corpora.base import CorpusDialogue, as_dialogue, instances
from wherefore.dialogue.fingerprint import fingerprint
from wherefore.dialogue.messages import Dialogue
from wherefore.errors import ServerError, TrainingError
from wherefore.lm.item_judge import Asked, ItemJudge
from wherefore.progress import Progress
from wherefore.retrieval.judged_pools import JudgedPools, score_key
from wherefore.training.corpus import Corpus

_AT_ONCE = 64  # dialogues of which pools are found and kept together
_IN_A_ROW = 5  # turns that a server may fail before judging stops


@dataclass(frozen=True)
class Turn:
    """A recommending turn.

    Attributes:
        dialogue: What was said before it, with the items named.
        gold: Ids of the catalogue that it names for the first time.
        named: Ids that were named before.
    """

    dialogue: Dialogue
    gold: tuple[str, ...]
    named: frozenset[str]

    @property
    def key(self) -> int:
        """By which its pool is known."""
        return fingerprint(self.dialogue.messages)


def recommending_turns(corpus: Corpus, dialogues: Sequence[CorpusDialogue]) -> Iterator[Turn]:
    """The turns of dialogues with words in which the assistant names items of the catalogue for the first time.

    What was said is written as `Corpus.read` writes it, so that sources which learn of a whole dialogue know the turn.
    """
    item_of = corpus.item_of
    for dialogue in dialogues:
        if not corpus.has_words(dialogue):
            continue
        for one in instances(dialogue):
            named = frozenset(item_of[item] for item in one.named if item in item_of)
            gold = dict.fromkeys(item_of[item] for item in one.gold if item in item_of)
            said = as_dialogue(one.context, lambda item: corpus.titles.get(item, item), item_of.get)
            right = tuple(item for item in gold if item not in named)
            if right and said.messages:
                yield Turn(said, right, named)


Search = Callable[[Sequence[Dialogue]], np.ndarray]  # b dialogues to the scores of the catalogue, (b, n)


def keep_pools(
    pools: JudgedPools,
    turns: Sequence[Turn],
    search: Search,
    catalog: Catalog,
    size: int,
    progress: Progress | None = None,
) -> None:
    """Keep the best wrong items of each turn that has no pool yet.

    Args:
        pools: Where they are kept.
        turns: The turns.
        search: The retriever, which should not have learned from these turns.
        catalog: Items in row order.
        size: Items in a pool.
        progress: Told (done, of).
    """
    there = set(pools.said())
    todo = [turn for turn in turns if turn.key not in there]
    for start in range(0, len(todo), _AT_ONCE):
        part = todo[start : start + _AT_ONCE]
        made: dict[int, tuple[Sequence[str], Sequence[str]]] = {}
        for turn, scores in zip(part, search([turn.dialogue for turn in part]), strict=True):
            out = [catalog.row(item) for item in (*turn.gold, *turn.named)]
            scores = np.array(scores, dtype=np.float64)
            scores[out] = -np.inf
            best = np.argsort(-scores, kind="stable")[: min(size, len(scores) - len(set(out)))]
            made[turn.key] = turn.gold, [catalog.items[row].id for row in best]
        pools.keep(made)
        if progress is not None:
            progress(start + len(part), len(todo))


@dataclass
class Judged:
    """What a run of judging did.

    Attributes:
        turns: With scores of all that was asked, old and new.
        asked: Turns for which the judge was asked.
        without: Turns on which it has no opinion, or did not answer.
        items: Items that it scored anew.
    """

    turns: int = 0
    asked: int = 0
    without: int = 0
    items: int = 0


def judge_pools(
    pools: JudgedPools,
    turns: Sequence[Turn],
    judge: ItemJudge,
    catalog: Catalog,
    progress: Progress | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> Judged:
    """Let a judge score gold and pool of every turn; what is scored already is not asked for again.

    A turn that a server fails is left out and told; after several in a row judging stops.

    Args:
        pools: With the turns' pools; a turn without one is passed over.
        turns: The turns.
        judge: The judge.
        catalog: Items by id; those of a pool that have left it are passed over.
        progress: Told (done, of).
        tell: Told what went wrong.

    Raises:
        ServerError: If the judge's server fails several turns in a row.
        TrainingError: If no turn has a pool.
    """
    kept = pools.pools()
    todo = [turn for turn in turns if turn.key in kept]
    if not todo:
        raise TrainingError("no turn has a pool of likely negatives; make the pools first")
    done, failed = Judged(), 0
    for number, turn in enumerate(todo, 1):
        pool = kept[turn.key]
        ids = [item for item in dict.fromkeys((*turn.gold, *pool.items)) if item in catalog]
        try:
            new = _judge(pools, turn, ids, judge, catalog)
            failed = 0
        except ServerError as error:
            failed += 1
            done.asked += 1
            done.without += 1
            tell(f"turn {number} of {len(todo)} is left out: {error}")
            if failed >= _IN_A_ROW:
                raise
            continue
        done.asked += new is not None
        done.items += new or 0
        empty = new == 0
        done.without += empty
        done.turns += not empty
        if progress is not None:
            progress(number, len(todo))
    return done


def _judge(
    pools: JudgedPools, turn: Turn, ids: Sequence[str], judge: ItemJudge, catalog: Catalog
) -> int | None:
    """Ask for what is not scored yet; how many scores are new, None where nothing had to be asked."""
    asked = Asked(turn.dialogue, tuple(catalog[item] for item in ids), catalog)
    dialogue, items = judge.reads(asked)
    keys = [score_key(judge.name, dialogue, f"{one}\0{item}") for one, item in zip(ids, items, strict=True)]
    known = pools.known(keys)
    missing = [place for place, key in enumerate(keys) if key not in known]
    if not missing:
        return None
    scores = judge.scores(Asked(turn.dialogue, tuple(asked.items[place] for place in missing), catalog))
    found: Mapping[int, float] = {
        place: float(score) for place, score in zip(missing, scores, strict=True) if np.isfinite(score)
    }
    pools.add(judge.name, turn.key, [(keys[place], ids[place], score) for place, score in found.items()])
    return len(found)
