"""What programs and language models can call: the page's endpoints and tools."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from wherefore.dialogue.content import read_content
from wherefore.dialogue.state import Preferences
from wherefore.errors import DialogueError
from wherefore.recommender import Recommender
from wherefore.reply import Done, TextDelta
from wherefore.serving.threads import OneThread

from . import texts

NAMES = ("recommend", "chat")
LATER = {
    "recommend": 1
}  # values at the end that came with a later version: programs written before do not send them


@contextmanager
def errors_told() -> Iterator[None]:
    """What goes wrong reaches the caller as a `gr.Error`: of others, Gradio says nothing but that there was one."""
    try:
        yield
    except gr.Error:
        raise
    except ValueError as error:
        raise gr.Error(str(error), print_exception=False) from error
    except Exception as error:  # a fault of ours: the log has the rest
        raise gr.Error(texts.FAULT.format(kind=type(error).__name__)) from error


class Blocks(gr.Blocks):  # type: ignore[misc]
    """Blocks that tell a program how many values it should have sent."""

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Check how many values came.

        Raises:
            gr.Error: If an endpoint for programs got too few.
        """
        if block_fn.api_name in NAMES and len(inputs) < len(block_fn.inputs):
            needed = len(block_fn.inputs) - LATER.get(block_fn.api_name, 0)
            if len(inputs) < needed:
                names = ", ".join(list(inspect.signature(block_fn.fn).parameters)[:needed])
                raise gr.Error(
                    texts.TOO_FEW.format(
                        name=block_fn.api_name, needed=needed, names=names, seen=len(inputs)
                    ),
                    print_exception=False,
                )
            inputs.extend([None] * (len(block_fn.inputs) - len(inputs)))
        super().validate_inputs(block_fn, inputs)


def endpoints(recommender: Recommender, length: int, alone: OneThread) -> tuple[Callable[..., Any], ...]:
    """The functions `recommend` and `chat`, typed and documented for those who call them.

    Args:
        recommender: Answers.
        length: Of a list, where the caller does not say.
        alone: What the recommender computes on. Calls take turns on it, and their replies are written in one batch.
    """

    def recommend(
        messages: list[dict[str, Any]],
        k: int | None = length,
        preferences: dict[str, Any] | None = None,
        history: list[str] | None = None,
    ) -> dict[str, Any]:
        """Recommend items of the catalogue for a dialogue, each with a checked reason.

        Args:
            messages: The dialogue, oldest first, each {"role": "user" or "assistant", "content": text}. A content may
                be a list of parts, as chat clients send it: their texts are read.
            k: How many items to list.
            preferences: The state of an earlier reply, as it was given or edited; omit it to read all messages.
            history: Ids or titles of items that the user took or liked before this dialogue, oldest first.

        Returns:
            The reply: text, action, recommendations with reasons and evidence, and preferences.
        """
        with errors_told():
            state = None if preferences is None else Preferences.from_json(preferences)
            if state is None:
                _check_said(messages)
            count = length if k is None else k
            for event in alone.each(recommender.steps(messages, count, state, history=history or ())):
                if isinstance(event, Done):
                    return event.reply.to_json()
            raise AssertionError("a turn ends with Done")

    def chat(message: str, conversation: list[dict[str, Any]] | None = None) -> Iterator[dict[str, Any]]:
        """Say something to the recommender; the reply comes as it is written.

        Args:
            message: What to say.
            conversation: The messages before it, as the last answer gave them; omit it to begin.

        Returns:
            The text so far, and with the last answer the whole reply and the conversation to send next time.
        """
        with errors_told():
            if not isinstance(conversation or [], list):
                raise DialogueError(texts.NO_CONVERSATION.format(kind=type(conversation).__name__))
            said = [*(conversation or ()), {"role": "user", "content": message}]
            _check_said(said)
            text = ""
            for event in alone.each(recommender.steps(said, length)):
                if isinstance(event, TextDelta):
                    text += event.text
                    yield {"text": text}
                elif isinstance(event, Done):
                    ended = [*said, {"role": "assistant", "content": event.reply.text}]
                    yield {"text": event.reply.text, "reply": event.reply.to_json(), "conversation": ended}

    return recommend, chat


def _check_said(messages: Any) -> None:
    """See that the last message says something; what else may be wrong with it, the recommender tells.

    Raises:
        DialogueError: If it is empty.
    """
    last = messages[-1] if isinstance(messages, list) and messages else None
    if isinstance(last, dict) and "content" in last:
        content = read_content(last["content"], f"message {len(messages)}")
        if not content.text.strip() and not content.unread:
            raise DialogueError(texts.EMPTY_CALL)
