"""English for facts: how a value of any catalogue's field is said as a noun, a predicate or an addition.

The sentences that such phrases go into stand in `frames.py`. Everything is in the raw form that the writer learns:
lower case, liked and listed items as `@1`, `#1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherefore.catalog.kinds import KINDS, FieldKind
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import unit_words
from wherefore.dialogue.facts import Fact
from wherefore.text import joined, normal_words, stem
from wherefore.writing.evidence import record_fact

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
_SAYS_NOTHING = frozenset("item items product products thing things entry entries".split())
_WEARERS = frozenset("men women boys girls kids children babies toddlers teens adults".split())
_CAPITAL_VOWELS = frozenset("fhlmnrsx")  # letters whose names begin with a vowel: "an R&B album"
_THE = frozenset("usa us uk netherlands philippines bahamas maldives gambia congo".split())
_THE_ENDS = ("states", "kingdom", "republic", "union", "emirates", "islands", "america")
_COUNTED = frozenset(
    "page track chapter ingredient player piece season episode step serving song volume part level".split()
)
_LONG = frozenset(("runtime", "duration", "running time", "length", "play time", "playing time"))
_NO_FIELD = FieldKind("a fact about no field")
_CAST = frozenset("cast actor actress star starring performer actors".split())


@dataclass(frozen=True, slots=True)
class Role:
    """How people of a field are spoken of."""

    noun: str  # "director"
    plural: str
    before: tuple[str, ...]  # cue words right before a name: "directed by"
    after: tuple[str, ...]  # cue words right after a name: "as director"
    predicates: tuple[str, ...]
    additions: tuple[str, ...]
    did: str = "is behind"  # "directed": X directed both this one and @1
    did_many: str = "are behind"
    who: tuple[str, ...] = ("is behind this one",)  # "you asked for X, who ..."


_DIRECTOR = Role(
    "director",
    "directors",
    before=("directed by", "director", "directors"),
    after=("as director", "as directors", "directing", "directed", "who directed", "who is its director"),
    predicates=(
        "is directed by {v}",
        "was directed by {v}",
        "comes from director {v}",
        "has {v} as director",
    ),
    additions=("directed by {v}", "directed by {v}", "from director {v}"),
    did="directed",
    did_many="directed",
    who=("directed this one", "is its director"),
)
_CAST_MEMBER = Role(
    "cast member",
    "cast members",
    before=("starring", "stars", "star", "cast member", "cast members", "with", "features", "featuring"),
    after=(
        *("in the cast", "appears in", "appear in", "is in the cast", "stars in", "star in", "who is in"),
        "who appears",
    ),
    predicates=("stars {v}", "has {v} in the cast", "features {v}"),
    additions=("with {v}", "starring {v}", "with {v} in the cast"),
    did="appears in",
    did_many="appear in",
    who=("is in the cast", "appears in this one", "is in this one"),
)


def role_of(template: str, label: str) -> Role:
    """The role of the people of a field, from its phrase and label."""
    prefix = template.partition("{}")[0].strip().lower()
    noun = label.lower()
    plural = noun if noun.endswith("s") else noun + "s"
    if prefix == "directed by":
        return _DIRECTOR
    if prefix == "with" and noun in _CAST:
        return _CAST_MEMBER
    if prefix == "by":
        return Role(
            noun,
            plural,
            before=("by", "work of", noun, plural),
            after=(
                "is behind",
                "are behind",
                "who is behind",
                "who made",
                "who wrote",
                "wrote",
                f"as {noun}",
            ),
            predicates=("is by {v}", "is by {v}", "is the work of {v}"),
            additions=("by {v}",),
            who=("wrote this one",) if noun == "author" else ("is behind this one", "made this one"),
        )
    if prefix.endswith(" by") and " " not in prefix[:-3]:
        verb = {"written": "wrote"}.get(prefix[:-3], prefix[:-3])
        return Role(
            noun,
            plural,
            before=(prefix, noun, plural),
            after=(verb, f"who {verb}", f"as {noun}"),
            predicates=(f"is {prefix} {{v}}", f"was {prefix} {{v}}"),
            additions=(f"{prefix} {{v}}",),
            did=verb,
            did_many=verb,
            who=(f"{verb} this one",),
        )
    if prefix.startswith("with "):
        return Role(
            noun,
            plural,
            before=(prefix, prefix[5:], noun, plural),
            after=(f"as {noun}", "is behind", "are behind", "who is behind"),
            predicates=(f"has {prefix[5:]} {{v}}", f"comes {prefix} {{v}}"),
            additions=(f"{prefix} {{v}}",),
        )
    lead = prefix if ":" not in prefix else ""
    return Role(
        noun,
        plural,
        before=tuple(cue for cue in (lead, noun, plural) if cue),
        after=(f"as {noun}", "is behind", "are behind", "who is named"),
        predicates=(f"is {lead} {{v}}",) * 2 if lead else (f"has {{v}} as {noun}", f"names {{v}} as {noun}"),
        additions=(f"{lead} {{v}}" if lead else f"with {{v}} as {noun}",),
        who=("is named in its record",),
    )


def style_of(fact: Fact) -> str:
    """How a field is spoken of: person, year, number, modifier ("horror"), tag, prep ("in French") or label."""
    can = KINDS.get(fact.field_kind, _NO_FIELD)
    if can.values == "names":
        return "person"
    prefix = prefix_of(fact)
    if can.measure == "date" or (can.measure == "number" and prefix == "from"):
        return "year"
    if can.measure == "number":
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
        vowel = vowel or rest.startswith(("hour", "honest", "heir", "unin", "unim"))
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


def number_word(count: int) -> str:
    """A number as it is said: "five", "12"."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def counted(fact: Fact) -> str:
    """The noun when the number counts things ("pages"), else an empty text."""
    label = fact.label.lower().removeprefix("num ").removeprefix("number of ").removeprefix("n ")
    single = label.removesuffix("s")
    if fact.unit and fact.unit.lower() in (label, f"{label}s"):  # "2 seasons" of the field `seasons`
        return single if fact.value == "1" else single + "s"
    return single + "s" if not fact.unit and (single in _COUNTED or label != fact.label.lower()) else ""


def by_field(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Facts grouped by their field, in the order in which the fields first come."""
    fields: dict[str, list[Fact]] = {}
    for fact in facts:
        fields.setdefault(fact.field, []).append(fact)
    return list(fields.values())


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
            if prefix_of(first) and first.template.partition("{}")[2]:  # "for ages 9 and up"
                return [f"is {first.template.replace('{}', amount(first))}"]
            return [f"has {article(first.label.lower())} of {amount(first)}"]
        case "modifier":
            if names_things(facts, noun):
                return [f"is filed under {v}"]
            noun_phrase = [f"is {article(modified(facts, noun))}"] * 3
            if many:
                return [*noun_phrase, f"mixes {v}", f"combines {v}"]
            return [*noun_phrase, f"is filed under {v}"]
        case "tag":
            among = f"its {label_noun(first, True)}"
            forms = [f"is tagged {v}", f"carries the {label_noun(first, many)} {v}", f"has {v} among {among}"]
            return [*forms, f"lists {v} in {among}"]
        case "prep":
            return [f"has {v}" if prefix_of(first) == "with" else f"is {prefix_of(first)} {v}"]
        case _:
            label = label_noun(first, many)
            return [f"has {v} as its {label}", f"lists {v} as its {label}"]


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
            filed = f"are filed under {v}"
            return [filed] if names_things(facts, plural) else [f"are {modified(facts, plural)}", filed]
        case "tag":
            return [f"are tagged {v}", f"carry the {label_noun(first, len(facts) > 1)} {v}"]
        case "prep":
            return [f"have {v}" if prefix == "with" else f"are {prefix} {v}"]
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


def listed(noun: str, values: Sequence[str]) -> str:
    """Several items that all have some genre-like values, as a noun phrase.

    Where a catalogue's noun says nothing, values that name things stand for it, and people are whom things are for.

    >>> listed("movies", ["crime", "drama"]), listed("items", ["dresses"]), listed("items", ["red"])
    ('crime and drama movies', 'dresses', 'red items')
    >>> listed("items", ["men", "boxer briefs"]), listed("items", ["women"])
    ('boxer briefs for men', 'items for women')
    """
    if noun not in _SAYS_NOTHING:
        return preceded(noun, joined(values))
    wearers = [value for value in values if value in _WEARERS]
    things = [value for value in values if _is_plural(value) and value not in wearers]
    rest = [value for value in values if value not in (*wearers, *things)]
    head = joined(things) if things else noun
    phrase = f"{joined(rest)} {head}" if rest else head
    return f"{phrase} for {joined(wearers)}" if wearers else phrase


def names_things(facts: Sequence[Fact], noun: str) -> bool:
    """Whether genre-like values cannot stand before a noun that says nothing: "a dresses item", "a men item"."""
    return noun in _SAYS_NOTHING and any(said(fact) in _WEARERS or _is_plural(said(fact)) for fact in facts)


def _is_plural(value: str) -> bool:
    return value.endswith("s") and not value.endswith(("ss", "us", "is"))


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
            return [f"{prefix_of(first)} {v}"]
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
    )  # "the country usa", not "the usa"
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
