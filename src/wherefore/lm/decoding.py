"""Batch decoding: writes several sentences at once, of one conversation or of many."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from wherefore.lm.copying import Spelling
from wherefore.lm.passes import shared


class Written(NamedTuple):
    """A sentence that the LLM wrote after prompt number `row`."""

    row: int
    text: str
    finished: bool  # False: it ran out of tokens
    likely: float = 0.0  # mean log-probability of its tokens


class Chance(NamedTuple):
    """How a token is chosen; see `sample`."""

    temperature: float
    top_p: float
    seed: int


class Draft:
    """The sentences that are being written after one dialogue.

    A sentence depends on the seed and on its number, not on when others end.

    Args:
        trunk: t, tokens of the dialogue.
        lengths: Tokens of each prompt.
        samples: Sentences that continue each prompt, numbered one after the other.
        most: Tokens of a sentence, at most.
        chance: How tokens are chosen.
        decide: Hidden states (n, h) to logits over the tokens that may be written (n, a).
        decode: Tokens to text.
        end: The token that ends a sentence.
        spelling: Which tokens may continue each sentence; any when None.
        enough: Asked before each step, whether the sentences that a prompt has so far suffice.

    Attributes:
        alive: Numbers of the unfinished sentences.
        tokens: Of each sentence, so far.
        ended: Sentences that ended and were not collected yet.
        dropped: Whether nobody wants the rest.
        broken: The error that broke it off, if one did.
    """

    def __init__(
        self,
        trunk: int,
        lengths: Sequence[int],
        samples: int,
        most: int,
        chance: Chance,
        decide: Callable[[Tensor], Tensor],
        decode: Callable[[Sequence[int]], str],
        end: int,
        spelling: Spelling | None = None,
        enough: Callable[[int], bool] | None = None,
    ) -> None:
        self.trunk, self.lengths, self.samples = trunk, list(lengths), samples
        self.tokens: list[list[int]] = [[] for _ in range(len(self.lengths) * samples)]
        self.alive = list(range(len(self.tokens)))
        self.ended: deque[Written] = deque()
        self.dropped = False
        self.broken: BaseException | None = None
        self._most, self._chance = most, chance
        self._decide, self._decode, self._end = decide, decode, end
        self._spelling, self._enough = spelling, enough
        self._likely = [0.0] * len(self.tokens)
        self._generator = torch.Generator().manual_seed(chance.seed)

    def prune(self) -> None:
        """Stop the sentences that are not needed any more."""
        if self.dropped:
            self.alive = []
        elif self._enough is not None:
            self.alive = [row for row in self.alive if not self._enough(row // self.samples)]

    def step(self, hidden: Tensor) -> None:
        """Choose a token for each living sentence, from the states (n, h) that come before it."""
        logits = self._decide(hidden).float()
        if self._spelling is not None:
            logits = logits.masked_fill(self._spelling.bans(self.alive), float("-inf"))
        draws = torch.rand(len(self.tokens), generator=self._generator)[self.alive]
        picked = sample(logits, self._chance.temperature, self._chance.top_p, draws)
        likely = logits.log_softmax(-1).cpu().gather(-1, picked[:, None])[:, 0].tolist()
        if self._spelling is not None:
            picked = self._spelling.only.cpu()[picked]
        going = []
        for row, token, log in zip(self.alive, picked.tolist(), likely, strict=True):
            self._likely[row] += log
            if token == self._end:
                self._done(row, True)
                continue
            self.tokens[row].append(token)
            if self._spelling is not None:
                self._spelling.step(row, token)
            if len(self.tokens[row]) < self._most:
                going.append(row)
            else:
                self._done(row, False)
        self.alive = going

    def _done(self, row: int, finished: bool) -> None:
        text = self.tokens[row]
        likely = self._likely[row] / max(len(text) + finished, 1)
        self.ended.append(Written(row // self.samples, self._decode(text), finished, likely))


class Reader(Protocol):
    """Reads prompts and new tokens of drafts."""

    def join(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Tensor:
        """Take in a draft; prompts are embeddings (p_i, h), and the states (n, h) are those at their ends."""

    def read(self, drafts: Sequence[Draft]) -> list[Tensor]:
        """The state (n_i, h) at the newest token of each draft's living sentences; drafts as they joined."""

    def keep(self, places: Sequence[int], drafts: Sequence[Draft]) -> None:
        """Go on with only these of the drafts."""


class ContinuousBatch:
    """Sentences of however many conversations, a token of each at a time.

    Whoever needs more of a draft makes a step, and every step is made for all drafts. Conversations join between
    steps and leave when they are done, without waiting for others (continuous batching: Yu et al., 2022, Orca, OSDI).
    For one thread.

    Args:
        reader: Of the LLM.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._drafts: list[Draft] = []
        self._busy = False

    def __len__(self) -> int:
        return len(self._drafts)

    def write(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Iterator[Written | None]:
        """Write the sentences of a draft.

        Args:
            draft: A new one.
            dialogue: What the reader continues.
            prompts: Embeddings (p_i, h).

        Yields:
            Each sentence when it ends, and None after each step.
        """
        try:
            hidden = self._reader.join(draft, dialogue, prompts)
            self._drafts.append(draft)
            draft.step(hidden)
            while True:
                while draft.ended:
                    yield draft.ended.popleft()
                yield None
                if draft.broken is not None:
                    raise RuntimeError("writing broke off") from draft.broken
                if not draft.ended:
                    if draft not in self._drafts:
                        return
                    shared(self._step_for_all, draft, most=1000, apart=False)
        finally:
            draft.dropped = True
            if not self._busy:  # else a step is under way, and the next one prunes
                self._prune()

    @torch.inference_mode()
    def _step_for_all(self, asking: Sequence[Draft]) -> list[None]:
        """A step, which is made for all, whoever asks for it."""
        self._step()
        return [None] * len(asking)

    def _step(self) -> None:
        self._prune()
        if not self._drafts:
            return
        self._busy = True
        try:
            for draft, hidden in zip(self._drafts, self._reader.read(self._drafts), strict=True):
                try:
                    draft.step(hidden)
                except Exception as error:  # this one's alone: all were read
                    draft.alive, draft.broken = [], error
        except BaseException as error:  # how much of the others was read is unknown
            for draft in self._drafts:
                draft.broken = error
            self._drafts = []
            self._reader.keep([], [])
            raise
        finally:
            self._busy = False
        self._leave()

    def _prune(self) -> None:
        for draft in self._drafts:
            draft.prune()
        self._leave()

    def _leave(self) -> None:
        """Drop the drafts without unfinished sentences."""
        places = [place for place, draft in enumerate(self._drafts) if draft.alive]
        if len(places) < len(self._drafts):
            self._reader.keep(places, self._drafts)
            self._drafts = [self._drafts[place] for place in places]


def sample(logits: Tensor, temperature: float, top_p: float, draws: Tensor) -> Tensor:
    """One token for each row of logits (n, v): nucleus sampling (Holtzman et al., 2020, arXiv 1904.09751).

    A temperature of 0 takes the likeliest.

    Args:
        logits: (n, v).
        temperature: Divides them.
        top_p: The likeliest tokens that together have this probability are drawn from.
        draws: (n,) numbers from 0 to 1, which decide.
    """
    if temperature == 0:
        return logits.argmax(-1).cpu()
    values, ids = (logits / temperature).topk(min(64, logits.shape[-1]), dim=-1)  # (n, 64)
    chances = values.softmax(-1).cpu()
    before = chances.cumsum(-1) - chances
    sums = chances.masked_fill(before >= top_p, 0.0).cumsum(-1)
    picked = (sums <= draws[:, None] * sums[:, -1:]).sum(-1, keepdim=True)
    return ids.cpu().gather(-1, picked.clamp_max(ids.shape[-1] - 1)).squeeze(-1)
