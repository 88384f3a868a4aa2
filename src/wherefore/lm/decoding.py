"""Writing several sentences at once, of one conversation or of many: how each goes on, and what comes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from wherefore.lm.attention import Attention
from wherefore.lm.copying import Copying, Places
from wherefore.lm.trees import PADDING, TokenTrees

_TIDY = 8  # steps after which it is looked whether branches can be forgotten


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

    What a sentence becomes depends on the seed and its number, not on when others end.

    Args:
        trunk: t, tokens of the dialogue.
        lengths: Tokens of each prompt; it is gone on from in `samples` ways, numbered one after the other.
        samples: How many.
        most: Tokens of a sentence.
        chance: How they are chosen.
        decide: Hidden states (n, h) to logits over what may be written (n, a).
        decode: Tokens to text.
        end: The token that ends a sentence.
        spelling: What each sentence may go on with; anything when None.
        enough: Asked before each step, whether what a prompt has so far will do.

    Attributes:
        alive: Numbers of the sentences that go on.
        tokens: Of each sentence, so far.
        ended: Those that ended and were not taken yet.
        dropped: Nobody wants the rest.
        broken: Why it cannot go on, where it cannot.
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
        """Leave unwritten what is not needed any more."""
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
    """Reads what drafts go on with."""

    def join(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Tensor:
        """Take in a draft: the states (n, h) at the ends of its prompts, given as embeddings (p_i, h)."""

    def read(self, drafts: Sequence[Draft]) -> list[Tensor]:
        """The state (n_i, h) at the newest token of each draft's living sentences; drafts as they joined."""

    def keep(self, places: Sequence[int], drafts: Sequence[Draft]) -> None:
        """Go on with these of the drafts alone."""


class TreeReader:
    """Reads all drafts in one pass, a token of each sentence, on the caches of their dialogues.

    Args:
        body: The LLM without its output layer.
        attention: How it attends.
        embeddings: Its token embeddings.
    """

    def __init__(self, body: Any, attention: Attention, embeddings: Any) -> None:
        self._body, self._attention, self._embeddings = body, attention, embeddings
        self._trees: TokenTrees | None = None
        self._steps = self._before = 0

    def join(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Tensor:
        """As `Reader.join`."""
        device = self._embeddings.weight.device
        trees = TokenTrees(self._body, self._attention, dialogue, draft.trunk, device)
        hidden = trees.grow(prompts)
        if self._trees is None:
            self._trees = trees
        else:
            self._trees.join(trees)
        self._before = 0
        return hidden.repeat_interleave(draft.samples, 0)

    def read(self, drafts: Sequence[Draft]) -> list[Tensor]:
        """As `Reader.read`."""
        assert self._trees is not None
        count = sum(len(draft.alive) for draft in drafts)
        self._before = max(self._before, count)
        self._steps += 1
        if self._steps % _TIDY == 0 and count < 0.6 * self._before:
            self.keep(range(len(drafts)), drafts)
        most = max(len(draft.alive) for draft in drafts)
        rows = []
        for draft in drafts:
            prompts = [row // draft.samples for row in draft.alive]
            places = [
                (
                    draft.tokens[row][-1],
                    1 + len(draft.lengths) + row,
                    1 + prompt,
                    draft.trunk + draft.lengths[prompt] + len(draft.tokens[row]) - 1,
                )
                for row, prompt in zip(draft.alive, prompts, strict=True)
            ]
            rows.append(places + [(0, PADDING, PADDING, 0)] * (most - len(places)))
        table = torch.tensor(rows, device=self._embeddings.weight.device)  # (c, q, 4)
        tokens, branch, parent, at = table.unbind(-1)
        padded = count < most * len(drafts)
        hidden = self._trees.read(self._embeddings(tokens), branch, parent, at, padded)
        return [states[: len(draft.alive)] for states, draft in zip(hidden, drafts, strict=True)]

    def keep(self, places: Sequence[int], drafts: Sequence[Draft]) -> None:
        """As `Reader.keep`."""
        self._before = 0
        if not places or self._trees is None:
            self._trees = None
            return
        needed = []
        for place in places:
            draft = drafts[place]
            prompts = {1 + row // draft.samples for row in draft.alive}
            needed.append((place, {*prompts, *(1 + len(draft.lengths) + row for row in draft.alive)}))
        self._trees.tidy(needed)


class RowReader:
    """Reads each sentence from the dialogue's beginning at every step: for an LLM whose cache cannot branch.

    Args:
        last_of_rows: Reads rows of embeddings, (t_i, h) each, to the hidden state at each one's last token (n, h).
        embeddings: The LLM's token embeddings.
    """

    def __init__(self, last_of_rows: Callable[[Sequence[Tensor]], Tensor], embeddings: Any) -> None:
        self._last_of_rows, self._embeddings = last_of_rows, embeddings
        self._starts: list[list[Tensor]] = []

    def join(self, draft: Draft, dialogue: Any, prompts: Sequence[Tensor]) -> Tensor:
        """As `Reader.join`."""
        self._starts.append([torch.cat([dialogue, prompt]) for prompt in prompts])
        return self._last_of_rows(self._starts[-1]).repeat_interleave(draft.samples, 0)

    def read(self, drafts: Sequence[Draft]) -> list[Tensor]:
        """As `Reader.read`."""
        device = self._embeddings.weight.device
        rows = [
            torch.cat(
                [
                    starts[row // draft.samples],
                    self._embeddings(torch.tensor(draft.tokens[row], device=device)),
                ]
            )
            for draft, starts in zip(drafts, self._starts, strict=True)
            for row in draft.alive
        ]
        return list(torch.split(self._last_of_rows(rows), [len(draft.alive) for draft in drafts]))

    def keep(self, places: Sequence[int], drafts: Sequence[Draft]) -> None:
        """As `Reader.keep`."""
        self._starts = [self._starts[place] for place in places]


class ContinuousBatch:
    """Sentences of however many conversations, a token of each at a time.

    Whoever wants to go on with a draft makes a step, and each step is one for all: conversations join between steps
    and leave when they are done, without waiting for others (continuous batching: Yu et al., 2022, Orca, OSDI). On one
    thread.

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
            draft: None of its sentences has begun.
            dialogue: What the reader goes on from.
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
                    raise RuntimeError("writing broke off, with other conversations'") from draft.broken
                if not draft.ended:
                    if draft not in self._drafts:
                        return
                    self._step()
        finally:
            draft.dropped = True
            if not self._busy:  # else somebody's step is under way, and the next one sees to it
                self._prune()

    def _step(self) -> None:
        self._prune()
        if not self._drafts:
            return
        self._busy = True
        try:
            for draft, hidden in zip(self._drafts, self._reader.read(self._drafts), strict=True):
                draft.step(hidden)
        except BaseException as error:  # what has been read of others is not known any more
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
        """Drop the drafts of which no sentence goes on."""
        places = [place for place, draft in enumerate(self._drafts) if draft.alive]
        if len(places) < len(self._drafts):
            self._reader.keep(places, self._drafts)
            self._drafts = [self._drafts[place] for place in places]


class Spelling:
    """Which tokens each sentence of a batch may go on with.

    Args:
        allowed: For each prompt.
        samples: Sentences per prompt, one after the other.
        end: The token that ends a sentence.
        device: Of the bans.
    """

    def __init__(self, allowed: Sequence[Copying], samples: int, end: int, device: torch.device) -> None:
        self._allowed, self._samples = allowed, samples
        tokens = sorted({end}.union(*(copying.tokens for copying in allowed)))
        self.only = torch.tensor(tokens, device=device)  # (a,): only their logits are computed
        self._column = {token: column for column, token in enumerate(tokens)}
        self._end = end
        self._places = [copying.start for copying in allowed for _ in range(samples)]
        self._known: dict[tuple[int, Places], Tensor] = {}

    def bans(self, rows: Sequence[int]) -> Tensor:
        """(len(rows), a) bool: True where a row may not go on with a token."""
        return torch.stack([self._ban(row) for row in rows])

    def _ban(self, row: int) -> Tensor:
        key = row // self._samples, self._places[row]
        if key not in self._known:
            prompt, places = key
            tokens = [*self._allowed[prompt].allowed(places), *([self._end] if () in places else [])]
            ban = torch.ones(len(self.only), dtype=torch.bool)
            ban[[self._column[token] for token in tokens]] = False
            self._known[key] = ban.to(self.only.device)
        return self._known[key]

    def step(self, row: int, token: int) -> None:
        """A row goes on with a token."""
        self._places[row] = self._allowed[row // self._samples].step(self._places[row], token)


def sample(logits: Tensor, temperature: float, top_p: float, draws: Tensor) -> Tensor:
    """One token for each row of logits (n, v): nucleus sampling (Holtzman et al., 2020, arXiv 1904.09751).

    A temperature of 0 takes the likeliest.

    Args:
        logits: (n, v).
        temperature: Divides them.
        top_p: Share of the likelihood that the tokens which are chosen among have at least.
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
