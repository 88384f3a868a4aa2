"""What programs and language models can call: the page's endpoints and tools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wherefore.dialogue.state import Preferences
from wherefore.recommender import Recommender
from wherefore.reply import Done, TextDelta
from wherefore.serving.threads import OneThread


def endpoints(recommender: Recommender, length: int, alone: OneThread) -> tuple[Callable[..., Any], ...]:
    """The functions `recommend` and `chat`, typed and documented for those who call them.

    Args:
        recommender: Answers.
        length: Of a list, where the caller does not say.
        alone: What the recommender computes on. Calls take turns on it, and their replies are written in one batch.
    """

    def recommend(
        messages: list[dict[str, str]], k: int = length, preferences: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Recommend items of the catalogue for a dialogue, each with a checked reason.

        Args:
            messages: The dialogue, oldest first, each {"role": "user" or "assistant", "content": text}.
            k: How many items to list.
            preferences: The state of an earlier reply, as it was given or edited; omit it to read all messages.

        Returns:
            The reply: text, action, recommendations with reasons and evidence, and preferences.
        """
        state = None if preferences is None else Preferences.from_json(preferences)
        for event in alone.each(recommender.steps(messages, k, state)):
            if isinstance(event, Done):
                return event.reply.to_json()
        raise AssertionError("a turn ends with Done")

    def chat(message: str, conversation: list[dict[str, str]] | None = None) -> Iterator[dict[str, Any]]:
        """Say something to the recommender; the reply comes as it is written.

        Args:
            message: What to say.
            conversation: The messages before it, as the last answer gave them; omit it to begin.

        Returns:
            The text so far, and with the last answer the whole reply and the conversation to send next time.
        """
        said = [*(conversation or ()), {"role": "user", "content": message}]
        text = ""
        for event in alone.each(recommender.steps(said, length)):
            if isinstance(event, TextDelta):
                text += event.text
                yield {"text": text}
            elif isinstance(event, Done):
                ended = [*said, {"role": "assistant", "content": event.reply.text}]
                yield {"text": event.reply.text, "reply": event.reply.to_json(), "conversation": ended}

    return recommend, chat
