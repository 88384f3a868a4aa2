"""Questions that name no field: which field, or which clause of a text, answers them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.lexicon import item_nouns
from wherefore.catalog.naming import words_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.units import conversion, unit_called, unit_written
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.questions import Question
from wherefore.reading.asked_about import asked_about, without_own
from wherefore.reading.asked_measures import can_tell
from wherefore.reading.clauses import blank
from wherefore.reading.compared import field_of
from wherefore.reading.measures import Measures, written_unit
from wherefore.reading.questions import either
from wherefore.reading.things_asked import thing_asked
from wherefore.retrieval.answering import answering, matcher
from wherefore.retrieval.field_meanings import FieldMeanings
from wherefore.retrieval.retriever import Retriever
from wherefore.text import forms, stem, stems
from wherefore.turn.clause_answers import clauses_for
from wherefore.turn.named_things import amount_asked, attribute_told, named_things

_POINTERS = re.compile(
    r"\b(?:the )?(?:first|second|third|fourth|fifth|last|former|latter)(?: one)?\b|#\d", re.IGNORECASE
)
_OF_SERIES = re.compile(
    r"\b(?:part\s+of|in|from)\s+an?\s+(?:series|trilogy|saga)\b|\bstand-?\s?alone\b|\bsequels?\b",
    re.IGNORECASE,
)
_FRIGHTENS = re.compile(
    r"\b(?:graphic|explicit|scar\w+|frighten\w*|nightmares?|terrif\w+|upset\w*|gory|gore|violen\w+|disturb\w*|(?:appropriate|suitable|ok|okay|fine|safe|too\s+\w+)\s+"
    r"for\s+(?:\w+\s+){0,3}?(?:her|him|them|kids?|child(?:ren)?|\d+|year|son|daughter|boy|girl|little|young))",
)
_CHILD = re.compile(r"\b(?:kids?|child\w*|son|daughter|nephew|niece|little|boy|girl|him|her|\d+|year|old)\b")
_WARNINGS = frozenset("warning warnings advisory advisories".split())
_INSIDE = re.compile(
    r"^\W*(?:(?:and|so|ok)\W+)*(?:what(?:'s|s|\s+is|\s+goes)?\s+in(?:side)?\s+(?:it|there)|what(?:'s|\s+is)?\s+it\s+made\s+(?:of|from|with))\b"
)
_CONTENTS = frozenset(
    stem(one) for one in "ingredient ingredients contents material materials fabric grape grapes".split()
)
_HOW_MANY = re.compile(r"\bhow\s+(?:many|much|big|large|wide|tall|long)\b", re.IGNORECASE)
_LASTS = re.compile(
    r"\bhow\s+long\b.*\b(?:last|lasts|take|takes|keep|keeps|run|runs|hold|holds|stay|stays)\b", re.IGNORECASE
)
_TIMES = frozenset(
    "time times duration runtime length hours hour h min mins minutes minute s nights days weeks months years sessions "
    "life".split()
)
_ALIKE = 0.5  # cosine of a bare word and a field's label from which they mean the same
_COST = re.compile(r"what .+ costs$")
_HOW_MUCH = re.compile(r"\bhow\s+(?:much|many)\s+(?P<what>[a-z-]+(?:\s+[a-z-]+)?)", re.IGNORECASE)
_QUESTION = 0.5  # how likely a message asks, so that it is said that nothing tells it
_OF_THE_SAME = ("shared", "others")  # questions of the field that the one before them is of
_EACH = 5  # items of which a question is answered one by one
_BEST = 3  # of all items, of which rates are told
_SAID = 3  # words of a question that says for what something is
_CLAUSES = 3  # clauses that answer
_OWN_AFFAIR = re.compile(  # "what time does my train leave": of no item
    r"^\W*(?:(?:and|so|but|ok)\W+)*(?:what|when|where|how|who)\b[^.?!]*?\b(?:does|do|did|is|are|was|will|can)\s+(?:my|our|your)\s+[a-z]+"
    r"(?!.*\b(?:it|them|these|those|that|this|one|ones|any)\b)",
    re.IGNORECASE,
)
_LACKING = re.compile(
    r"\b(?:no|any|out\s+of|hates?|can'?t\s+(?:have|eat)|allergic\s+to)\s+(?P<what>(?:[a-z]+\s+){0,2}?[a-z]+)"
    r"(?=\s+(?:in|at|on|here|left|anywhere)\b|[.,;!?]|\W*$)",
    re.IGNORECASE,
)
_CHOICES, _CHOOSES = (
    ("choice", "question"),
    0.3,
)  # acts of a message that leaves a choice, and how likely they must be


def resolved(
    question: Question | None, dialogue: Dialogue, retriever: Retriever, meanings: FieldMeanings, level: float
) -> Question | None:
    """A question that no field answers by its name, as one of the field that it means, or of the clause that answers.

    Args:
        question: Of kind `untold` and of items, without a topic; or `unclear`, which stands where a field is meant.
            Others are given back as they are; None where none was read: the message may leave a choice open.
        dialogue: What was said.
        retriever: Where clauses are found.
        meanings: Of the catalogue's fields.
        level: Standing from which a clause answers; see `Answering`.
    """
    if question is None:
        return _either(dialogue)
    taken = dialogue.choice.items if dialogue.choice is not None else ()
    if question.kind == "unclear" and len(taken) == 1:  # "the cheapest please, and how tall is it?"
        asked_of_it = replace(question, kind="untold", said="", items=taken)
        return resolved(asked_of_it, dialogue, retriever, meanings, level)
    if question.also:
        first = resolved(replace(question, also=()), dialogue, retriever, meanings, level)
        own_field = first.field if first is not None and first.kind == "value" else ""
        also = [replace(one, field=own_field) if one.kind in _OF_THE_SAME else one for one in question.also]
        more = (resolved(one, dialogue, retriever, meanings, level) for one in also)
        return None if first is None else replace(first, also=tuple(one for one in more if one is not None))
    if question.kind in _OF_THE_SAME:
        specs = {
            one.name for one in (*retriever.index.catalog.schema.names, *retriever.index.catalog.schema.tags)
        }
        return question if question.field in specs else None
    if question.kind == "reckon" and not question.items:
        return replace(question, items=everywhere(dialogue, retriever), many=_BEST)
    if question.kind == "compare" and question.said:
        return _compared_by(question, retriever, meanings)
    if question.kind == "top":
        return replace(
            question, items=_tops(question, everywhere(dialogue, retriever), retriever.index.catalog)
        )
    if question.kind == "unclear" and question.said:
        return _of_any(question, dialogue, retriever, meanings, level)
    if question.kind == "most" and not question.field:
        return _with_clauses(question, dialogue, retriever, level)
    if (
        question.kind == "untold" and question.items and _COST.match(question.said)
    ):  # "what her grooming costs"
        return _costs(question, retriever)
    catalog = retriever.index.catalog
    asked = _words_asked(question, dialogue)
    if question.kind in ("holds", "which", "degree") and not _is_met(question, catalog):
        return _by_names(question, asked, retriever)
    if question.kind != "untold" or question.said:
        return question
    if not question.named and len(question.items) > 1 and _OWN_AFFAIR.search(asked):
        return replace(question, items=())
    if not question.items:
        return replace(question, items=()) if question.shop else question
    if len(question.items) == 1 and _OF_SERIES.search(asked):
        return replace(question, kind="series")
    much = _HOW_MUCH.search(asked)
    for what in (much["what"], much["what"].split()[0]) if much is not None else ():
        if (amount := amount_asked(question, what, catalog)) is not None:
            return amount
    if not _field_tells(question, asked, catalog) and (told := attribute_told(question, asked, catalog)):
        return told
    if len(question.items) > 1:
        ahead = dialogue.messages[-1].content[: question.start]
        if (named := _named(question, asked, catalog, before=ahead)) is not None:
            return named
        found_in = _with_clauses(replace(question, kind="clause"), dialogue, retriever, level)
        answers = tuple(item for item, _, _ in found_in.clauses)
        if answers:
            return replace(found_in, items=answers)
    return _by_field_or_clause(question, asked, dialogue, retriever, meanings, level)


def _words_asked(question: Question, dialogue: Dialogue) -> str:
    """The words of a question, titles blank, with "it" for what points into a list."""
    number = len(dialogue.messages) - 1
    titles = [
        (one.start, one.end)
        for one in dialogue.mentions
        if one.message == number and one.item_id in question.items  # "set in Paris" names no item then
    ]
    asked = blank(dialogue.messages[-1].content, titles)[question.start : question.end]
    return " ".join(_POINTERS.sub("it", asked).split())


def _is_met(question: Question, catalog: Catalog) -> bool:
    """Whether a record, or a field in an order, settles a question already; numbers always do."""
    if question.field or any(one.limits for one in question.conditions):
        return True
    items = [catalog[one] for one in question.items if one in catalog]
    return any(one.met(item, catalog) for one in question.conditions for item in items)


def _by_names(question: Question, asked: str, retriever: Retriever) -> Question:
    """A question that no value answers by what the records name, or by the clauses of their texts."""
    catalog = retriever.index.catalog
    if question.kind == "degree":
        amount = amount_asked(question, question.said, catalog)
        if amount is not None:
            return amount
        warned = _told_by(asked, question.items, catalog)
        own = set(stems(question.said))
        warned = warned or next((one for one in catalog.schema.tags if own & set(stems(one.called))), None)
        if warned is not None:
            return replace(question, kind="value", field=warned.name, items=question.items[:_EACH])
    else:
        named = _named(question, asked, catalog)
        if named is not None:
            return named
    if question.kind == "holds":
        return question
    found = [one for one in clauses_for(asked, question.items[:_EACH], retriever) if one.sure]
    told = tuple((one.item, one.field, one.text) for one in found)
    return replace(question, kind="clause", clauses=told, items=question.items[:_EACH]) if told else question


def _field_tells(question: Question, asked: str, catalog: Catalog) -> bool:
    """Whether a field of values, other than a text, is about a question and holds something for one of the items."""
    spec = asked_about(asked, catalog, question.items)
    texts = {one.name for one in catalog.schema.texts}
    if spec is None or spec.name in texts or not can_tell(asked, spec, catalog):
        return False
    return any(catalog[one].fields.get(spec.name) for one in question.items if one in catalog)


def _named(
    question: Question, asked: str, catalog: Catalog, sure: bool = True, before: str = ""
) -> Question | None:
    """A question of what the records name, where it asks after a thing and no field of values is about it."""
    if _field_tells(question, asked, catalog):
        return None
    if thing_asked(asked) is None and (match := _LACKING.search(before)) is not None:
        asked = f"{asked.strip(' ?')} {match['what']}"  # "no cream in the house. any without?"
    return named_things(question, asked, catalog, item_nouns(catalog), sure)


def _by_field_or_clause(
    question: Question,
    asked: str,
    dialogue: Dialogue,
    retriever: Retriever,
    meanings: FieldMeanings,
    level: float,
) -> Question:
    """A question of some items as one of the field that answers it, or of clauses; what comes near where none does."""
    catalog = retriever.index.catalog
    measured = _converted(asked, question.items, catalog)
    if measured is not None:
        return replace(
            question, kind="converted", field=measured[0].name, said=measured[1], items=question.items[:_EACH]
        )
    spec = _told_by(asked, question.items, catalog) or asked_about(asked, catalog, question.items)
    if spec is not None and not can_tell(asked, spec, catalog):
        spec = None
    if (named := _named(question, asked, catalog)) is not None:
        return named
    clauses = clauses_for(asked, question.items[:_EACH], retriever)
    sure = [one for one in clauses if one.sure]
    if spec is None and not sure and not _in_foreign_unit(asked, catalog) and not question.shop:
        spec = meanings.field(without_own(asked))
        lasts = _LASTS.search(asked) is not None
        if spec is not None and (lasts and not _is_of_time(spec) or not can_tell(asked, spec, catalog)):
            spec = None  # a bottle's size does not say how long it lasts
    if spec is not None and (len(question.items) <= _EACH or spec.has_measure):
        return replace(question, kind="value", field=spec.name)
    if sure:
        told = tuple((one.item, one.field, one.text) for one in sure)
        return replace(question, kind="clause", clauses=told, items=question.items[:_EACH])
    if len(question.items) == 1:
        rows = [catalog.row(item) for item in question.items]
        alone = replace(dialogue, messages=(replace(dialogue.messages[-1], content=asked),), mentions=())
        found = answering(alone, rows, matcher(retriever))[0]
        if found is not None and found.score >= level:
            return replace(question, kind="clause", field=found.field, said=found.text)
    near = sorted(clauses, key=lambda one: -one.score)[:1]
    return replace(question, clauses=tuple((one.item, one.field, one.text) for one in near))


def _costs(question: Question, retriever: Retriever) -> Question:
    """What else than an item costs, by the clauses of its text that tell an amount."""
    found = clauses_for(question.said, question.items[:_EACH], retriever)
    told = tuple((one.item, one.field, one.text) for one in found if any(sign.isdigit() for sign in one.text))
    return (
        replace(question, kind="clause", items=tuple(one[0] for one in told), clauses=told)
        if told
        else question
    )


def _converted(asked: str, items: Sequence[str], catalog: Catalog) -> tuple[FieldSpec, str] | None:
    """The field that tells what is asked in a unit that no record is in, and the unit: "how many yards"."""
    many = _HOW_MANY.search(asked) is not None
    units = [(form, unit) for form in forms(asked) if (unit := unit_called(form))]
    units = [(form, unit) for form, unit in units if many or unit.startswith("degree")]
    if not units:
        return None
    measures = Measures(catalog)
    for form, unit in units:
        if measures.in_unit(form) is not None and unit in {
            unit_called(spec.unit) for spec in catalog.schema.measures
        }:
            continue
        known = [
            spec
            for spec in catalog.schema.measures
            if conversion(unit_called(written_unit(spec)) or unit_written(written_unit(spec)), unit)
            is not None
            and any(catalog[item].number(spec.name) is not None for item in items)
        ]
        if known:
            told = set(stems(asked))
            named = [spec for spec in known if told & set(stems(spec.called))]
            lengths = [spec for spec in known if "length" in words_of(spec.called)]
            return (named or lengths or known)[0], form
    return None


def _of_any(
    question: Question, dialogue: Dialogue, retriever: Retriever, meanings: FieldMeanings, level: float
) -> Question | None:
    """What is asked of "it" where several are listed: told of each, but for long texts."""
    told = resolved(replace(question, kind="untold", said=""), dialogue, retriever, meanings, level)
    if told is None or told.kind == "untold":
        return told if dialogue.act("question") >= _QUESTION else None
    texts = [spec.name for spec in retriever.index.catalog.schema.texts]
    return replace(question, said="") if told.kind == "value" and told.field in texts else told


def _compared_by(question: Question, retriever: Retriever, meanings: FieldMeanings) -> Question:
    """A comparison with the fields by which it is asked; what no field tells stays in its words."""
    catalog, fields, untold = retriever.index.catalog, [], []
    for piece in question.said.split("\n"):
        spec = field_of(piece, catalog, question.items) or meanings.field(piece, _ALIKE)
        if spec is None:
            untold.append(piece)
        elif spec.name not in fields:
            fields.append(spec.name)
    return replace(question, fields=tuple(fields), said="\n".join(untold))


def _tops(question: Question, items: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """The items that have the most or least of a field."""
    known = [(value, item) for item in items if (value := catalog[item].number(question.field)) is not None]
    best = (max if question.best == "max" else min)((value for value, _ in known), default=None)
    return tuple(item for value, item in known if value == best)


def everywhere(dialogue: Dialogue, retriever: Retriever) -> tuple[str, ...]:
    """All items that nothing said rules out."""
    allowed = retriever.allowed(dialogue, strict=True)
    items = retriever.index.catalog.items
    return tuple(items[row].id for row in range(len(items)) if allowed is None or allowed[row])


def _told_by(asked: str, items: Sequence[str], catalog: Catalog) -> FieldSpec | None:
    """The field that tells whom items are fit for, or what is in them, of what asks for that in other words."""
    low = asked.lower()
    if _FRIGHTENS.search(low):
        warned = [
            spec
            for spec in catalog.schema.tags
            if _WARNINGS & {*words_of(spec.name), *words_of(spec.label or "")}
        ]
        age = Measures(catalog).age
        told = (
            ([age] if age is not None and _CHILD.search(low) else [])
            + warned
            + ([age] if age is not None else [])
        )
    elif _INSIDE.match(low):
        told = [
            spec for spec in catalog.schema.fields if _CONTENTS & {stem(one) for one in words_of(spec.called)}
        ]
    else:
        return None
    return next((spec for spec in told if any(catalog[item].fields.get(spec.name) for item in items)), None)


def _is_of_time(spec: FieldSpec) -> bool:
    """Whether a field tells how long something takes, or is a text, which may say anything."""
    told = {*words_of(spec.name), *words_of(spec.label or ""), spec.unit.lower()}
    return not spec.has_measure or bool(told & _TIMES)


def _in_foreign_unit(asked: str, catalog: Catalog) -> bool:
    """Whether a question is in a unit that no record is in: "how many centimetres is it?"."""
    measures = Measures(catalog)
    units = [form for form in forms(asked) if unit_called(form)]
    return bool(_HOW_MANY.search(asked)) and any(measures.in_unit(form) is None for form in units)


def _with_clauses(question: Question, dialogue: Dialogue, retriever: Retriever, level: float) -> Question:
    """A question about several items with the clauses of their texts that answer it."""
    message = dialogue.messages[-1]
    number = len(dialogue.messages) - 1
    titles = [(one.start, one.end) for one in dialogue.mentions if one.message == number]
    asked = blank(message.content, titles)[question.start : question.end]
    for said, _ in question.sorts:  # what they are called tells nothing of what is asked of them
        asked = asked.replace(said, " ")
    asked = " ".join(_POINTERS.sub(" ", asked).split())
    if len(asked.split()) < _SAID:
        return question
    catalog = retriever.index.catalog
    items = [item for item in question.items if item in catalog]
    alone = replace(dialogue, messages=(replace(message, content=asked),), mentions=())
    found = answering(alone, [catalog.row(item) for item in items], matcher(retriever))
    clauses = [
        (one.score, item, one.field, one.text)
        for item, one in zip(items, found, strict=True)
        if one is not None and one.score >= level
    ]
    clauses.sort(key=lambda one: -one[0])
    return replace(question, clauses=tuple(one[1:] for one in clauses[:_CLAUSES]))


def _either(dialogue: Dialogue) -> Question | None:
    """The question that leaves a choice between named items: "Alien or Aliens, for someone who has seen neither?"."""
    here = either(dialogue)
    if not here or dialogue.act(*_CHOICES) < _CHOOSES:
        return None
    items = tuple(one.item_id for one in here)
    return Question("compare", items, start=here[0].start, end=here[-1].end, named=True)
