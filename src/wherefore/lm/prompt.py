"""The prompt format: the only place that knows how dialogues, items and plans become tokens.

A prompt is a *trunk* (the dialogue) and *branches* that grow from its end: each branch sees the trunk and
itself, never another branch, and starts at the position where the trunk stops. Candidates are branches of
`s` soft tokens; a reason is a branch of soft tokens, facts, a plan and the sentence. Training, chat and
evaluation all render through `PromptFormat`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import torch
from torch import Tensor

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.facts import Plan, slot_of
from wherefore.dialogue.messages import Mention, Message
from wherefore.errors import ModelError

SOFT = -1  # marks the place of a soft token; no tokenizer has a negative id, so no text can make one
TITLE_TOKENS = 16  # of a candidate that is read as text
IGNORE = -100  # label of a token that is not supervised

_LISTED_LINE = re.compile(r"^(\s*\d+\.\s.*?)\s+—\s.*$", re.MULTILINE)
_SENTINEL = "wherefore{}content"
_DATE = "01 Jan 2026"  # for templates that begin with a date
_GREETING = "Hello."  # of the user, where a template does not let the assistant begin
_FIRST_MARK, _MOST_MARKS = 0xF0000, 65_000  # private-use characters: they mean nothing in a message
_MARK = re.compile(f"([{chr(_FIRST_MARK)}-{chr(_FIRST_MARK + _MOST_MARKS)}])")


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of tokens. `items` are the rows of the items that fill the placeholders, in order."""

    ids: tuple[int, ...] = ()
    items: tuple[int, ...] = ()
    supervised_from: int | None = None  # tokens from here on are what the model learns to write

    @property
    def coded(self) -> tuple[int, ...]:
        """The tokens with -2 - row for each placeholder of an item: equal only if the items are, too."""
        if not self.items:
            return self.ids
        s = self.ids.count(SOFT) // len(self.items)
        rows = iter(row for row in self.items for _ in range(s))
        return tuple(-2 - next(rows) if token == SOFT else token for token in self.ids)

    def __add__(self, other: Segment) -> Segment:
        start = self.supervised_from
        if start is None and other.supervised_from is not None:
            start = len(self.ids) + other.supervised_from
        return Segment(self.ids + other.ids, self.items + other.items, start)

    def supervise(self) -> Segment:
        """The same tokens, all to be learned."""
        return Segment(self.ids, self.items, 0)


@dataclass(frozen=True, slots=True)
class Example:
    """One dialogue and what grows from it."""

    trunk: Segment
    branches: tuple[Segment, ...] = ()


class Batch(NamedTuple):
    """Examples as padded tensors."""

    ids: Tensor  # (b, t) with SOFT at placeholders and 0 at padding
    branch: Tensor  # (b, t) 0 trunk, 1.. branches, -1 padding
    positions: Tensor  # (b, t)
    labels: Tensor  # (b, t) the id that the token at this place should predict, IGNORE elsewhere
    items: Tensor  # (k,) rows of the items whose soft tokens fill the placeholders, in reading order
    ends: tuple[tuple[int, ...], ...]  # per example, where each of its branches ends


class PromptFormat:
    """Renders with one tokenizer.

    Args:
        tokenizer: Any Hugging Face tokenizer. Its chat template is used when it has one; otherwise messages
            are written as `user : ...` with the separator (or end-of-text) token after each.
        soft_tokens: s, soft tokens per item.
        max_dialogue_tokens: Only the newest messages that fit are read.
        soft_mentions: Whether the soft tokens of an item that a message names follow its title.

    Raises:
        ModelError: If the tokenizer has neither a separator nor an end-of-text token.
    """

    def __init__(
        self,
        tokenizer: Any,
        soft_tokens: int,
        max_dialogue_tokens: int = 192,
        soft_mentions: bool = False,
    ) -> None:
        self.tokenizer = tokenizer
        self.soft_mentions = soft_mentions
        self.soft_tokens = soft_tokens
        self.max_dialogue_tokens = max_dialogue_tokens
        end = tokenizer.sep_token_id if tokenizer.eos_token_id is None else tokenizer.eos_token_id
        if end is None:
            raise ModelError(
                "the tokenizer has neither an eos nor a sep token; set `tokenizer.eos_token` first"
            )
        self.end_id = int(end)
        start = tokenizer.cls_token_id if tokenizer.bos_token_id is None else tokenizer.bos_token_id
        self.start_ids = () if start is None else (int(start),)

    def encode(self, text: str) -> tuple[int, ...]:
        """Token ids of plain text. A control token typed in it becomes ordinary text."""
        return self.encode_all([text])[0]

    def encode_all(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        """`encode` for each of many texts, at once."""
        if not texts:
            return []
        options = {"add_special_tokens": False, "split_special_tokens": True, "verbose": False}
        return [tuple(ids) for ids in self.tokenizer(list(texts), **options)["input_ids"]]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of written tokens, control tokens left out."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True)).strip()

    # -- the dialogue ---------------------------------------------------------------------------------

    def dialogue(
        self,
        messages: Sequence[Message],
        reply_next: bool = True,
        mentions: Sequence[Mention] = (),
        catalog: Catalog | None = None,
        offset: int = 0,
    ) -> Segment:
        """The trunk: the newest messages that fit, and the opening of the assistant's turn.

        Messages that no longer fit are dropped oldest first, and several at once, so that the tokens of
        turn n usually begin the tokens of turn n + 1 and the KV cache can be kept. A single message that
        alone is too long keeps its end.

        Args:
            messages: Oldest first.
            reply_next: Open the assistant's turn.
            mentions: The items that messages name, where soft tokens are to follow their titles.
            catalog: Whose rows they are; the others have no soft tokens.
            offset: The row of the catalogue's first item where several catalogues' vectors lie in one array.
        """
        rows: list[int] = []
        marks = {}
        if self.soft_mentions and catalog is not None:
            marks = _marks(mentions, catalog, offset, rows)
        turns: list[tuple[str, str]] = []
        for number, message in enumerate(messages):
            text = _marked(message.content, marks.get(number, ())) if self.soft_mentions else message.content
            text = shorten_listing(text) if message.role == "assistant" else text
            if turns and turns[-1][0] == message.role:
                turns[-1] = (message.role, turns[-1][1] + "\n" + text)
            else:
                turns.append((message.role, text))
        # Only the tail of a huge message can ever be read: no need to tokenise the rest.
        turns = [(role, text[-12 * self.max_dialogue_tokens :]) for role, text in turns]
        if self.tokenizer.chat_template is not None:
            return self.segment(self._from_template(turns, reply_next, rows))
        pieces = [self._encode_marked(f"{role} : {text}", rows) + (self.end_id,) for role, text in turns]
        opening = self.encode("assistant :") if reply_next else ()
        room = self.max_dialogue_tokens - len(opening) - len(self.start_ids)
        ids = _newest(pieces, room)
        return self.segment(self.start_ids + ids + opening)

    def segment(self, coded: Sequence[int]) -> Segment:
        """Tokens as `Segment.coded` gives them; placeholders of an item that are not complete are left out."""
        if min(coded, default=0) >= 0:
            return Segment(tuple(coded))
        ids: list[int] = []
        items: list[int] = []
        for code, run in groupby(coded):
            count = sum(1 for _ in run)
            if code >= 0:
                ids.extend([code] * count)
            else:
                whole = count // self.soft_tokens
                ids.extend([SOFT] * (whole * self.soft_tokens))
                items.extend([-2 - code] * whole)
        return Segment(tuple(ids), tuple(items))

    def _encode_marked(self, text: str, rows: Sequence[int]) -> tuple[int, ...]:
        """Tokens of a text, and coded placeholders where it is marked."""
        if not self.soft_mentions:
            return self.encode(text)
        ids: list[int] = []
        for place, part in enumerate(_MARK.split(text)):
            if place % 2:
                ids.extend([-2 - rows[ord(part) - _FIRST_MARK]] * self.soft_tokens)
            elif part:
                ids.extend(self.encode(part))
        return tuple(ids)

    def _from_template(
        self, turns: Sequence[tuple[str, str]], reply_next: bool, rows: Sequence[int]
    ) -> tuple[int, ...]:
        contents = [self._encode_marked(text, rows) for _, text in turns]
        first = 0
        while True:
            kept, system = list(turns[first:]), [turn for turn in turns[:first] if turn[0] == "system"]
            while len(kept) > 1 and kept[0][0] == "assistant" and first > 0:  # templates want a user to begin
                kept, first = kept[1:], first + 1
            shown = [*system, *kept]
            texts = [contents[turns.index(turn)] for turn in system] + contents[len(turns) - len(kept) :]
            chat = [
                {"role": role, "content": _SENTINEL.format(number)} for number, (role, _) in enumerate(shown)
            ]
            rendered = self._render(chat, reply_next)
            ids = self._fill(rendered, texts)
            if len(ids) <= self.max_dialogue_tokens or len(kept) <= 1:
                break
            frame = (len(ids) - sum(map(len, texts))) // len(shown)  # what the template adds to a message
            total, target = len(ids), self.max_dialogue_tokens * 3 // 4
            while first < len(turns) - 1 and total > target:
                total -= len(contents[first]) + frame
                first += 1
        over = len(ids) - self.max_dialogue_tokens
        if over > 0 and texts:
            texts[-1] = texts[-1][over:] if over < len(texts[-1]) else texts[-1][-1:]
            ids = self._fill(rendered, texts)
        return ids

    def _render(self, chat: list[dict[str, str]], reply_next: bool) -> str:
        """A chat as the tokenizer's template has it.

        Where the template allows no system message, or wants a user to begin, the chat is adapted to it.

        Raises:
            ModelError: If the template refuses even that.
        """
        from jinja2 import TemplateError

        def render(shown: list[dict[str, str]]) -> str:
            # Some templates put in today's date where none is given, but a dialogue must always be the same tokens.
            options = {"add_generation_prompt": reply_next, "date_string": _DATE}
            return str(self.tokenizer.apply_chat_template(shown, tokenize=False, **options))

        try:
            return render(chat)
        except TemplateError:
            pass
        told = [message for message in chat if message["role"] != "system"]
        if not told or told[0]["role"] != "user":
            told = [{"role": "user", "content": _GREETING}, *told]
        rules = [message["content"] for message in chat if message["role"] == "system"]
        told[0] = {"role": "user", "content": "\n\n".join([*rules, told[0]["content"]])}
        try:
            return render(told)
        except TemplateError as error:
            raise ModelError(
                f"the tokenizer's chat template does not take this dialogue ({error}); give a tokenizer whose template "
                "allows users and assistants to take turns, or one without a template"
            ) from error

    def _fill(self, rendered: str, texts: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        """Tokenise a rendered template, control tokens and all, with the messages put in as plain text."""
        ids: list[int] = []
        rest = rendered
        for number, text in enumerate(texts):
            before, _, rest = rest.partition(_SENTINEL.format(number))
            ids.extend(self.tokenizer(before, add_special_tokens=False)["input_ids"])
            ids.extend(text)
        ids.extend(self.tokenizer(rest, add_special_tokens=False)["input_ids"])
        return tuple(ids)

    # -- branches -------------------------------------------------------------------------------------

    def candidate(self, row: int) -> Segment:
        """One item as its soft tokens alone."""
        return Segment((SOFT,) * self.soft_tokens, (row,))

    def title(self, text: str) -> Segment:
        """One item as its title, at most `TITLE_TOKENS` of it."""
        return Segment(self.encode(text)[:TITLE_TOKENS] or (self.end_id,))

    def facts(self, row: int, text: str) -> Segment:
        """Soft tokens, then the text that says what they stand for (to be learned)."""
        return self.candidate(row) + Segment(self.encode("is")) + self.target(text)

    def plan(self, plan: Plan, catalog: Catalog, offset: int = 0) -> Segment:
        """What the writer sees before a sentence: soft tokens, facts as text, and the plan.

        `offset` is the row of the catalogue's first item where several catalogues' vectors lie in one array.
        """
        soft = Segment() if plan.item is None else self.candidate(offset + catalog.row(plan.item.id))
        return soft + Segment(self.encode(render_plan(plan, catalog)))

    def target(self, sentence: str) -> Segment:
        """A sentence to be learned, with the token that ends it."""
        return Segment((*self.encode(sentence), self.end_id)).supervise()


def shorten_listing(text: str) -> str:
    r"""An assistant's message without the reasons of its list: the titles are what the dialogue needs.

    >>> shorten_listing("Two for you:\n1. **Alien** (1979) — it is scary.\n2. **Heat** (1995) — long.")
    'Two for you:\n1. **Alien** (1979)\n2. **Heat** (1995)'
    """
    return _LISTED_LINE.sub(r"\1", text)


def _marks(
    mentions: Sequence[Mention], catalog: Catalog, offset: int, rows: list[int]
) -> dict[int, list[tuple[int, str]]]:
    """For each message, where its titles end, and the mark that stands for each item's number in `rows`."""
    marks: dict[int, list[tuple[int, str]]] = {}
    for mention in sorted(mentions, key=lambda one: (one.message, one.end)):
        if mention.item_id in catalog and len(rows) < _MOST_MARKS:
            marks.setdefault(mention.message, []).append((mention.end, chr(_FIRST_MARK + len(rows))))
            rows.append(offset + catalog.row(mention.item_id))
    return marks


def _marked(text: str, marks: Sequence[tuple[int, str]]) -> str:
    """A text with its marks put in; of such characters that somebody typed, nothing is left."""
    parts, start = [], 0
    text = _MARK.sub(" ", text)
    for end, mark in marks:
        parts += [text[start:end], mark]
        start = max(start, end)
    return "".join([*parts, text[start:]])


def render_plan(plan: Plan, catalog: Catalog) -> str:
    """A plan as text: the record's main facts, then what ties the item to the user's words."""
    parts = []
    if plan.item is not None:
        record = []
        for spec, value in catalog.facts(plan.item):
            if not spec.can.stated:
                continue
            shown = ", ".join(value[:3]) if isinstance(value, tuple) else str(value)
            record.append(f"{spec.label or spec.name} : {shown}")
        parts.append(" ; ".join([plan.noun, *record[:6]]))
    else:
        parts.append(plan.plural)
    reasons = []
    for fact in plan.facts:
        words = [fact.kind, fact.phrase if fact.value and fact.field else fact.value, fact.ask]
        words.append(slot_of(plan, fact.source) if fact.source else "")
        reasons.append(" ".join(word for word in words if word))
    parts.append(" ; ".join(reasons))
    kind = "opening" if plan.item is None else "reason"
    return " | ".join([*parts, f"{kind} :"])


def _newest(pieces: Sequence[tuple[int, ...]], room: int) -> tuple[int, ...]:
    """The newest pieces within `room` tokens. When some must go, a quarter of the room is freed at once."""
    if sum(map(len, pieces)) <= room:
        return tuple(token for piece in pieces for token in piece)
    # Cuts are at multiples of a quarter of the room, so that the window moves only every few turns.
    step = max(room // 4, 1)
    total = sum(map(len, pieces))
    cut = -(-(total - room) // step) * step
    kept: list[tuple[int, ...]] = []
    seen = 0
    for piece in pieces:
        if seen >= cut:
            kept.append(piece)
        seen += len(piece)
    if not kept:
        kept = [pieces[-1][-room:]]
    return tuple(token for piece in kept for token in piece)


def collate(examples: Sequence[Example]) -> Batch:
    """Pad examples to one batch. Padding is at the end and is seen by nothing."""
    rows = []
    items: list[int] = []
    for example in examples:
        ids: list[int] = []
        branch: list[int] = []
        positions: list[int] = []
        labels: list[int] = []
        ends: list[int] = []
        trunk = len(example.trunk.ids)
        for number, segment in enumerate((example.trunk, *example.branches)):
            start = 0 if number == 0 else trunk
            first = segment.supervised_from
            length = len(segment.ids)
            ids.extend(segment.ids)
            branch.extend([number] * length)
            positions.extend(range(start, start + length))
            for place in range(length):
                nxt = place + 1
                learn = first is not None and nxt < length and nxt >= first
                labels.append(segment.ids[nxt] if learn else IGNORE)
            items.extend(segment.items)
            if number:
                ends.append(len(ids) - 1)
        rows.append((ids, branch, positions, labels, tuple(ends)))
    width = max(len(row[0]) for row in rows)

    def padded(index: int, filler: int) -> Tensor:
        return torch.tensor([list(row[index]) + [filler] * (width - len(row[0])) for row in rows])

    return Batch(
        ids=padded(0, 0),
        branch=padded(1, -1),
        positions=padded(2, 0),
        labels=padded(3, IGNORE),
        items=torch.tensor(items, dtype=torch.long),
        ends=tuple(row[4] for row in rows),
    )
