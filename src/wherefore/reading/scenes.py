"""Scenes: a text, its words, and what surrounds them where a title may stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from wherefore.text import FUNCTION_WORDS, Word, forms, straight

_CUES = frozenset(
    "like likes liked love loves loved enjoy enjoys enjoyed hate hates hated dislike disliked adore adored see seen "
    "saw watch watched watching rewatch rewatched rewatching read reading heard own bought played called titled named "
    "recommend recommended suggest suggested try tried prefer preferred remember favorite favourite than finished "
    "loving enjoying seeing".split()
)
_PAIRED_CUES = frozenset(
    "similar to, such as, fan of, fans of, how about, what about, check out, checked out, heard of, heard about, "
    "thinking of, reminds of, instead of, compared to, part of, into the, care for, cared for, style of, "
    "spirit of, cross between, crossover of, mix of, mix between, somewhere between, out of, over with, "
    "that with, minute of, stars for, asleep during, asleep watching, bored by, bored with, disappointed by, "
    "disappointed with, disappointed in, impressed by, impressed with, blown by, away by, up on, up with, "
    "obsessed with, spot for, lines of, vein of, vibe as, vibe of, feel of, hype around, hype about, enough of, "
    "watch after, down for, up for, raves about, rave about, raved about, is called".split(", ")
)
# Words that may stand between a cue and a title.
_FILLERS = frozenset(
    "the a an movie movies film films book books original old new first both also just maybe really only "
    "even either probably especially absolutely definitely recently already ever never stuff things ones "
    "something anything watching seeing called named classic film series remake is was are me".split()
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
# What leads to a title in a question about an item.
_ASKED_OF = re.compile(
    r"(?:^|[.!?,;]\s*|\b(?:and|ok|okay|so|but|hi|hey|well|know if|whether|if)\s+)(?:is|was|are|does|did|has|isn'?t|"
    r"wasn'?t|doesn'?t)\s+(?:the\s+)?$|\bwho(?:'s|s)?\b[^.!?,;]{0,40}\b(?:in|directed|wrote|made|produced|created|of|"
    r"behind|composed|starred)\s+$|\b(?:how (?:long|old|much)|when|where|what (?:genre|year|language|country|"
    r"(?:kind|sort|type) of \w+))\s+(?:is|was|did|does|are)\s+$|\b(?:compare|between|versus|vs\.?|why not|why|"
    r"describe|whether|tell me (?:\w+ ){0,3}(?:about|of)|more about)\s+$|\b(?:director|cast|length|runtime|genre|"
    r"genres|plot|story|author|writer|year|stars?|actors|pages|language)\s+of\s+$|\b\d{1,2}(?:\.\d)?\s*(?:/|out "
    r"of)\s*\d{1,3}\s+(?:for|to)\s+(?:the\s+)?$|\bwhat(?:'s|s| is)\s+$|\bwhich (?:one )?(?:is|was|are|"
    r"has)\s+(?:the\s+)?[\w ]{2,25}[,:]\s+$",
    re.IGNORECASE,
)
_DESCRIBED = re.compile(
    r"^\s*,?\s*\(?(?:(?P<one>the\s+(?:one|movie|film|book)\s+(?:with|by|from|about|where)\b)|(?:with|by|starring)\s+)",
    re.IGNORECASE,
)
_LINKING = frozenset({"and", "or", "nor", "also", "maybe", "even"})
_OF_ONE = frozenset(
    "i ive have seen watched loved liked hated saw as well too already also both twice".split()
)
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


class Scene:
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
