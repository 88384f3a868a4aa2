"""Mentions: which items of a catalogue a text names, and where; a title may also be everyday words, or a name."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from wherefore.reading.clauses import QUOTED, Span
from wherefore.reading.scenes import Scene
from wherefore.reading.slips import goes_on, is_like, windows
from wherefore.reading.titles import Title, TitleIndex
from wherefore.text import ARTICLES, FUNCTION_WORDS, Word, forms, ordinary_words, stem, words

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
_PRONOUNS = frozenset(
    "it her us him me this that i we they he she you what who which there here how where all one these those some any "
    "his my your our their no not so".split()
)
_MOST_MEANT = 3  # items whose titles have the same words, from which the first is taken
_BY_WORDS = 90.0  # how like a title its words are, others left out
_TITLE = 6  # words of a title that stands in quotes, at most
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
_NAMESAKE = re.compile(
    r"\b(?:my|our|his|her|their|your)\s+(?:\w+\s+)?\w+(?:'s|’s)?\s+(?:name\s+)?(?:(?:is|was)\s+(?:called|named)|"
    r"is\s+name|(?:called|named))\s+(?:the\s+)?$"
    r"|\b(?:dog|cat|son|daughter|brother|sister|wife|husband|friend|neighbou?r)(?:'s|’s)?\s+name\s+is\s+$",
    re.IGNORECASE,
)
_COMMON_RANK = 1500  # words used more than this are never a title by their letters in lower case


@dataclass(frozen=True, slots=True)
class Found:
    """An item named at characters `start` to `end`; `item_id` is empty for one the catalogue lacks."""

    item_id: str
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Match:
    """An item that words may mean; its mention is at characters `start` to `end`."""

    item_id: str  # empty for one that the catalogue lacks
    start: int
    end: int
    score: float
    sure: bool  # whether the letters alone say that the title is meant
    weak: bool  # as of `Title`


_Candidate = tuple[int, int, _Match]  # words from and to, and what they may mean


def _quoted(text: str, said: Sequence[Word]) -> list[frozenset[int]]:
    """Which words stand together in quotes, titles by their length; articles and years aside."""
    found = []
    for match in QUOTED.finditer(text) if any(mark in text for mark in "\"“*'") else ():
        inside = [
            number
            for number, word in enumerate(said)
            if match.start() <= word.start
            and word.end <= match.end()
            and word.form not in ARTICLES
            and not word.form.isdigit()
        ]
        if 1 < len(inside) <= _TITLE:
            found.append(frozenset(inside))
    return found


def _is_part(candidate: _Candidate, quoted: Sequence[frozenset[int]]) -> bool:
    """Whether words are only a part of what stands in quotes: of 'Past Lives', "Past" is no title."""
    covered = frozenset(range(candidate[0], candidate[1]))
    return any(covered & inside and not inside <= covered for inside in quoted)


class MentionReader:
    """Finds items by title; this costs by the length of the text, not the catalogue.

    Args:
        index: The titles.
        names: Folded words of people's names.
        plain: Folded words and phrases that mean a value of a field, like a genre: no titles by themselves.
        tells: Whether such words are a value of a field.
    """

    def __init__(
        self,
        index: TitleIndex,
        names: Collection[str] = (),
        plain: Collection[str] = (),
        tells: Callable[[str], bool] = lambda said: False,
    ) -> None:
        self._index, self._names, self._plain, self._tells = index, names, plain, tells
        self._ordinary = ordinary_words()

    def find(
        self,
        text: str,
        people: Sequence[Span] = (),
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
        scene = Scene(text, said)
        quoted = _quoted(text, said)
        parts = (one for one in self._candidates(scene, named) if not _is_part(one, quoted))
        parts = (one for one in parts if not goes_on(scene, one[0], one[1], self._names, self._index.titles))
        candidates = sorted(parts, key=lambda one: (one[0] - one[1], one[2].weak, one[0]))
        person = self._of_people(said, people)
        chosen = _Chosen(said, person)
        waiting: list[_Candidate] = []
        for i, j, match in candidates:
            free = not any(chosen.taken[x] for x in range(i, j) if not person[x])
            if free and not all(person[i:j]) and (match.sure or self._is_meant(i, j, scene, chosen, match)):
                chosen.accept(i, j, match)
            elif free and not any(person[i:j]):
                waiting.append((i, j, match))
        for i, j, match in sorted(waiting, key=lambda one: (one[0], one[0] - one[1])):
            if chosen.is_free(i, j) and self._is_meant(i, j, scene, chosen, match):
                chosen.accept(i, j, match)
        for i, j, match in sorted(waiting, key=lambda one: (-one[0], one[0] - one[1])):
            if chosen.is_free(i, j) and self._leads_list(i, j, scene, chosen, match):
                chosen.accept(i, j, match)
        for i, j in self._fuzzy_spans(scene, chosen):
            if not chosen.is_free(i, j):
                continue
            key, score = self._index.nearest(" ".join(word.form for word in said[i:j]), self._is_odd)
            near = self._match(key, i, j, scene, named) if key else None
            if near is not None and near.item_id:
                chosen.accept(i, j, _Match(near.item_id, near.start, near.end, score, True, True))
        self._with_slips(scene, chosen, named)
        return sorted(chosen.found, key=lambda one: one.start)

    def _with_slips(self, scene: Scene, chosen: _Chosen, named: Collection[str]) -> None:
        """Take words around one that hardly anything but titles has for the title that they are like."""
        best: dict[tuple[int, int], tuple[float, str]] = {}
        for i, j in windows(scene.words, scene, self._is_title_word, chosen.is_free):
            span = scene.words[i:j]
            written = " ".join(word.form for word in span)
            if written in self._index.titles:
                continue  # as it is written, it was looked at before
            key, score = self._index.nearest(written, self._is_odd)
            strange = not all(self._index.is_known(word.form) for word in span if self._is_odd(word.form))
            plain = key in _PROPER or self._tells_kind(span)
            if key and not plain and is_like(key, score, strange, self._is_odd):
                best[(i, j)] = score, key
        for (i, j), (score, key) in sorted(best.items(), key=lambda one: (-one[1][0], one[0])):
            near = self._match(key, i, j, scene, named) if chosen.is_free(i, j) else None
            told = near is not None and self._tells(" ".join(word.form for word in scene.words[i:j]))
            if near is not None and near.item_id and not told:  # "las vegas", a tag, is no slip
                chosen.accept(i, j, _Match(near.item_id, near.start, near.end, score, True, True))

    def _is_title_word(self, form: str) -> bool:
        """Whether a word is in titles, or in no record at all, and no everyday one."""
        if (
            form in self._ordinary
            or form in self._plain
            or form in FUNCTION_WORDS
            or form.isdigit()
            or len(form) < 3
        ):
            return False
        return self._index.in_titles(form) or not self._index.is_known(form)

    def linked(self, text: str, span: Span, named: Collection[str] = ()) -> Found | None:
        """The item that characters name, which are known to be a title, whole, in part or misspelt; None: none has it.

        Args:
            text: The text.
            span: The characters.
            named: Ids of items named earlier in the dialogue, which are meant rather than others of their name.
        """
        said = words(text)
        inside = [number for number, word in enumerate(said) if span[0] <= word.start and word.end <= span[1]]
        if not inside:
            return None
        i, j = inside[0], inside[-1] + 1
        if j - i > 1 and said[i].form in ARTICLES:
            i += 1
        scene = Scene(text, said)
        if goes_on(scene, i, j, self._names, self._index.titles):
            return None
        key = " ".join(word.form for word in said[i:j])
        match = self._match(key, i, j, scene, named) if key in self._index.titles else None
        if match is None and sum(len(word.form) for word in said[i:j]) > 4:
            near, _ = self._index.nearest(key, self._is_odd)
            match = self._match(near, i, j, scene, named) if near else None
        if match is None or not match.item_id:
            return self._by_words(scene, i, j, named)
        return Found(match.item_id, min(match.start, span[0]), max(match.end, span[1]), match.score)

    def _by_words(self, scene: Scene, i: int, j: int, named: Collection[str]) -> Found | None:
        """The item whose title has words i to j, and words beside them: "the duofold union suit"."""
        said = scene.words
        first, end = i, j
        while first and not scene.is_broken(first - 1, j) and self._told(said[first - 1 : j]):
            first -= 1
        while end < len(said) and not scene.is_broken(first, end + 1) and self._told(said[first : end + 1]):
            end += 1
        rows = self._told(said[first:end])
        if not rows or len(rows) > _MOST_MEANT:
            return None
        odd = any(self._is_odd(word.form) for word in said[first:end])
        content = [word for word in said[first:end] if word.form not in FUNCTION_WORDS]
        if len(content) < 2 and not (odd and len(rows) == 1):
            return None
        row = next((row for row in rows if self._index.ids[row] in named), rows[0])
        return Found(self._index.ids[row], said[first].start, said[end - 1].end, _BY_WORDS)

    def of_words(self, text: str) -> list[str]:
        """The items whose titles have all words of a text that have a content of their own."""
        sought = {stem(form) for form in forms(text) if form not in FUNCTION_WORDS}
        return [self._index.ids[row] for row in self._index.holding(sought)]

    def _told(self, said: Sequence[Word]) -> list[int]:
        """The rows whose titles have all words with a content of their own; none where an end is no such word."""
        if any(word.form in FUNCTION_WORDS for word in (said[0], said[-1])):
            return []
        return self._index.holding({stem(word.form) for word in said if word.form not in FUNCTION_WORDS})

    def _candidates(self, scene: Scene, named: Collection[str]) -> Iterator[_Candidate]:
        """All words that are a title's, and what they may mean."""
        said = scene.words
        for i, word in enumerate(said):
            if _NAMESAKE.search(scene.text[max(0, word.start - 60) : word.start]):
                continue  # "my dog is called Rocky"
            for size in range(min(self._index.longest.get(word.form, 0), len(said) - i), 0, -1):
                if size == 1 and word.form in ARTICLES:
                    continue  # "An" is a film, and hardly ever meant
                j = i + size
                key = " ".join(w.form for w in said[i:j])
                if key not in self._index.titles or scene.is_broken(i, j) or self._is_plain(scene, i, j):
                    continue
                match = self._match(key, i, j, scene, named)
                if match is not None:
                    yield i, j, match

    def _is_plain(self, scene: Scene, i: int, j: int) -> bool:
        """Whether words i to j are a name or say a kind, by the words beside them."""
        said, span = scene.words, scene.words[i:j]
        after = said[j].form if j < len(said) else ""
        by = after in _FILMS or after in _MAKES or (i and said[i - 1].form in _BEFORE_NAMES)
        if by and len(span) == 1 and span[0].form in self._names:
            return True  # "directed by Hitchcock", "Hitchcock films", "anything Hitchcock made"
        # "non-American crime films"
        kind = after in _FILMS and self._tells_kind(span)
        return kind and (len(span) == 1 or not all(word.capital for word in span))

    def _of_people(self, said: Sequence[Word], people: Sequence[Span]) -> list[bool]:
        """Of each word, whether it is part of a full name."""
        taken = [False] * len(said)
        for start, end in people:
            inside = [i for i, word in enumerate(said) if word.start >= start and word.end <= end]
            bare = [said[i].form for i in inside if said[i].form not in ARTICLES]
            lead = said[inside[0] - 1].form if inside and inside[0] else ""
            is_title = len(bare) < len(inside) and " ".join(bare) in self._index.titles
            if is_title and lead not in _BY and lead != "with":
                continue  # "The Game" is a film before it is a rapper
            for i in inside:
                taken[i] = True
        return taken

    def _tells_kind(self, span: Sequence[Word]) -> bool:
        """Whether each of the words means a value of a field, so that before "films" they say which are meant."""
        return all(word.form in self._plain for word in span)

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
                if key in self._index.titles:
                    moved = [Word(w.form, w.start + offset, w.end + offset, w.capital, w.first) for w in said]
                    match = self._match(key, i, len(said), Scene(text, moved))
                    if match is not None and match.item_id:
                        start = min(match.start, moved[0].start)  # "A.I." begins with no article
                        found.append(Found(match.item_id, start, match.end, match.score))
                        break
        return found

    def _match(self, key: str, i: int, j: int, scene: Scene, named: Collection[str] = ()) -> _Match | None:
        """The item meant by words i to j, whose key is known; None if the letters alone rule it out."""
        said, text = scene.words, scene.text
        article = said[i - 1].form if i and said[i - 1].form in ARTICLES and scene.is_gap(i - 1) else ""
        titles = self._index.titles[key]
        year_match = _YEAR_AFTER.match(text, said[j - 1].end)
        year = next((float(g) for g in year_match.groups() if g), None) if year_match else None
        bracketed = year_match is not None and year_match[3] is None
        agreeing = [t for t in titles if year is not None and self._index.year(t.row) == year]
        near = [
            t
            for t in titles
            if bracketed and year is not None and abs((self._index.year(t.row) or 0) - year) <= 1
        ]
        named_year = bool(agreeing or near)
        if not named_year and bracketed and year is not None and any(self._index.year(t.row) for t in titles):
            return _Match("", said[i].start, year_match.end() if year_match else 0, 100.0, True, False)
        pool = agreeing or near or titles
        # "The Avengers" and "Avengers" may both be meant: the better known is, unless the article is stressed.
        stressed = bool(article) and said[i - 1].capital and not said[i - 1].first
        before = [t for t in pool if self._index.ids[t.row] in named]
        odds = 0.0 if article else 0.4 * len(self._index.ids)  # "Heat" is rather "Heat" than "The Heat"

        def rank(title: Title) -> tuple[bool, bool, float]:
            wrong = stressed and not title.article
            return title.weak, wrong, (odds if title.article else 0.0) - self._index.fame[title.row]

        best = min(before or pool, key=rank)
        with_article = bool(article and best.article)
        start = said[i - 1].start if with_article else said[i].start
        end = year_match.end() if named_year and year_match else said[j - 1].end
        if text[end : end + 1] in ("!", "?") and self._index.shown[best.row].endswith(text[end]):
            end += 1  # "Mother!" ends no sentence
        sure = named_year or scene.is_quoted(start, said[j - 1].end)
        sure = sure or (key not in self._plain and self._is_distinctive(i, j, scene))
        if before and any(w.form not in FUNCTION_WORDS for w in said[i:j]):
            sure = sure or j - i > 1 or scene.has_cue(i) or (said[i].capital and not said[i].first)
            sure = sure or (said[i].capital and scene.is_subject(j))  # "Alien I've seen"
        return _Match(self._index.ids[best.row], start, end, 97.0 if best.weak else 100.0, sure, best.weak)

    def _is_distinctive(self, i: int, j: int, scene: Scene) -> bool:
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

    def _is_meant(self, i: int, j: int, scene: Scene, chosen: _Chosen, match: _Match) -> bool:
        """Whether words that could be anything are meant as a title here."""
        span = scene.words[i:j]
        content = [w for w in span if w.form not in FUNCTION_WORDS]
        key = " ".join(w.form for w in span)
        cue = scene.has_cue(i) or scene.continues_list(i, chosen.spans)
        capitals = scene.has_capitals(i, j) and not (key in _PRONOUNS and scene.follows_dash(i))
        article = i > 0 and scene.words[i - 1].form in ARTICLES
        if key in self._plain or (match.weak and not capitals):
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
        fits = any(bool(entry.article) == article for entry in self._index.titles[key])
        if not content or not fits:
            return False
        if capitals and article and scene.words[i - 1].capital:
            return True
        if span[0].capital and span[0].first and not common and scene.is_subject(j):
            return scene.is_cased
        return (span[0].form.isdigit() or not scene.is_cased) and cue and scene.ends_well(j) and not common

    def _leads_list(self, i: int, j: int, scene: Scene, chosen: _Chosen, match: _Match) -> bool:
        """Whether words i to j, written with capitals, come before an accepted title: "Heat and Collateral"."""
        span = scene.words[i:j]
        if match.weak or not scene.is_cased or not all(w.capital for w in span if w.form not in ARTICLES):
            return False
        if not any(w.form not in FUNCTION_WORDS for w in span):
            return False
        k = j
        while k < len(scene.words) and k - j < 2 and scene.words[k].form in {"and", "or", "nor", "the"}:
            k += 1
        begins = {a for a, _ in chosen.spans} | {
            a - 1 for a, _ in chosen.spans if scene.words[a - 1].form in ARTICLES
        }
        gap = scene.text[scene.words[j - 1].end : scene.words[k].start] if k < len(scene.words) else ""
        return k in begins and ("," in gap or "/" in gap or k > j) and len(gap) < 9

    def _fuzzy_spans(self, scene: Scene, chosen: _Chosen) -> list[tuple[int, int]]:
        """Words that look like a title: quoted, capitalised, or after a cue; longest first."""
        said = scene.words
        spans: set[tuple[int, int]] = set()
        for start, end in scene.quotes:
            inside = [i for i, w in enumerate(said) if w.start >= start and w.end <= end]
            if inside and len(inside) <= 10:
                spans.add((inside[0], inside[-1] + 1))
        for i, word in enumerate(said):
            if chosen.taken[i] or word.form in FUNCTION_WORDS:
                continue
            run = scene.is_cased and word.capital and (i == 0 or not said[i - 1].capital or said[i - 1].first)
            subject = scene.begins(i) and scene.is_subject(i + 1)  # "interstelar was amazing"
            if not (run or subject or scene.has_cue(i) or scene.continues_list(i, chosen.spans)):
                continue
            j = i
            while j < len(said) and j - i < 7 and not chosen.taken[j] and (j == i or scene.is_gap(j - 1)):
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


class _Chosen:
    """The mentions of a text that are accepted so far.

    Args:
        said: Its words.
        person: Of each, whether it is part of a full name.
    """

    def __init__(self, said: Sequence[Word], person: Sequence[bool]) -> None:
        self._said = said
        self.taken = list(person)
        self.spans: list[tuple[int, int]] = []  # words from and to
        self.found: list[Found] = []

    def is_free(self, i: int, j: int) -> bool:
        """Whether none of words i to j is taken."""
        return not any(self.taken[i:j])

    def accept(self, i: int, j: int, match: _Match) -> None:
        """Take words i to j, and the article before them, as a mention."""
        while i and self._said[i - 1].start >= match.start:
            i -= 1
        self.taken[i:j] = [True] * (j - i)
        self.spans.append((i, j))
        self.found.append(Found(match.item_id, match.start, match.end, match.score))
