"""English for facts: how a value of any catalogue's field is said as a noun, a predicate or an addition.

The sentences that such phrases go into stand in `frames.py`. Everything is in the raw form that the writer learns:
lower case, liked and listed items as `@1`, `#1`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherefore.catalog.kinds import KINDS, FieldKind
from wherefore.catalog.naming import holds_several, names_relation, spoken_label
from wherefore.catalog.naming import plural as plural_of
from wherefore.catalog.schema import FieldSpec
from wherefore.catalog.spoken import Measure, is_acronym, is_flag, measure_of
from wherefore.catalog.units import IN_PARTS
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
_SPELLED = frozenset(
    "suv led faq sos hiv seo rsvp".split()
)  # said letter by letter, though they read like words
_YOU = (
    "uni",
    "use",
    "usu",
    "uti",
    "ubi",
    "ura",
    "uri",
    "uru",
    "uga",
    "eu",
    "ewe",
    "one",
    "once",
    "u.s",
    "uk",
    "usa",
)
_SILENT = ("hour", "honest", "honor", "honour", "heir", "unin", "unim", "unid")
_THE = frozenset("usa us uk netherlands philippines bahamas maldives gambia congo".split())
_THE_ENDS = ("states", "kingdom", "republic", "union", "emirates", "islands", "america")
_RUNNING = frozenset(  # what runs so long, rather than takes so long
    "album albums film films movie movies track tracks song songs episode episodes podcast podcasts show shows series "
    "video videos talk talks audiobook audiobooks course courses".split()
)
_INSIDE = frozenset("page track chapter piece part serving volume".split())  # what a thing comes with
_THINGS = frozenset(
    "movie film book novel song album track show series podcast audiobook documentary ebook magazine game single ep "
    "miniseries".split()
)
_SORTS = frozenset("type kind category subcategory department".split())
_NO_PLURALS = ("ics", "news", "sports", "arts")  # "a news podcast"
_RELATING = re.compile(r"(?:for|with|without|in|from|on|at) \w", re.IGNORECASE)  # values that follow "is"
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
    """How a value is spoken of: person, year, number, modifier ("horror"), tag, prep ("in French"), flag or label."""
    can = KINDS.get(fact.field_kind, _NO_FIELD)
    if can.values == "names":
        return "person"
    prefix = prefix_of(fact)
    if can.measure == "date" and " " in fact.value:  # a day, "4 January 2027"
        return "label"
    if can.measure == "date" or (can.measure == "number" and (prefix == "from" or prefix.endswith("ed in"))):
        return "year"
    if can.measure == "number":
        return "number"
    if is_flag(fact.value) and not fact.words:
        return "flag"
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
    """`text` with "a" or "an" before it, by its sound.

    >>> article("horror movie"), article("animated movie"), article("1979 movie"), article("unique cup")
    ('a horror movie', 'an animated movie', 'a 1979 movie', 'a unique cup')
    >>> article("hour"), article("LP"), article("USB cable"), article("8 GB"), article("SSD"), article("RAM")
    ('an hour', 'an LP', 'a USB cable', 'an 8 GB', 'an SSD', 'a RAM')
    """
    word = (normal_words(text) or [""])[0]
    digits = re.match(r"\W*(\d[\d,]*)", text)
    if digits:
        vowel = _number_sounds_like_a_vowel(digits[1])
    elif len(word) == 1:
        vowel = word in _CAPITAL_VOWELS or word in "aeio"
    elif (first := text.lstrip("“\"'(*").split()[:1]) and _is_spelled(first[0]):
        vowel = word[0] in _CAPITAL_VOWELS or word[0] in "aeio"
    else:
        rest = text.lower().lstrip("“\"'(*")
        vowel = word[:1] in tuple("aeiou") and not word.startswith(_YOU) and not rest.startswith(_YOU)
        vowel = vowel or rest.startswith(_SILENT)
    return f"{'an' if vowel else 'a'} {text}"


def _number_sounds_like_a_vowel(digits: str) -> bool:
    """Whether a number begins with "eight", "eleven" or "eighteen"."""
    plain = digits.replace(",", "")
    teen = len(plain) % 3 == 2 or len(plain) == 4 and "," not in digits  # "1800" is eighteen hundred
    return plain.startswith("8") or teen and plain[:2] in ("11", "18")


def _is_spelled(word: str) -> bool:
    """Whether an abbreviation is said letter by letter: "SSD", "MP3", but not "RAM"."""
    letters = "".join(char for char in word if char.isalpha())
    low = letters.lower()
    if not (letters.isupper() or low == word and is_acronym(low)) or not 1 < len(letters) <= 5:
        return False
    within = low[1:-1] if len(low) <= 3 else low[1:]
    return low in _SPELLED or set("aeiou").isdisjoint(within)


def said(fact: Fact) -> str:
    """The value as raw text, with the article that a country's name may need."""
    value = " ".join(fact.text.lower().split())
    if style_of(fact) == "prep" and (value in _THE or value.endswith(_THE_ENDS)):
        return f"the {value}" if value != "america" else value
    return value


def before_noun(fact: Fact) -> str:
    """A genre-like value as it stands before a noun: "romantic", "horror"."""
    value = said(fact)
    return FORMS.get(value, value)


def label_noun(fact: Fact, many: bool) -> str:
    """The label as a noun, in the plural when `many`."""
    label = measure(fact).noun
    return plural_of(label) if many else label


def field_noun(fact: Fact) -> str:
    """A field as the object of having: "genre", "number of pages", "“sleeps”"."""
    how = measure(fact)
    if how.way == "count":
        return f"number of {how.nouns}"
    if how.way in ("least", "most"):
        what = how.noun if how.noun == "age" else f"number of {how.nouns}"
        return f"{'minimum' if how.way == 'least' else 'maximum'} {what}"
    odd = how.way == "does" or names_relation(how.noun)
    return f'"{how.noun}"' if odd else how.noun


def measure(fact: Fact) -> Measure:
    """How the numbers of a fact's field are spoken of; of other fields, no more than their label as a noun."""
    label = fact.label or fact.field
    can = KINDS.get(fact.field_kind, _NO_FIELD)
    if can.measure == "number":
        return measure_of(fact.field, label, fact.unit)
    return Measure("amount", spoken_label(label))


def amount(fact: Fact) -> str:
    """A number with its unit: "98 minutes"."""
    return f"{fact.value} {measure(fact).unit}".strip()


def number_word(count: int) -> str:
    """A number as it is said: "five", "12"."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def counted(fact: Fact) -> str:
    """The noun after a number that counts things, in the singular after 1: "pages"; else an empty text."""
    how = measure(fact)
    return (how.noun if fact.value == "1" else how.nouns) if how.way == "count" else ""


def _of_amount(fact: Fact, value: str) -> str:
    """A number as an object of having: "12 pages", "8 gb of ram", "a size of 50 ml"."""
    how = measure(fact)
    if how.way == "count":
        return f"{value} {counted(fact)}"
    if how.way == "stuff" and how.noun in ("ssd", "hdd", "disk"):
        return article(f"{value} {how.noun}")
    if how.way == "stuff":
        return f"{value} {how.noun}" if how.unit in ("%", IN_PARTS) else f"{value} of {how.noun}"
    return f"{article(how.noun)} of {value}"


def _number_predicates(fact: Fact, noun: str) -> list[str]:
    """What "it" is or does, for a number."""
    how, value = measure(fact), amount(fact)
    if flag := _flag_predicate(fact):
        return [flag]
    if is_length(fact):
        return [f"runs {value}", f"is {value} long", f"lasts {value}"]
    if prefix_of(fact) and fact.template.partition("{}")[2]:  # "for ages 9 and up"
        return [f"is {fact.template.replace('{}', value)}"]
    match how.way:
        case "price":
            return [f"costs {value}{_per(how)}"]
        case "count":
            inside = how.noun.split()[-1] in _INSIDE and noun not in _RUNNING
            return [
                f"{verb} {_of_amount(fact, value)}"
                for verb in (("has", "comes with") if inside else ("has",))
            ]
        case "rated":
            return [f"is rated {value}"]
        case "takes":
            return [f"{'runs' if noun in _RUNNING else 'takes'} {value}"]
        case "does":
            return [f"{how.noun} {value}"]
        case "long":
            return [f"is {value} {how.nouns}"]
        case "weighs":
            return [f"weighs {value}"]
        case "least" | "most":
            return [f"is {_bound(fact)}"]
        case _:
            return [f"has {_of_amount(fact, value)}"]


def _flag_predicate(fact: Fact) -> str:
    """What "it" is or has, where the label asks that and the value is yes or no: "is vegan"; else an empty text."""
    verb, _, rest = measure(fact).noun.partition(" ")
    if verb not in ("is", "has") or not rest or not (is_flag(fact.value) or fact.value in ("0", "1")):
        return ""
    if fact.value.lower() in ("yes", "true", "y", "t", "1"):
        return f"{verb} {rest}"
    return f"{verb} {'not' if verb == 'is' else 'no'} {rest}"


def _per(how: Measure) -> str:
    """What a price is for: " per night"."""
    return "".join(how.noun.partition(" per ")[1:])


def _bound(fact: Fact) -> str:
    """A least or greatest number: "for at least 2 players", "for ages 8 and up"."""
    how = measure(fact)
    if how.noun == "age":
        return f"for ages {fact.value} and up" if how.way == "least" else f"for ages up to {fact.value}"
    noun = how.noun if fact.value == "1" else how.nouns
    return f"for {'at least' if how.way == 'least' else 'up to'} {fact.value} {noun}"


def is_length(fact: Fact) -> bool:
    """Whether a number says how long something runs."""
    how = measure(fact)
    return how.noun in _LONG and bool(how.unit) and how.way == "amount"


def _number_addition(fact: Fact) -> str:
    """A number after the noun: "with 12 pages", "for 20 dollars"."""
    how, value = measure(fact), amount(fact)
    if is_length(fact):
        return f"of {value}"
    if prefix_of(fact) and fact.template.partition("{}")[2]:  # "for ages 9 and up"
        return fact.template.replace("{}", value)
    match how.way:
        case "price":
            return f"{'for' if how.unit else 'with a price of'} {value}{_per(how)}"
        case "rated":
            return f"rated {value}"
        case "takes":
            return f"of {value}"
        case "does" | "long":
            return f"{how.nouns} {value}" if how.way == "does" else f"{value} {how.nouns}"
        case "least" | "most":
            return _bound(fact)
        case _:
            return f"with {_of_amount(fact, value)}"


def in_few_words(fact: Fact) -> str:
    """A number as a price tag has it: "98 minutes", "20 dollars", "rated 4.5", "12 pages", "for ages 9 and up"."""
    if flag := _flag_predicate(fact):
        return flag.partition(" ")[2]
    how = measure(fact)
    if how.way == "price" and how.unit:
        return f"{amount(fact)}{_per(how)}"
    return re.sub(r"^(?:of|with(?: an?)?) ", "", _number_addition(fact))


def _year_predicates(fact: Fact, v: str) -> list[str]:
    """What "it" is or does, for a year: of when something came out, or of what the label says."""
    prefix = prefix_of(fact)
    if prefix.endswith("ed in"):
        return [f"was {prefix} {v}"]
    words = fact.label.lower().split()
    done = next((word for word in words if word.endswith("ed") and len(word) > 4), "")
    if done and "year" not in words:
        return [f"was {done} in {v}"]
    if not {"year", "yr", "release", "publication", "premiere", "published", "date"}.isdisjoint(words):
        return [f"is from {v}", f"came out in {v}", f"dates from {v}"]
    if prefix == "from":
        return [f"is from {v}"]
    return [f"has {article(measure(fact).noun)} in {v}"]


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
            return _year_predicates(first, v)
        case "number":
            return _number_predicates(first, noun)
        case "flag":
            return [_flag_predicate(first) or f"says {v} under {label_noun(first, False)}"]
        case "modifier":
            if all(_RELATING.match(fact.text) for fact in facts):
                return [f"is {v}"]  # "in stock"
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
            if phrase := by_itself(facts):
                return [f"{'comes' if phrase.startswith('with') else 'is'} {phrase}"]
            link, label = _labelling(first, many)
            return [f"has {v} {link} its {label}", f"lists {v} {link} its {label}"]


def _labelling(fact: Fact, many: bool) -> tuple[str, str]:
    """How a value is tied to its label, and the label: one of several is "among its notes"."""
    if holds_several(fact.field):
        return "among", label_noun(fact, True)
    return "as", label_noun(fact, many)


def by_itself(facts: Sequence[Fact]) -> str:
    """Values that need no label after "is": "for men", "listed as beginner level"; else an empty text."""
    v = joined([said(fact) for fact in facts])
    if style_of(facts[0]) != "label":
        return ""
    if all(_RELATING.match(fact.text) for fact in facts):
        return v
    last = stem(label_noun(facts[0], False).split()[-1])
    if all(stem((normal_words(fact.text) or [""])[-1]) == last for fact in facts):
        return f"listed as {v}"
    return ""


def plural_predicates(facts: Sequence[Fact], plural: str) -> list[str]:
    """What "they" are or do, for facts of one field."""
    first = facts[0]
    v = joined([said(fact) for fact in facts])
    prefix = prefix_of(first)
    match style_of(first):
        case "person":
            forms = role_of(first.template, first.label).predicates
            return [_in_plural(form.replace("{v}", v)) for form in forms]
        case "year" | "number" | "flag":
            return [_in_plural(form) for form in predicates(facts, plural)]
        case "modifier":
            filed = f"are filed under {v}"
            return (
                [filed]
                if names_things(facts, plural)
                else [f"are {modified(facts, plural, many=True)}", filed]
            )
        case "tag":
            return [f"are tagged {v}", f"carry the {label_noun(first, len(facts) > 1)} {v}"]
        case "prep":
            return [f"have {v}" if prefix == "with" else f"are {prefix} {v}"]
        case _:
            if phrase := by_itself(facts):
                return [f"{'come' if phrase.startswith('with') else 'are'} {phrase}"]
            link, label = _labelling(first, len(facts) > 1)
            return [f"have {v} {link} their {label}"]


def _in_plural(predicate: str) -> str:
    """A predicate of several: "are rated 4.5"."""
    verb, _, rest = predicate.partition(" ")
    return f"{_PLURAL_VERBS.get(verb, verb.removesuffix('s'))} {rest}"


_PLURAL_VERBS = {"is": "are", "was": "were", "has": "have", "does": "do", "carries": "carry"}


def modified(facts: Sequence[Fact], noun: str, many: bool = False) -> str:
    """A noun with genre-like values before it: "horror movie", "romantic comedy", "crime and drama movie".

    Args:
        facts: Of one field.
        noun: What an item is called, or several are.
        many: Whether the noun is of several.
    """
    ordered = sorted(facts, key=lambda fact: said(fact) in _NOUNS)
    values = list(dict.fromkeys(before_noun(fact) for fact in ordered))
    last = said(ordered[-1])
    single = noun in ("movie", "film", "book", "show", "novel")
    if len(values) > 1 and last in _NOUNS and single:
        return " ".join([*values[:-1], last])
    if len(values) == 1 and (
        last in _NOUNS and single or stands_alone(ordered[-1]) and not merged(noun, ordered[-1])
    ):
        return plural_of(last) if many else last
    return preceded(noun, joined(values))


def preceded(noun: str, values: str) -> str:
    """Values before a noun, which those that end in it need not again.

    >>> preceded("games", "strategy"), preceded("games", "dice and card game")
    ('strategy games', 'dice and card games')
    """
    ahead, _, last = values.rpartition(" ")
    return f"{ahead if stem(last.lower()) == stem(noun) else values} {noun}".lstrip()


def merged(noun: str, fact: Fact) -> str:
    """A value that ends in the noun, with the noun's number: "card games" of "card game"; else an empty text."""
    value = said(fact)
    whole = preceded(noun, value)
    return whole if whole != value and len(whole.split()) == len(value.split()) else ""


def stands_alone(fact: Fact) -> bool:
    """Whether a value is itself what an item is: the type "movie" among shows."""
    last = (said(fact).split() or [""])[-1]
    return last in _THINGS and label_noun(fact, False).split()[-1] in _SORTS


def listed(noun: str, values: Sequence[str]) -> str:
    """Several items that all have some genre-like values, as a noun phrase.

    Where a catalogue's noun says nothing, values that name things stand for it, and people are whom things are for.

    >>> listed("movies", ["crime", "drama"]), listed("items", ["dresses"]), listed("items", ["red"])
    ('crime and drama movies', 'dresses', 'red items')
    >>> listed("gifts", ["candles"]), listed("tools", ["hand tools"])
    ('gifts filed under candles', 'hand tools')
    >>> listed("items", ["men", "boxer briefs"]), listed("items", ["women"])
    ('boxer briefs for men', 'items for women')
    """
    if noun not in _SAYS_NOTHING:
        several = any(_is_several(value, noun) for value in values)
        return f"{noun} filed under {joined(values)}" if several else preceded(noun, joined(values))
    wearers = [value for value in values if value in _WEARERS]
    things = [value for value in values if _is_plural(value) and value not in wearers]
    rest = [value for value in values if value not in (*wearers, *things)]
    head = joined(things) if things else noun
    phrase = f"{joined(rest)} {head}" if rest else head
    return f"{phrase} for {joined(wearers)}" if wearers else phrase


def _is_claim(fact: Fact) -> bool:
    """Whether a value of several words is what its field says by a yes: "pets allowed"."""
    said_words, label = normal_words(fact.text), normal_words(fact.label)
    return len(said_words) > 1 and label[-len(said_words) :] == said_words


def names_things(facts: Sequence[Fact], noun: str) -> bool:
    """Whether genre-like values cannot stand before a noun: "a dresses item", "a candles gift", "a tent item"."""
    values = [said(fact) for fact in facts]
    if any(_is_several(value, noun) for value in values) or any(map(_is_claim, facts)):
        return True
    sort = label_noun(facts[0], False).split()[-1] in _SORTS
    return noun in _SAYS_NOTHING and (sort or any(value in _WEARERS for value in values))


def _is_several(value: str, noun: str) -> bool:
    """Whether a value names several things, and the noun is not what it names: "candles" before "gift"."""
    last = value.split()[-1] if value else ""
    return _is_plural(last) and not last.endswith(_NO_PLURALS) and stem(last) != stem(noun)


def _is_plural(value: str) -> bool:
    return value.endswith("s") and not value.endswith(("ss", "us", "is"))


def additions(facts: Sequence[Fact], owner: str = "its") -> list[str]:
    """What can follow the noun, for facts of one field: "directed by x", "from 1979".

    Args:
        facts: Of one field.
        owner: Whose its values are: "its", or "their" of several items.
    """
    first, many = facts[0], len(facts) > 1
    v = joined([said(fact) for fact in facts])
    match style_of(first):
        case "person":
            return [form.replace("{v}", v) for form in role_of(first.template, first.label).additions]
        case "year":
            said_so = _year_predicates(first, v)[0]
            verb, _, rest = said_so.partition(" ")
            return [f"with {rest}" if verb == "has" else rest]
        case "number":
            return [_number_addition(first)]
        case "flag":
            return [f"with {v} under {label_noun(first, False)}"]
        case "modifier":
            return [f"filed under {v}"]
        case "tag":
            return [f"tagged {v}", f"tagged {v}", f"with the {label_noun(first, many)} {v}"]
        case "prep":
            return [f"{prefix_of(first)} {v}"]
        case _:
            if phrase := by_itself(facts):
                return [phrase]
            link, label = _labelling(first, many)
            return [f"with {v} {link} {owner} {label}"]


def wanted(facts: Sequence[Fact]) -> list[str]:
    """What the user asked for, as an object, for facts of one field: "toni collette", "something in french"."""
    first = facts[0]
    v = joined([said(fact) for fact in facts])
    match style_of(first):
        case "person" | "modifier":
            return [v]
        case "tag":
            return [v, f"something tagged {v}"]
        case "year" | "number" | "prep" | "flag":
            return [f"something {additions(facts)[0]}"]
        case _:
            return [f"something {additions(facts)[0]}"]


def common(facts: Sequence[Fact]) -> list[str]:
    """What two items have in common, for facts of one field: "director x", "the keyword y"."""
    first, many = facts[0], len(facts) > 1
    v = joined([said(fact) for fact in facts])
    if style_of(first) == "person":
        role = role_of(first.template, first.label)
        return [f"{role.plural if many else role.noun} {v}"]
    if style_of(first) == "modifier" and not many:
        return [f"the {label_noun(first, False)} {v}", f"the {v} {label_noun(first, False)}"]
    bare = joined([" ".join(fact.text.lower().split()) for fact in facts])  # "the country usa", not "the usa"
    return [f"the {label_noun(first, many)} {bare}"]


def limit_object(fact: Fact) -> str:
    """The limit as an object of asking: "something from after 2000", "something under 120 minutes"."""
    ask = fact.ask
    if style_of(fact) == "year":
        if prefix_of(fact).endswith("ed in"):
            return f"something {prefix_of(fact).removesuffix(' in')} {ask}"
        if ask.startswith("in the "):
            return f"something from {ask.removeprefix('in ')}"
        if ask.startswith("between "):
            return f"something from {ask.removeprefix('between ').replace(' and ', ' to ')}"
        if ask.startswith(("after", "before")):
            return f"something from {ask}"
        return f"something {ask.replace('in ', 'from ') if ask.startswith('in ') else ask}"
    if not ask.startswith(("under", "over", "at ", "exactly", "between")):
        return f"something {ask}"
    how = measure(fact)
    if is_length(fact) or how.way == "takes":
        return f"something {'of ' if ask.startswith(('at ', 'exactly', 'between')) else ''}{ask}"
    match how.way:
        case "price" if how.unit:
            return f"something {'for ' if ask.startswith(('at ', 'exactly')) else ''}{ask}{_per(how)}"
        case "price":
            return f"a price of {ask}{_per(how)}"
        case "rated":
            return f"something rated {ask}"
        case "weighs":
            return f"something weighing {ask}"
        case "does":
            return f"something {how.nouns} {ask}"
        case "long":
            return f"something {ask} {how.nouns}"
        case "count":
            return f"{ask} {how.noun if ask.endswith(' 1') else how.nouns}"
        case "stuff":
            return f"{ask} {how.noun}" if how.unit in ("%", IN_PARTS) else f"{ask} of {how.noun}"
        case "least" | "most" if how.noun != "age":
            noun = how.noun if ask.endswith(" 1") else how.nouns
            return f"{article('minimum' if how.way == 'least' else 'maximum')} of {ask} {noun}"
        case "least" | "most":
            return f"{article('minimum' if how.way == 'least' else 'maximum')} age of {ask}"
        case _:
            return f"{article(how.noun)} of {ask}"
