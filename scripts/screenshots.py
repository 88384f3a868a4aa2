"""Take the pictures of the page that the README shows: laptop and phone, light and dark.

    python scripts/screenshots.py [--out docs]

Starts the page with the starter, talks to it in headless Chromium (Debian: apt install chromium) and writes
`laptop-light.png`, `laptop-dark.png`, `phone-light.png` and `phone-dark.png`.
"""

from __future__ import annotations

import argparse
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
SCREENS = {"laptop": (1280, 860, 1), "phone": (390, 844, 2)}  # width, height, pixels per pixel
SAID = ("I loved Alien and Heat. Something scary from after 1990, no comedies",)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, start, look."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs", help="folder (docs)")
    options = parser.parse_args(argv)
    try:
        chromium = browser()
    except FileNotFoundError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    with served() as url:
        for name, (width, height, scale) in SCREENS.items():
            for colours in ("light", "dark"):
                file = options.out / f"{name}-{colours}.png"
                look(chromium, url, file, width, height, scale, colours)
                print(file)
    return 0


def browser() -> str:
    """Where Chromium is.

    Raises:
        FileNotFoundError: If it is not installed.
    """
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        raise FileNotFoundError("no Chromium here; on Debian: apt install chromium")
    return found


def free_port() -> int:
    """A port that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def served(
    *arguments: str,
    port: int | None = None,
    log: IO[bytes] | None = None,
    program: Sequence[str] = (sys.executable, "-m", "wherefore.cli"),
) -> Iterator[str]:
    """A server of the page; gives its address once it answers.

    Args:
        arguments: Of `wherefore ui`.
        port: A free one by default.
        log: Where what it says goes; by default, errors alone to where ours go.
        program: Wherefore.
    """
    port = port or free_port()
    command = [*program, "ui", "--port", str(port), *arguments]
    server = subprocess.Popen(command, stdout=log or subprocess.DEVNULL, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                if server.poll() is not None:
                    raise RuntimeError("the server of the page has ended; its words are above") from None
                time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def look(chromium: str, url: str, file: Path, width: int, height: int, scale: int, colours: str) -> None:
    """One picture of the page after a talk."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        window = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = window.new_page(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if colours == "dark" else "light",
        )
        page.goto(f"{url}/?__theme={colours}")
        for text in SAID:
            page.wait_for_selector("#wf-box textarea")
            page.fill("#wf-box textarea", text)
            page.press("#wf-box textarea", "Enter")
            page.wait_for_selector(".wf-card", timeout=60_000)
            page.wait_for_function(
                "!document.querySelector('.wf-wait') && document.querySelector('#wf-box').innerText.includes('Send')",
                timeout=60_000,
            )
        page.wait_for_timeout(800)
        page.screenshot(path=file)
        window.close()


if __name__ == "__main__":
    sys.exit(main())
