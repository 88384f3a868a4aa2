"""A conversation in the terminal: the screens it is shown on, and the loop that reads what is typed."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

from wherefore.dialogue.messages import Message
from wherefore.dialogue.parts import HEADINGS, forget, parts
from wherefore.dialogue.state import Preferences
from wherefore.reply import Done, Event, ListReady, Recommendation, TextDelta
from wherefore.serving.display import plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from wherefore.catalog.catalog import Catalog
    from wherefore.recommender import Recommender


HELP = """\
Say what you like and what you look for, in your own words.
/state   what I have understood so far, and from which words
/forget  one thing of it: /forget horror, /forget after 2000
/why     why an item was listed: /why 2
/effects what each thing that I have understood does to the list
/reset   forget this conversation
/help    these lines
/quit    leave (or Ctrl-D); Ctrl-C stops a reply"""

_PARTS = re.compile(r"\*\*|\n|[^\S\n]+|(?:(?!\*\*)\S)+")


class Screen(Protocol):
    """Where a conversation is shown."""

    def asked(self, text: str) -> None:
        """The user's message, before it is answered."""

    def listed(self, recommendations: Sequence[Recommendation], catalog: Catalog) -> None:
        """The list, before its words."""

    def words(self, delta: str) -> None:
        """The next piece of the reply."""

    def done(self) -> None:
        """The reply has ended."""

    def note(self, text: str) -> None:
        """Something that is not part of a reply."""

    def error(self, text: str) -> None:
        """A message that could not be answered."""


class PlainScreen:
    """Plain lines for a pipe or a file: `> message`, the reply, an empty line."""

    def __init__(self, out: TextIO, errors: TextIO) -> None:
        self._out, self._errors = out, errors
        self._pieces: list[str] = []

    def asked(self, text: str) -> None:
        """Echo the message, so that a transcript reads as a conversation."""
        self._print(f"> {plain(text)}")

    def listed(self, recommendations: Sequence[Recommendation], catalog: Catalog) -> None:
        """Nothing: the reply's own text holds the list."""

    def words(self, delta: str) -> None:
        """Keep the piece until the reply is whole."""
        self._pieces.append(delta)

    def done(self) -> None:
        """Print the reply without its Markdown."""
        text = plain("".join(self._pieces)).rstrip()
        self._pieces.clear()
        self._print(unmarked(text) + "\n")

    def note(self, text: str) -> None:
        """Print the text."""
        self._print(plain(text) + "\n")

    def error(self, text: str) -> None:
        """Print one line to the error stream."""
        self._errors.write(f"error: {plain(text)}\n")
        self._errors.flush()

    def _print(self, text: str) -> None:
        self._out.write(text + "\n")
        self._out.flush()


class RichScreen:
    """A terminal: the list as a table, the reply word by word."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bold = False
        self._held = ""  # the beginning of a word that is not whole yet
        self._gap = ""  # the space before the next word
        self._column = 0

    def asked(self, text: str) -> None:
        """Nothing: the user has just typed it."""

    def listed(self, recommendations: Sequence[Recommendation], catalog: Catalog) -> None:
        """Show the list as a table."""
        if not recommendations:
            return
        from rich.table import Table
        from rich.text import Text

        content = table([recommendation.item for recommendation in recommendations], catalog)
        shown = Table(box=None, header_style="dim", pad_edge=False)
        for place, header in enumerate(content.headers):
            shown.add_column(Text(header), justify="right" if place == 0 else "left", overflow="fold")
        for row in content.rows:
            cells = [Text(cell, style="bold" if place == 1 else "") for place, cell in enumerate(row)]
            shown.add_row(*cells)
        self._console.print(shown)
        self._console.print()

    def words(self, delta: str) -> None:
        """Write the whole words of the piece; `**` turns bold on and off."""
        text = self._held + plain(delta)
        whole = max(text.rfind(" "), text.rfind("\n")) + 1
        self._held = text[whole:]
        self._write(text[:whole])

    def done(self) -> None:
        """Write what was held back, and end the line."""
        self._write(self._held)
        self._console.print("\n")
        self._held, self._bold, self._column, self._gap = "", False, 0, ""

    def _write(self, text: str) -> None:
        from rich.cells import cell_len

        for part in _PARTS.findall(text):
            if part == "**":
                self._bold = not self._bold
            elif part == "\n":
                self._put("\n")
                self._column, self._gap = 0, ""
            elif part.isspace():
                self._gap = part
            else:
                width = len(self._gap) + cell_len(part)
                if self._column and self._column + width > self._console.width:
                    self._put("\n")
                    self._column, self._gap, width = 0, "", cell_len(part)
                self._put(self._gap + part)
                self._column, self._gap = self._column + width, ""

    def _put(self, text: str) -> None:
        style = "bold" if self._bold else None
        self._console.print(text, style=style, end="", markup=False, highlight=False, soft_wrap=True)

    def note(self, text: str) -> None:
        """Show the text dimmed."""
        self._console.print(plain(text) + "\n", style="dim", markup=False, highlight=False)

    def error(self, text: str) -> None:
        """Show the error in red."""
        self._console.print(f"error: {plain(text)}\n", style="red", markup=False, highlight=False)


def unmarked(text: str) -> str:
    """The text without Markdown's bold marks.

    >>> unmarked("1. **Alien** (1979) — scary.")
    '1. Alien (1979) — scary.'
    """
    return text.replace("**", "")


class Conversation:
    """Messages so far, and what to do with the next line.

    Args:
        recommender: Answers.
        k: Length of the list.
        screen: Where everything is shown.
    """

    def __init__(self, recommender: Recommender, k: int, screen: Screen) -> None:
        self.recommender, self.k, self.screen = recommender, k, screen
        self.messages: list[Message] = []
        self.preferences: Preferences | None = None
        self._edited = False  # whether the state is no longer what the messages say
        self.failed = False  # whether a message could not be answered

    def run(self, lines: Iterator[str]) -> None:
        """Answer line by line until the lines end or one says `/quit`."""
        for line in lines:
            text = line.strip()
            if text and not self.take(text):
                return

    def take(self, text: str) -> bool:
        """Obey a command or answer a message. False: the user wants to leave."""
        match text.lower():
            case "/quit" | "/exit":
                return False
            case "/help":
                self.screen.note(HELP)
            case "/reset":
                self.messages, self.preferences, self._edited = [], None, False
                self.screen.note("Forgotten. What are you looking for?")
            case "/state":
                self.screen.note(self._state())
            case command if re.match(r"/forget(?:\s|$)", command):
                self.screen.note(self._forget(text[len("/forget") :].strip()))
            case "/effects":
                self.screen.note(self._effects())
            case command if re.fullmatch(r"/why(?:\s+(?:#\s*)?\d{1,2})?", command):
                number = re.search(r"\d+", command)
                self._answer(f"Why number {number[0]}?" if number else "Why these?")
            case command if re.match(r"/[a-z]+(?:\s|$)", command):
                self.screen.note(f"There is no {text}.\n{HELP}")
            case _:
                self._answer(text)
        return True

    def _state(self) -> str:
        known = parts(self.preferences, self.recommender.catalog) if self.preferences else ()
        lines = []
        for part in known:
            said = f' — "{plain(part.said)}"' if part.said else ""
            lines.append(f"{HEADINGS[part.kind]}: {plain(part.text)}{said}")
        return "\n".join(lines) or "Nothing understood so far."

    def _effects(self) -> str:
        last = next(
            (n for n in range(len(self.messages) - 1, -1, -1) if self.messages[n].role == "user"), None
        )
        if last is None or not self.preferences or not parts(self.preferences, self.recommender.catalog):
            return "Nothing understood so far."
        given = self.preferences if self._edited else None
        lines = []
        for effect in self.recommender.effects(self.messages[: last + 1], self.k, given):
            heading = f"{HEADINGS[effect.part.kind]}: {plain(effect.part.text)}"
            brought, kept = (
                ", ".join(plain(item.title) for item in items) for items in (effect.brought, effect.kept_out)
            )
            what = [f"brings {brought}"] if brought else []
            what += [f"keeps out {kept}"] if kept else []
            lines.append(f"{heading} — {'; '.join(what) or 'changes nothing in this list'}")
        return "\n".join(lines)

    def _forget(self, words: str) -> str:
        if not words:
            return "Say what to forget, as /state shows it: /forget horror"
        left, gone = forget(self.preferences or Preferences(), words, self.recommender.catalog)
        if not gone:
            return f"There is no {plain(words)!r} in what I have understood. /state shows it all."
        self.preferences, self._edited = left, True
        return f"Forgotten: {', '.join(plain(part.text) for part in gone)}."

    def _answer(self, text: str) -> None:
        self.screen.asked(text)
        messages = [*self.messages, Message("user", text)]
        listed: Sequence[Recommendation] = ()
        said = ""
        events: Iterator[Event] = iter(())
        try:
            given = self.preferences if self._edited else None
            events = self.recommender.stream(messages, k=self.k, preferences=given)
            for event in events:
                match event:
                    case ListReady():
                        listed, self.preferences = event.recommendations, event.preferences
                        self.screen.listed(listed, self.recommender.catalog)
                    case TextDelta():
                        said += event.text
                        self.screen.words(event.text)
                    case Done():
                        said, self.preferences = event.reply.text, event.reply.preferences
        except ValueError as error:
            self.failed = True
            self.screen.error(" ".join(str(error).split()))
            return
        except KeyboardInterrupt:
            # What was shown was said: "I have seen that" must still find the list.
            missing = [each.item.title for each in listed if each.item.title not in said]
            said = "\n".join([said, *missing]).strip()
            self.screen.done()
            self.screen.note("(stopped)")
        else:
            self.screen.done()
        finally:
            if isinstance(events, Generator):  # one that was stopped must let go of the recommender
                events.close()
        self.messages = [*messages, Message("assistant", said)] if said else messages


def typed(prompt: str, read: Callable[[str], str] = input) -> Iterator[str]:
    """Lines typed at a prompt, until Ctrl-D; Ctrl-C gives up the line."""
    while True:
        try:
            yield read(prompt)
        except EOFError:
            return
        except KeyboardInterrupt:
            sys.stdout.write("\n")
