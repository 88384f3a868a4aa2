"""What people ask for and records often say nothing of: where something streams, awards, age ratings, reviews."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.concepts import having
from wherefore.catalog.naming import words_of
from wherefore.reading.clauses import NT
from wherefore.text import FUNCTION_WORDS, forms, straight

_COMMON = frozenset(
    "on from via with has have got only for now free right any an a many lots of won win winning good great excellent "
    "high best top well rated positive rave amazing awesome killer cool nice bad words score first language age r g "
    "amazon apple prime tv video plus where can could do might should i we you one watch stream see find rent buy get "
    "gets to it this that them in at the its their what how is did people audiences still near me nominated".split()
)
# What may be asked for, words of fields that would hold it, and how it is asked for.
_TOPICS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    (
        "awards",
        frozenset("award awards oscar oscars prize prizes nomination nominations emmy".split()),
        re.compile(
            r"\b(?:oscars|oscar[- ](?:winn(?:er|ers|ing)|nominat(?:ed|ion)|nominees?|bait)|academy\s+awards?|"
            r"awards?[- ]winn(?:er|ers|ing)|golden\s+globes?|emmys?|best\s+picture|palme\s+d'or|pulitzer|(?:won|win|"
            r"winning|gets?|got)\s+(?:an?\s+|any\s+|many\s+|lots\s+of\s+)?(?:awards?|prizes?|oscars?)|booker\s+prize|"
            r"nominated\s+for\s+(?:an?\s+|any\s+)?(?:awards?|prizes?|oscars?)|prize[- ]winning)\b"
        ),
    ),
    (
        "age ratings",
        frozenset("certificate certification mpaa pegi esrb rated".split()),
        re.compile(
            r"\b(?:pg(?:[- ]?13)?|nc[- ]?17|r[- ]rated|rated[- ](?:r|g|pg(?:-13)?)|g[- ]rated|age\s+rating|"
            r"age[- ]appropriate|mpaa)\b"
        ),
    ),
    (
        "reviews",
        frozenset("rating ratings review reviews score stars critics".split()),
        re.compile(
            r"\b(?:(?:highly|top|best|well)[- ](?:rated|reviewed)|(?:critically\s+)?acclaimed|rotten\s+tomatoes|imdb|"
            r"metacritic|letterboxd|goodreads|(?:good|great|excellent|high|best|positive|rave)\s+"
            r"(?:reviews?|ratings?|scores?)|(?:its|the|their|what)\s+(?:ratings?|reviews?|scores?)|"
            r"(?:what|how)\s+(?:did|do)\s+(?:the\s+)?(?:critics|reviewers|people|audiences)|how\s+is\s+it\s+rated)\b"
        ),
    ),
    (
        "bad language",
        frozenset("profanity swearing".split()),
        re.compile(
            r"\b(?:swearing|swear\s+words?|profanity|cursing|curse\s+words?|bad\s+language|f[- ]bombs?)\b"
        ),
    ),
    (
        "soundtracks",
        frozenset("soundtrack composer composers score music".split()),
        re.compile(r"\b(?:good|great|amazing|awesome|killer|best|cool|nice)\s+(?:soundtracks?|score)\b"),
    ),
    (
        "weights",
        frozenset("weight weights wt wgt mass grams kilograms kg lbs ounces".split()),
        re.compile(r"\bhow\s+heavy\b|\b(?:how\s+much|what)\b[^.?!\n]{0,40}\bweighs?\b"),
    ),
    (
        "where things stream",
        frozenset("streaming stream netflix hulu platform provider service availability".split()),
        re.compile(
            r"\b(?:(?:on|from|via|with|has|have|got|only)\s+(?:netflix|hulu|disney\s?(?:plus|\+)|prime(?:\s+video)?|"
            r"amazon(?:\s+prime)?|hbo(?:\s+max)?|apple\s+tv(?:\+|\s+plus)?|paramount\s?(?:plus|\+)|peacock|tubi|mubi|"
            r"crunchyroll)|(?:available|streaming|streamable)\s+(?:on|now|anywhere|for\s+free|right\s+now)|"
            r"where\s+(?:can|could|do|might|should)\s+(?:i|we|you|one)\s+(?:watch|stream|see|find|rent|buy|get)|"
            r"where\s+to\s+(?:watch|stream|rent|buy)\s+(?:it|this|that|them)|"
            r"(?:in|at)\s+(?:the\s+)?(?:cinemas?|theat(?:er|re)s?)\s+(?:now|still|near\s+me|right\s+now))(?!\w)"
        ),
    ),
)
_LANGUAGES = (
    r"(?:english|french|german|spanish|italian|portuguese|dutch|swedish|danish|norwegian|finnish|polish|"
    r"czech|hungarian|greek|"
    r"turkish|russian|ukrainian|hebrew|arabic|hindi|urdu|tamil|thai|chinese|mandarin|cantonese|japanese|korean|"
    r"vietnamese|catalan|welsh|irish)"
)
# What people need besides, and shops' and libraries' records seldom hold. Each also with what would be told of it.
_NEEDS: tuple[tuple[str, frozenset[str], re.Pattern[str]], ...] = (
    (
        "delivery",
        frozenset(
            "delivery deliver delivered shipping ship ships shipped postage dispatch versand lieferzeit".split()
        ),
        re.compile(
            r"\b(?:ship(?:s|ped|ping)?\s+(?:it\s+|them\s+|internationally|worldwide|overseas|"
            r"to\s+(?:the\s+)?[a-z'-]+(?:\s+(?:by|before|within)\s+\w+)?|within\b|by\b|from\b)|"
            r"deliver(?:y|s|ed)?\s+(?:it\s+|them\s+)?(?:to\s+(?:the\s+)?[a-z'-]+|by|before|within|in\s+\w+\s+days?|on|next|same|"
            r"today|tomorrow)\b|"
            r"(?:free|fast|express|quick|next[- ]day|same[- ]day|overnight|worldwide|"
            r"international)\s+(?:shipping|delivery|postage)|"
            r"(?:must|has\s+to|have\s+to|needs?\s+to|should|can|will)\s+(?:reach(?!\s+(?:any|every|it\b|them\b|that\b|things|high|up\b|down\b|"
            r"the\s+(?:top|back|bottom|shel|floor|ceiling|table|ground|light|height)))|arrive|get\s+(?:here|there|"
            r"to)|be\s+here)\b"
            r"[^.?!\n,;]{0,40}|arriv(?:es?|ing)\s+(?:by|before|on|tomorrow|today)|"
            r"(?:before|by|in\s+time\s+for)\s+(?:the\s+)?(?:delivery|dispatch))"
        ),
    ),
    (
        "access without steps",
        frozenset(
            "accessible accessibility wheelchair barrierefrei stepfree lift elevator stairs mobility disabled "
            "ada".split()
        ),
        re.compile(
            r"\b(?:wheel\s?chairs?(?:[- ](?:access(?:ible)?|friendly|users?))?|step[- ]free(?:\s+access)?|"
            r"barrier[- ]free|"
            r"(?:walking\s+)?frame\s+user|mobility\s+(?:scooter|aid|impair\w+|issues|problems)|"
            r"(?:no|without|can(?:'t|not)\s+(?:do|manage|climb|take)(?:\s+the)?)\s+(?:any\s+)?(?:stairs|steps)|"
            r"disabled\s+(?:access|parking|toilet)|(?:with|has|need|needs)\s+an?\s+(?:lift|elevator)|"
            r"uses?\s+a\s+walker|"
            r"on\s+crutches)\b"
        ),
    ),
    (
        "bindings and formats",
        frozenset(
            "format formats binding edition cover hardcover paperback audiobook ebook kindle medium media vinyl".split()
        ),
        re.compile(
            r"\b(?:hard\s?(?:cover|back)s?|paper\s?backs?|soft\s?covers?|audio\s?books?|audio\s+version|"
            r"e-?books?|kindle|"
            r"large\s+print|on\s+(?:vinyl|cd|cassette|tape|dvd|blu-?ray|4k)|vinyl|blu-?rays?|in\s+(?:4k|hdr|imax|3d))\b"
        ),
    ),
    (
        "subtitles and dubbing",
        frozenset("subtitle subtitles captions dub dubbed dubbing audio".split()),
        re.compile(
            rf"(?:\b{_LANGUAGES}\s+)?\b(?:subtitles?|subs|closed\s+captions?|captions|dubbed|dubbing|dub|"
            rf"audio\s+description)\b(?:\s+(?:in|into)\s+{_LANGUAGES})?|\b{_LANGUAGES}\s+(?:audio|voice\s*over)\b"
        ),
    ),
    (
        "languages",
        frozenset("language languages lang sprache idioma lingua langue taal locale".split()),
        re.compile(
            rf"\b(?:in|speaks?|sung\s+in|written\s+in|translated\s+(?:in)?to)\s+{_LANGUAGES}(?=\W*(?:$|"
            rf"[,.;!?)]|and\b|or\b|"
            r"please\b|only\b|if\b|for\b|with\b|but\b|under\b))"
        ),
    ),
    (
        "languages",
        frozenset("language languages lang sprache idioma lingua langue taal locale".split()),
        re.compile(
            rf"\b{_LANGUAGES}[- ](?:lyrics|translations?|editions?|versions?|text|instructions|manual|menu|"
            rf"keyboard(?:\s+layout)?|"
            r"layout|plug|speaking)\b"
        ),
    ),
    (
        "where materials come from",
        frozenset("material materials origin made".split()),
        re.compile(
            rf"\b(?:{_LANGUAGES}|swiss|american|british|scottish|belgian|austrian|brazilian|egyptian|indian|"
            rf"australian)\s+"
            r"(?:leather|steel|oak|wool|cotton|silk|linen|marble|wood|walnut|hazelnuts|chocolate|parts|"
            r"engines?|movement)\b"
        ),
    ),
    (
        "safety for health",
        frozenset("safety health medical allergens warnings contraindications hypoallergenic".split()),
        re.compile(
            r"\b(?:pace\s?makers?|(?:safe|ok|okay|fine|suitable)\s+(?:in|during|for|while|when|if)\s+(?:\w+\s+)?"
            r"(?:pregnan\w+|breast\s?feeding|diabetics?|epilep\w+|asthma\w*|heart\s+\w+)|"
            r"(?:photosensitive|epilep(?:sy|tic)|strobe|flashing\s+lights?|seizures?)|hypo-?allergenic|latex[- ]free|"
            r"chok(?:e|ing)(?:\s+hazards?)?|small\s+parts)\b"
        ),
    ),
    (
        "how colour-blind people get on with it",
        frozenset("colourblind colorblind".split()),
        re.compile(r"\bcolou?r[- ]?blind(?:ness)?(?:[- ]friendly)?\b"),
    ),
    (
        "what is allowed on aeroplanes",
        frozenset("airline cabin carry flight tsa".split()),
        re.compile(
            r"\b(?:(?:allowed|permitted|ok|okay|legal|fine)\s+(?:in|on|aboard)\s+(?:the\s+|a\s+|"
            r"an\s+)?(?:aero\s?planes?|airplanes?|planes?|"
            r"flights?|board)|carry[- ]on(?:\s+\w+)?|hand\s+luggage|cabin\s+(?:bag|baggage|luggage|size)|tsa[- ]\w+)\b"
        ),
    ),
    (
        "what it is compatible with",
        frozenset("compatible compatibility fits works system platform systems connector".split()),
        re.compile(
            r"\b(?:compatible\s+with|work(?:s|ing)?\s+with\s+(?:my|our|an?|the)\b|fits?\s+(?:my|"
            r"our)\s+(?!needs|mood|budget|taste)|"
            r"(?:runs?|plays?)\s+on\s+(?:my|an?)\b)[^.?!\n,;]{0,30}"
        ),
    ),
    (
        "warranties and returns",
        frozenset("warranty guarantee garantie return returns refund refundable".split()),
        re.compile(
            r"\b(?:(?:with|has|have|need|needs|a|\d+[- ]years?|lifetime|long)\s+(?:\w+\s+)?(?:warrant(?:y|"
            r"ies)|guarantees?)|"
            r"(?:can|could|able\s+to)\s+(?:i\s+|be\s+)?return(?:ed)?(?:\s+(?:it|them))?|free\s+returns?|money\s+back|"
            r"return\s+policy)\b"
        ),
    ),
    (
        "how it was made and traded",
        frozenset("fairtrade fair sustainable sustainability recycled ethical carbon certified".split()),
        re.compile(
            r"\b(?:fair[- ]?trade|sustainabl[ey](?:\s+\w+)?|sustainably\s+\w+|ethically\s+\w+|carbon[- ]neutral|"
            r"made\s+(?:of|from)\s+recycled\s+\w+|recycled\s+\w+|locally\s+made|plastic[- ]free)\b"
        ),
    ),
    (
        "opening hours",
        frozenset("hours opening open closed opens".split()),
        re.compile(
            r"\bopen\s+(?:late|on\s+(?:mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|"
            r"sundays?|weekends?|"
            r"(?:new\s+year|christmas|easter)\w*)|(?:after|until|till|past|before)\s+\w+|24|all\s+night|"
            r"right\s+now|today|tonight)\b"
        ),
    ),
    (
        "payment",
        frozenset("payment pay instalments discount voucher".split()),
        re.compile(
            r"\b(?:pay\s+(?:in|by|with|on)\s+(?:instal+ments?|cash|card|paypal|klarna|invoice|delivery)|"
            r"cash\s+on\s+delivery|"
            r"student\s+discounts?|promo\s+codes?|gift\s+cards?|vouchers?)\b"
        ),
    ),
)
_WARNED_OF = ("bad language",)  # topics that a tag by one of their words tells of
# Kinds of things, by the words that name them; the first is how they are spoken of.
_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(names))
    for kind, names in (
        (
            "TV series",
            r"(?:tv|television|web)[- ]?(?:series|shows?)|shows?|series|sitcoms?|mini[- ]?series|[kc][- ]?dramas?|"
            r"soap\s+operas?",
        ),
        ("movies", r"movies?|films?|flicks?"),
        ("books", r"(?:e-?|audio\s?)?books?|novels?"),
        ("games", r"(?:(?:video|computer|board|card)\s?)?games?"),
        ("music", r"music|songs?|(?:music\s+)?albums?|playlists?"),
        ("podcasts", r"podcasts?"),
    )
)
_KIND_OF_ANY = "|".join(names.pattern for _, names in _KINDS)
_ASKED_FOR = re.compile(
    r"\b(?:(?:what|how)\s+about|any|recommend|suggest|want|wanna|looking\s+for|search(?:ing)?\s+for|need|i'd\s+(?:like|"
    r"prefer)|show\s+me|give\s+me|(?:you|u)\s+(?:got|have|know)|have\s+you\s+got|find|is\s+there|"
    r"are\s+there|in\s+the\s+mood\s+for|up\s+for|feel\s+like)\s+"
    r"(?:(?:me|us|to|watch|read|play|hear|see|a|an|any|some|few|good|great|new|nice|fun|other|short|long|"
    r"binge)\s+){0,5}"
    rf"(?P<kind>{_KIND_OF_ANY})\s*"
    r"(?=$|[.,!?;]|\b(?:instead|to|please|for|about|with|set|tonight|now|today|too|also|maybe|then|rather|"
    r"or|and|but)\b)"
)
_REFUSED = re.compile(rf"(?:\b(?:no|not|never|nothing|than|without)|{NT})\b[^.!?\n,;]*$")
_PART_OF = re.compile(r"\b(?:on|from|of|like|about|in|with)\s+$")  # "based on any book"
_NOT_ASKED = re.compile(  # of what follows nothing is asked
    rf"(?:\b(?:not|no|never|without|whether|regardless\s+of)|{NT})\s+(?:\w+\s+){{0,3}}(?:need|mind|care|"
    rf"matter|bother|have\s+to|"
    r"must|about)\b[^.!?\n]{0,15}$"
)
_FEW = 0.005  # share of the records from which on their texts tell of a need
_PAST = re.compile(r"\b(?:saw|seen|watched|found|started|read|was|were)\b[^.!?\n]*$")  # "I saw it on Netflix"


@dataclass(frozen=True, slots=True)
class Untold:
    """What a text asks for that no record can tell, at `start` to `end`.

    Attributes:
        topic: What it is about: `awards`.
        start: The first character of what says so,
        end: and the one after the last.
        is_need: Whether it is of what a shop or a library may do for people besides: "shipping to Texas".
    """

    topic: str
    start: int
    end: int
    is_need: bool


def unrecorded(text: str, catalog: Catalog) -> list[str]:
    """What a text asks for that no record of the catalogue can tell: "awards".

    A topic that a field's name or label speaks of is recorded, and so is one of which some item has a value.

    >>> unrecorded("an Oscar winner on Netflix", Catalog.builtin())
    ['awards', 'where things stream']
    """
    return list(dict.fromkeys(one.topic for one in untold(text, catalog)))


def untold(text: str, catalog: Catalog) -> list[Untold]:
    """The same with the places where it is said, among it needs ("shipping to Texas") of which no text tells."""
    low = straight(text).lower()
    asked = [
        (topic, words, match, needs)
        for topics, needs in ((_TOPICS, False), (_NEEDS, True))
        for topic, words, how in topics
        if (match := how.search(low)) and not _PAST.search(low[: match.start()])
    ]
    if not asked:
        return []
    named = {
        word for spec in catalog.schema.fields for word in (*words_of(spec.name), *words_of(spec.label or ""))
    }
    found = []
    for topic, words, match, needs in asked:
        said = set(words_of(match[0])) - _COMMON
        if words & named or _is_held(said, catalog) or (topic in _WARNED_OF and _is_held(words, catalog)):
            continue
        if needs and (_is_told(match[0], words, catalog) or _NOT_ASKED.search(low[: match.start()])):
            continue
        end = match.end() - (len(match[0]) - len(match[0].rstrip()))
        found.append(Untold(topic, match.start(), end, needs))
    return found


def _is_told(said: str, about: Collection[str], catalog: Catalog) -> bool:
    """Whether records tell of a need in their texts: some have all its words, or the one word that it is.

    A plot with a wheelchair in it tells nothing of access: of many records a few are none.

    Args:
        said: The words of the need.
        about: The words of fields that would tell it.
        catalog: The catalogue.
    """
    told = [
        form for form in forms(said) if form not in FUNCTION_WORDS and form not in _COMMON and form.isalpha()
    ]
    own = [form for form in told if form not in about]
    sought = [" ".join(told)] if own else told
    least = max(1.0, _FEW * len(catalog))
    return any(int(having(catalog, words).sum()) >= least for words in sought if words)


def _is_held(words: Collection[str], catalog: Catalog) -> bool:
    """Whether a tag of the catalogue has one of some words."""
    return any(
        word in value.lower() and word in words_of(value)
        for spec in catalog.schema.tags
        for value in catalog.vocabulary(spec.name)
        for word in words
    )


def other_kinds(text: str, catalog: Catalog) -> list[str]:
    """The kinds of things that a text asks for and the catalogue has none of: "TV series", of a catalogue of movies.

    >>> other_kinds("What about a TV series?", Catalog.builtin())
    ['TV series']
    """
    low = straight(text).lower()
    asked = [
        match["kind"]
        for match in _ASKED_FOR.finditer(low)
        if not _REFUSED.search(low[: match.start("kind")]) and not _PART_OF.search(low[: match.start()])
    ]
    schema = catalog.schema
    # Of a catalogue that does not say what its items are, nothing can be said.
    if not asked or not any(names.fullmatch(schema.noun.lower()) for _, names in _KINDS):
        return []
    held = {schema.noun.lower(), schema.plural.lower()} | {
        value.lower()  # `type`, `format`: one for each item
        for spec in schema.tags
        if not catalog.lists_several(spec.name)
        for value in catalog.vocabulary(spec.name)
    }
    return [
        kind
        for kind, names in _KINDS
        if any(map(names.fullmatch, asked)) and not any(map(names.fullmatch, held))
    ]
