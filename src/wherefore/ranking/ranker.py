"""The order of a turn's candidates, and which of them are listed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.series import series_of
from wherefore.config import TurnConfig
from wherefore.dialogue.messages import Dialogue
from wherefore.lm.head import Scores
from wherefore.ranking.asked import ENOUGH, naming
from wherefore.ranking.criteria import (
    are_new,
    days_met,
    demands_met,
    history_gains,
    likeness,
    standardized,
    times_broken,
    times_shown,
    wishes_met,
    year_gains,
)
from wherefore.ranking.diversity import diverse
from wherefore.ranking.sorts import describes, sort_named, sorts_missing
from wherefore.retrieval.candidates import Candidates
from wherefore.retrieval.index import Index
from wherefore.retrieval.orders import named_in_order
from wherefore.retrieval.retriever import Retriever

# A list meets every demand, and other wishes count beside the model's score. In a firm ranking what meets more demands
# comes first; in a soft one nothing is ruled out.
Mode = Literal["listed", "firm", "soft"]


# What a wish counts beside one that was said after it: of films people change their minds, in a shop they narrow down.
_FADES, _LASTS = 0.5, 0.8
_OF_SOUGHT, _FEWEST_SOUGHT = (
    3,
    15,
)  # times the list's length, and the fewest, that are put in order of what is described


@dataclass(frozen=True)
class Ranked:
    """All m candidates of a turn, scored, and the places of those that are listed, best first."""

    candidates: Candidates
    scores: np.ndarray  # (m,) logits
    parts: Mapping[str, np.ndarray]  # (m,) each: what the scores are the sum of
    places: np.ndarray  # (k,)
    fit: np.ndarray  # places of those that meet every demand

    @property
    def items(self) -> list[Item]:
        """The listed items, best first."""
        return [self.candidates.items[place] for place in self.places]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of all candidates by score, best first."""
        best = np.argsort(-self.scores, kind="stable")
        return tuple(self.candidates.items[place].id for place in best)


@dataclass(frozen=True)
class Ranker:
    """Orders candidates.

    Attributes:
        retriever: Where they are from.
        turn: What counts how much.
        scores: What the language model and the sources' head say: rows (m,) and features (m, f) to scores (m,).
        order: A second opinion on items, which are given best first: places of the first few in their new order, or
            nothing.
        match: How well items answer what was said, (m,), by reading each beside it; None where that says nothing.
        judge: How well items would please, (m,), by an LLM that judges them; None where it has no opinion.
    """

    retriever: Retriever
    turn: TurnConfig
    scores: Callable[[np.ndarray, Tensor], Scores]
    order: Callable[[Sequence[Item]], Sequence[int]]
    match: Callable[[Dialogue, Sequence[Item]], np.ndarray | None] = lambda dialogue, items: None
    judge: Callable[[Dialogue, Sequence[Item]], np.ndarray | None] = lambda dialogue, items: None

    def rank(
        self, dialogue: Dialogue, candidates: Candidates, k: int, mode: Mode, diversity: float = 0.0
    ) -> Ranked:
        """Candidates with their scores, and which k of them are listed.

        `diversity` is what an item loses for being like one listed before it, in logits.
        """
        if not len(candidates):
            none = np.zeros(0, np.int64)
            return Ranked(candidates, np.zeros(0, np.float32), {}, none, none)
        rows, met = (
            candidates.rows,
            demands_met(dialogue.preferences, candidates.items, self.retriever.index.catalog),
        )
        fit = np.flatnonzero(met == len(dialogue.preferences.demand_groups))
        first = np.zeros_like(met) if mode == "soft" else met  # what is demanded outranks every score
        scores, parts = self._scored(dialogue, candidates, met, mode)
        sort = sort_named(dialogue, self.retriever) if mode == "listed" and "likeness" in parts else None
        if sort is not None:
            parts["sort"] = (self.turn.unlearned.get("sort", 0.0) * sort.share(rows)).astype(np.float32)
            scores = scores + parts["sort"]
        asked = None
        if (
            mode == "listed"
            and "likeness" in parts
            and (sort is not None or not sorts_missing(dialogue, self.retriever))
        ):
            asked = naming(dialogue, self.retriever.index.catalog)
        if asked is not None:
            parts["asked"] = (self.turn.unlearned.get("asked", 0.0) * asked.share[rows]).astype(np.float32)
            scores = scores + parts["asked"]
        order = np.lexsort((rows, -scores, -first))  # rows settle ties
        if mode == "listed":
            order = order[np.isin(order, fit)]
            order = order[
                _distinct([candidates.items[place] for place in order], self.retriever.index.catalog)
            ]
            if sort is not None and (kept := order[sort.fitting(rows[order])]).size:
                order = kept  # a shorter list rather than one of other things
            if asked is not None:
                kept = order[asked.kept(rows[order])]
                # Of a sort that is named, few that a word fits are no list: "a printer. Before you say anything, ..."
                order = order if sort is not None and len(kept) < min(k, ENOUGH) else kept
        if mode != "soft" and dialogue.preferences.order is not None:
            return self._in_order(
                dialogue, Ranked(candidates, scores, parts, order, fit), sort is not None, k
            )
        turn, learned = self.turn, "likeness" not in parts
        weight = turn.matched if learned else turn.unlearned.get("match", turn.matched)
        weight = 0.0 if mode == "soft" else weight
        opinions = (partial(self._second_opinion, weight=weight), self._rejudged)
        for opinion in opinions:
            name, places = opinion(dialogue, candidates, scores, order)
            change = _dealt_anew(scores, order, places)
            if change.any():
                parts[name] = parts.get(name, 0) + change
                scores = scores + change
                order = order[np.lexsort([key[order] for key in (rows, -scores, -first)])]
        if diversity:
            order = self._diverse(dialogue, candidates, scores, order, k, diversity)
        return Ranked(candidates, scores, parts, order[:k], fit)

    def _in_order(self, dialogue: Dialogue, ranked: Ranked, is_sort: bool, k: int) -> Ranked:
        """A list by the number that the user names: "cheapest first"; what is not known comes last.

        Of what is described, the few that answer best are put in order, of values that are wished for what has them
        all: the cheapest thing of a shop is not the cheapest gift for a gardener.
        """
        asked = dialogue.preferences.order
        assert asked is not None
        catalog, order = self.retriever.index.catalog, ranked.places
        items = [ranked.candidates.items[place] for place in order]
        wished = wishes_met(dialogue.preferences, items, catalog)
        named = named_in_order(dialogue, catalog)
        if named is not None and (here := named[ranked.candidates.rows[order]]).any():
            order, wished, is_sort = order[here], wished[here], True
        if len(order) and wished.max() > 0:
            order = order[wished == wished.max()]
        elif not is_sort and not dialogue.preferences.demands and describes(dialogue):
            order = order[: max(_OF_SOUGHT * k, _FEWEST_SOUGHT)]
        told = catalog.numbers(asked.field)[ranked.candidates.rows[order]]
        keys = np.where(np.isnan(told), np.inf, told if asked.best == "low" else -told)
        after = np.argsort(keys, kind="stable")
        change = _dealt_anew(ranked.scores, order, after.tolist())
        parts = {**ranked.parts, "order": change}
        return Ranked(ranked.candidates, ranked.scores + change, parts, order[after][:k], ranked.fit)

    def _scored(
        self, dialogue: Dialogue, candidates: Candidates, met: np.ndarray, mode: Mode
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Scores (m,), and what they are the sum of."""
        items, catalog, turn = candidates.items, self.retriever.index.catalog, self.turn
        features = candidates.features
        made = self.scores(candidates.rows, torch.from_numpy(features))
        parts = {"sources": made.sources.float().cpu().numpy(), "llm": made.llm.float().cpu().numpy()}
        more = {}
        if turn.years:
            more["years"] = year_gains(items, catalog, turn.years)
        if (alike := likeness(dialogue, candidates, self.retriever, turn.unlearned)).any():
            more["likeness"] = alike
        if turn.new and (new := are_new(features, self.retriever)).any():
            more["new"] = (turn.new * new).astype(np.float32)
        if turn.history and (gains := history_gains(dialogue, candidates.rows, self.retriever)) is not None:
            more["history"] = turn.history * gains
        if mode == "listed":
            weight, fades = (
                (turn.unlearned["wishes"], _LASTS) if "likeness" in more else (turn.wishes, _FADES)
            )
            more["wishes"] = weight * wishes_met(dialogue.preferences, items, catalog, fades)
            if (exact := days_met(dialogue.preferences, items)).any():
                more["days"] = weight * exact
            more["shown"] = -turn.shown * times_shown(dialogue, items)
        scores = sum(more.values(), start=made.total.float().cpu().numpy())
        if mode == "soft":
            broken = times_broken(dialogue.preferences, items, catalog)
            scores = scores + turn.demanded * met - turn.broken * broken
        return scores, parts | more

    def _second_opinion(
        self, dialogue: Dialogue, candidates: Candidates, scores: np.ndarray, order: np.ndarray, weight: float
    ) -> tuple[str, Sequence[int]]:
        """Whose it is, and the places of the best few candidates, which are given best first, in their new order.

        `weight` is what a reading of the candidates counts beside their scores; 0: they are not read.
        """
        items = [candidates.items[place] for place in order]
        if len(places := self.order(items)):
            return "llm", places
        best = items[: self.turn.reread]
        found = self.match(dialogue, best) if weight and len(best) > 1 else None
        if found is None:
            return "match", ()
        return "match", _by_both(scores[order[: len(best)]], found, weight)

    def _rejudged(
        self, dialogue: Dialogue, candidates: Candidates, scores: np.ndarray, order: np.ndarray
    ) -> tuple[str, Sequence[int]]:
        """As `_second_opinion`, by a judge of items, whose scores count beside those there are."""
        best = order[: self.turn.rejudge]
        if not self.turn.judged or len(best) < 2:
            return "judged", ()
        found = self.judge(dialogue, [candidates.items[place] for place in best])
        if found is None:
            return "judged", ()
        return "judged", _by_both(scores[best], found, self.turn.judged)

    def _diverse(
        self,
        dialogue: Dialogue,
        candidates: Candidates,
        scores: np.ndarray,
        order: np.ndarray,
        k: int,
        weight: float,
    ) -> np.ndarray:
        """The places of the k items of a diverse list, by score."""
        index, rows = self.retriever.index, candidates.rows[order]
        liked = _liked_rows(dialogue, index.catalog)
        tastes = index.vectors_of(np.array(liked)) if liked else None
        series = [series_of(index.catalog).of(int(row)) for row in rows]
        chosen = diverse(scores[order], index.vectors_of(rows), k, weight, tastes, series)
        return np.asarray(order[np.sort(chosen)])


def _by_both(own: np.ndarray, found: np.ndarray, weight: float) -> list[int]:
    """The places of some candidates by their own scores and what was found of them beside these, best first."""
    both = standardized(own) + weight * standardized(found)
    both = np.round(both, 4)  # of two items they often cancel out: no noise decides
    found_places: list[int] = np.argsort(-both, kind="stable").tolist()
    return found_places


def _dealt_anew(scores: np.ndarray, order: np.ndarray, places: Sequence[int]) -> np.ndarray:
    """What a new order of the best few changes in the scores, (m,).

    The scores of those few are dealt out anew: no other candidate gets before or behind them, and what counts in
    logits keeps its weight.
    """
    change = np.zeros_like(scores)
    if len(places):
        best = order[: len(places)]
        after = best[list(places)]
        change[after] = np.sort(scores[best])[::-1] - scores[after]
    return change


def length(dialogue: Dialogue, k: int, catalog: Catalog) -> int:
    """How many items to list: as many as the user asks for, else k."""
    count = dialogue.preferences.count
    return k if count is None else min(count.value, len(catalog))


def closeness(dialogue: Dialogue, rows: np.ndarray, index: Index) -> dict[str, dict[str, float]]:
    """How close items (m,) are to each liked one, by their ids: cosines of texts, or of pictures and own vectors.

    The latter count where they say more; empty where none is liked.
    """
    catalog = index.catalog
    liked = _liked_rows(dialogue, catalog)
    if not liked:
        return {}
    near = index.vectors_of(rows) @ index.vectors_of(np.array(liked)).T  # (m, liked)
    for name in index.spaces:
        near = np.maximum(near, index.alike(name, rows, np.array(liked)))
    return {
        catalog.items[row].id: {
            catalog.items[one].id: float(value) for one, value in zip(liked, values, strict=True)
        }
        for row, values in zip(rows, near, strict=True)
    }


def _liked_rows(dialogue: Dialogue, catalog: Catalog) -> list[int]:
    return [catalog.row(one) for one in dialogue.preferences.liked if one in catalog]


def _distinct(items: Sequence[Item], catalog: Catalog) -> list[int]:
    """The places of items without the doubles of one before: of one title, and of one year and the same people.

    Catalogues of goods hold a thing once for each size or colour.
    """
    year = catalog.schema.year
    people = [spec.name for spec in catalog.schema.names]
    seen: set[tuple[object, ...]] = set()
    places = []
    for place, item in enumerate(items):
        told = item.number(year.name) if year is not None else None
        key = (item.title.casefold(), told, *(item.values(name) for name in people))
        if key not in seen:
            seen.add(key)
            places.append(place)
    return places
