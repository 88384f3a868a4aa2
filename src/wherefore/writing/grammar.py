"""The grammar that words plans: training pairs for the writer, and the plain sentences it falls back on.

A frame is a sentence or clause with holes:

- `{np}` the item as a noun phrase ("a horror movie directed by x"), `{vp}` a predicate ("is directed by x"),
  `{also}` the predicate with "also", `{ask}` what was asked for, `{common}` what is shared;
- `{src}` the liked item's slot, `{liked}` a verb of liking, `{limit}` the limit, `{v}` the bare value;
- `{noun}`, `{labels}` the catalogue's word for an item, and for the field.

Everything is raw: lower case, slots for titles. `explain.polish` makes it fit to show.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from random import Random

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.spoken import values_of
from wherefore.dialogue.facts import Fact, Plan, slot_of
from wherefore.text import joined, normal_words
from wherefore.writing.phrases import (
    FORMS,
    NUMBERS,
    additions,
    article,
    common,
    label_noun,
    limit_object,
    modified,
    plural_predicates,
    preceded,
    predicates,
    prefix_of,
    role_of,
    said,
    style_of,
    wanted,
)

MIN_WORDS, MAX_WORDS = 4, 28  # of a reason; an opening may have MAX_OPENING
MAX_OPENING = 56

# -- reasons: sentences for one group of facts ------------------------------------------------------

WISH = (
    "{np}, just as you asked.",
    "{np}, as you asked.",
    "{np}, as requested.",
    "{np}, which is what you asked for.",
    "{np}, so it is what you asked for.",
    "{np}, in line with your request.",
    "{np}, to match what you asked for.",
    "it {vp}, as you asked.",
    "it {vp}, just as you asked.",
    "it {vp}, just what you asked for.",
    "it {vp}, which is what you were after.",
    "it {vp}, which is what you wanted.",
    "it {vp}, so it fits your request.",
    "it {vp}, so it should suit you.",
    "it {vp}, and that is what you asked for.",
    "it {vp}, in answer to your request.",
    "it {vp}, and you did ask for that.",
    "this one {vp}, as you asked.",
    "this one {vp}, as you wished.",
    "this one {vp}, just as you wanted.",
    "this {noun} {vp}, as you asked.",
    "this {noun} {vp}, so it fits what you asked for.",
    "as you asked, it {vp}.",
    "as you wished, this one {vp}.",
    "as requested, it {vp}.",
    "since you asked, this one {vp}.",
    "a match for your request: it {vp}.",
    "it fits your request, since it {vp}.",
    "it matches what you asked for: it {vp}.",
    "chosen because it {vp}, as you wanted.",
    "here is {np}, as you asked.",
    "here is {np}, just as you wanted.",
    "this is {np}, as you asked.",
    "this is {np}, so it fits your request.",
    "you wanted {np}, and this is one.",
    "you were after {np}, and this is one.",
    "you asked for {np}, and here is one.",
    "you asked for that: it {vp}.",
    "your request is met here: it {vp}.",
    "going by your request, {np}.",
)
WISH_PERSON = (
    "you asked for {ask}, {who}.",
    "you wanted {ask}, {who}.",
    "you named {ask}, {who}.",
    "you were looking for {ask}, {who}.",
)
WISH_MODIFIER = (
    "you asked for {ask}, and {ask} it is.",
    "you wanted {ask}, and that is what this is.",
    "you asked for {ask}, and this is {np}.",
    "if {ask} is what you want, this is {np}.",
    "for {ask}, as you asked, try this one.",
    "{ask} is what you asked for, and this is {np}.",
)
WISH_TAG = (
    "you asked for {v}, and that is one of its {labels}.",
    "you mentioned {v}, and that is among its {labels}.",
    "you wanted {v}, which this one lists among its {labels}.",
    "{v} is among its {labels}, as you asked.",
    "its {labels} include {v}, as you asked.",
    "its {labels} include {v}, just what you mentioned.",
)
WISH_PREP = (
    "you wanted {ask}, and this one is.",
    "you asked for {ask}, which this one is.",
    "you asked for {ask}, and that is what this is.",
)

SHARED = (
    "like {src}, it {vp}.",
    "like {src}, this one {vp}.",
    "just like {src}, it {vp}.",
    "much like {src}, it {vp}.",
    "it {vp}, like {src}.",
    "it {vp}, just like {src}.",
    "it {vp}, the same as {src}.",
    "this one {vp}, just like {src}.",
    "this {noun} {vp}, like {src}.",
    "{np}, like {src}.",
    "{np}, just like {src}.",
    "{np}, which links it to {src}.",
    "{np}, for somebody who liked {src}.",
    "you {liked} {src}, and this one {also}.",
    "you {liked} {src}, and this {noun} {also}.",
    "you {liked} {src}; this one {also}.",
    "since you {liked} {src}: this one {also}.",
    "because you {liked} {src}: this one {also}.",
    "if {src} worked for you, note that this one {also}.",
    "if you liked {src}, this one {also}.",
    "as {src} is to your taste, here is {np} too.",
    "its link to {src}: it {vp} as well.",
    "it goes with {src}, since it {also}.",
    "it goes well with {src}: it {also}.",
    "following on from {src}, this one {also}.",
    "in keeping with {src}, it {vp}.",
    "a natural step from {src}: it {also}.",
    "it shares {common} with {src}.",
    "it shares {common} with {src}, which you {liked}.",
    "this one shares {common} with {src}.",
    "it has {common} in common with {src}.",
    "it has {common} in common with {src}, which you {liked}.",
    "{src} and this one share {common}.",
    "{src}, which you {liked}, shares {common} with this one.",
    "you {liked} {src}, which shares {common} with this one.",
    "what ties it to {src} is {common}.",
    "it is tied to {src} by {common}.",
    "like {src}, which you {liked}, it {vp}.",
    "you told me you liked {src}; this one {also}.",
    "with {common} in common, it goes with {src}.",
)
SHARED_PERSON = (
    "{v} {did} both this one and {src}.",
    "{v} {did} both {src} and this one.",
    "{v} {did} this one as well as {src}.",
    "{v} {did} {src}, which you {liked}, and this one too.",
    "you {liked} {src}, and {v} {did} this one too.",
    "because you {liked} {src}: {v} {did} this one as well.",
)
SHARED_TAG = (
    "{src} and this one are both tagged {v}.",
    "both {src} and this one are tagged {v}.",
    "its {labels} include {v}, like those of {src}.",
    "as with {src}, its {labels} include {v}.",
    "like {src}, it lists {v} among its {labels}.",
)

SIMILAR = (
    "of what you {liked}, {src} is the closest to this one.",
    "it is close to {src}, which you {liked}.",
    "this one sits close to {src}, which you {liked}.",
    "it is in a similar vein to {src}, which you {liked}.",
    "you {liked} {src}, and this one is in a similar vein.",
    "you {liked} {src}, and this one is close to it.",
    "if you liked {src}, this one is close to it.",
    "since you {liked} {src}, here is one in a similar vein.",
    "because you {liked} {src}: the two are close in kind.",
    "a near neighbour of {src}, which you {liked}.",
    "it resembles {src}, which you {liked}.",
    "its record reads much like that of {src}.",
    "it is the kind of {noun} that sits near {src}.",
    "close to {src} in kind, which is why it is here.",
    "{a_noun} not far from {src}, which you {liked}.",
    "picked for its likeness to {src}.",
)

LIMIT = (
    "it {vp}, which is {limit}, as you asked.",
    "it {vp}, which is {limit}, as you wanted.",
    "it {vp}, so it is {limit}, as you asked.",
    "this one {vp}, which is {limit}, as you asked.",
    "this {noun} {vp}, so {limit}, as you asked.",
    "you wanted {ask}, and it {vp}.",
    "you asked for {ask}, and this one {vp}.",
    "you asked for {ask}; it {vp}.",
    "it stays within your limit: it {vp}.",
    "it keeps to your limit, since it {vp}.",
    "as you wanted {ask}, note that it {vp}.",
    "within what you allowed: it {vp}.",
)
LIMIT_SAME = (
    "it {vp}, as you asked.",
    "it {vp}, just as you asked.",
    "this one {vp}, as you wanted.",
    "this {noun} {vp}, as you asked.",
)

OWN = (
    "it is {np}.",
    "this is {np}.",
    "this one is {np}.",
    "{np}.",
    "put plainly, {np}.",
    "here is {np}.",
    "it {vp}.",
    "this one {vp}.",
    "this {noun} {vp}.",
    "{np}, which may suit you.",
    "{np}, and one you may enjoy.",
    "you may like that it {vp}.",
    "you might enjoy this one: it {vp}.",
    "one to consider: {np}.",
    "one more to consider: it {vp}.",
    "as another option, {np}.",
    "for a change, {np}.",
    "worth considering, as it {vp}.",
)

AVOID = (
    "nothing in its record says {v}, which you wanted to avoid.",
    "you wanted no {v}, and its record lists none.",
    "its record does not mention {v}, as you wished.",
    "it is not filed under {v}, as you wished.",
    "you did not want {v}, and its record has none of that.",
    "its record shows no sign of {v}, as you wanted.",
)
AVOID_PERSON = (
    "its record does not name {v}, as you wished.",
    "you did not want {v}, and its record has no such name.",
    "{v} is not in its record, as you wanted.",
)

# -- reasons: clauses that follow a first sentence --------------------------------------------------

THEN_WISH = (
    "it {vp}, as you asked",
    "it {vp}, just as you asked",
    "as you asked, it {vp}",
    "it {also}, as you asked",
    "it {also}, which you asked for",
)
THEN_SHARED = (
    "like {src}, it {vp}",
    "just like {src}, it {vp}",
    "it {vp}, like {src}",
    "it shares {common} with {src}",
    "it has {common} in common with {src}",
    "it {also}, like {src}",
)
THEN_SIMILAR = (
    "it is close to {src}, which you {liked}",
    "of what you {liked}, {src} is the closest",
    "it is in a similar vein to {src}",
    "it sits close to {src}",
)
THEN_LIMIT = (
    "it {vp}, which is {limit}, as you asked",
    "it {vp}, so {limit}, as you asked",
    "it {vp}, which is {limit}",
    "it {vp}, so it keeps to your limit",
)
THEN_LIMIT_SAME = ("it {vp}, as you asked", "it {also}, as you asked", "as you wanted, it {vp}")
THEN_OWN = ("it {also}", "it {vp}", "this one {also}")
THEN_AVOID = (
    "nothing in its record says {v}",
    "its record does not mention {v}",
    "it is not filed under {v}, as you wished",
    "its record lists no {v}",
)
THEN_AVOID_PERSON = ("its record does not name {v}", "{v} is not in its record")
LINKS = (", and ", ", and ", "; ")

LIKED = ("liked", "liked", "liked", "enjoyed", "mentioned", "brought up", "loved")

# -- openings ---------------------------------------------------------------------------------------

LIKES = (
    "since you {liked} {a}, ",
    "because you {liked} {a}, ",
    "as you {liked} {a}, ",
    "with {a} in mind, ",
    "starting from {a}, ",
    "taking {a} as a guide, ",
    "going by {a}, ",
    "going by what you said about {a}, ",
    "you {liked} {a}, so ",
    "you told me you liked {a}, so ",
    "if {a} is to your taste, ",
    "thinking of {a}, ",
    "in the direction of {a}, ",
    "to go with {a}, ",
)
LIST = (
    "here {are} {n} {nps} for you.",
    "here {are} {n} {nps} to consider.",
    "here {are} {n} {nps}.",
    "i found {n} {nps} for you.",
    "i found {n} {nps} that may suit you.",
    "i picked {n} {nps} for you.",
    "i would look at {these} {n} {nps}.",
    "i would suggest {these} {n} {nps}.",
    "i can offer {n} {nps}.",
    "how about {these} {n} {nps}?",
    "let me suggest {n} {nps}.",
    "{these} {n} {nps} may suit you.",
    "{these} {n} {nps} should fit.",
    "you might enjoy {these} {n} {nps}.",
    "you could try {these} {n} {nps}.",
    "my suggestions are {these} {n} {nps}.",
)
GREETINGS = ("", "", "", "sure. ", "of course. ", "happy to help. ", "certainly. ", "all right. ", "good, ")
HINTS = (
    " tell me one you liked and i can do better.",
    " tell me more about your taste and i can narrow it down.",
    " what did you like lately?",
    " say what you are in the mood for and i will look again.",
    " is there one you liked before?",
)
PASSED = (
    " i left out the ones you have seen or turned down.",
    " none of them is one you have seen or turned down.",
    " i skipped what you have already seen or turned down.",
    " these are new ones, without those you turned down or have seen.",
    " the ones you had before are left out.",
)
AVOIDED = (
    " none of them is filed under {v}.",
    " i kept {v} out, as you asked.",
    " i left out {v}, as you asked.",
    " as you asked, i kept clear of {v}.",
    " no {v}, as you wished.",
)
AVOIDED_TAG = (  # a film without the keyword “violence” may be violent: no more is known than what it is tagged
    " none of them is tagged {v}.",
    " i left out what is tagged {v}, as you asked.",
    " nothing tagged {v}, as you wished.",
)
AVOIDED_PLACE = (
    " nothing {of} {v}, as you wished.",
    " i left out what is {of} {v}, as you asked.",
    " none of them is {of} {v}.",
)
PARTLY = (
    " only {n} of them {vps}.",
    " {n} of them {vps}; the rest come near.",
    " not all of them fit: {n} of them {vps}.",
    " of these, {n} {vps}.",
)
UNMET = (
    " none of them {vp}, so these are the nearest i found.",
    " i found nothing for {v} that fits the rest, so these come nearest.",
    " {v} could not be met here, so these are the nearest i found.",
    " i could not find {v} within the rest of your request.",
)
SHORT = (
    " nothing more fits all that you asked for.",
    " that is all the catalogue has within your limits.",
    " i found no more that fit everything you asked for.",
    " there are no others that meet all of it.",
)

# -- records as text --------------------------------------------------------------------------------

RECORD = (
    "it is {np}.",
    "this is {np}.",
    "{np}.",
    "this one is {np}.",
    "the {noun} {vp}.",
    "it {vp}.",
    "it {also}.",
    "this {noun} {vp}.",
    "this one {vp}.",
)


def word(plan: Plan, rng: Random) -> str:
    """One raw sentence for a reason's plan.

    Args:
        plan: A plan with an item.
        rng: The source of variety; equal states give equal sentences.

    Raises:
        ValueError: If the plan has no item (use `opening`).
    """
    if plan.item is None:
        raise ValueError("a plan without an item is an opening's; call `opening`")
    groups = _groups(plan)
    if not groups:
        return f"it is one of the {plan.plural} that came closest to what you said."
    shortest = ""
    told = [fact.value.lower() for fact in plan.facts if fact.kind != "wish" and " " in fact.value]
    for attempt in range(12):
        kept = groups if attempt < 8 else groups[: max(1, len(groups) - 1)]
        sentence = _sentence(kept, plan, rng)
        length = len(normal_words(sentence))
        twice = any(
            sentence.count(value) > 1 for value in told
        )  # tagged "romantic comedy", and a romantic comedy
        if MIN_WORDS <= length <= MAX_WORDS - 4 and not twice and not _repeats(sentence):
            return sentence
        if not shortest or abs(length - 14) < abs(len(normal_words(shortest)) - 14):
            shortest = sentence
    return shortest


def opening(plan: Plan, rng: Random) -> str:
    """One raw opening, a sentence or two, for an opening's plan.

    Args:
        plan: A plan without an item.
        rng: The source of variety.

    Raises:
        ValueError: If the plan has an item (use `word`), or no list.
    """
    if plan.item is not None:
        raise ValueError("a plan with an item is a reason's; call `word`")
    total = plan.total
    limits = [fact for fact in plan.facts if fact.kind == "limit"]
    if total == 0:
        raise ValueError("an opening introduces items; `relax.advice` words an empty list")
    wishes = [fact for fact in plan.facts if fact.kind == "wish"]
    met = [fact for fact in wishes if fact.met == total]
    likes = [slot_of(plan, fact.source) for fact in plan.facts if fact.kind == "liked"]
    likes = [slot for slot in likes if slot]
    one = total == 1
    noun = plan.noun.lower() if one else plan.plural.lower()
    count = _counted(total)
    nps = _plural_phrase(met, limits, noun, rng)
    text = rng.choice(LIST)
    text = text.replace("{these} {n}", "this" if one else f"these {count}")
    text = text.replace("{are}", "is" if one else "are").replace("{n}", count).replace("{nps}", nps)
    if one:
        text = text.replace("my suggestions are this", "my suggestion is this")
    if likes:
        lead = rng.choice(LIKES).replace("{a}", joined(likes))
        lead = lead.replace(" is to your taste", " are to your taste") if len(likes) > 1 else lead
        text = _verb_of_liking(lead, rng) + text
    else:
        text = rng.choice(GREETINGS) + text
    text += _rest(plan, wishes, met, total, rng)
    if not (likes or wishes or limits) and rng.random() < 0.6:
        text += rng.choice(HINTS)
    return text


def opening_surface(plan: Plan) -> tuple[set[str], set[str]]:
    """What an opening may be written with: phrases that are said whole, and words.

    Only what the plan has occasion for: how many there are, but no other number; that some are left out where some
    were; that the list is short where it is.
    """
    kinds = {fact.kind for fact in plan.facts}
    total = plan.total
    counts = {total}
    frames = [*LIST, "this is my suggestion" if total == 1 else "these are"]
    phrases: list[str] = []
    if "liked" in kinds:
        frames += [*LIKES, *LIKED, " and are"]
    else:
        frames += GREETINGS if kinds & {"wish", "limit"} else (*GREETINGS, *HINTS)
    for fact in plan.facts:
        match fact.kind:
            case "wish":
                phrases += [said(fact), *FORMS.get(said(fact), "").splitlines()]
                frames.append("and")
                if fact.met is not None and fact.met != total:
                    counts.add(fact.met)
                    frames += PARTLY if fact.met else UNMET
                    phrases += predicates([fact], plan.noun.lower())
                    phrases += plural_predicates([fact], plan.plural.lower())
            case "limit":
                wished = limit_object(fact)
                phrases.append(wished.removeprefix("something "))
                frames.append("with")
            case "avoid":
                frames += [
                    *(AVOIDED_TAG if style_of(fact) == "tag" else AVOIDED),
                    "and or",
                    *(one.replace("{of}", prefix_of(fact)) for one in AVOIDED_PLACE),
                ]
                phrases.append(said(fact))
            case "passed":
                frames += PASSED
    for group in _by_field([fact for fact in plan.facts if fact.kind == "wish" and fact.met == total]):
        phrases += additions(group)
    if plan.short:
        frames += SHORT
    words = {word for text in frames for word in normal_words(re.sub(r"\{\w+\}", " ", text))}
    words |= {form for count in counts for form in (_counted(count), str(count))}
    words |= {slot for slot in plan.slots if slot.startswith("@")} | {*",.?;:"}
    return {*phrases, plan.noun.lower(), plan.plural.lower()} - {""}, words


def _counted(count: int) -> str:
    """A number as it is said."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _repeats(sentence: str) -> bool:
    """Whether three words come twice in the same order: "as you asked, ... as you asked"."""
    words = normal_words(sentence)
    runs = [tuple(words[i : i + 3]) for i in range(len(words) - 2)]
    return len(set(runs)) < len(runs)


def _avoidances(avoided: Sequence[Fact], total: int) -> Sequence[str]:
    """The frames that fit what was left out, of how many items are listed."""
    styles, prefixes = {style_of(fact) for fact in avoided}, {prefix_of(fact) for fact in avoided}
    if styles == {"tag"}:
        return AVOIDED_TAG[1:] if total == 1 else AVOIDED_TAG
    if styles == {"prep"} and len(prefixes) == 1:  # "nothing from the USA"
        (prefix,) = prefixes
        return [one.replace("{of}", prefix) for one in AVOIDED_PLACE[: 2 if total == 1 else 3]]
    if styles & {"prep", "person"}:
        return AVOIDED[1:4]  # nobody is filed under a person
    return AVOIDED[1:] if total == 1 else AVOIDED


def _rest(plan: Plan, wishes: Sequence[Fact], met: Sequence[Fact], total: int, rng: Random) -> str:
    """The sentences after the first: what is not met, what was left out. At most two."""
    out: list[str] = []
    for fact in wishes:
        if fact in met:
            continue
        n = fact.met
        if n:
            one, many = predicates([fact], plan.noun.lower()), plural_predicates([fact], plan.plural.lower())
            vps = rng.choice(one if n == 1 else many)
            frames = PARTLY[:-1] if not out else PARTLY[-1:]
            out.append(rng.choice(frames).replace("{n}", _counted(n)).replace("{vps}", vps))
        else:
            vp = rng.choice(predicates([fact], plan.noun.lower()))
            text = rng.choice(UNMET if total > 1 else UNMET[2:])
            text = text.replace("{vp}", vp).replace("{v}", said(fact))
            out.append(text.replace("these are the nearest", "this is the nearest") if total == 1 else text)
    if plan.short:
        out.append(rng.choice(SHORT))
    avoided = [fact for fact in plan.facts if fact.kind == "avoid"]
    avoided = [fact for fact in avoided if style_of(fact) != "tag"] or avoided
    if avoided and rng.random() < 0.8:
        said_as = _avoidances(avoided, total)
        frame = rng.choice(said_as)
        link = "or" if frame.startswith((" no", " none", " nothing")) else "and"
        out.append(frame.replace("{v}", joined([said(fact) for fact in avoided], link)))
    if any(fact.kind == "passed" for fact in plan.facts) and rng.random() < 0.8:
        out.append(rng.choice(PASSED if total > 1 else (PASSED[0], PASSED[2], PASSED[4])))
    return "".join(out[:2])


def _plural_phrase(met: Sequence[Fact], limits: Sequence[Fact], noun: str, rng: Random) -> str:
    """The listed items as a noun phrase: "horror movies with x from after 2000"."""
    fields = _by_field(met)
    modifiers = [group for group in fields if style_of(group[0]) == "modifier"]
    phrase = _many(modifiers[0], noun) if modifiers else noun
    rest = [group for group in fields if style_of(group[0]) != "modifier"]
    order = {"person": 0, "prep": 1, "label": 2, "tag": 3}
    for group in sorted(
        rest, key=lambda g: (order.get(style_of(g[0]), 9), not g[0].template.startswith("by "))
    ):
        phrase += f" {rng.choice(additions(group))}"
    for limit in limits[:2]:
        wished = limit_object(limit)
        plain = wished.startswith("something ")
        phrase += f" {wished.removeprefix('something ')}" if plain else f" with {wished}"
    return phrase


def _leads(fact: Fact) -> int:
    """Makers come first: after another name, "by x" and "directed by x" would be taken for that name's."""
    prefix = fact.template.partition("{}")[0].strip()
    return 0 if prefix == "by" else 1 if prefix.endswith(" by") and not prefix.startswith("with ") else 2


def _many(group: Sequence[Fact], noun: str) -> str:
    values = list(dict.fromkeys(FORMS.get(said(fact), said(fact)) for fact in group))
    return preceded(noun, joined(values))


def _groups(plan: Plan) -> list[list[Fact]]:
    """Facts of one kind about one liked item belong into one clause."""
    groups: dict[tuple[str, str, str], list[Fact]] = {}
    for fact in plan.facts:
        if fact.kind in ("shared", "similar") and not slot_of(plan, fact.source):
            continue
        apart = fact.field if fact.kind in ("limit", "avoid") else ""
        groups.setdefault((fact.kind, fact.source or "", apart), []).append(fact)
    return list(groups.values())


def _by_field(facts: Iterable[Fact]) -> list[list[Fact]]:
    fields: dict[str, list[Fact]] = {}
    for fact in facts:
        fields.setdefault(fact.field, []).append(fact)
    return list(fields.values())


def _sentence(groups: Sequence[Sequence[Fact]], plan: Plan, rng: Random) -> str:
    text = _filled(rng.choice(_main_frames(groups[0])), groups[0], plan, rng)
    for group in groups[1:]:
        clause = _filled(rng.choice(_then_frames(group)), group, plan, rng)
        link = "; " if text.count(", and ") else rng.choice(LINKS)
        text = text.rstrip(".") + link + clause + "."
    return text


def _main_frames(group: Sequence[Fact]) -> Sequence[str]:
    first = group[0]
    style = style_of(first) if first.field else ""
    special: Mapping[str, tuple[str, ...]]
    alone = len(_by_field(group)) == 1
    single = len(group) == 1
    match first.kind:
        case "wish":
            special = {
                "person": WISH_PERSON if single else (),
                "modifier": WISH_MODIFIER if single else (),
                "tag": WISH_TAG if single else (),
                "prep": WISH_PREP,
            }
            return (*WISH, *special.get(style, ()) * 2) if alone else WISH
        case "shared":
            special = {"person": SHARED_PERSON, "tag": SHARED_TAG}
            return (*SHARED, *special.get(style, ()) * 2) if alone else SHARED
        case "similar":
            return SIMILAR
        case "limit":
            return LIMIT_SAME if _says_itself(first) else LIMIT
        case "avoid":
            return AVOID_PERSON if style == "person" else AVOID
        case _:
            return OWN


def _then_frames(group: Sequence[Fact]) -> Sequence[str]:
    first = group[0]
    match first.kind:
        case "wish":
            return THEN_WISH
        case "shared":
            return THEN_SHARED
        case "similar":
            return THEN_SIMILAR
        case "limit":
            return THEN_LIMIT_SAME if _says_itself(first) else THEN_LIMIT
        case "avoid":
            return THEN_AVOID_PERSON if style_of(first) == "person" else THEN_AVOID
        case _:
            return THEN_OWN


def _says_itself(fact: Fact) -> bool:
    """Whether the value alone answers the limit: "from 2000" for the year 2000."""
    return fact.ask.startswith(("from ", "exactly ")) or fact.ask == f"in {fact.value}"


def _filled(frame: str, group: Sequence[Fact], plan: Plan, rng: Random) -> str:
    first = group[0]
    fields = _by_field(group)
    noun = plan.noun.lower()

    def vp() -> str:
        return joined([rng.choice(predicates(facts, noun)) for facts in fields])

    def also() -> str:
        # "is also directed by x and stars y"
        verb, _, rest = vp().partition(" ")
        return f"{verb} also {rest}" if verb in ("is", "was") else f"also {verb} {rest}"

    def role_did() -> str:
        role = role_of(first.template, first.label)
        return role.did_many if len(group) > 1 else role.did

    holes: dict[str, Callable[[], str]] = {
        "np": lambda: noun_phrase(fields, noun, rng),
        "vp": vp,
        "also": also,
        "ask": lambda: limit_object(first) if first.kind == "limit" else rng.choice(wanted(fields[0])),
        "who": lambda: f"who {rng.choice(role_of(first.template, first.label).who)}",
        "did": role_did,
        "common": lambda: joined([rng.choice(common(facts)) for facts in fields]),
        "src": lambda: slot_of(plan, first.source),
        "limit": lambda: first.ask,
        "v": lambda: joined([said(fact) for fact in fields[0]]),
        "labels": lambda: label_noun(first, True),
        "noun": lambda: noun,
        "a_noun": lambda: article(noun),
    }
    memory: dict[str, str] = {}

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name == "liked":
            return rng.choice(LIKED)
        if name not in memory:
            memory[name] = holes[name]()
        return memory[name]

    return re.sub(r"\{(\w+)\}", fill, frame)


def _verb_of_liking(text: str, rng: Random) -> str:
    return text.replace("{liked}", rng.choice(LIKED))


def noun_phrase(fields: Sequence[Sequence[Fact]], noun: str, rng: Random) -> str:
    """Facts as one noun phrase: "a 1979 horror movie directed by x"."""
    modifiers = [facts for facts in fields if style_of(facts[0]) == "modifier"]
    years = [facts for facts in fields if style_of(facts[0]) == "year"]
    head = modified(modifiers[0], noun) if modifiers else noun
    after = [*modifiers[1:], *(facts for facts in fields if style_of(facts[0]) not in ("modifier", "year"))]
    if years:
        if rng.random() < 0.5:
            head = f"{said(years[0][0])} {head}"
            after += years[1:]
        else:
            after += years
    order = {"person": 0, "prep": 2, "year": 1, "number": 3, "label": 4, "tag": 5}
    after.sort(key=lambda facts: (order.get(style_of(facts[0]), 6), _leads(facts[0])))
    return " ".join([article(head), *(rng.choice(additions(facts)) for facts in after)])


def record_sentences(item: Item, catalog: Catalog, rng: Random) -> str:
    """An item's record put into one to three raw sentences, for language modelling."""
    noun = catalog.schema.noun.lower()
    facts = []
    for spec in catalog.schema.filterable:
        values = list(values_of(item, spec))
        rng.shuffle(values)
        kept = values[: rng.choice((1, 1, 2))]
        facts.append(
            [
                Fact(
                    spec.name,
                    v,
                    "",
                    "own",
                    None,
                    "",
                    "",
                    spec.phrase,
                    spec.label or spec.name,
                    spec.kind,
                    spec.unit,
                )
                for v in kept
            ]
        )
    facts = [group for group in facts if group]
    if not facts:
        return f"it is {article(noun)}."
    rng.shuffle(facts)
    facts = facts[: rng.randint(1, 5)]
    plan = Plan(item, (), {}, catalog.schema.noun, catalog.schema.plural)
    sentences: list[str] = []
    while facts:
        size = rng.randint(1, 3)
        group = [fact for part in facts[:size] for fact in part]
        facts = facts[size:]
        frames = RECORD if not sentences else tuple(f for f in RECORD if f != "{np}.")
        sentences.append(_filled(rng.choice(frames), group, plan, rng))
    return " ".join(sentences)


@cache
def lexicon() -> frozenset[str]:
    """All fixed words of the grammar, normalised. What a sentence may say besides values and slots."""
    texts: list[str] = []
    for name, value in globals().items():
        if name.isupper() and isinstance(value, tuple) and name != "NUMBERS":
            texts.extend(text for text in value if isinstance(text, str))
    words = {w for text in texts for w in normal_words(re.sub(r"\{\w+\}", " ", text))}
    return frozenset(words | _FUNCTION_WORDS)


# Words that phrases are made of and some that a writer may add without claiming anything.
_FUNCTION_WORDS = frozenset(
    normal_words(
        "a an the and or but so as it its is was are were has have had this that these those one ones "
        "which who you your i me my to of in on at by for from with too also both well same like just "
        "here there if since because what not no none nor only more most much some any all each other "
        "another they them their be been do does did can could may might would should will about up out "
        "than then when while after before between over under least exactly later earlier long runs lasts "
        "came dates comes carries lists mixes combines something feature star carry suggestion tagged "
        "filed among stars features appears appear behind made wrote costs names named record you'll it's "
        "that's here's there's i'd i've let's you'd you've"
    )
)
