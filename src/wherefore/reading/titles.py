"""Mentions: which items of a catalogue a text names, and where."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz

from wherefore.catalog.catalog import Catalog
from wherefore.text import ARTICLES, FUNCTION_WORDS, NUMBERS, Word, forms, ordinary_words, straight, words

_CUES = frozenset(
    "like likes liked love loves loved enjoy enjoys enjoyed hate hates hated dislike disliked adore adored see seen "
    "saw watch watched watching rewatch rewatched rewatching read reading heard own bought played called titled named "
    "recommend recommended suggest suggested try tried prefer preferred remember favorite favourite than finished "
    "loving enjoying seeing".split()
)
_PAIRED_CUES = frozenset(
    {
        "similar to",
        "such as",
        "fan of",
        "fans of",
        "how about",
        "what about",
        "check out",
        "checked out",
        "heard of",
    }
    | {
        "heard about",
        "thinking of",
        "reminds of",
        "instead of",
        "compared to",
        "part of",
        "into the",
        "care for",
        "cared for",
        "style of",
        "spirit of",
        "cross between",
        "crossover of",
        "mix of",
        "mix between",
        "somewhere between",
        "out of",
        "over with",
        "that with",
        "minute of",
        "stars for",
        "asleep during",
        "asleep watching",
        "bored by",
        "bored with",
        "disappointed by",
        "disappointed with",
        "disappointed in",
        "impressed by",
        "impressed with",
        "blown by",
        "away by",
        "up on",
        "up with",
        "obsessed with",
        "spot for",
        "lines of",
        "vein of",
        "vibe as",
        "vibe of",
        "feel of",
        "hype around",
        "hype about",
        "enough of",
        "watch after",
        "down for",
        "up for",
        "raves about",
        "rave about",
        "raved about",
        "is called",
    }
)
# Words that may stand between a cue and a title.
_FILLERS = frozenset(
    "the a an movie movies film films book books original old new first both also just maybe really only even either "
    "probably especially absolutely definitely recently already ever never stuff things ones something "
    "anything watching "
    "seeing called named classic film series remake is was are me".split()
)
_AFTER = frozenset(
    "and or but because cause cuz so too also was is were are isnt wasnt last yesterday tonight again though although "
    "which when yet before starring it i a very really movie movies film series one that if then what we its "
    "have thanks pls plz please thx lol haha tho "
    "great awesome recently already years last in at on for with as quite much".split()
)
_QUOTES = re.compile(
    r"\*\*([^*\n]{1,150})\*\*|(?<![*\w])\*([^*\s](?:[^*\n]{0,148}[^*\s])?)\*(?![*\w])|[\"“«]([^\"“”«»\n]{1,150})[\"”»]|(?<![\w'’])['‘]([^'’\n]{1,80})['’](?!\w)"
)
_LIST_LINE = re.compile(r"^[ \t]*(?:\d{1,3}[.)]|[-*•–])[ \t]+(\S[^\n]*)$", re.MULTILINE)
_YEAR_AFTER = re.compile(
    r"[!?]?[*\"”'’]{0,3}[ \t]{0,2}(?:\([ \t]?(\d{4})[ \t]?\)|\[(\d{4})\]|,?[ \t](?:from[ \t]|of[ \t])?(\d{4})\b)"
)
_REASON = re.compile(r"\*\*|\s[—–-]\s|:\s|\s\(")
# Words with which a phrase of common words says what is sought, not a title.
_VAGUE = frozenset(
    "something anything nothing everything someone anyone another other others any some that this all both these those "
    "my your his her what it good great best new newer old older more most enough next last first too so very really "
    "bad nice fun same different such kids family dark one two few many".split()
)
# What leads to a title in a question about an item.
_ASKED_OF = re.compile(
    r"(?:^|[.!?,;]\s*|\b(?:and|ok|okay|so|but|hi|hey|well|know if|whether|if)\s+)"
    r"(?:is|was|are|does|did|has|isn't|wasn't|doesn't)\s+(?:the\s+)?$"
    r"|\bwho(?:'s|s)?\b[^.!?,;]{0,40}\b(?:in|directed|wrote|made|produced|created|of|behind|composed|starred)\s+$"
    r"|\b(?:how (?:long|old|much)|when|where|what (?:genre|year|language|country|(?:kind|sort|type) of \w+))\s+"
    r"(?:is|was|did|does|are)\s+$"
    r"|\b(?:compare|between|versus|vs\.?|why not|why|describe|whether|tell me (?:\w+ ){0,3}(?:about|of)|more about)\s+$"
    r"|\b(?:director|cast|length|runtime|genre|genres|plot|story|author|writer|year|stars?|actors|pages|language)\s+of\s+$"
    r"|\b\d{1,2}(?:\.\d)?\s*(?:/|out of)\s*\d{1,3}\s+(?:for|to)\s+(?:the\s+)?$"
    r"|\bwhat(?:'s|s| is)\s+$|\bwhich (?:one )?(?:is|was|are|has)\s+(?:the\s+)?[\w ]{2,25}[,:]\s+$",
    re.IGNORECASE,
)
_NUMBER_WORDS = {name: str(number) for name, number in NUMBERS.items() if 2 <= number <= 12}
_PARTS = frozenset({"part", "vol", "volume", "chapter", "episode"})
_DESCRIBED = re.compile(
    r"^\s*,?\s*\(?(?:(?P<one>the\s+(?:one|movie|film|book)\s+(?:with|by|from|about|where)\b)|(?:with|by|starring)\s+)",
    re.IGNORECASE,
)
_PRONOUNS = frozenset(
    "it her us him me this that i we they he she you what who which there here how where all one these those some any "
    "his my your our their no not so".split()
)
_LINKING = frozenset({"and", "or", "nor", "also", "maybe", "even"})
_OF_ONE = frozenset(
    "i ive have seen watched loved liked hated saw as well too already also both twice".split()
)
_BY = frozenset({"by", "starring", "featuring"})
_FAVOURITE_IS = re.compile(r"\bfav(?:e|s|ou?rites?)\b[^.!?]*\b(?:is|was|are|were)\s+$", re.IGNORECASE)
_BEFORE_ADJECTIVES = frozenset("was is are were so very really super too pretty quite happy merry".split())
_PROPER = frozenset(  # what has a capital without being a title
    "holiday holidays birthday monday tuesday wednesday thursday friday saturday sunday january february march "
    "april may june july august september october november december christmas easter halloween thanksgiving "
    "english french german spanish italian japanese chinese america american british europe european asia "
    "africa god jesus bible mom mum dad grandma grandpa mother father sir doctor netflix amazon hulu disney "
    "marvel pixar hollywood bollywood internet google youtube facebook oscar oscars hbo imdb tv dvd usa uk us "
    "eu nyc paris london rome berlin tokyo vegas texas california hawaii france germany spain italy china japan "
    "india russia canada mexico australia earth mars moon nazi jewish christian catholic muslim hitler lincoln "
    "batman".split()
)
_BEFORE_NAMES = _BY | frozenset("more some any another other anything everything did has does".split())
_MAKES = frozenset("did does made makes directed directs wrote writes".split())
# What goes on after the name of a thing.
_FILMS = frozenset("films movies flicks pictures books novels albums songs".split())
_SAYS = frozenset(
    "was is wasnt isnt were are werent arent sounds bored sucked sucks rocks rocked blew made had left put did "
    "didnt does doesnt gets got annoyed changed never hooked moved scared".split()
)
_ANSWERED = frozenset(  # what follows a title that was asked, to answer: "Gravity? Not so much."
    "loved love liked like enjoyed hated hate disliked seen saw watched not never great awesome amazing "
    "brilliant good bad boring meh no yes absolutely definitely of i ive already awful terrible horrible what "
    "such best favorite favourite".split()
)
# Of these, what also says so after a comma: "Gravity, loved it".
_REMARKED = _ANSWERED - frozenset("not never no yes of i ive what such best definitely absolutely".split())
_POLITE = frozenset(
    "yes no yeah yep nope ok okay thanks thank sorry hi hello hey please great good nice cool awesome perfect "
    "sure wow well oh really seriously interesting gotcha right true".split()
)
_NAMESAKE = re.compile(
    r"\b(?:my|our|his|her|their|your)\s+(?:\w+\s+)?\w+(?:'s|’s)?\s+(?:name\s+)?(?:(?:is|was)\s+(?:called|named)|"
    r"is\s+name|(?:called|named))\s+(?:the\s+)?$"
    r"|\b(?:dog|cat|son|daughter|brother|sister|wife|husband|friend|neighbou?r)(?:'s|’s)?\s+name\s+is\s+$",
    re.IGNORECASE,
)
_CONTRAST = re.compile(
    r",?\s+(?:on the other hand|by contrast|in contrast|i(?:['’]ve| have)?\s+(?:\w+\s+)?(?:seen|watched|"
    r"saw|read|loved?|liked?|hated?))\b",
    re.IGNORECASE,
)
_IT_IS = re.compile(
    r"\s+it\s+is\b(?!\s+(?:a|an|the|so|not|too|very|about|like))", re.IGNORECASE
)  # "Coco it is!"
_MARK = re.compile(r"(?P<asked>[?!])\s|(?:[:,]|\s-)\s")  # "Interstellar? Loved it."
_MARKED = re.compile(
    r"\s+\d{1,2}(?:\.\d)?\s?/\s?\d|\s*(?:<3|[\u2764\u2665\U0001F60D\U0001F44D\U0001F525\U0001F970\U0001F44E])"
)
_FUZZY = 88.0
_COMMON_RANK = 1500  # words used more than this are never a title by their letters in lower case


@dataclass(frozen=True, slots=True)
class Found:
    """An item named at characters `start` to `end`; `item_id` is empty for one the catalogue lacks."""

    item_id: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Title:
    row: int
    article: str  # the leading article, or ""
    weak: bool  # a part of the title or another spelling


class TitleIndex:
    """All titles of a catalogue by their words; finding costs by the length of the text, not the catalogue.

    Args:
        catalog: The catalogue. Fields of kind `alias` are further titles.
        names: Folded words of people's names.
        plain: Folded words and phrases that mean a value of a field, like a genre: no titles by themselves.
    """

    def __init__(self, catalog: Catalog, names: Collection[str] = (), plain: Collection[str] = ()) -> None:
        self._names, self._plain = names, plain
        self._ordinary = ordinary_words()
        items = catalog.items
        self._ids = [item.id for item in items]
        self._own = [item.title for item in items]
        popularity, year = catalog.schema.popularity, catalog.schema.year
        fame = -np.arange(len(items), dtype=float)
        if popularity is not None:
            counts = np.nan_to_num(catalog.numbers(popularity.name), nan=-1.0)
            fame = np.argsort(np.lexsort((-fame, counts))).astype(float)
        self._fame: list[float] = fame.tolist()
        years = catalog.numbers(year.name) if year is not None else np.full(len(items), np.nan)
        self._years: list[float | None] = [None if y != y else float(int(y)) for y in years.tolist()]
        self._titles: dict[str, list[_Title]] = {}
        self._longest: dict[str, int] = {}
        self._keys: dict[int, str] = {}  # of each row's own title
        self._rows = {item_id: row for row, item_id in enumerate(self._ids)}
        aliases = [spec.name for spec in catalog.schema.of_kind("alias")]
        for row, item in enumerate(items):
            self._add(row, item.title)
            for name in aliases:
                for title in item.values(name):
                    self._add(row, title)
        for key in [key for key in self._titles if " " in key]:  # "Castaway" may be "Cast Away"
            joined = key.replace(" ", "")
            if len(joined) > 3 and joined in self._titles:
                for entry in self._titles[key]:
                    if not entry.weak:
                        self._put(entry.row, [*[entry.article][: bool(entry.article)], joined], False)
        self._near: dict[str, list[str]] | None = None

    def _add(self, row: int, title: str) -> None:
        head, comma, tail = title.rpartition(", ")
        if comma and tail.lower() in ARTICLES:
            title = f"{tail} {head}"
        exact = forms(title)
        self._put(row, exact, False)
        self._keys.setdefault(row, " ".join(exact[1:] if len(exact) > 1 and exact[0] in ARTICLES else exact))
        bare = re.sub(r"\s*\([^()]*\)\s*$", "", title)  # "The Hunger Games (The Hunger Games, #1)"
        if bare and bare != title:
            self._put(row, forms(bare), False)
        if "-" in title or "·" in title or "." in title:
            joined = forms(re.sub(r"(?<=\w)[-·.•](?=\w)", "", title))
            if joined != exact:
                self._put(row, joined, True)
        if not _NUMBER_WORDS.keys().isdisjoint(exact):
            self._put(row, [_NUMBER_WORDS.get(form, form) for form in exact], True)
        if not _PARTS.isdisjoint(exact):
            kept = [
                f
                for i, f in enumerate(exact)
                if f not in _PARTS or not "".join(exact[i + 1 : i + 2]).isdigit()
            ]
            if kept != exact:
                self._put(row, kept, True)
        for mark in (": ", " - ", " – "):
            head, found, tail = title.partition(mark)
            if found:
                before, after = forms(head), forms(tail)
                if len(before) > 1 or (before and before[0] not in self._ordinary and len(before[0]) > 3):
                    self._put(row, before, True)
                if sum(form not in FUNCTION_WORDS for form in after) > 1:
                    self._put(row, after, True)

    def _put(self, row: int, title: list[str], weak: bool) -> None:
        article = title[0] if len(title) > 1 and title[0] in ARTICLES else ""
        bare = title[1:] if article else title
        if not bare:
            return
        entries = self._titles.setdefault(" ".join(bare), [])
        if not any(entry.row == row for entry in entries):
            entries.append(_Title(row, article, weak))
        if len(bare) > self._longest.get(bare[0], 0):
            self._longest[bare[0]] = len(bare)

    def find(
        self,
        text: str,
        people: Sequence[tuple[int, int]] = (),
        found_words: Sequence[Word] | None = None,
        named: Collection[str] = (),
    ) -> list[Found]:
        """The items that a text names, by place, none overlapping another.

        Args:
            text: The text.
            people: Characters that hold the full name of a person; a title there has to be longer.
            found_words: The text's words, when they are at hand.
            named: Ids of items named earlier in the dialogue: they are recognised more easily.
        """
        said = words(text) if found_words is None else found_words
        if not said:
            return []
        scene = _Scene(text, said)
        spans: list[tuple[int, int, _Match]] = []
        for i, word in enumerate(said):
            if _NAMESAKE.search(text[max(0, word.start - 60) : word.start]):
                continue  # "my dog is called Rocky"
            for size in range(min(self._longest.get(word.form, 0), len(said) - i), 0, -1):
                if size == 1 and word.form in ARTICLES:
                    continue  # "An" is a film, and hardly ever meant
                key = " ".join(w.form for w in said[i : i + size])
                if key in self._titles and not scene.is_broken(i, i + size):
                    after = said[i + size].form if i + size < len(said) else ""
                    theirs = after in _FILMS
                    by = after in _MAKES or (i and said[i - 1].form in _BEFORE_NAMES)
                    if size == 1 and word.form in self._names and (theirs or by):
                        continue  # "directed by Hitchcock", "Hitchcock films", "anything Hitchcock made"
                    span = said[i : i + size]
                    if theirs and self._tells_kind(span) and (size == 1 or not all(w.capital for w in span)):
                        continue  # "non-American crime films"
                    match = self._match(key, i, i + size, scene, named)
                    if match is not None:
                        spans.append((i, i + size, match))
        spans.sort(key=lambda s: (s[0] - s[1], s[2].weak, s[0]))
        taken = [False] * len(said)
        for start, end in people:
            inside = [i for i, word in enumerate(said) if word.start >= start and word.end <= end]
            named_so = [said[i].form for i in inside if said[i].form not in ARTICLES]
            lead = said[inside[0] - 1].form if inside and inside[0] else ""
            if (
                len(named_so) < len(inside)
                and " ".join(named_so) in self._titles
                and lead not in {*_BY, "with"}
            ):
                continue  # "The Game" is a film before it is a rapper
            for i in inside:
                taken[i] = True
        person = taken.copy()
        waiting: list[tuple[int, int, _Match]] = []
        found: list[Found] = []
        chosen: list[tuple[int, int]] = []

        def accept(i: int, j: int, match: _Match) -> None:
            while i and said[i - 1].start >= match.start:  # the article
                i -= 1
            taken[i:j] = [True] * (j - i)
            chosen.append((i, j))
            found.append(Found(match.item_id, match.start, match.end, match.score))

        for i, j, match in spans:
            free = not any(taken[x] for x in range(i, j) if not person[x])
            if (
                free
                and not all(person[i:j])
                and (match.sure or self._is_meant(i, j, scene, chosen, match.weak))
            ):
                accept(i, j, match)
            elif free and not any(person[i:j]):
                waiting.append((i, j, match))
        for i, j, match in sorted(waiting, key=lambda s: (s[0], s[0] - s[1])):
            if not any(taken[i:j]) and self._is_meant(i, j, scene, chosen, match.weak):
                accept(i, j, match)
        for i, j, match in sorted(waiting, key=lambda s: (-s[0], s[0] - s[1])):
            if not any(taken[i:j]) and self._leads_list(i, j, scene, chosen, match.weak):
                accept(i, j, match)
        for i, j in self._fuzzy_spans(scene, taken, chosen):
            if any(taken[i:j]):
                continue
            key, score = self._nearest(" ".join(w.form for w in said[i:j]))
            if key:
                near = self._match(key, i, j, scene, named)
                if near is not None and near.item_id:
                    accept(i, j, _Match(near.item_id, near.start, near.end, score, True, True))
        return sorted(found, key=lambda f: f.start)

    def _tells_kind(self, span: Sequence[Word]) -> bool:
        """Whether each of the words means a value of a field, so that before "films" they say which are meant."""
        return all(word.form in self._plain for word in span)

    def namesakes(self, item_id: str) -> list[str]:
        """The items with the same title, articles aside, the item itself first."""
        row = self._rows.get(item_id)
        if row is None:
            return []
        key = self._keys[row]
        return [
            item_id,
            *(self._ids[t.row] for t in self._titles.get(key, ()) if t.row != row and not t.weak),
        ]

    def in_list(self, text: str) -> list[Found]:
        """The items that head the lines of a numbered or bulleted list: `1. **Title** (2018) — reason`."""
        found = []
        for line in _LIST_LINE.finditer(text):
            offset, head = line.start(1), line[1]
            if head.startswith("**"):
                offset, head = offset + 2, head[2:]
            cuts = [len(head), *(match.start() for match in _REASON.finditer(head))]
            for cut in sorted(cuts, reverse=True):
                said = words(head[:cut])
                if not said:
                    continue
                i = 1 if said[0].form in ARTICLES and len(said) > 1 else 0
                key = " ".join(word.form for word in said[i:])
                if key in self._titles:
                    moved = [Word(w.form, w.start + offset, w.end + offset, w.capital, w.first) for w in said]
                    match = self._match(key, i, len(said), _Scene(text, moved))
                    if match is not None and match.item_id:
                        start = min(match.start, moved[0].start)  # "A.I." begins with no article
                        found.append(Found(match.item_id, start, match.end, match.score))
                        break
        return found

    def _match(self, key: str, i: int, j: int, scene: _Scene, named: Collection[str] = ()) -> _Match | None:
        """The item meant by words i to j, whose key is known; None if the letters alone rule it out."""
        said, text = scene.words, scene.text
        article = said[i - 1].form if i and said[i - 1].form in ARTICLES and scene.is_gap(i - 1) else ""
        titles = self._titles[key]
        year_match = _YEAR_AFTER.match(text, said[j - 1].end)
        year = next((float(g) for g in year_match.groups() if g), None) if year_match else None
        bracketed = year_match is not None and year_match[3] is None
        agreeing = [t for t in titles if year is not None and self._years[t.row] == year]
        near = [
            t for t in titles if bracketed and year is not None and abs((self._years[t.row] or 0) - year) <= 1
        ]
        named_year = bool(agreeing or near)
        if not named_year and bracketed and year is not None and any(self._years[t.row] for t in titles):
            return _Match("", said[i].start, year_match.end() if year_match else 0, 100.0, True, False)
        pool = agreeing or near or titles
        # "The Avengers" and "Avengers" may both be meant: the better known is, unless the article is stressed.
        stressed = bool(article) and said[i - 1].capital and not said[i - 1].first
        before = [t for t in pool if self._ids[t.row] in named]
        odds = 0.0 if article else 0.4 * len(self._ids)  # "Heat" is rather "Heat" than "The Heat"

        def rank(title: _Title) -> tuple[bool, bool, float]:
            wrong = stressed and not title.article
            return title.weak, wrong, (odds if title.article else 0.0) - self._fame[title.row]

        best = min(before or pool, key=rank)
        with_article = bool(article and best.article)
        start = said[i - 1].start if with_article else said[i].start
        end = year_match.end() if named_year and year_match else said[j - 1].end
        if text[end : end + 1] in ("!", "?") and self._own[best.row].endswith(text[end]):
            end += 1  # "Mother!" ends no sentence
        sure = named_year or scene.is_quoted(start, said[j - 1].end)
        sure = sure or (key not in self._plain and self._is_distinctive(i, j, scene))
        if before and any(w.form not in FUNCTION_WORDS for w in said[i:j]):
            sure = sure or j - i > 1 or scene.has_cue(i) or (said[i].capital and not said[i].first)
            sure = sure or (said[i].capital and scene.is_subject(j))  # "Alien I've seen"
        return _Match(self._ids[best.row], start, end, 97.0 if best.weak else 100.0, sure, best.weak)

    def _is_distinctive(self, i: int, j: int, scene: _Scene) -> bool:
        """Whether the letters alone say that a title is meant."""
        span = scene.words[i:j]
        rare = [w for w in span if w.form not in self._ordinary and not w.form.isdigit() and len(w.form) > 1]
        if not rare:
            return sum(w.form not in FUNCTION_WORDS for w in span) > 3 or len(span) > 5
        if len(span) > 1:
            return (
                not all(w.form in self._names for w in span) or scene.has_capitals(i, j) or scene.has_cue(i)
            )
        word, cue = rare[0], scene.has_cue(i)
        if word.form in self._names and any(w.capital and not w.first for w in scene.beside(i, j)):
            return False  # "Emma Thompson"
        if scene.is_cased and word.capital and not word.first:
            return True
        if scene.is_cased and not word.capital:
            return cue
        if word.form in self._names or len(word.form) < 4:
            return (cue and scene.ends_well(j)) or scene.is_subject(j)
        return True

    def _is_meant(self, i: int, j: int, scene: _Scene, chosen: Sequence[tuple[int, int]], weak: bool) -> bool:
        """Whether words that could be anything are meant as a title here."""
        span = scene.words[i:j]
        content = [w for w in span if w.form not in FUNCTION_WORDS]
        key = " ".join(w.form for w in span)
        cue = scene.has_cue(i) or scene.continues_list(i, chosen)
        capitals = scene.has_capitals(i, j) and not (key in _PRONOUNS and scene.follows_dash(i))
        article = i > 0 and scene.words[i - 1].form in ARTICLES
        if key in self._plain or (weak and not capitals):
            return capitals and cue and (len(span) > 1 or article)
        common = all(self._ordinary.get(w.form, _COMMON_RANK) < _COMMON_RANK for w in content)
        if len(span) > 1:
            if capitals and all(w.capital for w in span if w.form not in ARTICLES):
                return len(content) > 0 or cue
            if capitals and (len(content) > 1 or cue):
                return True
            telling = not common or (len(content) > 1 and span[0].form not in _VAGUE)
            begins = span[0].first or (article and scene.words[i - 1].first)
            whole = begins and j == len(scene.words) and not common
            subject = begins and scene.is_subject(j) and len(content) > 1
            return telling and (whole or subject or (cue and scene.ends_well(j)))
        if key in ("i", "a") or (key.isdigit() and (len(key) < 2 or (i and scene.words[i - 1].form == "of"))):
            return False
        if any(w.capital and not w.first for w in scene.beside(i, j)) and key in self._names:
            return False
        if capitals and (cue or scene.is_subject(j)):  # "but Heat was boring"
            return True
        alone = not any(w.capital and not w.first for w in scene.beside(i, j))
        plainly = scene.text[span[0].start + 1 : span[0].end].islower()  # "I ALWAYS", "LOL" only shout
        before = scene.text[max(0, span[0].start - 60) : span[0].start]
        described = (
            i > 0 and scene.words[i - 1].form in _BEFORE_ADJECTIVES and not _FAVOURITE_IS.search(before)
        )
        proper = key in _PROPER or key in self._names
        if capitals and alone and content and plainly and not described and not proper and len(key) > 2:
            return True  # a common word with a capital, inside of a sentence with others that have none
        if span[0].capital and scene.is_described(j, self._names):  # "Big, the one with Tom Hanks"
            return True
        if not content and span[0].capital and key not in _PRONOUNS and scene.is_subject(j):
            return scene.is_cased  # "Up is so sweet"
        if not scene.is_cased and content and not common and scene.begins(i) and scene.is_subject(j):
            return True  # "i loved arrival but gravity was boring"
        fits = any(bool(entry.article) == article for entry in self._titles[key])
        if not content or not fits:
            return False
        if capitals and article and scene.words[i - 1].capital:
            return True
        if span[0].capital and span[0].first and not common and scene.is_subject(j):
            return scene.is_cased
        return (span[0].form.isdigit() or not scene.is_cased) and cue and scene.ends_well(j) and not common

    def _leads_list(
        self, i: int, j: int, scene: _Scene, chosen: Sequence[tuple[int, int]], weak: bool
    ) -> bool:
        """Whether words i to j, written with capitals, come before an accepted title: "Heat and Collateral"."""
        span = scene.words[i:j]
        if weak or not scene.is_cased or not all(w.capital for w in span if w.form not in ARTICLES):
            return False
        if not any(w.form not in FUNCTION_WORDS for w in span):
            return False
        k = j
        while k < len(scene.words) and k - j < 2 and scene.words[k].form in {"and", "or", "nor", "the"}:
            k += 1
        begins = {a for a, _ in chosen} | {a - 1 for a, _ in chosen if scene.words[a - 1].form in ARTICLES}
        gap = scene.text[scene.words[j - 1].end : scene.words[k].start] if k < len(scene.words) else ""
        return k in begins and ("," in gap or "/" in gap or k > j) and len(gap) < 9

    def _fuzzy_spans(
        self, scene: _Scene, taken: Sequence[bool], chosen: Sequence[tuple[int, int]]
    ) -> list[tuple[int, int]]:
        """Words that look like a title: quoted, capitalised, or after a cue; longest first."""
        said = scene.words
        spans: set[tuple[int, int]] = set()
        for start, end in scene.quotes:
            inside = [i for i, w in enumerate(said) if w.start >= start and w.end <= end]
            if inside and len(inside) <= 10:
                spans.add((inside[0], inside[-1] + 1))
        for i, word in enumerate(said):
            if taken[i] or word.form in FUNCTION_WORDS:
                continue
            run = scene.is_cased and word.capital and (i == 0 or not said[i - 1].capital or said[i - 1].first)
            subject = scene.begins(i) and scene.is_subject(i + 1)  # "interstelar was amazing"
            if not (run or subject or scene.has_cue(i) or scene.continues_list(i, chosen)):
                continue
            j = i
            while j < len(said) and j - i < 7 and not taken[j] and (j == i or scene.is_gap(j - 1)):
                j += 1
                if said[j - 1].form not in FUNCTION_WORDS and said[j - 1].form not in _FILMS:
                    spans.add((i, j))
        odd = [
            (i, j)
            for i, j in spans
            if any(self._is_odd(w.form) for w in said[i:j])
            and not self._tells_kind(said[i:j])
            and sum(len(w.form) for w in said[i:j]) > 5
        ]
        return sorted(odd, key=lambda s: (s[0] - s[1], s[0]))

    def _is_odd(self, form: str) -> bool:
        return form not in self._ordinary and form not in self._names and not form.isdigit() and len(form) > 3

    def _nearest(self, key: str) -> tuple[str, float]:
        """The title key most like `key`, or "" when none is like enough."""
        if self._near is None:
            self._near = {}
            for known in self._titles:
                self._near.setdefault(known[:1], []).append(known)
        best, score = "", _FUZZY
        joined = key.replace(" ", "")
        numbers = [part for part in key.split() if part.isdigit()]
        for known in self._near.get(key[:1], ()):
            if abs(len(known) - len(key)) > 3 or len(known) < 5:
                continue
            close = max(fuzz.ratio(key, known), fuzz.ratio(joined, known.replace(" ", "")) - 1)
            if close > score and [part for part in known.split() if part.isdigit()] == numbers:
                exact = close >= 93 and len(known) > 8  # "interstelar"
                if (
                    not exact
                    and known.count(" ") < 2
                    and not any(self._is_odd(part) for part in known.split())
                ):
                    continue  # "scarry movies" is no title
                best, score = known, close
        return best, score


@dataclass(frozen=True, slots=True)
class _Match:
    item_id: str
    start: int
    end: int
    score: float
    sure: bool
    weak: bool


class _Scene:
    """A text, its words, and what surrounds them."""

    def __init__(self, text: str, said: Sequence[Word]) -> None:
        self.text, self.words = text, said
        letters = [w for w in said if not text[w.start].isdigit()]
        capitals = sum(w.capital for w in letters)
        upper = sum(text[w.start : w.end].isupper() and w.end - w.start > 1 for w in letters)
        lower = len(letters) - capitals
        # In a text all in capitals, or with none, capitals say nothing.
        self.is_cased = (
            capitals > 0 and upper < 0.6 * max(len(letters), 1) and (lower > 0 or len(letters) < 7)
        )
        self.quotes = [match.span(match.lastindex or 0) for match in _QUOTES.finditer(text)]
        self._starts = {start: end for start, end in self.quotes}

    def is_gap(self, i: int) -> bool:
        """Whether only space or a hyphen lies between word i and the next."""
        if i + 1 >= len(self.words):
            return False
        return not self.text[self.words[i].end : self.words[i + 1].start].strip(" \t-–·'’&")

    def is_broken(self, i: int, j: int) -> bool:
        """Whether a sentence ends within words i to j."""
        for k in range(i, j - 1):
            gap = self.text[self.words[k].end : self.words[k + 1].start]
            if "\n" in gap or len(gap) > 5 or (("?" in gap or ";" in gap) and len(gap) > 1):
                return True
            if ". " in gap and self.words[k + 1].capital and len(self.words[k].form) > 3 and j - i < 4:
                return True
        return False

    def is_quoted(self, start: int, end: int) -> bool:
        """Whether exactly these characters are in quotes or bold."""
        return any(a <= start and end <= b and b - a - (end - start) <= 9 for a, b in self.quotes)

    def has_capitals(self, i: int, j: int) -> bool:
        """Whether the words are written like a title, where that says something."""
        if not self.is_cased:
            return False
        span = self.words[i:j]
        content = [w for w in span if w.form not in FUNCTION_WORDS] or list(span)
        if not all(w.capital for w in content) or all(self._opens(w) or w.form.isdigit() for w in content):
            return False
        around = [w for w in self._beyond(i, j) if not w.first and w.form not in FUNCTION_WORDS]
        around = [w for w in around if w.form != "i" and not w.form.isdigit()]
        return len(around) < 3 or sum(w.capital for w in around) < 0.7 * len(around)

    def _beyond(self, i: int, j: int) -> list[Word]:
        """Up to six words on either side of words i to j, as far as no comma or stop cuts them off."""
        found = []
        for step, k in ((-1, i - 1), (1, j)):
            for _ in range(6):
                if not 0 <= k < len(self.words):
                    break
                left, right = (k, k + 1) if step < 0 else (k - 1, k)
                if re.search(r"[,.:;!?\n]", self.text[self.words[left].end : self.words[right].start]):
                    break
                found.append(self.words[k])
                k += step
        return found

    def _opens(self, word: Word) -> bool:
        """Whether a word has its capital for beginning a sentence; a list after a colon is none."""
        return word.first and not self.text[: word.start].rstrip(' *"“').endswith(":")

    def beside(self, i: int, j: int) -> list[Word]:
        """The words next to words i to j, when only space lies between; never "I"."""
        found = []
        if i and self.text[self.words[i - 1].end : self.words[i].start].isspace():
            found.append(self.words[i - 1])
        if j < len(self.words) and self.text[self.words[j - 1].end : self.words[j].start].isspace():
            found.append(self.words[j])
        return [word for word in found if word.form != "i" and word.form not in FUNCTION_WORDS]

    def is_subject(self, j: int) -> bool:
        """Whether word j goes on as one does after the name of a thing: "was"."""
        last, end = self.words[j - 1].form, self.words[j - 1].end
        if _MARKED.match(self.text, end):
            return True
        if j >= len(self.words):
            return False
        if _CONTRAST.match(self.text, end):
            return True
        if last not in FUNCTION_WORDS and _IT_IS.match(self.text, end):
            return True
        mark = _MARK.match(self.text, end)
        if mark is not None and last not in _POLITE and last not in FUNCTION_WORDS:
            if self.words[j].form in (_ANSWERED if mark["asked"] else _REMARKED):
                return True
        if self.text[end : end + 3] == " > ":  # "Fargo > The Big Lebowski"
            return True
        return self.words[j].form in _SAYS and self.is_gap(j - 1)

    def is_described(self, j: int, names: Collection[str]) -> bool:
        """Whether the words before word j are told apart from others of that name: "X, the one with Tom Hanks"."""
        rest = self.text[self.words[j - 1].end : self.words[j - 1].end + 60]
        match = _DESCRIBED.match(rest)
        if match is None:
            return False
        after = forms(rest[match.end() :])[:2]
        return match["one"] is not None or any(form in names for form in after)

    def follows_dash(self, i: int) -> bool:
        """Whether a dash stands before word i, after which what follows may have a capital for beginning anew."""
        gap = self.text[self.words[i - 1].end if i else 0 : self.words[i].start]
        return re.search(r"(?:[—–]|\s-)\s*$", gap) is not None

    def begins(self, i: int) -> bool:
        """Whether a statement begins with word i."""
        return (
            i == 0
            or self.words[i].first
            or self.words[i - 1].form in ("but", "and", "though", "while", "because")
        )

    def has_cue(self, i: int) -> bool:
        """Whether words like "I loved", "similar to" or "who directed" lead to word i."""
        k = i - 1
        start = self.words[i].start
        if _ASKED_OF.search(straight(self.text[max(0, start - 80) : start])):
            return True
        for _ in range(4):
            if k < 0 or (self.text[self.words[k].end : self.words[k + 1].start].strip(" \t*\"“'‘:(,")):
                return False
            form = self.words[k].form
            if form in _CUES or (k > 0 and f"{self.words[k - 1].form} {form}" in _PAIRED_CUES):
                return True
            if form not in _FILLERS:
                return False
            k -= 1
        return False

    def continues_list(self, i: int, chosen: Sequence[tuple[int, int]]) -> bool:
        """Whether word i follows an accepted title over "and", "or" or a comma."""
        ends = {end for _, end in chosen}
        k = i - 1
        while k >= 0 and i - k < 4 and self.words[k].form in {*_LINKING, "the", "a"}:
            k -= 1
        if k < i - 1 and k + 1 not in ends and self.words[i].capital:  # "Alien I've seen as well, and Heat"
            while k >= 0 and i - k < 9 and k + 1 not in ends and self.words[k].form in _OF_ONE:
                k -= 1
        if k + 1 not in ends and not (k < i - 1 and self._unknown_title(k)):
            return False
        gap = self.text[self.words[k].end : self.words[k + 1].start]
        return k + 1 < i and self.words[i - 1].form != "the" or "," in gap or "/" in gap

    def _unknown_title(self, k: int) -> bool:
        """Whether word k ends words that are written like a title and follow a cue: "enjoyed Knives Out"."""
        start = k
        while start >= 0 and self.words[start].capital and not self.words[start].first and k - start < 6:
            start -= 1
        return self.is_cased and start < k and self.has_cue(start + 1)

    def ends_well(self, j: int) -> bool:
        """Whether a title may end before word j."""
        if j >= len(self.words):
            return True
        gap = self.text[self.words[j - 1].end : self.words[j].start]
        return bool(gap.strip(" \t-–'’")) or self.words[j].form in _AFTER
