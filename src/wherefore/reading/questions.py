"""Questions: what a message asks of items that are on the table, rather than for a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise
from typing import Any, Literal

from wherefore.catalog.catalog import Catalog
from wherefore.catalog.naming import words_of
from wherefore.catalog.series import series_of
from wherefore.dialogue.messages import PICKS as ANSWERS_CHOICE
from wherefore.dialogue.messages import Dialogue, Mention
from wherefore.dialogue.questions import Condition, Kind, Question
from wherefore.dialogue.state import Limit
from wherefore.reading.alternatives import alternatives
from wherefore.reading.asked_about import asked_about, is_of_a_family
from wherefore.reading.asked_fields import PICKS, THAN, FieldQuestions
from wherefore.reading.clauses import Span, blank
from wherefore.reading.compared import other_item, pieces
from wherefore.reading.deciding import decided
from wherefore.reading.degrees import asked_superlative, base_of, ends, ordered_field, superlative
from wherefore.reading.limits import LimitReader, lowered
from wherefore.reading.orders import OrderReader
from wherefore.reading.pointing import Pointer
from wherefore.reading.reckonings import ReckoningReader
from wherefore.reading.second_halves import by_which, of_the_same
from wherefore.reading.shop_questions import asks_shop
from wherefore.reading.slots import beyond, points_at, slots_in
from wherefore.reading.times import TimeReader
from wherefore.reading.titles_in import titled
from wherefore.reading.tops import TopReader
from wherefore.reading.unrecorded import unrecorded
from wherefore.reading.values import ValueFinder
from wherefore.reading.wishes import WishReader
from wherefore.text import FUNCTION_WORDS, joined, straight, words

_LEAD = (
    r"^\W*(?:(?:and|but|so|ok|okay|oh|ah|cool|nice|great|hm+|wait|well|yes|yeah|no|thanks|thank you|interesting|also|"
    r"then|sorry|hey|hi|btw|by the way|actually|quick question|one question|pray tell|pray|tell me|pity|"
    r"lovely|splendid|cheers|ta|thx|brilliant|perfect|super|aww+|dear|love|mate|ah shame|right|"
    r"ah right|fine|alright|hang on|hold on|damn|haha+|lol|omg|one more thing)\W+)*"
)
_ASKS = re.compile(  # what every question has one of
    r"\?|\b(?:who|what|when|where|which(?:ever)?|how|why|whose|whether|pick|choose|decide|compare|comparison|difference|differences|vs|versus|"
    r"common|tell|say|more|details?|info|information|describe|explain|if)\b|who's|what's|whats",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    _LEAD + r"(?:(?:(?:do|can|could|would|will) you (?:please )?(?:know|tell me|remind me|say|check)|"
    r"(?:please )?(?:tell|remind) me|i wonder(?:ed|ing)?|i(?:'d| would) like to know|i want to know|any idea|"
    r"i was wondering|may i ask|can i ask)\W+)+(?=(?:who|what|when|where|which|how|why|if|whether)\b)",
    re.IGNORECASE,
)
_WHETHER = re.compile(r"^(?:if|whether)\s+(?P<pointer>\w+)\s+(?P<verb>is|was|has|are|were|have)\b")
# What looks like a question, but asks for a list, or of the assistant.
_REQUEST = re.compile(
    r"^(?:(?:is|are|was|were) there\b|(?:can|could|may|might) (?:it|they|this|that|we|you) (?:be|make|"
    r"have|get)\b|do you (?:have|know of|know any|recommend|got)|have you (?:got|any)|any\b(?! of\b)|"
    r"(?:can|could|would|will) you (?:please )?(?:recommend|suggest|find|give|show|list|help|pick)|"
    r"(?:what|how) about\b|what (?:else|other|should|would|do|can|could|have)\b|"
    r"what(?:'s| is) (?:good|new|next|left|else)\b|"
    r"what (?:are|is) (?:some|a|an|the best|your)\b|(?:which|what) (?:\w+ )?(?:should|would|do|can|could) )"
)
_NO_END: Literal["", "min", "max"] = ""
_OF_TASK = re.compile(  # of an item that is named: "what would I be typing up for the museum one?"
    r"^what (?:exactly |actually )?(?:would|will|do|should|must) (?:i|we|he|she|they|one) "
    r"(?!like|want|take|choose|pick|get\b)"
)
_HAVE = re.compile(  # "do you have Heat?"
    r"^(?:(?:do|would|does) (?:you|u|ya|anyone|the shop) (?:guys |people |still |even |happen to )*(?:have|got|sell|"
    r"stock|carry|do|keep)|(?:have|has) (?:you|u) (?:guys )?got|(?:you|u) (?:have|got|sell|stock)|got|is|are)\b"
)
_IN_STOCK = (
    r"\b(?:in stock|available|in your (?:catalogue|catalog|list|records|shop|store|collection)|there|on your list|"
    r"here)\b"
)
_PROPOSAL = re.compile(r"^(?:what|how) about (?:something|anything|some|any|another|more|an?)\b")
_ABOUT = re.compile(
    r"^(?:what(?:'s|s| is| was| are| were)?\b.*\babout\b|what(?:'s|s| is| was| are| were)\b.*\blike\W*$|what happens "
    r"in\b|what(?:'s| is) (?:the |its )?(?:plot|story|premise)|what (?:kind|sort|type) of\b)"
)
_MORE = re.compile(
    r"\b(?:tell me|know|hear|say|learn|give me|what can you (?:tell me|say)|info(?:rmation)?|details?)\s+"
    r"(?:(?:a (?:bit|little)|something|anything|some|the)\s+)?(?:more\s+|details? )?(?:about|on)\b|"
    r"^more (?:about|on)\b|^describe\b"
)
_BETWEEN = 3  # items between which a message leaves a choice
_OR = re.compile(r"[\"'”’*_]*,?\s+or\s+(?:the\s+)?[\"'“‘*_]*", re.IGNORECASE)
_ASKED_LAST = re.compile(r"\W\s*(?P<asked>(?:which|what)\b.+)$")
_WHICH_ONE = re.compile(  # a sentence of its own, after what is to be chosen from
    r"(?:^|[.!?,;:\n]\s*)(?:so\s+)?which(?:\s+(?:one|of\s+(?:the\s+)?(?:two|them|those)|is\s+it|should\s+(?:i|we)[^?.!]{0,20}|"
    r"would\s+you[^?.!]{0,20}))?\s*\?\W*$",
    re.IGNORECASE,
)
_COMPARE = re.compile(
    r"\bcompare[sd]?\b|\bcomparison\b|\bdifferen(?:ce|t)s?\b.*\b(?:between|from)\b|\bhow do\b.*\bdiffer\b|"
    r"\bin common\b|\b(?:vs\.?|versus)\b|\bhow (?:are|is)\b.*\b(?:different|similar|alike|related)\b"
)
_WHY = re.compile(r"^(?:why\b|how come\b|what makes you\b|what(?:'s| is) the reason\b|explain\b)")
_NOT = re.compile(r"\b(?:not|n't|don'?t|didn'?t|isn'?t|wasn'?t)\b|n't\b")
_THE_ONE = re.compile(
    r"\bthe (?:one|{noun})s? (?=(?:with|by|from|starring|featuring|directed|about|in|that|where|written)\b)"
)
_HOLDS = re.compile(
    r"^(?:is|was|are|were|does|do|did|has|have|isn'?t|wasn'?t|aren'?t|doesn'?t|will|would|can)\b"
)
_MAY_HOLD = re.compile(rf"{_HOLDS.pattern}|^(?:could|should|may|might)\b")
_HOLDS_IT = re.compile(  # without its mark: "does it have a sad ending"
    r"^(?:is|was|are|were|does|did|has) (?:it|that|this|they|these|those|"
    r"the (?:first|second|third|fourth|fifth|last))\b"
)
_WHICH = re.compile(
    r"^(?:which(?: ones?)?\s*(?:of (?:them|those|these|the \w+)|is|are|was|were|has|have|would be)|"
    r"(?:(?:is|are) )?any of (?:them|those|these|the \w+))\b"
)
_SENTENCE = re.compile(r"(?:[^.?!;:\n]|(?<=\d)[.:](?=\d))+[?!.;:]*")  # "8.30" goes on
_BESIDE = re.compile(  # "the fourth looks good, but is it gory?"
    r",?\s+(?:but|and|though|so)\s+(?=(?:(?:is|was|does|did|has)\s+(?:it|that|this)|who|when|how\s+(?:long|old))\b"
    r"[^?]*\?)"
)
# A question about items, whatever it asks; and what makes it a request, or a question to the assistant.
_ANY_QUESTION = re.compile(
    rf"{_HOLDS.pattern}|^(?:what|where|when|how|whats|what's|where's|how's|which|any of|"
    r"any(?=\s.*\b(?:in|with|on)\b)|could|should|may|might)\b|"
    r"^whether\b"
)
_HAPPENS = re.compile(
    r"^(?:does|do|did|is|was|will)\s+(?:anything|something)\b(?=.*\b(?:in|with|about|to)\s+(?:it|them|that)\b)"
)
_ANY_OF = re.compile(
    r"^(?:(?:is|are|do|does|has|have|can|did)\s+)?any\s+of\s+(?:'?em|them|these|those)\b|^(?:do|does|did|can)\s+any\b"
)
_BESIDE_ANOTHER = re.compile(r"\b(?:than|like|as|with|from|to|and|or|versus|vs|by)\W*$")
_LESS = re.compile(
    r"\b(?:is|are|was|has|feels|seems|looks|sounds)\s+(?P<end>less|more)\s+(?P<what>[a-z]{3,})\b"
)
_ASKS_FIRST = re.compile(
    r"(?:(?:which|who|whose|what)\b|(?:is|are|does|do|has|can)\s+(?:it|the|that|this|they|these)\b|tell\s+me\b|more\s+(?:about|on)\b|describe\b)",
    re.IGNORECASE,
)
_WHAT_ABOUT = re.compile(
    r"^(?:what|how)\s+about\s+(?P<what>(?:the|its|their)\s+(?!first|second|third|fourth|fifth|last)[a-z].*)"
)
_OF_YOUR_LIST = re.compile(r"\bwhich\s+(?:ones?\s+)?(?:from|on|in|of)\s+(?:your|the|that|this)\s+list\b")
_OF_FIRST = re.compile(r"\bthan\s+(?:the\s+)?(?:first|original)\b")
_REST = re.compile(r"\bwhat(?:['’]?s|\s+is|\s+else(?:\s+is)?)?\s+(?:left|next|remain\w*)\b", re.IGNORECASE)
_SEEKS = re.compile(
    r"\b(?:recommend|suggest|something|anything|similar|else|others?|another|more|next|instead|rather|should)\b"
)
_TO_YOU = re.compile(r"\b(?<!how do )(?:you|your|u|like)\b")
_OF_LIST = re.compile(
    r"^(?:which\b(?! (?:movie|film|book)s?\b)|(?:(?:can|could|do|does|are|is|will|would|did|has|have) )?any of\b|"
    r"(?:can|could|do|does|will|would) any\b(?! (?:one|body)))"
)
_BESIDES = re.compile(r",\s*(?P<asked>how\s+(?:big|tall|long|much|old|heavy|wide|large)\b.+)$")
_OPINION = re.compile(
    r"(?:^|,\s*|\b(?:and|but|so)\s+)(?:is|was|are|were)\b[^,]*\b(?:(?:any|that|really|actually) good|worth (?:it|a |"
    r"the |seeing|watching|reading|buying|my)|good|great)\s*(?:movie|film|one|book|watch|choice)?\s*\?|^(?:would|"
    r"will|might|do you think)\b.*\bi(?:'ll| would|'d)? (?:like|love|enjoy)\b|^(?:should|shall) i (?:see|watch|read|"
    r"try|get|buy)\b|^how good (?:is|was)\b|^(?:so )?what do you think (?:of|about)\b|^(?:is|was) (?:it|that|"
    r"this)(?: one| movie| film| book)? (?:any|really|actually) good\W*$|"
    r"^(?:is|was|are|were)\b[^,]*\bany (?:good|use)\W*$|"
    r"^what (?:do|did) (?:\w+ )?(?:people|others|folks?|reviewers|readers|viewers|customers|buyers|they|"
    r"everyone) (?:say|think|make)\b|"
    r"^(?:is|are|was|were) (?:he|she|they|it|that|this) (?:right|true|wrong|mistaken)(?=\W|$)|^true\W*$"
)
_SEEN_BY_YOU = re.compile(r"^(?:have|did) you (?:ever )?(?:seen|watched|read|see|watch)\b[^,]*$")
_CALLED = re.compile(r"\b(?:called|named|name of|title of|titled)\b")
_UNKNOWN = re.compile(
    r"\b(?:is|was|did|directed|in|of|about|stars in|made|wrote)\s+((?:(?:the|The|"
    r"A)\s+)?[A-Z][\w'’-]*(?:\s+(?:(?:of|the|and|in)\s+)*[A-Z\d][\w'’-]*)*)\s*\??$"
)
_BESIDES_OF = ("value", "holds", "record", "untold", "clause")  # kinds that may be narrowed
_ANSWERED_BESIDE = (*_BESIDES_OF, "opinion", "compare", "degree", "shared", "others")  # beside another
_MANY = 4  # questions of one message that are answered
_HEAD = (  # what a question begins with, after "and"
    r"(?:(?:is|was|are|were|does|do|did|has|have|can|could|will|would)\s+(?:it|that|this|there|they|he|she|them|these|those|i|we|any(?:thing|one|body)|"
    r"you(?!\s+(?:have|got|know|recommend|suggest|think|sell|stock|like))|"
    r"(?:the|my|our|your|his|her|its|any\s+of)\s+\w+|pets?|dogs?|animals?|kids|children)\b|"
    r"how(?:'s|s|\s+(?:long|old|much|many|big|large|heavy|far|tall|high|wide|small|bitter|strong|is|are|does|do|was|good))\b|"
    r"who\s+(?:teach|lead|run|host|give|play|guide|sing|perform)\w*\b|who\s+\w+\s+(?:it|that|this|them|these)\b|"
    r"(?:what|where|when|who|whose)(?:'s|s|\s+(?:is|are|was|were|would|will|does|do|did|can|could|about|time|kind|size|"
    r"colou?r|month|day|year))\b|which\s+(?:of\s+(?:them|those|these)|one|ones)\b)"
)
_ASKS_OPENLY = re.compile(r"(?:what|how|where|when|who)")
_ASKS_BESIDE = re.compile(
    rf"(?:and\s+|but\s+|also\s+)?{_HEAD}|(?:is|are)\s+(?:an?|the|any)\s+\w+|what\s+(?!else|other)\w+\s+(?:is|are|does|do)\b"
)
_EXISTS = re.compile(r"(?:is|are)\s+there\b\s*(?:an?|any|some)?\s*")
_ELLIPSIS = re.compile(
    r"(?:(?:and|also|plus|what\s+about)\s+)(?:an?\s+|the\s+|any\s+)?[^\W\d_][\w -]{2,25}\?"
)
_WHATS_ON = re.compile(  # what asks for a list
    r"what(?:'?s|\s+is|\s+are)?\s+(?:new|good|next|on|up|popular|hot|trending|some|your|the\s+best|best|a\s+good)\b"
)
_EXISTS_WORDS = 7
_TO_LAST = re.compile(
    r"(?<=\s)lasts?\b(?=\s*(?:$|[?.,;!]|on\b|for\b|in\b|until\b))(?<!the\slast)"
)  # "how long does it last"
_OF_ITEMS = re.compile(
    r"\b(?:ones?|places?|somewhere|with|that|which|for|under|over|good|nice|cheap\w*|better|like)\b"
)
_ASKS_YOU = re.compile(r"\b(?:do|have|can|could|would|will|are)\s+(?:you|u)\b|\byou(?:'ve|\s+have|\s+got)?\b")
_JOINED = re.compile(  # between two questions, or what is told and a question, in one sentence
    rf"(?:,\s*|\s+[-–—]\s*|\s+)(?:and|but|also|plus|though|so)\s+(?={_HEAD})|\s+[-–—]\s+(?={_HEAD})|"
    r",\s+(?=(?:how(?:'s|s|\s+is)|is\s+it|does\s+it|has\s+it|is\s+there|do\s+they|can\s+i|what\s+would)\b)",
    re.IGNORECASE,
)
_COSTS = re.compile(r"(?:what|how\s+much)\s+(?:would|will)\b.{0,40}\b(?:costs?|come\s+to|be)\b")
_COST_OF = re.compile(
    r"(?:what|how\s+much)\s+(?:would|will|does|do|is|are)\s+(?P<article>the\s+|an?\s+|my\s+|his\s+|her\s+|our\s+)?"
    r"(?P<what>[a-z][a-z -]{2,28}?)\s+(?:actually\s+|really\s+)?(?:cost|costs|come\s+to|set\s+\w+\s+back)\b"
)
_OF_TIME = frozenset("night nights week weeks day days month months ticket tickets place places".split())
_MOST_SLOTS = 20
_OPEN_HEAD = re.compile(
    r"(?:what|how|where|when|who)(?:'?s\b|\s+(?:is|are|would|will|much|many|big|long|old|far|bitter|strong|does|do)\b)",
    re.IGNORECASE,
)
_BACK = 8  # messages of the user among which the question is that "and the third?" asks again
_ELLIPTIC = 6  # words of a question that names no item, yet means the one that was talked of
_POINTER = re.compile(
    r"\b(?:it|its|it's|that|this|that's|they|them|those|these|both|one|ones|the (?:movie|film|book))\b|"
    r"(?<!\bis )(?<!\bare )\bthere(?=\W*$)"
)

_SEVERAL = re.compile(r"\b(?:they|them|these|those|their|each|any|all)\b")
_OPENS = re.compile(  # a question without its mark: "can we smoke in it"
    r"(?:can|could|may|might|would|does|did|is|are|was|were|has|how|what|when|where)\s+(?:i|we|my|our|it|they|he|she|the|there)\b"
)
_LIVING = frozenset("sex gender breed species".split())  # words of fields of whom one speaks as "she"
_THEY = r"\b(?:he|she|him|her|his|hers|he's|she's)\b"
_IN_PLACE = re.compile(r"\b(?:there|in\s+(?:it|there|that\s+one)|(?:on|with)\s+(?:it|that\s+one))\W*$")
_OF_ALL = re.compile(r"\b(?:you|your|you've|here|there|overall|of\s+all|in\s+the\s+shop)\b")

_Sentence = tuple[str, Span, tuple[Mention, ...]]  # the message, the sentence's characters, and what it names


class QuestionReader:
    """Reads what the newest message asks about items of a catalogue.

    Nothing here knows a domain: fields are found by the words of their names, labels and phrases.

    Args:
        catalog: The catalogue.
        values: Knows its values.
        wishes: Knows what is asked of them.
        limits: Knows its numbers.
        clock: Tells the day from which "by next Friday" is counted.
    """

    def __init__(
        self,
        catalog: Catalog,
        values: ValueFinder,
        wishes: WishReader,
        limits: LimitReader,
        clock: Callable[[], date] = date.today,
    ) -> None:
        self._times = TimeReader(catalog, clock)
        self._catalog, self._values, self._wishes, self._limits = catalog, values, wishes, limits
        self._orders = OrderReader(limits.measures)
        self.pointing: Pointer | None = None  # it asks for superlatives itself
        self._reckonings = ReckoningReader(catalog)
        self._tops = TopReader(limits.measures, catalog.schema.fields, self._orders)
        named = [" ".join(words_of(spec.column or spec.name)) for spec in catalog.schema.fields]
        self._other_fields = tuple(name for name in named if name and _SEEKS.search(name))
        self._fields = FieldQuestions(catalog.schema, limits.measures)
        nouns = values.words.nouns
        self._nouns = "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))
        self._bare = re.compile(
            rf"(?:\W|\b(?:{self._nouns}|an?|the|any|some|old|one|ones|called|named|and|or|at all|please|pls|"
            rf"by any chance|left|still|or not|anywhere|it)\b|{_IN_STOCK})*"
        )
        self._the_one = re.compile(_THE_ONE.pattern.replace("{noun}", f"(?:{self._nouns})"))
        living = any(
            _LIVING & {*words_of(spec.name), *words_of(spec.column)} for spec in catalog.schema.fields
        )
        they = rf"{_POINTER.pattern}|{_THEY}" if living else _POINTER.pattern
        self._pointer = re.compile(f"{they}|\\b(?:the|that|this) (?:{self._nouns})\\b")

    def read(self, dialogue: Dialogue) -> Question | None:
        """The first question about items in the newest message; None when it asks none.

        Of "and the third?" it is the question before, asked of something else.
        """
        found = self._read(dialogue)
        return self._which_is_meant(dialogue) if found is None else self.narrowed(found, dialogue)

    def _which_is_meant(self, dialogue: Dialogue) -> Question | None:
        """A question that nothing else reads, of one of several items: "how much is the Yarrow, please?"."""
        number, listed = len(dialogue.messages) - 1, self._list(dialogue)
        if self.pointing is None or not listed or any(m.message == number for m in dialogue.mentions):
            return None
        text = straight(dialogue.messages[number].content)
        for start, end in _sentences(text):
            if "?" not in text[start:end] or not _ANY_QUESTION.match(bare := _bare(text[start:end]).strip()):
                continue
            several = [one for one in self.pointing.read(text, listed) if start <= one.start < end]
            if several and len(several[0].items) > 1 and not _SEEKS.search(bare):
                return Question("unclear", several[0].items, start=start, end=end)
        return None

    def narrowed(self, found: Question, dialogue: Dialogue) -> Question:
        """A question that asks which item is meant, of those that its words may mean: "the Spanish one", of two."""
        number = len(dialogue.messages) - 1
        taken = [(m.start, m.end) for m in dialogue.mentions if m.message == number]
        if self.pointing is None or any(found.start <= start < found.end for start, _ in taken):
            return found
        text = straight(dialogue.messages[number].content)
        listed = self._list(dialogue)
        several = [one for one in self.pointing.read(text, listed, (), taken) if len(one.items) > 1]
        whole = found.kind == "unclear" or set(found.items) == set(listed)  # it may have been said before
        for one in reversed(several) if found.kind in ("unclear", "unknown", *_BESIDES_OF) else ():
            strange = not set(one.items) <= set(listed) and slots_in(
                text[found.start : found.end], len(listed)
            )
            if one.start < found.end and (whole or found.start <= one.start) and not strange:
                beside = tuple(each for each in found.also if each.named)  # the rest waits for the answer
                return replace(found, kind="unclear", items=one.items, said="", also=beside)
        return found

    def _read(self, dialogue: Dialogue) -> Question | None:
        """The question as it is asked; see `read`."""
        if (gone := self._beyond(dialogue)) is not None:
            return gone
        found = self._first(dialogue) or self._which_of_named(dialogue)
        if found is None or found.kind in ("untold", "unclear", "record", "value"):
            found = self._choice(dialogue) or self._decided(dialogue) or found
        if found is not None:
            return found
        items = self._pointed_on(dialogue)
        if not items:
            return None
        length = len(dialogue.messages[-1].content)
        for before in _before(dialogue):
            asked = self._first(before)
            if asked is not None:
                repeats = asked.kind in ("value", "holds", "record", "opinion")
                return replace(asked, items=items, start=0, end=length, alone=True) if repeats else None
            if not self._pointed_on(before):
                return None
        return None

    def _beyond(self, dialogue: Dialogue) -> Question | None:
        """A place of the last list that a message counts out and that is not there: "number 7", of five."""
        number, listed = len(dialogue.messages) - 1, self._list(dialogue)
        text = straight(dialogue.messages[number].content)
        here = [(m.start, m.end) for m in dialogue.mentions if m.message == number]
        said = beyond(_TO_LAST.sub(" ", blank(text, here)), len(listed))
        return Question("beyond", tuple(listed), end=len(text), said=said) if said else None

    def _decided(self, dialogue: Dialogue) -> Question | None:
        """The choice that the newest message leaves to the assistant: "Emma or Dracula? you decide"."""
        number = len(dialogue.messages) - 1
        text = straight(dialogue.messages[number].content)
        here = [m for m in dialogue.mentions if m.message == number]
        named = tuple(dict.fromkeys(m.item_id for m in sorted(here, key=lambda one: one.start)))
        span = (0, len(text))
        conditions = self._conditions((text, span, tuple(here))) if named else ()
        listed = self._list(dialogue)
        counted = slots_in(blank(text, [(m.start, m.end) for m in here]), len(listed)) if not named else []
        if len(counted) > 1:
            named = tuple(listed[slot] for slot in counted)
        less = _LESS.search(text.lower()) if len(named) > 1 else None
        if less is not None and less["what"] not in FUNCTION_WORDS:  # "which of the two is less scary"
            return self._degree(
                f"{'most' if less['end'] == 'more' else 'least'} {less['what']}", named, (text, span, ())
            )
        more = bool(not named and self._asks_for_more(text, span, here))
        return decided(text, named, listed, conditions, more, self._fields.most, len(counted) > 1)

    def _which_of_named(self, dialogue: Dialogue) -> Question | None:
        """The choice between what a message names before it asks: "My wife says Heat, I say Alien. Which?"."""
        number = len(dialogue.messages) - 1
        text = straight(dialogue.messages[number].content)
        asked = _WHICH_ONE.search(text)
        if asked is None:
            return None
        ahead = [m for m in dialogue.mentions if m.message == number and m.end <= asked.start()]
        items = tuple(dict.fromkeys(m.item_id for m in sorted(ahead, key=lambda one: one.start)))
        if not 1 < len(items) <= _BETWEEN:
            return None
        sorts = tuple((self._catalog[item].title, (item,)) for item in items)
        return Question("most", items, start=asked.start(), end=asked.end(), named=True, sorts=sorts)

    def _choice(self, dialogue: Dialogue) -> Question | None:
        """The choice that the newest message leaves between things: "the second or the fourth for a beginner?"."""
        number = len(dialogue.messages) - 1
        here = sorted((m.start, m.end, m.item_id) for m in dialogue.mentions if m.message == number)
        text = straight(dialogue.messages[number].content)
        found = alternatives(text, here, self._list(dialogue), self._catalog)
        if found is None:
            return None
        sorts, span = found
        items = tuple(one for _, ids in sorts for one in ids)
        inside = tuple(m for m in dialogue.mentions if m.message == number and span[0] <= m.start < span[1])
        conditions = tuple(one for one in self._conditions((text, span, inside)) if one.limits)
        return Question(
            "most",
            items,
            start=span[0],
            end=span[1],
            named=True,
            sorts=tuple(sorts),
            conditions=conditions,
        )

    def extreme(self, said: str, items: Sequence[str]) -> str | None:
        """The one of some items that a superlative means, "the shortest"; None where none is, or several are."""
        field, best = "", _NO_END
        aged = self._limits.measures.labelled("age") if said in ("youngest", "oldest", "eldest") else None
        if aged is not None:  # of what lives, no year of making
            field, best = aged.name, "min" if said == "youngest" else "max"
        elif (found := self._fields.most(f"which is the {said}", items)) is not None:
            field, best = found[0], found[1]
        if not field and (ordered := self._orders.field(said)) is not None:
            field, best = ordered[0].name, "max" if ordered[1] == "high" else "min"
        if not field:
            return None
        numbers = [self._catalog[item].number(field) for item in items]
        places = ends(numbers, best)
        return items[places[0]] if len(places) == 1 else None

    def _first(self, dialogue: Dialogue) -> Question | None:
        """The first question that the newest message asks in its own words."""
        number = len(dialogue.messages) - 1
        text = straight(dialogue.messages[number].content)
        bare = re.sub(_LEAD, "", text.lower())
        rates = self._reckonings.read(bare, self._values.words.nouns)
        if not (
            _ASKS.search(text)
            or _HOLDS.match(bare)
            or superlative(bare, False)
            or (rates and rates.best)
            or bare.startswith("any ")
            or any(_HOLDS_IT.match(_bare(text[slice(*one)])) for one in _sentences(text))
        ):
            return None
        here = [m for m in dialogue.mentions if m.message == number]
        flat = blank(text, [(m.start, m.end) for m in here], "x")
        found: list[Question] = []
        other = False
        for span in _sentences(flat):
            if found and found[-1].kind == "compare" and span[0] < found[-1].end:
                continue  # by what is compared
            asked = self._reckoned(text, span, here, dialogue)
            if asked is not None:
                found.append(asked)
                continue
            asked = self._untold(text, span, here, dialogue)
            # Of what no record tells, nothing else can be answered.
            if asked is None or not (asked.said or asked.shop) or asked.kind == "unclear":
                asked = self._sentence(text, span, here, dialogue) or asked
            if asked is None or (found and asked.kind == "unclear"):
                asked = self._besides(text, span, found, dialogue) or asked
            asked = asked or self._top(text, span, here, dialogue)
            more_of = of_the_same(_bare(text[slice(*span)]), asked, found, self._catalog, span)
            asked = None if more_of is not None and asked is not None and asked.kind != "value" else asked
            if asked is not None:
                found.append(self._of_winner(asked, found, text[slice(*span)]))
            if more_of is not None:
                found.append(more_of)
            elif asked is not None:
                continue
            elif self._asks_for_more(text, span, here):
                other = True
        if not found:
            return None
        first, *more = found
        if (
            first.kind == "most" and not first.field
        ):  # a choice is left; what is said beside it asks for no list
            other = other and _SEEKS.search(text.lower()) is not None
        also = tuple(
            one
            for one in more
            if (one.kind in _ANSWERED_BESIDE or (one.kind == "most" and one.field)) and len(found) <= _MANY
        )
        return replace(first, alone=not other, also=also)

    def _reckoned(
        self, text: str, span: Span, here: Sequence[Mention], dialogue: Dialogue
    ) -> Question | None:
        """What a sentence asks to work out of prices, and of which items: of those named, talked of, or listed."""
        inside = [m for m in here if span[0] <= m.start < span[1]]
        flat = blank(text[slice(*span)], [(m.start - span[0], m.end - span[0]) for m in inside]).lower()
        before = [one.content.lower() for one in dialogue.messages[-2::-1] if one.role == "user"]
        goes_on = bool(before) and self._reckonings.read(before[0], self._values.words.nouns) is not None
        asked = self._reckonings.read(flat, self._values.words.nouns, before, goes_on)
        if asked is None:
            return None
        listed = self._list(dialogue)
        items, many = self._meant((text, span, tuple(inside)), re.sub(_LEAD, "", flat), dialogue)
        items = items or titled(text[slice(*span)], self._catalog)
        if not items and not (many and len(listed) > 1 and asked.best):
            items = list(self._focus(dialogue, span[0]))
        whole = asked.best and asked.per and not many and (_OF_ALL.search(flat) or "?" not in flat)
        items = items or ([] if whole else listed)
        if not items and not (asked.best and asked.per):
            return None
        return Question("reckon", tuple(items), start=span[0], end=span[1], reckoning=asked)

    def _top(self, text: str, span: Span, here: Sequence[Mention], dialogue: Dialogue) -> Question | None:
        """The one of all items that is asked for: "the biggest one you've got?"; none where more is said of it."""
        found = self._tops.read(_bare(text[slice(*span)]), self._values.words.nouns)
        if found is None or any(span[0] <= one.start < span[1] for one in here):
            return None
        return Question("top", (), start=span[0], end=span[1], field=found[0], best=found[1])

    def _besides(
        self, text: str, span: Span, found: Sequence[Question], dialogue: Dialogue
    ) -> Question | None:
        """A further question, of what the one before asks about: "how heavy is it, and can it stay out all winter?".

        Where there is none before, it is one of what is counted or was talked of, by what a field is about.
        """
        said = text[slice(*span)]
        low = _bare(said)
        if not _ASKS_BESIDE.match(low) or self._seeks(low) or _TO_YOU.search(low) or _REST.search(said):
            return None
        name = self._fields.asked(low)
        if not found:
            items = tuple(self._meant((text, span, ()), low, dialogue)[0]) or self._focus(dialogue, span[0])
            about = asked_about(low, self._catalog, items) if items and name is None else None
            if about is None or not _ASKS_OPENLY.match(low):
                return None
            return Question("value", items, field=about.name, start=span[0], end=span[1])
        before = found[-1]
        items = before.items
        if before.kind == "most" and before.field:
            items = tuple(self._winner(before)) or items
        if name is not None:
            return Question("value", items, field=name, start=span[0], end=span[1])
        conditions = self._conditions((text, span, ())) if _MAY_HOLD.match(low) else ()
        about = asked_about(low, self._catalog, items)
        if about is not None and all(one.field() == about.name for one in conditions):
            return Question("value", items, field=about.name, start=span[0], end=span[1])
        if conditions:
            return Question("holds", items, conditions=conditions, start=span[0], end=span[1])
        return Question("untold", items, start=span[0], end=span[1]) if items else None

    def _seeks(self, low: str) -> bool:
        """Whether a question asks for items, by words that are no field's name: "other dogs" may be one."""
        for name in self._other_fields:
            low = low.replace(name, "x")
        low = _HAPPENS.sub("", low)
        return _SEEKS.search(low) is not None

    def _of_winner(self, asked: Question, found: Sequence[Question], said: str) -> Question:
        """A question of "it" behind one that has one answer: "which is the shortest, and is it sad?"."""
        before = found[-1] if found else None
        if before is None or before.kind != "most" or not before.field or before.many > 1:
            return asked
        if asked.kind not in _BESIDES_OF or len(asked.items) == 1 or points_at(said) != "one":
            return asked
        return replace(asked, items=tuple(self._winner(before)) or asked.items)

    def _named_in(self, said: str, start: int, here: Sequence[Mention], dialogue: Dialogue) -> list[Mention]:
        """What a sentence names as items; none where it asks of the list: "is the first one a true story?"."""
        inside = [m for m in here if start <= m.start < start + len(said)]
        listed = self._list(dialogue)
        if not inside or len(listed) < 2 or set(listed) & {m.item_id for m in inside}:
            return inside
        ahead = _bare(said[: inside[0].start - start])
        of_list = _ANY_OF.match(ahead) or (_HOLDS.match(ahead) and slots_in(ahead, len(listed)))
        return [] if of_list and not _BESIDE_ANOTHER.search(ahead) else inside

    def _winner(self, question: Question) -> list[str]:
        """The item that has the most or the least of what is asked."""
        items = [one for one in question.items if one in self._catalog]
        numbers = [self._catalog[item].number(question.field) for item in items]
        places = ends(numbers, question.best or "max")
        return [items[places[0]]] if places else []

    def beside(self, dialogue: Dialogue) -> tuple[Question, ...]:
        """What the newest message asks of items that are yet to be listed: "under 800, and is there a lift?".

        Of no items: they are those of the list that follows.
        """
        number = len(dialogue.messages) - 1
        text = straight(dialogue.messages[number].content)
        here = [(m.start, m.end) for m in dialogue.mentions if m.message == number]
        flat = blank(text, here, "x")
        found: list[Question] = []
        told = False
        for span in _sentences(flat):
            asked = self._beside(text, flat, span)
            if asked is not None:
                found.append(asked)
            elif len(flat[slice(*span)].split()) > 1:
                told = True  # something else is said, that the list is made by
        return tuple(one for one in found if told or not _EXISTS.match(_bare(flat[one.start : one.end])))

    def _beside(self, text: str, flat: str, span: Span) -> Question | None:
        """What a sentence asks of what is yet to be listed."""
        said = flat[slice(*span)]
        low = _bare(said)
        exists = _EXISTS.match(low) is not None
        named = asked_about(_EXISTS.sub("", low), self._catalog)
        if (cost := self._cost_of(low, span)) is not None:
            return cost
        if _ELLIPSIS.fullmatch(said.strip().lower()) and named is not None and span[0]:  # "and lift?"
            return Question("value", (), field=named.name, start=span[0], end=span[1])
        if not _ASKS_BESIDE.match(low) or _SEEKS.search(low) or _ASKS_YOU.search(low) or _WHATS_ON.match(low):
            return None
        if not _marked(flat, span) or self._limits.read(said, self._values.words.nouns):
            return None
        long = len(low.split()) > _EXISTS_WORDS and not is_of_a_family(low)
        if exists and (long or _OF_ITEMS.search(low)):
            return None  # "is there a good one?" asks for it
        conditions = self._conditions((text, span, ()))
        if named is not None and conditions and all(one.field() == named.name for one in conditions):
            conditions = ()  # of "are pets allowed?" every value tells something
        topics = unrecorded(said, self._catalog)
        if exists and not (conditions or named or topics or is_of_a_family(low)):
            return None
        name = self._fields.asked(low)
        if name is not None:
            times = self._times_of(name, said.lower())
            return Question("value", (), field=name, start=span[0], end=span[1], times=times)
        if conditions:
            return Question("holds", (), conditions=conditions, start=span[0], end=span[1])
        if named is not None:
            return Question("value", (), field=named.name, start=span[0], end=span[1])
        topic = joined(topics, "or") if topics else ""
        return Question("untold", (), start=span[0], end=span[1], said=topic)

    def _pointed_on(self, dialogue: Dialogue) -> tuple[str, ...]:
        """The items that an elliptic question asks the question before of: "and the third?"; none if it is none."""
        number = len(dialogue.messages) - 1
        text = straight(dialogue.messages[number].content)
        here = [m for m in dialogue.mentions if m.message == number]
        low = blank(text, [(m.start, m.end) for m in here]).lower()
        rest = _AND.sub("", low, count=1)
        if not text.rstrip().endswith("?") or len(rest.split()) > _ELLIPTIC:
            return ()
        items, _ = self._meant((text, (0, len(text)), tuple(here)), rest, dialogue)
        return tuple(items) if (_AND.match(low) or here) and not _asks_else(rest) else ()

    def _asks_for_more(self, text: str, span: Span, here: Sequence[Mention]) -> bool:
        masked = [(m.start, m.end) for m in here]
        said = [w for w in words(text) if span[0] <= w.start < span[1]]
        if self._wishes.read(text, said, masked):
            return True
        piece = blank(text, masked)[slice(*span)]
        wanted = r"\b(?:recommend|suggest|looking for|show me|give me|find me|something|anything|more like)\b"
        if self._times.read(lowered(piece)):
            return True
        return bool(
            self._limits.read(piece, self._values.words.nouns) or re.search(wanted, piece, re.IGNORECASE)
        )

    # -- one sentence -------------------------------------------------------------------------------------

    def _sentence(
        self, text: str, span: Span, here: Sequence[Mention], dialogue: Dialogue
    ) -> Question | None:
        said = text[slice(*span)]
        inside = self._named_in(said, span[0], here, dialogue)
        places = [(m.start - span[0], m.end - span[0]) for m in inside]
        low = blank(said, places).lower()
        asks = "?" in said or (_ASKS_BESIDE.match(re.sub(_LEAD, "", low)) is not None and _marked(text, span))
        stripped = _INDIRECT.sub("", low)
        indirect = stripped != low
        stripped = re.sub(_LEAD, "", stripped).strip()
        whether = _WHETHER.match(stripped)
        if whether is not None:  # "whether it is long"
            stripped = f"{whether['verb']} {whether['pointer']} {stripped[whether.end() :]}"
        ranked = superlative(stripped, self._follows_superlative(dialogue)) if self._list(dialogue) else None
        if ranked is not None:
            indirect, stripped = True, f"which is the {ranked[0]}{stripped.partition(ranked[0])[2]}"
        stripped = re.sub(r"^whichever\b", "which", stripped)
        picks = PICKS.match(stripped) is not None or self._fields.is_ranked(stripped)
        if _PROPOSAL.match(stripped):
            return None
        judged = _OPINION.search(stripped) is not None
        if _SEEN_BY_YOU.match(stripped) and inside and {m.item_id for m in inside} <= set(dialogue.listed):
            judged = True  # of what was listed; "have you seen Heat?" may also mean "like Heat"
        if inside and self._asks_to_have(stripped):
            return Question(
                "have",
                tuple(dict.fromkeys(m.item_id for m in inside)),
                start=span[0],
                end=span[1],
                named=True,
            )
        if (cost := self._cost_of(stripped, span)) is not None:
            told_of = tuple(m.item_id for m in inside) or self._focus(dialogue, span[0])
            return replace(cost, items=tuple(told_of))
        if _REQUEST.match(stripped) and not _ABOUT.match(stripped) and not _COMPARE.search(stripped):
            if not (_COSTS.match(stripped) or picks or judged or self._fields.is_ranked(stripped)):
                return None
        clause = (text, span, tuple(inside))

        def made(kind: Kind, items: Sequence[str], **more: Any) -> Question:
            return Question(kind, tuple(items), start=span[0], end=span[1], **more)

        items, many = self._meant(clause, stripped, dialogue)
        listed = self._list(dialogue)
        besides = _BESIDES.search(stripped) if items else None
        name = self._fields.asked(besides["asked"]) if besides is not None else None
        if name is not None:  # "tell me about the second, how big does it get"
            return made("value", items, field=name)
        if _COMPARE.search(stripped):
            by, ends = pieces(straight(text[span[0] :]).lower())
            if not by and (asked_by_which := by_which(stripped)):
                by, ends = [asked_by_which], span[1] - span[0]
            items = items or titled(text[slice(*span)], self._catalog)
            counted = (
                [listed[slot] for slot in slots_in(low, len(listed))] if inside and len(listed) > 1 else []
            )
            items = list(dict.fromkeys([*counted, *items]))
            if len(items) < 2:
                items = list(dict.fromkeys([*items, *other_item(text[slice(*span)], self._catalog)]))
            spoken_of = [one for one in self._focus(dialogue, span[0]) if one not in items]
            if len(items) == 1 and len(listed) > 1 and points_at(stripped) == "one" and not spoken_of:
                return made("unclear", [one for one in listed if one not in items])  # "that one" with it
            compared = self._to_compare(items, listed if many and not items else [], dialogue, span[0])
            if (
                len(compared) < 2 and items and self._pointer.search(stripped)
            ):  # "that one", after a list: its first
                compared = list(dict.fromkeys([*listed[:1], *items]))
            asked_by = replace(
                made("compare", compared[:5]), said="\n".join(by), end=max(span[1], span[0] + ends)
            )
            return asked_by if len(compared) > 1 else None
        if _WHY.match(stripped):
            return self._why(clause, stripped, items, many, dialogue)
        unmarked = _HOLDS_IT.match(stripped) is not None and not _SEEKS.search(stripped)
        unmarked = unmarked or (bool(inside) and THAN.match(stripped) is not None)
        if not (asks or indirect or picks or judged or unmarked or _is_question(stripped)):
            return self._told(clause, low, items, dialogue)
        if judged:
            chosen = items or self._focus(dialogue, span[0])
            if not chosen and not many and len(listed) > 1 and self._pointer.search(stripped):
                return made("unclear", listed)
            return made("opinion", chosen) if len(chosen) == 1 else None
        pair = items
        if THAN.match(stripped) and len(items) == 1:  # "is it longer than Heat?"
            counted = [listed[slot] for slot in slots_in(stripped, len(listed))] if inside else []
            pair = [*(one for one in counted or self._focus(dialogue, span[0]) if one not in items), *items]
        if THAN.match(stripped) and len(pair) < 2 and not listed and _OF_FIRST.search(stripped):
            pair = self._with_first(items or list(self._focus(dialogue, span[0])))
        if not pair:  # "Heat or Alien, which is shorter?"
            pair = [one.item_id for one in either(dialogue)]
        between = _ASKED_LAST.search(stripped) if len(pair) > 1 else None
        asked = stripped if between is None else between["asked"]
        compared = [] if ranked is not None else self._compared(dialogue)
        most = self._fields.most(asked, pair if len(pair) > 1 else compared or listed)
        if most is not None:
            count = ranked[1] if ranked is not None else 1
            return made("most", most[2], field=most[0], best=most[1], named=most[2] == pair, many=count)
        several = pair if len(pair) > 1 else listed
        said = (ranked[0] if ranked is not None else asked_superlative(asked)) if len(several) > 1 else ""
        if said:
            return self._degree(said, several, clause)
        if _WHICH.match(stripped) and listed and not items:
            conditions = self._conditions(clause)
            if conditions:
                return made("which", listed, conditions=conditions)
        return self._of_record(clause, stripped, items, dialogue)

    def _with_first(self, items: list[str]) -> list[str]:
        """A part of a series with the first of it: "is Part II longer than the first one?"."""
        if len(items) != 1 or items[0] not in self._catalog:
            return items
        rows = series_of(self._catalog).of(self._catalog.row(items[0]))
        others = [one.id for one in (self._catalog.items[row] for row in rows) if one.id != items[0]]
        return [*items, *others[:1]]

    def _cost_of(self, stripped: str, span: Span) -> Question | None:
        """What something else costs than the items, which no field tells: "what would the insurance cost him?"."""
        match = _COST_OF.match(stripped)
        if match is None or self._pointer.search(match["what"]) or slots_in(match["what"], _MOST_SLOTS):
            return None
        told = {word for word in re.findall(r"[a-z]+", match["what"])}
        if told & {*self._values.words.nouns, *_OF_TIME} or self._limits.totals.counts(match["what"]):
            return None
        about = asked_about(match["what"], self._catalog)
        if about is not None and about.has_measure and about.name in self._limits.measures.prices:
            return None
        return Question(
            "untold",
            (),
            start=span[0],
            end=span[1],
            said=f"what {match['article'] or ''}{match['what']} costs",
        )

    def _asks_to_have(self, stripped: str) -> bool:
        """Whether a sentence, its titles blank, asks for nothing but whether what it names is there to be had."""
        match = _HAVE.match(stripped)
        if match is None or not self._bare.fullmatch(rest := stripped[match.end() :]):
            return False
        return match[0] not in ("is", "are") or re.search(_IN_STOCK, rest) is not None

    def _degree(self, said: str, items: Sequence[str], clause: _Sentence) -> Question:
        """Which of some items is the easiest, or the least sad."""
        base, best = base_of(said)
        start, end = clause[1]
        ordered = ordered_field(said, self._catalog)
        if ordered is not None:
            return Question(
                "degree", tuple(items), ordered[0].name, best=ordered[1], start=start, end=end, said=base
            )
        text = f"something {base}"
        spoken = self._values.spoken_of(text, words(text))
        conditions = tuple(Condition(values=values) for values in spoken)
        return Question(
            "degree", tuple(items), best=best, start=start, end=end, said=base, conditions=conditions
        )

    def _follows_superlative(self, dialogue: Dialogue) -> bool:
        """Whether the message before this one asked a superlative of the list."""
        before = next(_before(dialogue), None)
        if before is None:
            return False
        bare = re.sub(_LEAD, "", straight(before.messages[-1].content).lower())
        return superlative(bare, False) is not None or asked_superlative(bare) != ""

    def _to_compare(self, items: list[str], listed: list[str], dialogue: Dialogue, start: int) -> list[str]:
        """The items that a question compares: those that it names, or one and what was talked of, or a list."""
        compared = items if len(items) > 1 else listed
        if len(compared) > 1 or not items:
            return compared if len(compared) > 1 else []
        return [*items, *(one for one in self._focus(dialogue, start) if one not in items)]

    def _of_record(
        self, clause: _Sentence, stripped: str, items: list[str], dialogue: Dialogue
    ) -> Question | None:
        """What a question asks of the records of items: a value, whether something holds, or all."""
        text, span, _ = clause
        listed = self._list(dialogue)
        number = len(dialogue.messages) - 1
        named = any(mention.message == number for mention in dialogue.mentions)

        def made(kind: Kind, items: Sequence[str], **more: Any) -> Question:
            return Question(kind, tuple(items), start=span[0], end=span[1], **more)

        name = self._fields.asked(stripped)
        about = _ABOUT.match(stripped) is not None
        if (
            about and items and (part := _WHAT_ABOUT.match(stripped)) is not None
        ):  # "what about the price of it"
            name = self._fields.asked(f"what is {part['what']}")
            about = name is None
        bare = re.sub(r"[\s?!.]+", " ", stripped).strip()
        if not about and items and re.fullmatch(r"(?:who|what)(?:'s|s| is| was| are)?", bare):
            about = True  # "What is X?"
        holds: tuple[Condition, ...] = ()
        if name is None and not about and _HOLDS.match(stripped):
            holds = self._conditions(clause)
        if name is None and not about and not holds and items and _CALLED.search(stripped):
            return made("record", items)
        if name is not None and not items and not self._pointer.search(stripped):
            unknown = _UNKNOWN.search(text[slice(*span)])
            if unknown is not None and not named:
                return made("unknown", (), said=unknown[1].strip())
        if name is None and not about and not holds and not _MORE.search(stripped):
            return None
        times = self._times_of(name, text[slice(*span)].lower())
        if times > 1 and not items and listed:
            items = list(self._focus(dialogue, span[0])) or listed
        if not items:
            if self._pointer.search(stripped) or len(stripped.split()) <= _ELLIPTIC:
                items = list(self._focus(dialogue, span[0]))
            if not items and self._pointer.search(stripped) and len(listed) > 1:
                several = _SEVERAL.search(stripped) is not None and name is not None and not about
                return made("value", listed, field=name or "") if several else made("unclear", listed)
            if (
                not items
                and name is not None
                and re.search(r"\b(?:it|its|it's|that one|this one)\b", stripped)
            ):
                return made("unclear", ())
            if not items:
                return None
        if name is not None and not about:
            return made("value", items, field=name, times=times)
        if holds:
            return made("holds", items, conditions=holds)
        return made("record", items)

    def _times_of(self, name: str | None, low: str) -> float:
        """For how many people, nights or pieces a price is asked; 1 where it is not."""
        price = self._limits.measures.price
        return self._limits.totals.counted(low, price) if price is not None and name == price.name else 1.0

    def _untold(self, text: str, span: Span, here: Sequence[Mention], dialogue: Dialogue) -> Question | None:
        """What is asked of items and no record tells: "is it on Netflix?", "does the dog die in the second one?"."""
        said = text[slice(*span)]
        inside = self._named_in(said, span[0], here, dialogue)
        low = blank(said, [(m.start - span[0], m.end - span[0]) for m in inside]).lower()
        stripped = re.sub(_LEAD, "", _INDIRECT.sub("", low)).strip()
        listed = self._list(dialogue)
        of_yours = len(listed) > 1 and _OF_YOUR_LIST.search(stripped) is not None
        if not (of_yours or _ANY_QUESTION.match(stripped)) or self._seeks(stripped):
            return None
        counted = bool(slots_in(_TO_LAST.sub(" ", stripped), len(listed)))
        marked = _ASKS_BESIDE.match(stripped) is not None and _marked(text, span)
        if asks_shop(stripped) and not unrecorded(said, self._catalog):
            return self._to_shop((text, span, tuple(inside)), stripped, dialogue)
        of_list = of_yours or (_OF_LIST.match(stripped) is not None and len(listed) > 1)
        if (
            _REQUEST.match(stripped)
            and not (of_list or counted or _IN_PLACE.search(stripped))
            and not (inside and _OF_TASK.match(stripped))
        ):
            return None
        topics = unrecorded(said, self._catalog)
        items, many = self._meant((text, span, tuple(inside)), stripped, dialogue)
        points = self._pointer.search(stripped) is not None
        if not items and (points or "?" in said) and not (many or of_list):
            items = list(self._focus(dialogue, span[0]))
        if not items and (many or of_list) and len(listed) > 1 and not topics:
            items = listed
        topic = joined(topics, "or") if topics else ""
        made = Question("untold", tuple(items), start=span[0], end=span[1], said=topic)
        if topics:
            return made if items or (listed and (points or of_list)) else None
        asks = "?" in said or marked or of_list or _HOLDS_IT.match(stripped) is not None
        asks = asks or (points and bool(items) and _OPENS.match(stripped) is not None)
        asks = asks or (bool(items) and counted and _is_question(stripped))  # "whats in the last one"
        if not asks or _TO_YOU.search(_OF_YOUR_LIST.sub("which", stripped)):
            return None
        if not items and points and len(listed) > 1:
            made = replace(made, kind="unclear", items=tuple(listed), said=stripped)
        elif not items or not set(items) <= set(dialogue.listed):
            return None
        of_these = _ANY_OF.match(stripped) is not None and len(listed) > 1
        of_these = of_these or of_yours or (counted and stripped.startswith("any "))
        return None if not of_these and self._asks_for_more(text, span, here) else made

    def _to_shop(self, clause: _Sentence, stripped: str, dialogue: Dialogue) -> Question | None:
        """A question to the shop: of what was named or talked of, else of what is listed; of values, for items."""
        span = clause[1]
        items = self._meant(clause, stripped, dialogue)[0] or list(self._focus(dialogue, span[0]))
        asks_for_items = re.match(r"(?:do|does|can|could|will|would)\s+\w+\s+(?:do|offer)\b", stripped)
        if asks_for_items and self._conditions(clause):
            return None
        return Question("untold", tuple(items or self._list(dialogue)), start=span[0], end=span[1], shop=True)

    def _told(
        self, clause: _Sentence, stripped: str, items: Sequence[str], dialogue: Dialogue
    ) -> Question | None:
        """What is no question by its form: "tell me about the second one"."""
        if not _MORE.search(stripped):
            return None
        chosen = tuple(items) or (
            self._focus(dialogue, clause[1][0]) if self._pointer.search(stripped) else ()
        )
        unknown = _UNKNOWN.search(clause[0][slice(*clause[1])])
        if not chosen and unknown is not None and not self._pointer.search(stripped):
            start, end = clause[1]
            return Question("unknown", (), start=start, end=end, said=unknown[1].strip())
        if not chosen:
            listed = self._list(dialogue)
            pointed = self._pointer.search(stripped) is not None and len(listed) > 1
            return (
                Question("unclear", tuple(listed), start=clause[1][0], end=clause[1][1]) if pointed else None
            )
        return Question("record", tuple(chosen), start=clause[1][0], end=clause[1][1])

    def _why(
        self, clause: _Sentence, stripped: str, items: Sequence[str], many: bool, dialogue: Dialogue
    ) -> Question | None:
        start, end = clause[1]
        listed = self._list(dialogue)
        if clause[2] and (_NOT.search(stripped) or not set(items) & set(listed)):
            return Question("why not", tuple(m.item_id for m in clause[2]), start=start, end=end)
        chosen = [one for one in items if one in listed]
        if not chosen and (many or not self._pointer.search(stripped)):
            chosen = list(listed)
        if not chosen:
            chosen = [one for one in self._focus(dialogue, clause[1][0]) if one in listed]
        if not chosen and len(listed) > 1 and self._pointer.search(stripped):
            return Question("unclear", tuple(listed), start=start, end=end)
        return Question("why", tuple(chosen), start=start, end=end) if chosen else None

    # -- which items --------------------------------------------------------------------------------------

    def _list(self, dialogue: Dialogue) -> list[str]:
        return [one for one in dialogue.last_listed if one in self._catalog]

    def _meant(self, clause: _Sentence, stripped: str, dialogue: Dialogue) -> tuple[list[str], bool]:
        """The items that a sentence names or counts out, and whether it points at several."""
        if clause[2]:
            return list(dict.fromkeys(m.item_id for m in clause[2])), False
        listed = self._list(dialogue)
        slots = slots_in(_TO_LAST.sub(" ", stripped), len(listed)) if len(listed) > 1 else []
        if slots:
            return [listed[slot] for slot in slots], False
        one = self._the_one.search(stripped)
        if one is not None and listed:
            conditions = self._conditions(clause)
            if conditions:
                met = [i for i in listed if all(c.met(self._catalog[i], self._catalog) for c in conditions)]
                if met:
                    return met[:1] if " ones " not in one[0] else met, False
        return [], points_at(stripped) == "many"

    def _compared(self, dialogue: Dialogue) -> list[str]:
        """The items of the list that the assistant has just spoken of, if they are several and not all of it."""
        listed = self._list(dialogue)
        before = {m.item_id for m in dialogue.mentions if m.message == len(dialogue.messages) - 2}
        spoken = [one for one in listed if one in before] if before <= set(listed) else []
        return spoken if len(spoken) > 1 else []

    def _focus(self, dialogue: Dialogue, before: int) -> tuple[str, ...]:
        """The one item that was talked of last, if it is one: in this message before a place, or earlier."""
        number = len(dialogue.messages) - 1
        here = [m.item_id for m in dialogue.mentions if m.message == number and m.end <= before]
        if here:
            return (here[-1],)
        listed = self._list(dialogue)
        said = _TO_LAST.sub(" ", dialogue.messages[number].content[:before].lower())
        counted = slots_in(said, len(listed))
        if counted and len(listed) > 1:  # "the fourth: who is in it?"
            return (listed[counted[-1]],)
        for earlier in range(number - 1, -1, -1):
            named = dict.fromkeys(m.item_id for m in dialogue.mentions if m.message == earlier)
            if named:
                role, content = dialogue.messages[earlier].role, dialogue.messages[earlier].content
                if role == "assistant" and ANSWERS_CHOICE.match(content):
                    return (next(iter(named)),)
                if len(listed) == 1 and listed[0] in named and dialogue.messages[earlier].role == "assistant":
                    return (listed[0],)  # whatever its reason names
                return tuple(named) if len(named) == 1 else ()
            if dialogue.messages[earlier].role == "user" and len(listed) > 1:
                counted = slots_in(dialogue.messages[earlier].content, len(listed))
                if len(counted) == 1:  # "why the first one?" "…" "who directed it?"
                    return (listed[counted[0]],)
        return ()

    # -- what is asked ------------------------------------------------------------------------------------

    def _conditions(self, clause: _Sentence) -> tuple[Condition, ...]:
        """The values, limits and times that a sentence speaks of."""
        text, span, inside = clause
        masked = [(m.start, m.end) for m in inside]
        ahead = " " * span[0] + lowered(text[slice(*span)])  # each character in its place
        times = [one for one in self._times.read(ahead) if one.asked is not None and not one.lifts]
        masked += [(one.start, one.end) for one in times]
        limits = self._limits.read(blank(text, masked)[: span[1]], self._values.words.nouns)
        limits = [found for found in limits if found.start >= span[0] and not found.lifts]
        found = [
            Condition(limits=(Limit(one.asked.name, "ge", 1.0, text[one.start : one.end].strip()),))
            for one in times
            if one.asked is not None
        ]
        for name in dict.fromkeys(one.field for one in limits):
            chosen = tuple(
                Limit(name, f.op, f.value, text[f.start : f.end]) for f in limits if f.field == name
            )
            found.append(Condition(limits=chosen))
        told = [(one.start, one.end) for one in limits] + [(one.start, one.end) for one in times]
        said = [
            word
            for word in words(text)
            if span[0] <= word.start < span[1]
            and not any(start <= word.start and word.end <= end for start, end in told)
        ]
        for values in self._values.spoken_of(text, said, masked):
            found.append(Condition(values=values))
        return tuple(found)


_AND = re.compile(r"^\W*(?:(?:and|ok|okay|then|so|what about|how about|but)\W+)+", re.IGNORECASE)


def _sentences(text: str) -> Iterator[Span]:
    """Where a text's sentences lie; what is told before a question in the same breath is one of its own."""
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        for joint in _JOINED.finditer(text, start, end):
            first = re.sub(_LEAD, "", text[start : joint.start()].lower())
            surely = (
                "?" in text[joint.end() : end]
                or _OPEN_HEAD.match(text, joint.end())
                or _OPEN_HEAD.match(first)
                or _ASKS_FIRST.match(first)
            )
            if surely and len(text[start : joint.start()].split()) > 1:
                yield start, joint.start()
                start = joint.end()
        told = None if _is_question(re.sub(_LEAD, "", match[0].lower())) else _BESIDE.search(text, start, end)
        if told is not None and len(text[start : told.start()].split()) > 1:
            yield start, told.start()
            start = told.end()
        yield start, end


def _bare(said: str) -> str:
    """A question in lower case, without what leads to it: "and", "do you know"."""
    return re.sub(_LEAD, "", _INDIRECT.sub("", said.lower())).strip()


def _marked(text: str, span: Span) -> bool:
    """Whether a sentence ends with a question mark, or one that is joined to it does."""
    end = re.search(r"[?!\n]|\.(?!\d)", text[span[0] :])
    return end is not None and end[0] == "?"


def _before(dialogue: Dialogue) -> Iterator[Dialogue]:
    """The dialogue up to each earlier message of the user, the newest first; the last few."""
    users = [n for n, message in enumerate(dialogue.messages[:-1]) if message.role == "user"]
    for number in users[: -_BACK - 1 : -1]:
        mentions = tuple(mention for mention in dialogue.mentions if mention.message <= number)
        yield Dialogue(dialogue.messages[: number + 1], mentions)


def _asks_else(rest: str) -> bool:
    """Whether the words of an elliptic question are more than a pointer: "the old one from 1962"."""
    return re.search(r"\b(?:else|other|others|more|similar|like|recommend|suggest|why)\b", rest) is not None


def either(dialogue: Dialogue) -> list[Mention]:
    """Where the newest message names the two or three items that it leaves a choice between, "Heat or Alien"."""
    last = len(dialogue.messages) - 1
    text = dialogue.messages[last].content
    here = sorted((one for one in dialogue.mentions if one.message == last), key=lambda one: one.start)
    if not 1 < len({one.item_id for one in here}) == len(here) <= _BETWEEN:
        return []
    between = [text[one.end : other.start] for one, other in pairwise(here)]
    choice = _OR.fullmatch(between[-1]) and all(re.fullmatch(r"\W*", one) for one in between[:-1])
    return here if choice else []


def _is_question(stripped: str) -> bool:
    """Whether words are a question without their mark: "who directed it"."""
    return (
        re.match(r"(?:who|what|when|where|which(?:ever)?|how|why|whose|any)(?:'s|s)?\b", stripped) is not None
    )
