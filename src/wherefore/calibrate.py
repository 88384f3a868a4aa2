"""How far to trust the LLM's part of the scores: measured on turns that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch

from wherefore.model import RecommenderLM
from wherefore.tasks import Ingredients

Progress = Callable[[int, int], None]


def calibrate(
    model: RecommenderLM, data: Ingredients, turns: Sequence[int], progress: Progress | None = None
) -> dict[str, float]:
    """Scale the LLM's part of the ranking head so that the scores are likeliest on held-out turns.

    A correction learned from few dialogues is larger than it should be. One number mends that: the weight w of
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

    source = data.recommendations
    assert source is not None
    usable = [int(turn) for turn in turns if np.isin(source.rows[turn], source.gold[turn]).any()]
    if not usable:
        return {}
    training = model.training
    model.eval()
    read: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    for done, turn in enumerate(usable, 1):
        here = source.rows[turn] >= 0
        rows = source.rows[turn][here].astype(np.int64)
        trunk = source.trunk(turn, data.format)
        shown = data.items.of(torch.tensor(trunk.items)).to(model.device) if trunk.items else None
        titles = None if data.ranker.candidates == "soft" else [data.shown(int(row)) for row in rows]
        scores = model.rank(
            model.prefill(trunk, None, shown),
            data.items.of(torch.from_numpy(rows)).to(model.device),
            torch.from_numpy(source.features[turn][here].astype(np.float32)),
            titles,
        )
        gold = np.isin(rows, source.gold[turn])
        read.append((scores.sources.double().cpu().numpy(), scores.llm.double().cpu().numpy(), gold))
        if progress is not None:
            progress(done, len(usable))
    model.train(training)

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
