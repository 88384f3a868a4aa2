"""Ten fixed dialogues, as one or several checkpoints answer them: to read what a change did to the conversation.

    python scripts/transcripts.py                                   # the starter
    python scripts/transcripts.py --checkpoint runs/old/checkpoint starter --names before after

Writes `transcripts.md`: every dialogue with the replies of each checkpoint below one another. The user's messages are
fixed, so what they say of "the second one" is said to whatever is second.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wherefore.recommender import Recommender

ROOT = Path(__file__).resolve().parents[1]
DIALOGUES = (
    (
        "I loved The Matrix and Inception. Like that?",
        "Newer, and under two hours please.",
        "Why the first one?",
    ),
    (
        "Any good horror movies? Nothing too gory.",
        "I've seen number 1. What else?",
        "I'll watch the second one!",
    ),
    (
        "Something funny for a family evening with my eight-year-old",
        "Not animated though.",
        "who is in number 3?",
    ),
    ("A French movie from before 1970", "More like the second one", "Is the first one in colour?"),
    ("I'm in the mood for a smart heist film", "With George Clooney?", "Anything by the same director?"),
    (
        "What are the best war movies?",
        "I didn't like Dunkirk, it was too slow",
        "Something from the 90s then",
    ),
    ("I want to cry", "no cancer please", "Compare 1 and 2"),
    ("Star Wars!", "I have seen all the Star Wars movies", "something less well known"),
    ("My favourites are Amélie, Her and Lost in Translation", "But happier", "Just recommend one."),
    ("A movie with dinosaurs directed by Quentin Tarantino", "ok, without Tarantino", "Which is the newest?"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, talk, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", nargs="+", default=["starter"], help="one or several (starter)")
    parser.add_argument("--names", nargs="+", help="what to call them (as they are given)")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "transcripts.md")
    options = parser.parse_args(argv)
    names = options.names or options.checkpoint
    if len(names) != len(options.checkpoint):
        parser.error(
            f"there are {len(names)} --names for {len(options.checkpoint)} checkpoints; give one each"
        )

    from rich.progress import track

    from wherefore.recommender import Recommender

    replies: list[list[list[str]]] = []  # of each checkpoint, by dialogue and turn
    try:
        for checkpoint, name in zip(options.checkpoint, names, strict=True):
            recommender = Recommender.from_pretrained(checkpoint)
            replies.append([answers(recommender, said) for said in track(DIALOGUES, name)])
    except (ValueError, FileNotFoundError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text("\n".join(lines(names, replies)) + "\n", encoding="utf-8")
    print(options.out)
    return 0


def answers(recommender: Recommender, said: Sequence[str]) -> list[str]:
    """The replies to one dialogue's messages."""
    messages: list[dict[str, str]] = []
    for text in said:
        messages.append({"role": "user", "content": text})
        messages.append({"role": "assistant", "content": recommender.generate(messages).text})
    return [message["content"] for message in messages[1::2]]


def lines(names: Sequence[str], replies: Sequence[Sequence[Sequence[str]]]) -> Iterator[str]:
    """The page, line by line."""
    yield "# Ten dialogues"
    for number, said in enumerate(DIALOGUES):
        for name, of_checkpoint in zip(names, replies, strict=True):
            yield ""
            yield f"## {number + 1}. {said[0]}" if len(names) == 1 else f"## {number + 1}, {name}. {said[0]}"
            for text, reply in zip(said, of_checkpoint[number], strict=True):
                yield from ("", f"> {text}", "", reply)


if __name__ == "__main__":
    sys.exit(main())
