"""What the page holds for one person: the conversation, its settings, and where it is saved."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import Any, Self

from wherefore.dialogue.messages import MAX_CHARACTERS
from wherefore.errors import DialogueError

from . import texts
from .saved import Saved
from .view import Settings, View

MOST_MESSAGES = 20  # of one person within a minute


@dataclass(frozen=True)
class Session:
    """What the page of one person holds."""

    view: View = field(default_factory=View)
    settings: Settings = field(default_factory=Settings)
    images: bool = False
    catalog: str = ""  # key of their own catalogue; empty for the one that the page was started with
    sent: tuple[float, ...] = ()  # when the last messages were sent
    name: str = ""  # of the conversation, where it is saved
    when: float = 0.0  # this tab last saved or read it
    running: str = ""  # the turn that is being made, so that it can be stopped

    def restarted(self, catalog: str) -> Self:
        """With a new conversation, about the catalogue of a key."""
        return type(self)(settings=self.settings, images=self.images, catalog=catalog, sent=self.sent)

    def sending(self, text: str) -> Self:
        """With a message counted as sent now.

        Raises:
            DialogueError: If it may not be sent; says what may.
        """
        if not text:
            raise DialogueError(texts.EMPTY)
        if len(text) > MAX_CHARACTERS:
            raise DialogueError(texts.TOO_LONG.format(seen=len(text), most=MAX_CHARACTERS))
        now = time.time()
        recent = [when for when in self.sent if when > now - 60]
        if len(recent) >= MOST_MESSAGES:
            seconds = max(round(recent[0] + 60 - now), 1)
            raise DialogueError(texts.TOO_FAST.format(most=MOST_MESSAGES, seconds=seconds))
        return replace(self, sent=(*self.sent, now)[-MOST_MESSAGES:])

    def before(self, index: Any) -> tuple[Self, str]:
        """The session before the turn of a message, and what the user said in that turn.

        Args:
            index: Of the message in the chat; a list or tuple starts with it.

        Raises:
            DialogueError: If there is no such message.
        """
        place = index[0] if isinstance(index, list | tuple) else index
        at = 0
        for number, turn in enumerate(self.view.turns):
            at += 2 if turn.reply else 1
            if place < at:
                # With a name of its own, an empty conversation is not taken for one from before a restart.
                name = self.name or f"{time.time_ns()}"
                return replace(self, name=name, view=self.view.upto(number)), turn.said
        raise DialogueError(texts.EDITED)

    def opened(self, browser: Saved, name: str, catalog: str) -> Self:
        """With a conversation that the browser keeps.

        Raises:
            DialogueError: If it is not there, is damaged, or is about another catalogue than that called `catalog`.
        """
        return replace(self, view=browser.get(name, catalog), name=name, when=browser.when(name))

    def resumed(self, browser: Saved, catalog: str) -> Self:
        """After a restart of the server, with the conversation that is open in the browser; else the session itself.

        Raises:
            DialogueError: As `opened`.
        """
        if self.view.turns or self.name or browser.open not in browser.talks:
            return self
        return self.opened(browser, browser.open, catalog)

    def ended(self, browser: Saved, catalog: str) -> tuple[Self, Saved]:
        """The session when its turn is made, and what the browser is to keep from then on."""
        done = replace(self, running="")
        if not self.view.turns:
            return done, browser
        # What another tab has made of the conversation since stays: this goes on under a name of its own.
        elsewhere = browser.when(self.name) > self.when
        name = self.running if elsewhere or not self.name else self.name
        browser = browser.keep(name, self.view, catalog)
        return replace(done, name=name, when=browser.when(name)), browser
