"""Messages, and the items that they mention."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from wherefore.dialogue.choices import Choice
from wherefore.dialogue.content import read_content
from wherefore.dialogue.state import Preferences
from wherefore.errors import DialogueError, WhereforeWarning
from wherefore.text import joined

Role = Literal["user", "assistant", "system"]
Place = tuple[int, int, int]  # number of a message, and characters from and to
MAX_CHARACTERS = 20_000  # of one message
MAX_MESSAGES = 2_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message in chat format.

    `unread` names what it held besides its text, like "a picture"; only text is read.
    """

    role: Role
    content: str
    unread: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Mention:
    """An item named in a message: characters `start` to `end` of message number `message`."""

    item_id: str
    message: int
    start: int
    end: int
    score: float  # 100 for an exact title, less for a fuzzy match (rapidfuzz, 0-100)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Messages with what was understood of them.

    `muted` holds words that no longer say what is sought, or never did: characters `start` to `end` of a message each,
    for what is refused ("no horror"), was taken back ("forget Frozen"), or was removed from a given state. `choice` is
    what the newest message takes up of what was listed, or approves; `passed` are the items of all lists, when it asks
    for others. Where a judge read along: `acts`, how likely the newest message does each thing that messages do;
    `described`, the words of all messages that say what is sought; `unmet`, what the newest one refuses or demands, in
    its words, that nothing in the state stands for; `unknown`, its words that name something which is no item. `over`
    are the items that could have been booked once, and all of whose dates are past.
    """

    messages: tuple[Message, ...]
    mentions: tuple[Mention, ...] = ()
    preferences: Preferences = field(default_factory=Preferences)
    muted: tuple[Place, ...] = ()
    choice: Choice | None = None
    passed: tuple[str, ...] = ()
    acts: tuple[tuple[str, float], ...] = ()
    described: tuple[Place, ...] = ()
    unmet: tuple[tuple[str, str], ...] = ()  # `unwanted`, `demanded` or `limit`, and the words
    unknown: tuple[Place, ...] = ()
    instead: tuple[
        tuple[str, str], ...
    ] = ()  # words that no record has, and the records' own that say the same
    over: tuple[str, ...] = ()
    idle: tuple[int, ...] = ()  # numbers of the user's messages that say nothing of what is sought
    history: tuple[str, ...] = ()  # ids of what the user took or liked before this dialogue, oldest first

    def act(self, *names: str) -> float:
        """How likely the newest message does the likeliest of some things; 0 where no judge read it."""
        return max((odds for name, odds in self.acts if name in names), default=0.0)

    @property
    def named_by_user(self) -> tuple[str, ...]:
        """The items that the user named, in order."""
        return self._named("user")

    @property
    def listed(self) -> tuple[str, ...]:
        """The items that the assistant named, in order."""
        return self._named("assistant")

    @property
    def last_listed(self) -> tuple[str, ...]:
        """The items of the assistant's last list, in order.

        In a message with a numbered or bulleted list, those that head its lines; else all that it names and that
        the user had not named before. A message that only speaks of items from before leaves such a list as it is.
        """
        here: dict[int, list[Mention]] = {}
        for mention in self.mentions:
            here.setdefault(mention.message, []).append(mention)
        lists = Lists()
        for number in sorted(here):
            lists.read(self.messages[number], here[number])
        return lists.last

    def lists(self) -> tuple[tuple[str, ...], ...]:
        """The items of each list of the assistant, the oldest first."""
        here: dict[int, list[Mention]] = {}
        for mention in self.mentions:
            if self.messages[mention.message].role == "assistant":
                here.setdefault(mention.message, []).append(mention)
        told = (_heads(self.messages[number].content, here[number]) for number in sorted(here))
        return tuple(one for one in told if one)

    def softened(self) -> Dialogue:
        """The dialogue in which nothing rules anything out (see `Preferences.softened`)."""
        return replace(self, preferences=self.preferences.softened())

    def heard(self) -> Dialogue:
        """The dialogue as sources should search by it: muted words are blanks, and mentions in them are gone."""
        if not self.muted:
            return self
        messages = list(self.messages)
        for number, start, end in self.muted:
            text = messages[number].content
            blanks = " " * (min(end, len(text)) - start)
            messages[number] = replace(messages[number], content=text[:start] + blanks + text[end:])
        mentions = tuple(
            one
            for one in self.mentions
            if not any(
                n == one.message and start < one.end and one.start < end for n, start, end in self.muted
            )
        )
        return replace(self, messages=tuple(messages), mentions=mentions, muted=())

    def query_text(self, max_chars: int) -> str:
        """The user's most recent words, the newest last, cut at a word.

        Args:
            max_chars: At most so many characters.
        """
        parts: list[str] = []
        left = max_chars
        for number, message in reversed([*enumerate(self.messages)]):
            if message.role != "user" or left <= 0 or number in self.idle:
                continue
            text = " ".join(message.content.split())
            if len(text) > left:
                cut = text[-left:]
                text = cut[cut.find(" ") + 1 :] if " " in cut or parts else cut
                left = 0
            if text and not (left == 0 and " " not in text and parts):
                parts.append(text)
            left -= len(text) + 1
        return "\n".join(reversed(parts))

    def _named(self, role: Role) -> tuple[str, ...]:
        return tuple(dict.fromkeys(m.item_id for m in self.mentions if self.messages[m.message].role == role))


def parse_messages(
    messages: Iterable[Message | Mapping[str, Any]], answered: bool = False
) -> tuple[Message, ...]:
    """Check messages in chat format.

    >>> parse_messages([{"role": "user", "content": "Something like Alien."}])
    (Message(role='user', content='Something like Alien.'),)

    Args:
        messages: `{"role": …, "content": …}` or `Message`; the last one from the user. A content is text, or a list of
            parts, as clients of chat models send it: their texts are read, and a warning tells what else they hold.
        answered: Let the last one be the assistant's.

    Raises:
        DialogueError: If there are none or too many, a role is unknown, or a content is missing, of a wrong form or too
            long, or the last one holds a picture or the like and no text.
    """
    if isinstance(messages, str | Mapping) or not isinstance(messages, Iterable):
        raise DialogueError(
            f"messages are a {type(messages).__name__}; give a list of {{'role': …, 'content': …}}"
        )
    given = list(messages)
    if not given:
        raise DialogueError("there are no messages; give at least one from the user")
    if len(given) > MAX_MESSAGES:
        raise DialogueError(
            f"there are {len(given):,} messages; at most {MAX_MESSAGES:,} are read: drop the oldest"
        )
    parsed = tuple(_message(number, message) for number, message in enumerate(given, 1))
    if parsed[-1].role != "user" and not answered:
        raise DialogueError(
            f"the last message is from the {parsed[-1].role}; it should be from the user, to be answered"
        )
    if parsed[-1].unread and not parsed[-1].content.strip():
        raise DialogueError(
            f"message {len(parsed)} holds {joined(parsed[-1].unread)} and no text; only text is read: say it in words"
        )
    fresh = [
        (number, one) for number, one in enumerate(parsed, 1) if one.unread and one is not given[number - 1]
    ]
    if fresh:
        told = "; ".join(f"message {number} holds {joined(one.unread)}" for number, one in fresh)
        warnings.warn(f"{told}: only text is read, the rest is passed over", WhereforeWarning, stacklevel=3)
    return parsed


def passed_over(messages: Sequence[Message]) -> str:
    """What is said of what the user sent since the last reply, besides text; nothing where there was only text.

    >>> passed_over([Message("user", "Like this?", ("a picture",))])
    'I read text only, so I went by your words and not by what came with them (a picture).'
    """
    unread: dict[str, None] = {}
    for message in reversed(messages):
        if message.role == "assistant":
            break
        unread |= dict.fromkeys(message.unread if message.role == "user" else ())
    if not unread:
        return ""
    return (
        f"I read text only, so I went by your words and not by what came with them ({joined(tuple(unread))})."
    )


def _message(number: int, message: Message | Mapping[str, Any]) -> Message:
    roles = ", ".join(get_args(Role))
    role: Any
    if isinstance(message, Message):
        role, given, unread = message.role, message.content, message.unread
    elif isinstance(message, Mapping):
        if "role" not in message:
            raise DialogueError(f"message {number} has no `role`; known roles: {roles}")
        if "content" not in message:
            raise DialogueError(f"message {number} has no `content`; give its text")
        role, given, unread = message["role"], message["content"], ()
    else:
        raise DialogueError(
            f"message {number} is a {type(message).__name__}; give {{'role': …, 'content': …}}"
        )
    if role == "developer":  # what newer clients call the system
        role = "system"
    if role not in get_args(Role):
        out = "; leave out what tools say" if role in ("tool", "function") else ""
        raise DialogueError(f"message {number} has the role {role!r}; known roles: {roles}{out}")
    content = read_content(given, f"message {number}")
    if len(content.text) > MAX_CHARACTERS:
        raise DialogueError(
            f"message {number} has {len(content.text):,} characters; at most {MAX_CHARACTERS:,} are read: shorten "
            "it, or say it in several messages"
        )
    if isinstance(message, Message) and isinstance(given, str) and role == message.role:
        return message
    return Message(role, content.text, content.unread or unread)


# A title may begin with signs: "...And Justice for All", "(500) Days of Summer".
_HEAD = re.compile(r"^[ \t]*(?:\d{1,3}[.)]|[-*•–])[ \t]+[^\w\n]*$")


def _heads(content: str, here: Sequence[Mention]) -> tuple[str, ...]:
    """The items that head the lines of a list."""
    return tuple(
        dict.fromkeys(
            m.item_id for m in here if _HEAD.match(content[content.rfind("\n", 0, m.start) + 1 : m.start])
        )
    )


PICKS = re.compile(
    r"(?:Of [^.*]{1,80} )?I would (?:start with|take)\b|\*[^*\n]+\* works out\b"
)  # how a choice is answered
_TWO = 2


class Lists:
    """The assistant's last list, while a dialogue is read.

    Attributes:
        listed_now: Whether the newest message of the assistant listed or named items.
    """

    def __init__(self) -> None:
        self.listed_now = True
        self.last: tuple[str, ...] = ()
        self.focus: tuple[
            str, ...
        ] = ()  # the item that the newest message with items names, if it is one alone
        self._numbered = False
        self._named: set[str] = set()
        self._by_user: set[str] = set()
        self.pair: tuple[str, ...] = ()  # the two items that were named together last
        self._of_user: tuple[str, ...] = ()  # what the user's newest message with items names
        self.listed: dict[str, None] = {}  # all that the assistant named
        self.shown: dict[str, None] = {}  # all that was in one of its lists

    def read(self, message: Message, here: Sequence[Mention]) -> None:
        """Read the next message with its mentions."""
        ids = dict.fromkeys(mention.item_id for mention in here)
        if message.role == "assistant":
            self.listed_now = bool(ids)
        if message.role == "user":
            self._by_user.update(ids)
            self._of_user = tuple(ids) or self._of_user
        elif message.role == "assistant" and ids:
            self.listed.update(ids)
            heads = _heads(message.content, here)
            spoken_of = self._numbered and not heads and self._named.issuperset(ids)
            if not spoken_of:
                chosen = self._of_user if len(ids) > 1 and set(ids) == set(self._of_user) else ()
                self.last = heads or chosen or tuple(one for one in ids if one not in self._by_user)
                self.shown.update(dict.fromkeys(self.last))
                self._numbered = bool(heads)
        if ids:
            picks = message.role == "assistant" and PICKS.match(message.content) is not None
            self.focus = tuple(ids)[:1] if len(ids) == 1 or picks else ()
            self.pair = tuple(ids) if len(ids) == _TWO else self.pair
        self._named.update(ids)

    def arrange(self, places: Mapping[str, int]) -> None:
        """Put the two items that were named together in the order in which the user spoke of them."""
        if self.pair and all(item in places for item in self.pair):
            same = set(self.last) == set(self.pair)
            self.pair = tuple(sorted(self.pair, key=places.__getitem__))
            self.last = self.pair if same else self.last


def last_said(said: str, messages: Sequence[Message]) -> Place | None:
    """Where the user said these words last; None when they did not, or none are given."""
    parts = said.split()
    if not parts:
        return None
    words = re.compile(r"\s+".join(map(re.escape, parts)), re.IGNORECASE)
    for number in range(len(messages) - 1, -1, -1):
        if messages[number].role == "user":
            found = list(words.finditer(messages[number].content))
            if found:
                return (number, *found[-1].span())
    return None


def all_said(said: str, messages: Sequence[Message]) -> list[Place]:
    """Everywhere that the user said these words, as words of their own."""
    parts = said.split()
    if not parts:
        return []
    together = r"\s+".join(map(re.escape, parts))
    words = re.compile(rf"(?<!\w){together}(?!\w)", re.IGNORECASE)
    return [
        (number, *match.span())
        for number, message in enumerate(messages)
        if message.role == "user"
        for match in words.finditer(message.content)
    ]


def named_items(dialogue: Dialogue) -> tuple[str, ...]:
    """The items that `@1`, `@2`… stand for: liked first, then whatever else the user named."""
    likes = dialogue.preferences.liked
    bad = {*dialogue.preferences.disliked, *dialogue.preferences.rejected}
    others = [
        mention.item_id for mention in dialogue.mentions if dialogue.messages[mention.message].role == "user"
    ]
    return tuple(dict.fromkeys([*likes, *(i for i in others if i not in bad)]))
