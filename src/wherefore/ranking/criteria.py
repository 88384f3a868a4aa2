"""What counts beside the model's score of a candidate: wishes, limits, its year, and whether it is new or was shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.concepts import concepts_of, having
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.times import WHEN, asked_of
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.state import Preferences, Wish, by_words
from wherefore.retrieval.candidates import Candidates
from wherefore.retrieval.learned import Learned
from wherefore.retrieval.retriever import Retriever
from wherefore.text import FUNCTION_WORDS, forms


def demands_met(preferences: Preferences, items: Sequence[Item], catalog: Catalog) -> np.ndarray:
    """How many demands each of m items meets, (m,) int64."""
    return np.array(
        [
            sum(any(_holds(one, item, catalog) for one in group) for group in preferences.demand_groups)
            for item in items
        ],
        dtype=np.int64,
    )


def _holds(wish: Wish, item: Item, catalog: Catalog) -> bool:
    """Whether an item has what is wished, by its values or, where titles tell of them, its title."""
    return all(catalog.holds(item, field, value) for field, value in wish.parts)


def wishes_met(
    preferences: Preferences, items: Sequence[Item], catalog: Catalog, fades: float = 0.5
) -> np.ndarray:
    """How many of the wishes that are no demands each of m items meets, (m,) float32; older ones count for less.

    `fades` is what a wish counts beside the one that was said after it.

    Values that the same words stand for ("feel-good") are one wish. What the user would rather not have takes one
    away.
    """
    mild = by_words(wish for wish in preferences.wanted if wish.strength < 2)
    rather_not = by_words(wish for wish in preferences.unwanted if wish.strength < 1)
    weighed = [(fades**age, wishes) for age, wishes in enumerate(reversed(mild))]
    weighed += [(-1.0, wishes) for wishes in rather_not]
    met = np.zeros(len(items), dtype=np.float32)
    for weight, wishes in weighed:
        met += [weight * any(_holds(wish, item, catalog) for wish in wishes) for item in items]
    # "In French" means the film's own language, which records put first, rather than any that is spoken in it: a
    # well-known film in which somebody says "bonjour" must not come first.
    ordered = {spec.name for spec in catalog.schema.tags if _first_counts(spec)}
    for wish in {wish for wish in preferences.wanted if wish.field in ordered}:
        met += [2.0 * (item.values(wish.field)[:1] == (wish.value,)) for item in items]
    return met


def _first_counts(spec: FieldSpec) -> bool:
    """Whether the first of an item's values is its own: those that are said with "in", "from" and the like."""
    prefix = spec.phrase.partition("{}")[0].strip().lower()
    return prefix not in ("", "about") and ":" not in prefix


def days_met(preferences: Preferences, items: Sequence[Item]) -> np.ndarray:
    """How far the days of each of m items are those that are asked for and no others, (m,) float32 from 0 to 1.

    Whoever is free on Wednesdays is served by what is on Wednesdays rather than by what may need them from Monday to
    Saturday. 0 where no days of the week are asked for.
    """
    asked = [asked_of(one.field) for one in preferences.limits if one.field.startswith(WHEN)]
    asked = [one for one in asked if one.facet == "day" and not one.refused]
    met = np.zeros(len(items), dtype=np.float32)
    for one in asked:
        met += [one.exactly(item.values(one.field)) / len(asked) for item in items]
    return met


def times_broken(preferences: Preferences, items: Sequence[Item], catalog: Catalog) -> np.ndarray:
    """How many limited fields each of m items breaks, (m,) float32, plus one if it has something that was refused."""
    broken = [
        len({one.field for one in preferences.limits if not one.allows(item, catalog)})
        + any(_holds(wish, item, catalog) for wish in preferences.refusals)
        for item in items
    ]
    return np.array(broken, dtype=np.float32)


def times_shown(dialogue: Dialogue, items: Sequence[Item]) -> np.ndarray:
    """In how many of the assistant's messages each of m items was named and passed over by the user, (m,) float32."""
    shown: Counter[str] = Counter(
        item
        for number, item in {(one.message, one.item_id) for one in dialogue.mentions}
        if dialogue.messages[number].role == "assistant" and item not in dialogue.preferences.asked
    )
    return np.array([shown[item.id] for item in items], dtype=np.float32)


_AT_ONCE = 65_536  # rows of which the vectors are in memory together


def year_gains(items: Sequence[Item], catalog: Catalog, gains: Mapping[int, float]) -> np.ndarray:
    """What each of m items gains for its release year, (m,) float32 logits."""
    year = catalog.schema.year
    values = [item.get(year.name) if year is not None else None for item in items]
    return np.array([0.0 if v is None else gains.get(int(str(v)[:4]), 0.0) for v in values], dtype=np.float32)


def likeness(
    dialogue: Dialogue, candidates: Candidates, retriever: Retriever, weights: Mapping[str, float]
) -> np.ndarray:
    """What each of m candidates gains for being like what was said, where nothing was learned of the catalogue, (m,).

    The weighted sum of the scores of some sources, of `words_named` and of the likeness to what is looked for, each in
    standard deviations over the candidates. All 0 where a source that learns knows any of them, or none does learn.

    Args:
        dialogue: What was said.
        candidates: Of one turn.
        retriever: That found them.
        weights: Logits for a standard deviation, by source; `described` of `words_named`, where there are texts, and
            `sought` of what is looked for, `bears` of what is meant for values, `pictures` and `vectors` of the
            likeness to what is liked by these.
    """
    gains = np.zeros(len(candidates), dtype=np.float32)
    learn = [column for column, source in enumerate(retriever.sources) if isinstance(source, Learned)]
    if not learn or not np.isnan(candidates.scores[:, learn]).all():
        return gains
    told = dict(zip(candidates.source_names, candidates.scores.T, strict=True))
    for source in retriever.by_content:
        if weights.get(source.name):
            told[source.name] = source.score(dialogue, np.zeros(0), candidates.rows)
    if weights.get("described") and retriever.index.catalog.schema.texts:  # a title alone names little
        told["described"] = words_named(dialogue, candidates.rows, retriever.index.catalog)
    if weights.get("sought") and (sought := retriever.sought(dialogue)) is not None:
        told["sought"] = likeness_to(sought, candidates.rows, retriever)
    if weights.get("bears") and (borne := retriever.borne(dialogue, candidates.rows)) is not None:
        told["bears"] = borne
    for name, scores in told.items():
        known = ~np.isnan(scores)
        if name in weights and known.any():
            gains[known] += weights[name] * standardized(scores[known])
    return gains


def likeness_to(sought: np.ndarray, rows: np.ndarray, retriever: Retriever) -> np.ndarray:
    """How like records, or the closest of their clauses, are to what is looked for (d,); (m,) float32."""
    if len(rows) > _AT_ONCE:  # so that memory stays bounded
        parts = [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]
        return np.concatenate([likeness_to(sought, part, retriever) for part in parts])
    index = retriever.index
    alike: np.ndarray = index.store.vectors(rows) @ index.project(sought[None])[0]
    if len(index.passages):
        clauses = index.passages.scores(sought[None], rows)[0]
        alike = np.where(np.isnan(clauses), alike, 0.5 * (alike + clauses))
    return alike.astype(np.float32)


def history_gains(dialogue: Dialogue, rows: np.ndarray, retriever: Retriever) -> np.ndarray | None:
    """How well items, by row (m,), go with what the user took before, in standard deviations; None: not known."""
    after = retriever.followed(dialogue)
    return None if after is None else standardized(after[rows]).astype(np.float32)


def standardized(values: np.ndarray) -> np.ndarray:
    """Values (m,), at least one, in standard deviations from their mean; zeros where all are the same."""
    spread = float(values.std())
    return np.asarray((values - values.mean()) / spread if spread > 0 else np.zeros_like(values))


def words_named(dialogue: Dialogue, rows: np.ndarray, catalog: Catalog) -> np.ndarray:
    """How much of what was described in the user's own words the records name, (m,) float32.

    The sum over the described pieces of the rarity (inverse document frequency) of their words that a record names;
    a kind of things ("trousers") is named by all that is one ("jeans"). Older messages count for less.

    Args:
        dialogue: What was said, with what is described.
        rows: Of m items.
        catalog: Their catalogue.
    """
    told = np.zeros(len(rows), dtype=np.float32)
    newest = len(dialogue.messages) - 1
    for number, start, end in dialogue.described:
        if any(one == number and start < last and first < end for one, first, last in dialogue.muted):
            continue
        piece = dialogue.messages[number].content[start:end]
        concept = concepts_of(catalog).called(piece)
        words = [piece] if concept is not None else [w for w in forms(piece) if w not in FUNCTION_WORDS]
        for word in words:
            named = having(catalog, word)
            count = int(named.sum())
            if count:
                told += 0.5 ** ((newest - number) / 2) * np.log(len(catalog) / count) * named[rows]
    return told


def are_new(features: np.ndarray, retriever: Retriever) -> np.ndarray:
    """Which candidates, by features (m, f), nobody has named or counted yet, where others have been, (m,) bool."""
    if retriever.index.popularity is None:
        return np.zeros(len(features), dtype=bool)
    names = retriever.feature_names
    columns = [one for one in retriever.personal_features if not names[one].endswith(".rank")]
    return np.asarray(np.isnan(features[:, columns]).all(axis=1))
