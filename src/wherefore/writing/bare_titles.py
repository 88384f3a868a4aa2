"""A title and nothing else: whether it is there, and what it is, before what is near it."""

from __future__ import annotations

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.messages import Dialogue
from wherefore.reading.clauses import blank
from wherefore.reading.cues import POLITE
from wherefore.text import ARTICLES, forms
from wherefore.writing.quotes import quote
from wherefore.writing.smalltalk import Said


def shown(dialogue: Dialogue, catalog: Catalog) -> Said | None:
    """What is said of the one item that the newest message names by its title, and says nothing else."""
    number = len(dialogue.messages) - 1
    here = [one for one in dialogue.mentions if one.message == number]
    state = dialogue.preferences
    known = {*state.liked, *state.disliked, *state.seen, *state.rejected, *state.chosen}
    if (
        len(here) != 1
        or here[0].item_id not in catalog
        or here[0].item_id in known
        or dialogue.choice is not None
    ):
        return None
    rest = forms(blank(dialogue.messages[number].content, [(here[0].start, here[0].end)]))
    if not all(form in POLITE or form in ARTICLES for form in rest):
        return None
    item = catalog[here[0].item_id]
    dated = f"*{item.title}*{catalog.dated(item).removeprefix(item.title)}"
    about = quote(item, catalog, None, 0.0)
    told = f"{dated} is here. {about.text}" if about is not None else f"{dated} is here."
    return Said(f"{told} What follows is near it.", "beside")
