"""Small pieces of HTML: whatever users and catalogues put into them stays text."""

from __future__ import annotations

import html

from wherefore.serving.display import plain


def escaped(text: object) -> str:
    r"""Text that stays text wherever it is put in HTML.

    >>> escaped('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(plain(str(text)))


def literal(text: str) -> str:
    r"""Text for a Markdown view in which HTML, links and pictures stay text.

    >>> literal("<b>![x](http://y)")
    '&lt;b&gt;!\\[x](http://y)'
    """
    return html.escape(plain(text), quote=False).replace("[", "\\[")


def empty(text: object) -> str:
    """What is said where there is nothing to show."""
    return f'<p class="wf-empty">{escaped(text)}</p>'


def alert(text: object) -> str:
    """What went wrong; screen readers say it at once."""
    return f'<p class="wf-trouble" role="alert">{escaped(text)}</p>'
