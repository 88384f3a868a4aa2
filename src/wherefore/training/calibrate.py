"""How far to trust the LLM's part of the scores: measured on turns that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from wherefore.lm.model import RecommenderLM
from wherefore.progress import Progress
from wherefore.training.ingredients import Ingredients


def calibrate(
    model: RecommenderLM, data: Ingredients, turns: Sequence[int], progress: Progress | None = None
) -> dict[str, float]:
    """Scale the LLM's part of the ranking head so that the scores are likeliest on held-out turns.

    A correction learned from few dialogues is larger than it should be. A single number corrects that: the weight w of
    s = sources + w * LLM that minimizes the listwise loss, which is convex in w (as temperature scaling is, Guo et
    al., 2017, arXiv 1706.04599). Turns of which no gold item is among the candidates say nothing.

    Args:
        model: Its head is changed.
        data: Where the turns with their candidates are.
        turns: Numbers of the held-out turns.
        progress: Told (done, of).

    Returns:
        `llm_weight`, and the mean loss per turn with the sources alone, with the LLM's part as it was learned, and
        calibrated: `loss_sources`, `loss_learned`, `loss_calibrated`. Without usable turns nothing is changed, and
        it is empty.
    """
    from scipy.optimize import minimize_scalar

    source = data.turns
    usable = [int(turn) for turn in turns if np.isin(source.rows[turn], source.gold[turn]).any()]
    if not usable:
        return {}
    read = []
    for done, turn in enumerate(usable, 1):
        read.append(_read(model, data, turn))
        if progress is not None:
            progress(done, len(usable))

    def loss(weight: float) -> float:
        total = 0.0
        for sources, llm, gold in read:
            scores = sources + weight * llm
            top = scores.max()
            total += top + np.log(np.exp(scores - top).sum()) - scores[gold].mean()
        return total / len(read)

    found = minimize_scalar(loss, bounds=(0.0, 2.0), method="bounded", options={"xatol": 1e-4})
    weight = float(min((0.0, float(found.x)), key=loss))
    figures = {"loss_sources": loss(0.0), "loss_learned": loss(1.0), "loss_calibrated": loss(weight)}
    model.head.weigh_llm(weight)
    return {"llm_weight": weight, **{name: float(value) for name, value in figures.items()}}


def recall(
    model: RecommenderLM, data: Ingredients, turns: Sequence[int], k: int, llm: bool = True
) -> tuple[float, int]:
    """How many of the items that people named are among the ranker's first k.

    Args:
        model: Its head ranks.
        data: Where the turns with their candidates are.
        turns: Numbers of the turns.
        k: How many of the candidates count.
        llm: Whether the LLM's part counts; if not, the LLM reads nothing.

    Returns:
        The sum over the turns of the share of gold items among the first k candidates (one that was not retrieved
        is missed), and the number of turns.
    """
    source = data.turns
    found = 0.0
    for turn in turns:
        sources, read, gold = _read(model, data, turn, llm)
        first = np.argsort(-(sources + read), kind="stable")[:k]
        found += gold[first].sum() / len(source.gold[turn])
    return float(found), len(turns)


class _Read(NamedTuple):
    """A turn's real candidates."""

    sources: np.ndarray  # (m,) the sources' scores
    llm: np.ndarray  # (m,) the LLM's
    gold: np.ndarray  # (m,) bool


@torch.no_grad()
def _read(model: RecommenderLM, data: Ingredients, turn: int, llm: bool = True) -> _Read:
    """Score the candidates of a turn as at inference."""
    source = data.turns
    training = model.training
    model.eval()
    here = source.rows[turn] >= 0
    rows = source.rows[turn][here].astype(np.int64)
    features = torch.from_numpy(source.features[turn][here].astype(np.float32))
    if llm:
        trunk = source.trunk(turn, data.format)
        shown = data.items.of(torch.tensor(trunk.items)).to(model.device) if trunk.items else None
        titles = None if data.ranker.candidates == "soft" else [data.shown(int(row)) for row in rows]
        items = data.items.of(torch.from_numpy(rows)).to(model.device)
        scores = model.rank(model.prefill(trunk, None, shown), items, features, titles)
        by_sources, by_llm = scores.sources, scores.llm
    else:
        by_sources = model.head.source_score(features.to(model.device))
        by_llm = torch.zeros_like(by_sources)
    model.train(training)
    return _Read(
        by_sources.double().cpu().numpy(), by_llm.double().cpu().numpy(), np.isin(rows, source.gold[turn])
    )
