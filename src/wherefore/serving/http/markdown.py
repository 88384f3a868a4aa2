"""Replies are Markdown, and clients show it: what an item's texts bring along must not become links or pictures."""

from __future__ import annotations

import re
from typing import Any

from wherefore.serving.display import plain

_LINK = re.compile(r"\](?=[(\[:])")  # the middle of a link, a picture, or what one refers to
_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def harmless(text: str) -> str:
    r"""The text with links, pictures and HTML as the characters that they are written with.

    A picture is loaded without anybody's doing, from an address that can carry what was said along. Replies have no
    links of their own.

    >>> print(harmless("**[REC]** ![x](https://a.example/?q=s) <img src=y> 3 < 4"))
    **[REC]** ![x]\(https://a.example/?q=s) \<img src=y> 3 < 4
    """
    return _TAG.sub(r"\\<", _LINK.sub(r"]\\", plain(text)))


def harmless_reply(tree: dict[str, Any]) -> dict[str, Any]:
    """A reply's plain values, or a list's, with its sentences made harmless; items and evidence are as recorded."""
    listed = [one | {"reason": harmless(one["reason"])} for one in tree["recommendations"]]
    text = {"text": harmless(tree["text"])} if "text" in tree else {}
    return tree | text | {"recommendations": listed}
