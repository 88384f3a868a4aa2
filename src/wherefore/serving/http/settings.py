"""How the API behaves, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from wherefore.serving.http.keys import KeyFile


@dataclass(frozen=True)
class ApiSettings:
    """What whoever runs a server chooses.

    Attributes:
        k: Length of a list, where a request does not say.
        model: What the model is called in OpenAI's format.
        keys: Who may use it; None: everybody who can reach it.
        per_minute: Requests a minute of one key, or, without keys, of one address; None: any number.
        burst: How many of them may come at once.
        origins: Web pages (`https://shop.example`) whose scripts may use it from a browser.
        hosts: The host names that it answers to; empty: all.
        body: Bytes of a request, at most; of one with items, `items_body`.
        items_body: Bytes of a request with items, at most.
        timeout: Seconds after which a reply is given up.
        log_text: Log what people say and are told, too.
        warm_up: Answer a message before saying that it is ready, so that nobody waits for what is loaded late.
    """

    k: int = 5
    model: str = "wherefore"
    keys: KeyFile | None = None
    per_minute: float | None = None
    burst: int = 20
    origins: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    body: int = 1_000_000
    items_body: int = 16_000_000
    timeout: float = 60.0
    log_text: bool = False
    warm_up: bool = True
