"""English for facts: how a value of any catalogue's field is said as a noun, a predicate or an addition.

Everything is in the raw form that the writer learns: lower case, liked and listed items as `@1`, `#1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import plural
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import unit_words
from wherefore.dialogue.facts import Fact, Plan
from wherefore.text import joined, normal_words, stem
from wherefore.writing.plan import record_fact

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

# Genre words that need another form before a noun, and those that are nouns themselves.
FORMS = {
    "animation": "animated",
    "biography": "biographical",
    "children": "children's",
    "history": "historical",
    "romance": "romantic",
    "sport": "sports",
}
_NOUNS = frozenset(
    "comedy drama thriller western documentary musical mystery melodrama memoir film-noir".split()
)
_CAPITAL_VOWELS = frozenset("fhlmnrsx")  # letters whose names begin with a vowel: "an R&B album"
_THE = frozenset("usa us uk netherlands philippines bahamas maldives gambia congo".split())
_THE_ENDS = ("states", "kingdom", "republic", "union", "emirates", "islands", "america")
_COUNTED = frozenset(
    "page track chapter ingredient player piece season episode step serving song volume part level".split()
)
_LONG = frozenset(("runtime", "duration", "running time", "length", "play time", "playing time"))
_CAST = frozenset("cast actor actress star starring performer actors".split())


@dataclass(frozen=True, slots=True)
class Role:
    """How people of a field are spoken of."""

    noun: str  # "director"
    plural: str
    did: str  # "directed": X directed both this one and @1
    did_many: str
    who: tuple[str, ...]  # "you asked for X, who ..."
    before: tuple[str, ...]  # cue words right before a name: "directed by"
    after: tuple[str, ...]  # cue words right after a name: "as director"
    predicates: tuple[str, ...]
    additions: tuple[str, ...]


def role_of(template: str, label: str) -> Role:
    """The role of the people of a field, from its phrase and label."""
    prefix = template.partition("{}")[0].strip().lower()
    label = label.lower()
    noun, plural = label, label if label.endswith("s") else label + "s"
    if prefix == "directed by":
        return Role(
            "director",
            "directors",
            "directed",
            "directed",
            ("directed this one", "is its director"),
            ("directed by", "director", "directors"),
            ("as director", "as directors", "directing", "directed", "who directed", "who is its director"),
            ("is directed by {v}", "was directed by {v}", "comes from director {v}", "has {v} as director"),
            ("directed by {v}", "directed by {v}", "from director {v}"),
        )
    if prefix == "with" and label in _CAST:
        return Role(
            "cast member",
            "cast members",
            "appears in",
            "appear in",
            ("is in the cast", "appears in this one", "is in this one"),
            ("starring", "stars", "star", "cast member", "cast members", "with", "features", "featuring"),
            (
                "in the cast",
                "appears in",
                "appear in",
                "is in the cast",
                "stars in",
                "star in",
                "who is in",
                "who appears",
            ),
            ("stars {v}", "has {v} in the cast", "features {v}"),
            ("with {v}", "starring {v}", "with {v} in the cast"),
        )
    if prefix == "by":
        return Role(
            noun,
            plural,
            "is behind",
            "are behind",
            ("is behind this one", "made this one") if noun != "author" else ("wrote this one",),
            ("by", "work of", noun, plural),
            ("is behind", "are behind", "who is behind", "who made", "who wrote", "wrote", f"as {noun}"),
            ("is by {v}", "is by {v}", "is the work of {v}"),
            ("by {v}",),
        )
    if prefix.endswith(" by") and " " not in prefix[:-3]:
        verb = prefix[:-3]
        active = {"written": "wrote"}.get(verb, verb)
        return Role(
            noun,
            plural,
            active,
            active,
            (f"{active} this one",),
            (prefix, noun, plural),
            (active, f"who {active}", f"as {noun}"),
            (f"is {prefix} {{v}}", f"was {prefix} {{v}}"),
            (f"{prefix} {{v}}",),
        )
    if prefix.startswith("with "):
        return Role(
            noun,
            plural,
            "is behind",
            "are behind",
            ("is behind this one",),
            (prefix, prefix[5:], noun, plural),
            (f"as {noun}", "is behind", "are behind", "who is behind"),
            (f"has {prefix[5:]} {{v}}", f"comes {prefix} {{v}}"),
            (f"{prefix} {{v}}",),
        )
    lead = prefix.rstrip(": ") if prefix and ":" not in prefix else ""
    return Role(
        noun,
        plural,
        "is behind",
        "are behind",
        ("is named in its record",),
        tuple(cue for cue in (lead, noun, plural) if cue),
        (f"as {noun}", "is behind", "are behind", "who is named"),
        (f"is {lead} {{v}}",) * 2 if lead else (f"has {{v}} as {noun}", f"names {{v}} as {noun}"),
        (f"{lead} {{v}}" if lead else f"with {{v}} as {noun}",),
    )


def style_of(fact: Fact) -> str:
    """How a field is spoken of: person, year, number, modifier ("horror"), tag, prep ("in French") or label."""
    if fact.field_kind == "people":
        return "person"
    prefix = prefix_of(fact)
    if fact.field_kind == "date" or (fact.field_kind == "number" and prefix == "from"):
        return "year"
    if fact.field_kind == "number":
        return "number"
    if not prefix:
        return "modifier"
    if prefix == "about":
        return "tag"
    return "label" if ":" in prefix else "prep"


def prefix_of(fact: Fact) -> str:
    """What stands before a fact's value: "from", "in", "directed by"."""
    return fact.template.partition("{}")[0].strip().lower()


def of_place(spec: FieldSpec, value: str) -> bool:
    """Whether a field says where an item comes from: "from Japan", "in French"."""
    return style_of(record_fact(spec, value)) == "prep"


def article(text: str) -> str:
    """`text` with "a" or "an" before it.

    >>> article("horror movie"), article("animated movie"), article("1979 movie"), article("unique cup")
    ('a horror movie', 'an animated movie', 'a 1979 movie', 'a unique cup')
    """
    word = (normal_words(text) or [""])[0]
    rest = text.lower()
    if word.isdigit():
        vowel = word.startswith("8") or word in ("11", "18") or (len(word) == 4 and word[:2] in ("11", "18"))
    elif len(word) == 1:
        vowel = word in _CAPITAL_VOWELS or word in "aeio"
    else:
        vowel = word[0] in "aeiou" and not rest.startswith(("uni", "use", "eu", "one", "u.s", "uk", "usa"))
        vowel = vowel or rest.startswith(("hour", "honest", "heir"))
        vowel = vowel or rest.startswith(("unin", "unim"))
    return f"{'an' if vowel else 'a'} {text}"


def said(fact: Fact) -> str:
    """The value as raw text, with the article that a country's name may need."""
    value = " ".join(fact.value.lower().split())
    if style_of(fact) == "prep" and (value in _THE or value.endswith(_THE_ENDS)):
        return f"the {value}" if value != "america" else value
    return value


def before_noun(fact: Fact) -> str:
    """A genre-like value as it stands before a noun: "romantic", "horror"."""
    value = said(fact)
    return FORMS.get(value, value)


def label_noun(fact: Fact, many: bool) -> str:
    """The label as a noun, in the plural when `many`."""
    label = fact.label.lower() or fact.field.lower()
    if not many:
        return label
    if label.endswith("y") and label[-2:-1] not in tuple("aeiou"):
        return label[:-1] + "ies"
    return label if label.endswith("s") else label + "s"


def amount(fact: Fact) -> str:
    """A number with its unit: "98 minutes"."""
    unit = unit_words(fact.unit)
    return f"{fact.value} {unit}".strip()


def counted(fact: Fact) -> str:
    """The plural noun when the number counts things ("pages"), else an empty text."""
    label = fact.label.lower().removeprefix("num ").removeprefix("number of ").removeprefix("n ")
    single = label.removesuffix("s")
    return single + "s" if not fact.unit and (single in _COUNTED or label != fact.label.lower()) else ""


def predicates(facts: Sequence[Fact], noun: str) -> list[str]:
    """What "it" is or does, for facts of one field: "is directed by x", "stars x and y"."""
    first, many = facts[0], len(facts) > 1
    v = joined([said(fact) for fact in facts])
    match style_of(first):
        case "person":
            return [form.replace("{v}", v) for form in role_of(first.template, first.label).predicates]
        case "year":
            return [f"is from {v}", f"came out in {v}", f"dates from {v}"]
        case "number":
            if first.label.lower() in _LONG and first.unit:
                return [f"runs {amount(first)}", f"is {amount(first)} long", f"lasts {amount(first)}"]
            if first.label.lower() in ("price", "cost") and first.unit:
                return [f"costs {amount(first)}"]
            if counted(first):
                return [f"has {first.value} {counted(first)}", f"comes with {first.value} {counted(first)}"]
            return [f"has {article(first.label.lower())} of {amount(first)}"]
        case "modifier":
            noun_phrase = [f"is {article(modified(facts, noun))}"] * 3
            if many:
                return [*noun_phrase, f"mixes {v}", f"combines {v}"]
            return [*noun_phrase, f"is filed under {v}"]
        case "tag":
            among = f"its {label_noun(first, True)}"
            forms = [f"is tagged {v}", f"carries the {label_noun(first, many)} {v}", f"has {v} among {among}"]
            return [*forms, f"lists {v} in {among}"]
        case "prep":
            return [f"is {prefix_of(first)} {v}"]
        case _:
            return [
                f"has {v} as its {label_noun(first, many)}",
                f"lists {v} as its {label_noun(first, many)}",
            ]


def plural_predicates(facts: Sequence[Fact], plural: str) -> list[str]:
    """What "they" are or do, for facts of one field."""
    first = facts[0]
    v = joined([said(fact) for fact in facts])
    prefix = prefix_of(first)
    match style_of(first):
        case "person":
            changed = []
            for form in role_of(first.template, first.label).predicates:
                verb, _, rest = form.replace("{v}", v).partition(" ")
                changed.append(f"{_PLURAL_VERBS.get(verb, verb.removesuffix('s'))} {rest}")
            return changed
        case "modifier":
            return [f"are {modified(facts, plural)}", f"are filed under {v}"]
        case "tag":
            return [f"are tagged {v}", f"carry the {label_noun(first, len(facts) > 1)} {v}"]
        case "prep":
            return [f"are {prefix} {v}"]
        case _:
            return [f"have {v} as their {label_noun(first, len(facts) > 1)}"]


_PLURAL_VERBS = {"is": "are", "was": "were", "has": "have", "does": "do", "carries": "carry"}


def modified(facts: Sequence[Fact], noun: str) -> str:
    """A noun with genre-like values before it: "horror movie", "romantic comedy", "crime and drama movie"."""
    ordered = sorted(facts, key=lambda fact: said(fact) in _NOUNS)
    values = list(dict.fromkeys(before_noun(fact) for fact in ordered))
    last = said(ordered[-1])
    single = noun in ("movie", "film", "book", "show", "novel")
    if len(values) > 1 and last in _NOUNS and single:
        return " ".join([*values[:-1], last])
    if len(values) == 1 and last in _NOUNS and single:
        return last
    return preceded(noun, joined(values))


def preceded(noun: str, values: str) -> str:
    """Values before a noun, which those that end in it need not again.

    >>> preceded("games", "strategy"), preceded("games", "dice and card game")
    ('strategy games', 'dice and card games')
    """
    ahead, _, last = values.rpartition(" ")
    return f"{ahead if stem(last.lower()) == stem(noun) else values} {noun}".lstrip()


def additions(facts: Sequence[Fact]) -> list[str]:
    """What can follow the noun, for facts of one field: "directed by x", "from 1979"."""
    first, many = facts[0], len(facts) > 1
    v = joined([said(fact) for fact in facts])
    match style_of(first):
        case "person":
            return [form.replace("{v}", v) for form in role_of(first.template, first.label).additions]
        case "year":
            return [f"from {v}"]
        case "number":
            if counted(first):
                return [f"with {first.value} {counted(first)}"]
            if first.label.lower() in _LONG and first.unit:
                return [f"of {amount(first)}"]
            return [f"with {article(first.label.lower())} of {amount(first)}"]
        case "modifier":
            return [f"filed under {v}"]
        case "tag":
            return [f"tagged {v}", f"tagged {v}", f"with the {label_noun(first, many)} {v}"]
        case "prep":
            return [f"{first.template.partition('{}')[0].strip().lower()} {v}"]
        case _:
            return [f"with {v} as its {label_noun(first, many)}"]


def wanted(facts: Sequence[Fact]) -> list[str]:
    """What the user asked for, as an object, for facts of one field: "toni collette", "something in french"."""
    first = facts[0]
    v = joined([said(fact) for fact in facts])
    match style_of(first):
        case "person" | "modifier":
            return [v]
        case "tag":
            return [v, f"something tagged {v}"]
        case "year" | "number" | "prep":
            return [f"something {additions(facts)[0]}"]
        case _:
            return [f"something with {v} as its {label_noun(first, len(facts) > 1)}"]


def common(facts: Sequence[Fact]) -> list[str]:
    """What two items have in common, for facts of one field: "director x", "the keyword y"."""
    first, many = facts[0], len(facts) > 1
    v = joined([said(fact) for fact in facts])
    if style_of(first) == "person":
        role = role_of(first.template, first.label)
        return [f"{role.plural if many else role.noun} {v}"]
    if style_of(first) == "modifier" and not many:
        return [f"the {label_noun(first, False)} {v}", f"the {v} {label_noun(first, False)}"]
    bare = joined(
        [" ".join(fact.value.lower().split()) for fact in facts]
    )  # "the country usa", without "the usa"
    return [f"the {label_noun(first, many)} {bare}"]


def limit_object(fact: Fact) -> str:
    """The limit as an object of asking: "something from after 2000", "something under 120 minutes"."""
    ask = fact.ask
    if style_of(fact) == "year":
        if ask.startswith("in the "):
            return f"something from {ask.removeprefix('in ')}"
        if ask.startswith("between "):
            return f"something from {ask.removeprefix('between ').replace(' and ', ' to ')}"
        if ask.startswith(("after", "before")):
            return f"something from {ask}"
        return f"something {ask.replace('in ', 'from ') if ask.startswith('in ') else ask}"
    if ask.startswith(("under", "over", "at ", "exactly", "between")) and not fact.unit:
        return f"{article(fact.label.lower())} of {ask}" if not counted(fact) else f"{ask} {counted(fact)}"
    return f"something {'of ' if ask.startswith(('at ', 'exactly', 'between')) else ''}{ask}"


def surface(plan: Plan, catalog: Catalog) -> tuple[set[str], set[str]]:
    """The values that a plan's sentence may say, in the forms in which they are said, and what else its text holds."""
    values: set[str] = set()
    words = {plan.noun, plan.plural, *plan.slots, "item", "keyword"}
    if plan.item is not None:
        for spec, value in catalog.facts(plan.item):
            words.add(spec.label or spec.name)
            values.update(map(str, value[:3]) if isinstance(value, tuple) else [str(value)])
    for fact in plan.facts:
        words.update((fact.label, fact.unit, fact.ask, fact.template.replace("{}", " ")))
        values.add(fact.value)
    lower = {value.lower() for value in values}
    values |= lower | {plural(value) for value in lower} | {FORMS[value] for value in lower if value in FORMS}
    return {value for value in values if value}, {text for text in words if text}
