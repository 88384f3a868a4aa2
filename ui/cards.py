"""HTML of the list, of what was understood, and of why; all text from users and catalogues is escaped."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.picture_files import item_thumbnail
from wherefore.dialogue.parts import HEADINGS, Effect, Part, parts
from wherefore.dialogue.state import Preferences
from wherefore.serving.display import label, plain, value_text

from . import texts
from .markup import empty, escaped
from .view import Card, Turn, key_of

_MARKED = 8  # words of what is marked in a reason; a whole text is not
_FACTS = 4  # shown of an item beside its title
_ACTIONS = (
    ("like", texts.LIKE),
    ("dislike", texts.DISLIKE),
    ("seen", texts.SEEN),
    ("more", texts.MORE),
    ("why", texts.WHY),
)


def cards_html(turn: Turn | None, catalog: Catalog, images: bool = False) -> str:
    """The list as cards; when there is none, a word on what will be there.

    Args:
        turn: Whose list.
        catalog: Where its items are.
        images: Show pictures from the addresses that the catalogue gives, not placeholders.
    """
    if turn is None:
        return empty(texts.LIST_EMPTY)
    held = [(card, catalog[card.item_id]) for card in turn.cards if card.item_id in catalog]
    rows = (
        f'<li class="wf-card" data-item="{escaped(card.item_id)}">{_card(place, card, item, catalog, images)}</li>'
        for place, (card, item) in enumerate(held, 1)
    )
    return f'<ol class="wf-cards" aria-label="{escaped(texts.LIST)}">{"".join(rows)}</ol>'


def _card(place: int, card: Card, item: Item, catalog: Catalog, images: bool) -> str:
    title = escaped(catalog.dated(item))
    percent = round(100 * card.strength)
    buttons = "".join(
        f'<button type="button" class="wf-act" data-act="{act}" data-id="{escaped(item.id)}" '
        f'aria-label="{escaped(text)}: {title}">{escaped(text)}</button>'
        for act, text in _ACTIONS
    )
    facts = " · ".join(f'<span class="wf-fact">{fact}</span>' for fact in _facts(item, catalog))
    reason = _reason(card) if card.reason else '<span class="wf-wait" aria-hidden="true"></span>'
    return (
        f"{_picture(item, catalog, images)}"
        f'<div class="wf-body"><h3><span class="wf-rank">{place}</span> {title}</h3>'
        f'<p class="wf-reason">{reason}</p>'
        f'<div class="wf-match" role="img" aria-label="{texts.MATCH} {percent} %" title="{texts.MATCH} {percent} %">'
        f'<span style="width:{percent}%"></span></div>'
        f'<p class="wf-facts">{facts}</p>'
        f'<div class="wf-acts">{buttons}</div>'
        f'<details class="wf-why"><summary>{escaped(texts.EVIDENCE)}</summary>{_why(card)}</details></div>'
    )


def _facts(item: Item, catalog: Catalog) -> Iterator[str]:
    given = 0
    year = catalog.schema.year
    for spec in catalog.schema.fields:
        if not spec.can.stated or spec == year:  # the year stands beside the title
            continue
        value = value_text(item.get(spec.name))
        if given < _FACTS and value:
            yield f'<span class="wf-name">{escaped(label(spec))}</span> {escaped(value)}'
            given += 1


def _picture(item: Item, catalog: Catalog, images: bool) -> str:
    """The item's picture, where it may be loaded, else a drawn one."""
    if own := item_thumbnail(catalog, item):  # a file beside the catalogue: no other server is asked
        return f'<img class="wf-image" src="{own}" alt="">'
    for spec in catalog.schema.images:
        address = str(item.fields.get(spec.name) or "")
        if images and re.match(r"https?://", address):
            return f'<img class="wf-image" src="{escaped(address)}" alt="" loading="lazy" referrerpolicy="no-referrer">'
    hue = int(hashlib.sha256(item.id.encode()).hexdigest()[:4], 16) % 360
    letters = "".join(word[0] for word in re.findall(r"\w+", plain(item.title))[:2]).upper() or "?"
    return (
        f'<svg class="wf-image" viewBox="0 0 60 84" aria-hidden="true"><rect width="60" height="84" rx="4" '
        f'fill="hsl({hue} 45% 38%)"/><circle cx="48" cy="16" r="22" fill="hsl({(hue + 40) % 360} 50% 52% / .55)"/>'
        f'<text x="30" y="50" text-anchor="middle" font-size="22" fill="#fff">{escaped(letters)}</text></svg>'
    )


def _reason(card: Card) -> str:
    """The reason, with the evidence in it marked, each with why it counts."""
    text = escaped(card.reason)
    short = [mark for mark in card.evidence if 0 < len(mark.value.split()) <= _MARKED]
    because = {escaped(mark.value): mark for mark in short}
    if because:
        longest = sorted(because, key=len, reverse=True)
        known = {value.casefold(): mark for value, mark in because.items()}
        pattern = re.compile(
            "|".join(rf"(?<![\w&]){re.escape(value)}(?!\w)" for value in longest), re.IGNORECASE
        )

        def marked(match: re.Match[str]) -> str:
            mark = known[match[0].casefold()]
            return f'<mark title="{escaped(mark.field)}: {escaped(mark.because)}">{match[0]}</mark>'

        text = pattern.sub(marked, text)
    return re.sub(r"\*([^*<>]+)\*", r"<em>\1</em>", text)


def _why(card: Card) -> str:
    marks = "".join(
        f"<li><b>{escaped(mark.field)}</b> {escaped(mark.value)}<br><small>{escaped(mark.because)}</small></li>"
        for mark in card.evidence
    )
    found = "".join(
        f"<li>{escaped(texts.SOURCES.get(name, name))}: {escaped(texts.RANK.format(rank=rank))}</li>"
        for name, rank in sorted((card.found_by or {}).items(), key=lambda pair: pair[1])
    )
    score = "".join(
        f"<li>{value:+.2f} {escaped(texts.SCORE_PARTS.get(name, name))}</li>"
        for name, value in (card.parts or {}).items()
        if abs(value) >= 0.005
    )
    sections = [
        (texts.EVIDENCE, marks),
        (texts.FOUND_BY, found),
        (f"{texts.SCORE} {card.score:.2f}", score),
    ]
    body = "".join(f"<h4>{escaped(head)}</h4><ul>{rows}</ul>" for head, rows in sections if rows)
    worded = texts.WORDED.get(card.worded)
    return body + (f"<p><small>{escaped(worded)}</small></p>" if worded else "")


def chips_html(state: Preferences, catalog: Catalog) -> str:
    """What was understood, each part with the words it comes from and a button that drops it."""
    held = parts(state, catalog)
    if not held:
        return empty(texts.UNDERSTOOD_EMPTY)
    chips = "".join(map(_chip, held))
    return f'<ul class="wf-chips" aria-label="{escaped(texts.UNDERSTOOD)}">{chips}</ul>'


def _chip(part: Part) -> str:
    said = " ".join(part.said.split())
    origin = texts.UNDERSTOOD_FROM.format(said=said) if said else texts.UNDERSTOOD_SET
    drop = escaped(texts.DROP.format(text=part.text))
    return (
        f'<li class="wf-chip wf-{part.kind}"><span><b>{escaped(HEADINGS[part.kind])}</b> {escaped(part.text)}'
        f"<small>{escaped(origin)}</small></span>"
        f'<button type="button" data-act="drop" data-id="{key_of(part)}" aria-label="{drop}" title="{drop}">×'
        "</button></li>"
    )


def effects_html(effects: Sequence[Effect], catalog: Catalog) -> str:
    """What each part of the state brings to the list, and what it keeps out."""

    def titles(items: Sequence[Item]) -> str:
        return ", ".join(f"<em>{escaped(catalog.dated(item))}</em>" for item in items)

    rows = []
    for effect in effects:
        told = [
            text.format(titles=titles(items))
            for text, items in (
                (texts.EFFECTS_BRINGS, effect.brought),
                (texts.EFFECTS_KEEPS_OUT, effect.kept_out),
            )
            if items
        ]
        if told:
            head = f"{HEADINGS[effect.part.kind]} {effect.part.text}"
            rows.append(f"<li><b>{escaped(head)}</b> {'; '.join(told)}</li>")
    if not rows:
        return empty(texts.EFFECTS_NONE)
    return f'<ul class="wf-effects">{"".join(rows)}</ul>'
