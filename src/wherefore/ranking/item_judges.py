"""The judges of items that a config can name: a local LLM, one behind a server, or the packaged cross-encoder."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.words import words_of
from wherefore.config import Component, build
from wherefore.dialogue.kept import Kept
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.talk import talk
from wherefore.errors import ModelError, ServerError
from wherefore.lm.item_judge import DIALOGUE, Asked, ItemJudge, LocalItemJudge
from wherefore.lm.packaged import load_smollm2, packaged_smollm2_dir
from wherefore.lm.served_item_judge import ServedItemJudge
from wherefore.lm.server import ServerWarning
from wherefore.lm.small_llm import tokenizer_in
from wherefore.ranking.matching import Matcher, packaged_matcher, said_of


class MatchedItems:
    """The packaged cross-encoder as a judge: how well each item's record answers what was said.

    Args:
        matcher: The packaged one when None.
    """

    name = "matcher"

    def __init__(self, matcher: Matcher | None = None) -> None:
        self._matcher = packaged_matcher() if matcher is None else matcher

    def reads(self, asked: Asked) -> tuple[str, tuple[str, ...]]:
        """As `ItemJudge.reads`."""
        schema = asked.catalog.schema
        return talk(said_of(asked.dialogue, asked.catalog)), tuple(
            str(words_of(item, schema)) for item in asked.items
        )

    def scores(self, asked: Asked) -> np.ndarray:
        """As `ItemJudge.scores`; all NaN where nothing was said beside titles."""
        found = self._matcher.scores(asked.dialogue, asked.items, asked.catalog)
        return np.full(len(asked.items), np.nan, dtype=np.float32) if found is None else found


def smollm2_judge(characters: int = DIALOGUE) -> LocalItemJudge:
    """SmolLM2-135M-Instruct, the LLM that comes as a package."""
    folder = packaged_smollm2_dir()
    return LocalItemJudge(load_smollm2(folder), tokenizer_in(folder), "smollm2", characters)


def llm_judge(path: str, characters: int = DIALOGUE, device: str = "auto") -> LocalItemJudge:
    """A causal LLM in a folder, or in the hub's cache by its id.

    Raises:
        ModelError: If there is no such model.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForCausalLM.from_pretrained(path, dtype="auto")
    except (OSError, ValueError) as error:
        raise ModelError(f"no causal LLM at {path!r} ({error}); give its folder as `path`") from error
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    return LocalItemJudge(model.to(device), backend, Path(path).name, characters)


ITEM_JUDGES: dict[str, Callable[..., ItemJudge]] = {
    "smollm2": smollm2_judge,
    "llm": llm_judge,
    "server": ServedItemJudge,
    "matcher": MatchedItems,
}


def make_item_judge(component: Component) -> ItemJudge:
    """The judge that a config names.

    Raises:
        ConfigError: If the name or a setting is unknown or not allowed.
        MissingPackageError: If its LLM is not at hand.
        ServerError: If its server cannot be reached.
    """
    made: ItemJudge = build(component, ITEM_JUDGES, "item judge")
    return made


class Rejudging:
    """A judge of the best candidates of a turn; what it said last of a dialogue is remembered.

    Args:
        component: The judge that a config names; made when it is first asked.
        kept: How many turns' scores are remembered.
    """

    def __init__(self, component: Component, kept: int = 64) -> None:
        self._component = component
        self._judge: ItemJudge | None = None
        self._kept: Kept[np.ndarray] = Kept(kept)

    @property
    def judge(self) -> ItemJudge:
        """The judge; what keeps it from being made is raised as by `make_item_judge`."""
        if self._judge is None:
            self._judge = make_item_judge(self._component)
        return self._judge

    def scores(self, dialogue: Dialogue, items: Sequence[Item], catalog: Catalog) -> np.ndarray | None:
        """Scores (m,); None where the judge has no opinion on one of them, or its server fails, which is told."""
        judge = self.judge
        asked = Asked(dialogue, tuple(items), catalog)
        try:
            found = self._kept.get(judge.reads(asked), lambda: judge.scores(asked))
        except ServerError as error:
            warnings.warn(f"{error}. The list is left as it was", ServerWarning, stacklevel=2)
            return None
        return None if np.isnan(found).any() else found
