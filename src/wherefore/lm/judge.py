"""Judges what pieces of a message mean: the model reads the dialogue once, and every piece gets its label from it.

Three networks give the same: `PooledJudge` on an encoder that reads both ways (a span is its first, last and mean
state), `MarkedJudge` on the same with two markers for each span, and `BranchedJudge` on a causal LLM, where the spans
follow the dialogue in one block, each a branch that sees the dialogue and itself alone, as candidates do in ranking.
Only the first two find spans, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor, nn

from wherefore.dialogue.labels import ACTS, LABELS, MEASURES, STRENGTHS, WHOSE
from wherefore.dialogue.messages import Message
from wherefore.lm.passes import alike, shared

_BEFORE, _NEWEST = (
    96,
    288,
)  # tokens of what was said before, the newest, and of the message, the first and last
_MESSAGES = 3  # before it that are read
_CATALOG = 48  # tokens of what a catalogue holds
_SHAPES = (
    16  # what is read is padded to a multiple of so many tokens: a CPU's kernels are made anew for each shape
)

T = TypeVar("T")
_ReadMessage = tuple[list[int], int, list[int], list[tuple[int, int]]]  # as `PooledJudge._read` gives it
Piece = tuple[int, int]  # first character of the message, and the one after the last


@dataclass(frozen=True, slots=True)
class ToJudge:
    """A message with pieces of it.

    Attributes:
        before: The messages before it, oldest first.
        text: The message.
        pieces: What is judged.
        catalog: What is recommended and what is known of it, as `told_of` puts it: whether "six" or "navy" means
            anything depends on it, and what is off-topic.
    """

    before: tuple[Message, ...]
    text: str
    pieces: tuple[Piece, ...]
    catalog: str = ""


def told_of(plural: str, fields: Sequence[str]) -> str:
    """What a catalogue holds, in words.

    >>> told_of("board_games", ["max_players", "minutes"])
    'board games: max players, minutes'
    """
    return f"{plural}: {', '.join(fields)}".lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Judged:
    """Logits of a batch of b messages with s pieces in all, in their order.

    Attributes:
        labels: (s, len(LABELS)).
        whose: (s, len(WHOSE)).
        strengths: (s, len(STRENGTHS)).
        acts: (b, len(ACTS)), each by itself.
        tags: For each message (t, 3) of its tokens: outside of spans, first of one, inside of one; None where the
            network finds no spans.
        places: For each message the characters of its tokens, (t, 2); None likewise.
        measures: (s, len(MEASURES)): what numbers and words of degree speak of; None likewise.
    """

    labels: Tensor
    whose: Tensor
    strengths: Tensor
    acts: Tensor
    tags: list[Tensor] | None = None
    places: list[list[Piece]] | None = None
    measures: Tensor | None = None


Judging = Callable[[Sequence[Piece]], Judged]  # judges pieces of a message that was read


class Judge(Protocol):
    """What labels pieces of messages."""

    def __call__(self, messages: Sequence[ToJudge]) -> Judged:
        """Judge a batch."""


class _Heads(nn.Module):
    """From states to labels."""

    def __init__(self, pieces: int, whole: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(pieces, hidden), nn.GELU(), nn.Dropout(dropout)
        )
        self.labels = nn.Linear(hidden, len(LABELS))
        self.whose = nn.Linear(hidden, len(WHOSE))
        self.strengths = nn.Linear(hidden, len(STRENGTHS))
        self.acts = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(whole, hidden), nn.GELU(), nn.Linear(hidden, len(ACTS))
        )

    def forward(self, pieces: Tensor, whole: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        body = self.body(pieces)
        return self.labels(body), self.whose(body), self.strengths(body), self.acts(whole)


class PooledJudge(nn.Module):
    """On an encoder that reads both ways.

    Letters' case, which an uncased tokenizer drops, comes in as an embedding of each token's own: before the encoder,
    or behind it where its lower layers are not to learn.

    Args:
        encoder: A `BertModel` or an `MPNetModel`, or one with its inputs.
        tokenizer: A fast one (`tokenizers.Tokenizer`), without padding and truncation.
        hidden: Width of the heads.
        dropout: In the heads.
    """

    def __init__(self, encoder: Any, tokenizer: Any, hidden: int = 256, dropout: float = 0.1) -> None:
        super().__init__()
        self.encoder, self.tokenizer = encoder, tokenizer
        self._typed = hasattr(encoder.config, "type_vocab_size")  # a BERT, not an MPNet
        self.in_halves = False  # whether it reads in bfloat16 though its weights are wider
        width = encoder.config.hidden_size
        self.case = nn.Embedding(3, width)
        nn.init.zeros_(self.case.weight)
        self.heads = _Heads(4 * width, width, hidden, dropout)
        self.measures = nn.Linear(4 * width, len(MEASURES))
        self.tags = nn.Linear(width, 3)
        marks = ("[CLS]", "[SEP]") if self._typed else ("<s>", "</s>")
        self._cls, self._sep = (tokenizer.token_to_id(mark) for mark in marks)

    def forward(self, messages: Sequence[ToJudge]) -> Judged:
        """Judge a batch."""
        read = [self._read(one) for one in messages]
        return self._labelled(self._states(read), read, [one.pieces for one in messages])

    def heard(self, one: ToJudge) -> Judging:
        """Read one message once, so that pieces of it can be judged again and again."""
        read = self._read(one)
        states = shared(self._states_of_each, read)

        return lambda pieces: self._labelled(states, [read], [pieces])

    @torch.inference_mode()
    def _states_of_each(self, read: Sequence[_ReadMessage]) -> list[Tensor]:
        """The states (1, t, h) of each message; those of about one length are read together."""
        found: dict[int, Tensor] = {}
        for rows in alike([len(ids) for ids, _, _, _ in read]):
            states = self._states([read[row] for row in rows])
            found |= {row: states[place : place + 1] for place, row in enumerate(rows)}
        return [found[row] for row in range(len(read))]

    def _labelled(
        self, states: Tensor, read: Sequence[_ReadMessage], pieces: Sequence[Sequence[Piece]]
    ) -> Judged:
        """What the pieces of each message mean, by its states (b, t, h)."""
        rows, firsts, lasts = [], [], []
        for row, (of_message, (_, start, _, places)) in enumerate(zip(pieces, read, strict=True)):
            for piece in of_message:
                first, last = _tokens_of(piece, places)
                rows.append(row)
                firsts.append(start + first)
                lasts.append(start + last)
        pooled = _pooled(states, rows, firsts, lasts)
        return self._judged(self.heads(pooled, states[:, 0]), self.measures(pooled), self.tags(states), read)

    def _states(self, read: Sequence[_ReadMessage]) -> Tensor:
        embedded, types, case, mask = self._inputs(read)
        if self._typed:
            given = {"inputs_embeds": embedded + case, "token_type_ids": types}
        else:
            given = {"inputs_embeds": embedded}
        with torch.autocast(embedded.device.type, torch.bfloat16, enabled=self.in_halves):
            states: Tensor = self.encoder(attention_mask=mask, **given).last_hidden_state
        return states.float() if self._typed else states.float() + case

    def _inputs(self, read: Sequence[_ReadMessage]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of b messages: embeddings (b, t, h), types (b, t), 1 from the message on, and mask, 0 where there is padding.

        Third come the embeddings of case, (b, t, h).
        """
        device = self.tags.weight.device
        longest = -(-max(len(ids) for ids, _, _, _ in read) // _SHAPES) * _SHAPES
        ids, types, case, mask = (torch.zeros(len(read), longest, dtype=torch.long) for _ in range(4))
        for row, (tokens, start, cases, _) in enumerate(read):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            types[row, start : len(tokens)] = 1
            case[row, start : start + len(cases)] = torch.tensor(cases, dtype=torch.long)
            mask[row, : len(tokens)] = 1
        embedded = self.encoder.get_input_embeddings()(ids.to(device))
        return embedded, types.to(device), self.case(case.to(device)), mask.to(device)

    @staticmethod
    def _judged(
        told: tuple[Tensor, Tensor, Tensor, Tensor],
        measures: Tensor,
        tags: Tensor,
        read: Sequence[_ReadMessage],
    ) -> Judged:
        found = [tags[row, start : start + len(places)] for row, (_, start, _, places) in enumerate(read)]
        return Judged(*told, found, [places for _, _, _, places in read], measures)

    def _read(self, one: ToJudge) -> _ReadMessage:
        """Ids, where the message starts, the case of its tokens, and their characters."""
        before: list[int] = []
        for message in one.before[-_MESSAGES:]:
            mark = "you :" if message.role == "assistant" else "i :"
            before += [
                *self.tokenizer.encode(f"{mark} {message.content}", add_special_tokens=False).ids,
                self._sep,
            ]
        before = before[-_BEFORE:]
        if one.catalog:
            known = self.tokenizer.encode(one.catalog, add_special_tokens=False).ids[:_CATALOG]
            before = [*known, self._sep, *before]
        found = self.tokenizer.encode(one.text, add_special_tokens=False)
        ids, places = _middle_out(found.ids), _middle_out(found.offsets)
        cases = [_case(one.text[slice(*place)]) for place in places]
        return [self._cls, *before, *ids, self._sep], 1 + len(before), cases, places


class MarkedJudge(PooledJudge):
    """On an encoder that reads both ways, with two markers for each span after the message.

    A span's markers stand where it begins and ends, see the message and each other, and are seen by nothing else
    (levitated markers: Ye et al., 2022, "Packed Levitated Marker for Entity and Relation Extraction"), so that all
    spans are judged in one pass, none in sight of another, and what is found does not depend on what is asked.
    Arguments as of `PooledJudge`.
    """

    def __init__(self, encoder: Any, tokenizer: Any, hidden: int = 256, dropout: float = 0.1) -> None:
        super().__init__(encoder, tokenizer, hidden, dropout)
        width = encoder.config.hidden_size
        self.markers = nn.Embedding(2, width)
        words = encoder.get_input_embeddings().weight
        nn.init.normal_(self.markers.weight, std=float(words.detach().float().std()))

    def heard(self, one: ToJudge) -> Judging:
        """As of `PooledJudge`; but markers are read with the message, so it is read anew each time."""
        return lambda pieces: self([replace(one, pieces=tuple(pieces))])

    def forward(self, messages: Sequence[ToJudge]) -> Judged:
        """Judge a batch."""
        read = [self._read(one) for one in messages]
        spots = [
            [tuple(start + token for token in _tokens_of(piece, places)) for piece in one.pieces]
            for one, (_, start, _, places) in zip(messages, read, strict=True)
        ]
        embedded, types, case, known = self._inputs(read)
        embedded = embedded + case
        device, text = embedded.device, embedded.shape[1]
        whole = text + 2 * max(map(len, spots))
        marks = torch.arange(whole - text).remainder(2).repeat(len(read), 1)
        positions = torch.arange(whole).clamp(max=text - 1).repeat(len(read), 1)
        seen = torch.zeros(len(read), whole, whole, dtype=torch.bool)
        seen |= torch.eye(whole, dtype=torch.bool)  # padding sees itself: a row of nothing would be undefined
        seen[:, :, :text] |= known.bool().cpu()[:, None]
        rows, firsts, lasts = [], [], []
        for row, of_message in enumerate(spots):
            for number, (first, last) in enumerate(of_message):
                here = slice(text + 2 * number, text + 2 * number + 2)
                positions[row, here] = torch.tensor((first, last))
                seen[row, here, here] = True
                rows.append(row)
                firsts.append(first)
                lasts.append(last)
        embedded = torch.cat([embedded, self.markers(marks.to(device))], dim=1)
        types = torch.cat([types, types.new_ones(len(read), whole - text)], dim=1)
        states = self.encoder(
            inputs_embeds=embedded,
            token_type_ids=types,
            position_ids=positions.to(device),
            attention_mask=_additive(seen).to(device, embedded.dtype),
        ).last_hidden_state.float()
        places = [text + 2 * number for spans in spots for number in range(len(spans))]
        of, at = torch.tensor(rows, dtype=torch.long), torch.tensor(places, dtype=torch.long)
        pooled = _pooled(states, rows, firsts, lasts)
        width = states.shape[2]
        pieces = torch.cat([states[of, at], states[of, at + 1], pooled[:, 2 * width :]], dim=1)
        return self._judged(self.heads(pieces, states[:, 0]), self.measures(pieces), self.tags(states), read)


class BranchedJudge(nn.Module):
    """On a causal LLM: after the dialogue every piece is said again, and its label is read from its last token.

    Args:
        llm: A decoder without its output layer, that takes a four-dimensional attention mask.
        tokenizer: Its fast tokenizer, as of transformers.
        hidden: Width of the heads.
        dropout: In the heads.
    """

    def __init__(self, llm: Any, tokenizer: Any, hidden: int = 256, dropout: float = 0.1) -> None:
        super().__init__()
        self.llm, self.tokenizer = llm, tokenizer
        width = llm.config.hidden_size
        self.heads = _Heads(width, width, hidden, dropout)

    def forward(self, messages: Sequence[ToJudge]) -> Judged:
        """Judge a batch."""
        device = self.heads.labels.weight.device
        trees = [self._tree(one) for one in messages]
        longest = max(len(ids) for ids, _, _ in trees)
        ids, positions = (torch.zeros(len(trees), longest, dtype=torch.long) for _ in range(2))
        seen = torch.zeros(len(trees), longest, longest, dtype=torch.bool)
        seen |= torch.eye(
            longest, dtype=torch.bool
        )  # padding sees itself: a row of nothing would be undefined
        rows, ends, wholes = [], [], []
        for row, (tokens, trunk, branches) in enumerate(trees):
            ids[row, : len(tokens)] = torch.tensor(tokens)
            positions[row, :trunk] = torch.arange(trunk)
            seen[row, :trunk, :trunk] = torch.ones(trunk, trunk, dtype=torch.bool).tril()
            start = trunk
            for size in branches:
                end = start + size
                positions[row, start:end] = trunk + torch.arange(size)
                seen[row, start:end, :trunk] = True
                seen[row, start:end, start:end] = torch.ones(size, size, dtype=torch.bool).tril()
                rows.append(row)
                ends.append(end - 1)
                start = end
            wholes.append(len(ends) - 1)  # the last branch asks for the acts
        states = self.llm(
            input_ids=ids.to(device),
            position_ids=positions.to(device),
            attention_mask=_additive(seen).to(device, self.llm.dtype),
            use_cache=False,
        ).last_hidden_state.float()
        read = states[torch.tensor(rows), torch.tensor(ends)]
        of_pieces = sorted(set(range(len(ends))) - set(wholes))
        labels, whose, strengths, acts = self.heads(read[of_pieces], read[wholes])
        return Judged(labels, whose, strengths, acts)

    def _tree(self, one: ToJudge) -> tuple[list[int], int, list[int]]:
        """Ids, the length of what all branches see, and that of each branch; the last one is the whole's."""

        def tokens(text: str) -> list[int]:
            return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

        before = "".join(
            f"{'You' if message.role == 'assistant' else 'I'}: {message.content}\n"
            for message in one.before[-_MESSAGES:]
        )
        known = tokens(f"{one.catalog}\n")[:_CATALOG] if one.catalog else []
        trunk = [*known, *tokens(before)[-_BEFORE:], *_middle_out(tokens(f"I: {one.text}\n"))]
        branches = [tokens(f"{one.text[slice(*piece)]} =") for piece in one.pieces] + [tokens("I ask =")]
        return (
            [*trunk, *(token for branch in branches for token in branch)],
            len(trunk),
            list(map(len, branches)),
        )


def _additive(seen: Tensor) -> Tensor:
    """What each token sees, (b, t, t) bool, as a mask that is added to attention scores, (b, 1, t, t)."""
    return torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)[:, None]


def _middle_out(tokens: Sequence[T]) -> list[T]:
    """Tokens, of a long message the first and the last."""
    if len(tokens) <= _NEWEST:
        return list(tokens)
    return [*tokens[: _NEWEST // 2], *tokens[-(_NEWEST // 2) :]]


def _case(piece: str) -> int:
    """0: no capital first; 1: a capital first; 2: capitals only."""
    if not piece[:1].isupper():
        return 0
    return 2 if len(piece) > 1 and piece.isupper() else 1


def _tokens_of(piece: Piece, places: Sequence[Piece]) -> tuple[int, int]:
    """The first and the last token of a piece; of one that was not read, the nearest."""
    inside = [number for number, (start, end) in enumerate(places) if start < piece[1] and end > piece[0]]
    if inside:
        return inside[0], inside[-1]
    after = sum(start < piece[0] for start, _ in places)
    near = max(min(after, len(places) - 1), 0)
    return near, near


def _pooled(states: Tensor, rows: list[int], firsts: list[int], lasts: list[int]) -> Tensor:
    """(s, 4 * h): of each span its first, last and mean state, and the state of the whole."""
    row, first, last = (
        torch.tensor(one, device=states.device, dtype=torch.long) for one in (rows, firsts, lasts)
    )
    sums = torch.cat([states.new_zeros(len(states), 1, states.shape[2]), states.cumsum(1)], dim=1)
    mean = (sums[row, last + 1] - sums[row, first]) / (last - first + 1).unsqueeze(1)
    return torch.cat([states[row, first], states[row, last], mean, states[row, 0]], dim=1)


def found_pieces(judged: Judged) -> list[tuple[Piece, ...]]:
    """The pieces that a network's tags say of each message."""
    found: list[tuple[Piece, ...]] = []
    for tags, places in zip(judged.tags or (), judged.places or (), strict=True):
        pieces: list[Piece] = []
        inside = False
        for tag, (start, end) in zip(tags.argmax(1).tolist(), places, strict=True):
            if tag == 2 and inside:
                pieces[-1] = pieces[-1][0], end
            elif tag:
                pieces.append((start, end))
            inside = tag > 0
        found.append(tuple(pieces))
    return found
