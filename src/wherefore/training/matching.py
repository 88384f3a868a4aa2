"""A cross-encoder learns which items answer what was said: from requests for films and talks over small catalogues."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.words import words_of
from wherefore.corpora.shops import Asked
from wherefore.dialogue.talk import Said, listed, talk
from wherefore.lm.cross_encoder import CrossEncoder, Pair
from wherefore.lm.low_rank import learning
from wherefore.lm.tuned import on_packaged
from wherefore.progress import Progress
from wherefore.retrieval.index import Index
from wherefore.training.descent import descend
from wherefore.training.requests import PassagedItems, Request

_HARD = 50  # items nearest to a request by vectors, of which wrong ones are drawn
_TOKENS = 200_000  # texts whose tokens are kept


@dataclass(frozen=True)
class MatchTraining:
    """How a cross-encoder learns.

    Attributes:
        epochs: Passes over all that is asked.
        batch_size: Requests in a step.
        group: Items that are compared for each: one that answers, near misses, and others.
        lr: Highest step size.
        again: How often what is asked of a small catalogue counts in an epoch, each time with other items.
        after: Share of requests for films before which another one is put, with what was listed for it: then the
            newest wish counts.
        lower: Share of requests in lower case.
        seed: Of all choices.
    """

    epochs: float = 1.5
    batch_size: int = 8
    group: int = 6
    lr: float = 7e-4
    again: int = 2
    after: float = 0.1
    lower: float = 0.3
    seed: int = 0


def learning_cross_encoder(r: int, device: str = "cpu") -> CrossEncoder:
    """A cross-encoder on the packaged MiniLM that is to learn under LoRA of that rank."""
    made: CrossEncoder = on_packaged(CrossEncoder, lambda encoder: learning(encoder, r), device)
    return made


def asked_of_films(requests: Sequence[Request], index: Index, encodings: Sequence[np.ndarray]) -> list[Asked]:
    """Requests with the items that are near them by vectors and do not answer.

    Args:
        requests: What is asked.
        index: Of the films, with passages.
        encodings: Vectors (n, d) of the requests, by one or several encoders, whose likeness is added.
    """
    catalog, items = index.catalog, PassagedItems(index.passages, "cpu")
    found = []
    for start in range(0, len(requests), 64):
        part = requests[start : start + 64]
        near = sum(items.scores(torch.from_numpy(one[start : start + 64])).numpy() for one in encodings)
        for request, places in zip(part, np.argsort(-np.asarray(near), axis=1), strict=True):
            fits = tuple(one for one in request.items if one in catalog)
            misses = tuple(one for one in request.near if one in catalog)
            best = (catalog.items[items.rows[place]].id for place in places[: _HARD + len(fits)])
            hard = tuple(one for one in best if one not in fits)
            if fits:
                found.append(Asked(catalog, (("user", request.text),), fits, misses, hard[:_HARD]))
    return found


def fit_cross_encoder(
    network: CrossEncoder,
    asked: Sequence[Asked],
    settings: MatchTraining | None = None,
    progress: Progress | None = None,
) -> None:
    """Let it learn.

    The loss is a softmax over each group (the item that answers against the others), and half of a logistic one for
    each item, so that scores of different requests can be compared.

    Args:
        network: As of `learning_cross_encoder`.
        asked: What it learns from.
        settings: How.
        progress: Told (steps done, of).
    """
    settings = settings or MatchTraining()
    rng = random.Random(settings.seed)
    torch.manual_seed(settings.seed)
    a_pass = sum(1 if one.hard else settings.again for one in asked) // settings.batch_size
    steps = max(int(a_pass * settings.epochs), 1)
    tokens = _kept_tokens(network)
    half = torch.ops.mkldnn._is_mkldnn_bf16_supported()
    batches = _steps(asked, steps, settings, rng)

    def next_loss() -> Tensor:
        part = next(batches)
        pairs = [pair for one in part for pair in _pairs(one, settings, tokens, rng)]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=half):
            return _loss(network(pairs).float().view(len(part), -1))

    descend(network, steps, settings.lr, next_loss, progress)


@torch.no_grad()
def measured_match(network: CrossEncoder, asked: Sequence[Asked], candidates: int = 30) -> dict[str, float]:
    """How well it orders the items of what is asked: those that fit, near misses, hard ones, and others.

    Returns:
        `first`: share where the first item fits; `precision_at_5`: of the first five, those that fit, of as many as
        could; `near_below`: of all pairs of an item that fits and a near miss, those in the right order.
    """
    network.eval()
    tokens = _kept_tokens(network)
    first = fitting = 0.0
    pairs = right = 0
    for number, one in enumerate(asked):
        rng = random.Random(number)
        ids = [*one.fits, *one.near][:candidates]
        ids += _others(one, ids, candidates - len(ids), rng)
        said = tokens(talk(one.said))
        scores = network([(said, tokens(_record(one.catalog[item], one.catalog))) for item in ids]).numpy()
        order = [ids[place] for place in np.argsort(-scores, kind="stable")]
        first += order[0] in one.fits
        fitting += sum(item in one.fits for item in order[:5]) / min(5, len(one.fits))
        by_id = dict(zip(ids, scores, strict=True))
        for fit in (item for item in one.fits if item in by_id):
            for miss in (item for item in one.near if item in by_id):
                pairs += 1
                right += bool(by_id[fit] > by_id[miss])
    count = max(len(asked), 1)
    return {
        "first": first / count,
        "precision_at_5": fitting / count,
        "near_below": right / max(pairs, 1),
        "asked": float(len(asked)),
    }


def _kept_tokens(network: CrossEncoder) -> Callable[[str], list[int]]:
    """Gives the tokens of texts; those of the newest are kept."""
    return lru_cache(maxsize=_TOKENS)(network.tokens)


def _steps(
    asked: Sequence[Asked], steps: int, settings: MatchTraining, rng: random.Random
) -> Iterator[list[Asked]]:
    """So many batches, each epoch in another order; small catalogues come several times."""
    films = [one for one in asked if one.hard]
    left: list[Asked] = []
    for _ in range(steps):
        if len(left) < settings.batch_size:
            left = [one for one in asked for _ in range(1 if one.hard else settings.again)]
            rng.shuffle(left)
        yield [_after(left.pop(), films, settings, rng) for _ in range(min(settings.batch_size, len(left)))]


def _after(one: Asked, films: Sequence[Asked], settings: MatchTraining, rng: random.Random) -> Asked:
    """A request for a film, now and then after another one that was answered: what is asked last counts."""
    if not one.hard or rng.random() >= settings.after:
        return one
    before = rng.choice(films)
    titles = listed([before.catalog[item].title for item in before.fits[:5]])
    said: Said = (*before.said, ("assistant", titles), *one.said)
    near = tuple(item for item in (*before.fits[:2], *one.near) if item not in one.fits)
    return replace(one, said=said, near=near)


def _pairs(
    one: Asked, settings: MatchTraining, tokens: Callable[[str], list[int]], rng: random.Random
) -> list[Pair]:
    """What was said beside an item that answers, the best ones more often, and beside others that don't."""
    ids = [rng.choice((one.fits[0], *one.fits))]
    ids += rng.sample(one.near, min(len(one.near), 2 if one.hard else 3, settings.group - 1))
    ids += _others(one, ids, settings.group - len(ids), rng)
    words = talk(one.said)
    said = tokens(words.lower() if rng.random() < settings.lower else words)
    return [(said, tokens(_record(one.catalog[item], one.catalog, rng))) for item in ids]


def _others(one: Asked, taken: Sequence[str], count: int, rng: random.Random) -> list[str]:
    """Items that don't answer: hard ones and one at random, or any of a small catalogue."""
    known = {*one.fits, *one.near, *taken}
    hard = [item for item in one.hard if item not in known]
    found = rng.sample(hard, min(len(hard), max(count - 1, 0))) if one.hard else []
    known.update(found)
    rest = [item for item in one.catalog.ids if item not in known] if not one.hard else one.catalog.ids
    more: list[str] = []
    for item in rng.sample(rest, min(len(rest), 2 * count)):
        if item not in known and len(found) + len(more) < count:
            more.append(item)
    return [*found, *more]


def _record(item: Item, catalog: Catalog, rng: random.Random | None = None) -> str:
    """An item in words; while it is learned from, as another catalogue might have it: less, or in another order."""
    words = words_of(item, catalog.schema)
    if rng is None:
        return str(words)
    texts, facts = list(words.texts), [one for one in words.facts if rng.random() > 0.2]
    if rng.random() < 0.3:
        rng.shuffle(texts)
    if len(texts) > 1 and rng.random() < 0.3:
        texts = texts[: rng.randint(1, len(texts))]
    if rng.random() < 0.3:
        rng.shuffle(facts)
    title = words.title if rng.random() < 0.5 else item.title
    return str(replace(words, title=title, texts=tuple(texts), facts=tuple(facts)))


def _loss(scores: Tensor) -> Tensor:
    """Of scores (b, group), the first of each group for what answers."""
    wanted = torch.zeros_like(scores)
    wanted[:, 0] = 1
    first = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    return functional.cross_entropy(scores, first) + 0.5 * functional.binary_cross_entropy_with_logits(
        scores, wanted
    )
