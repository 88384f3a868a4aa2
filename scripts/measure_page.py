"""Time the page, and let eight people chat on it at once.

    python scripts/measure_page.py [--people 8] [--minutes 5]

Starts `wherefore ui` with the starter. In headless Chromium: from the server being up to the page being usable, and
from sending a message to the cards and to the first word. Then people, each with a conversation of their own over the
connection that browsers use, say one thing after another: how long a whole reply takes for one alone and for all at
once, how many fail, and how many see what somebody else likes. Figures go to `ui.json`.
"""

from __future__ import annotations

import argparse
import json
import shlex
import statistics
import sys
import threading
import time
import urllib.request
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(Path(__file__).parent))
from screenshots import browser, served  # noqa: E402

LIKES = (
    "Alien",
    "Heat",
    "Titanic",
    "Shrek",
    "Casablanca",
    "Amadeus",
    "Psycho",
    "Rocky",
)  # one for each person
PAUSE = (
    3.0  # seconds between a reply and the next message: who types faster is held back by the page's own limit
)
SAYS = (
    "I loved {like}. What do you recommend?",
    "Something newer, please",
    "No horror. Anything funnier?",
    "Who directed the first one?",
    "I have seen number 2. What else?",
    "Under two hours, please",
)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, measure, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=8, help=f"at once, up to {len(LIKES)} (8)")
    parser.add_argument("--minutes", type=float, default=5.0, help="how long they chat (5)")
    parser.add_argument("--results", type=Path, default=ROOT / "results")
    options = parser.parse_args(argv)
    if not 1 <= options.people <= len(LIKES) or options.minutes <= 0:
        parser.error(f"give --people from 1 to {len(LIKES)} and --minutes above 0")

    from wherefore.evaluation.provenance import provenance

    try:
        chromium = browser()
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    with served() as url:
        found: dict[str, Any] = looked_at(chromium, url)
        alone = talk(url, 1, min(options.minutes, 1) * 60)
        together = talk(url, options.people, options.minutes * 60)
    found |= {
        "people": options.people,
        "minutes": options.minutes,
        "pause_s": PAUSE,
        "reply_alone_s": statistics.median(alone.seconds),
        "reply_together_s": statistics.median(together.seconds),
        "replies": len(together.seconds),
        "errors": len(alone.errors) + len(together.errors),
        "mixed": together.mixed,
    }
    found["ratio"] = found["reply_together_s"] / found["reply_alone_s"]
    command = shlex.join(["python", "scripts/measure_page.py", *(sys.argv[1:] if argv is None else argv)])
    options.results.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found | provenance(command, 0, []), indent=1)
    (options.results / "ui.json").write_text(text + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))
    for error in (*alone.errors, *together.errors)[:5]:
        print(error, file=sys.stderr)
    return 0


def looked_at(chromium: str, url: str, times: int = 5) -> dict[str, float]:
    """Medians of what a browser sees: the page usable, and after a message the cards and the first word."""
    from playwright.sync_api import sync_playwright

    usable, cards, words = [], [], []
    with sync_playwright() as play:
        window = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for number in range(times):
            page = window.new_page()
            page.set_default_timeout(60_000)
            start = time.perf_counter()
            page.goto(url)
            page.wait_for_selector("#wf-box textarea")
            usable.append(time.perf_counter() - start)
            page.wait_for_timeout(500)
            page.fill("#wf-box textarea", SAYS[0].format(like=LIKES[number % len(LIKES)]))
            start = time.perf_counter()
            page.press("#wf-box textarea", "Enter")
            page.wait_for_selector(".wf-card")
            cards.append(time.perf_counter() - start)
            page.wait_for_selector("#wf-chat .bot.message, #wf-chat [data-testid=bot]")
            words.append(time.perf_counter() - start)
            page.wait_for_function("document.querySelector('#wf-box').innerText.includes('Send')")
            page.close()
        window.close()
    medians = (statistics.median(one) for one in (usable, cards, words))
    return dict(zip(("page_usable_s", "cards_s", "first_word_s"), medians, strict=True))


class Talks:
    """What became of the conversations of some people."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.errors: list[str] = []
        self.mixed = 0


def talk(url: str, people: int, seconds: float) -> Talks:
    """Let so many people chat at once for so long."""
    talks = Talks()
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=_person, args=(url, LIKES[n], until, talks)) for n in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if not talks.seconds:
        raise RuntimeError(f"nobody was answered: {talks.errors[:1]}")
    return talks


def _person(url: str, like: str, until: float, talks: Talks) -> None:
    session = uuid.uuid4().hex[:12]
    try:
        submit = _submit(url)
    except (OSError, ValueError) as error:
        talks.errors.append(str(error))
        return
    number = 0
    while time.monotonic() < until:
        text = SAYS[number % len(SAYS)].format(like=like)
        number += 1
        start = time.perf_counter()
        try:
            heard = _say(url, session, submit, text)
        except (OSError, ValueError) as error:
            talks.errors.append(f"{like}: {error}")
            continue
        talks.seconds.append(time.perf_counter() - start)
        others = [one for one in LIKES if one != like and f"Liked</b> {one} (" in heard]
        talks.mixed += bool(others)
        time.sleep(PAUSE)


def _submit(url: str) -> dict[str, Any]:
    """The event of the message box, in the page's own description of itself."""
    with urllib.request.urlopen(f"{url}/config", timeout=60) as answer:
        config = json.load(answer)
    box = next(one["id"] for one in config["components"] if one["props"].get("elem_id") == "wf-box")
    event = next(one for one in config["dependencies"] if [box, "submit"] in one["targets"])
    return {"fn_index": event["id"], "trigger_id": box, "inputs": len(event["inputs"])}


def _say(url: str, session: str, submit: dict[str, Any], text: str) -> str:
    """Send a message as a browser does; all that came back.

    Raises:
        ValueError: If the server says that it failed.
    """
    data = [text, *([None] * (submit["inputs"] - 2)), {}]
    body = {"data": data, "fn_index": submit["fn_index"], "trigger_id": submit["trigger_id"]}
    request = urllib.request.Request(
        f"{url}/gradio_api/queue/join",
        data=json.dumps(body | {"session_hash": session, "event_data": None}).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=60).close()
    heard = []
    with urllib.request.urlopen(f"{url}/gradio_api/queue/data?session_hash={session}", timeout=120) as answer:
        for line in answer:
            if not line.startswith(b"data: "):
                continue
            event = json.loads(line[6:])
            if event["msg"] == "log" and event.get("level") == "warning":
                raise ValueError(f"warned: {event.get('log')}")
            if "output" in event:
                heard.append(json.dumps(event["output"], ensure_ascii=False).replace('\\"', '"'))
            if event["msg"] == "process_completed":
                if not event.get("success", True):
                    raise ValueError(f"failed: {str(event.get('output'))[:200]}")
                return "\n".join(heard)
            if event["msg"] in ("unexpected_error", "queue_full"):
                raise ValueError(f"{event['msg']}: {str(event)[:200]}")
    raise ValueError("the answer broke off")


if __name__ == "__main__":
    sys.exit(main())
