"""Verdicts: what a clause says of the items that it names or points at: liked, disliked, seen, rejected."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wherefore.dialogue.notes import Verdict
from wherefore.reading.clauses import Span, blank, is_question_to_assistant
from wherefore.text import NUMBERS

_GOOD = (
    r"great|awesome|amazing|good|excellent|fantastic|brilliant|fun|funny|a classic|cool|perfect|wonderful|incredible|"
    r"a masterpiece|masterpiece|hilarious|beautiful|superb|the best|best|favou?rites?|faves?|favs?|lovely|"
    r"outstanding|epic|nice|phenomenal|terrific|solid|enjoyable|entertaining|stunning|gripping|touching|delightful|"
    r"gorgeous|adorable|sweet|charming|so good|fab|flawless|thrilling|compelling|a gem|a treat|cute|decent|"
    r"well-loved|nostalgic|heart-?warming|underrated|a must(?:-see)?|top notch|badass|bad ass|intense|a (?:real |"
    r"true )?(?:joy|riot|blast)|guilty pleasure|exactly what i like|perfection|moving|inspiring|powerful|profound|"
    r"witty|mesmerizing|captivating|unforgettable|spectacular|sublime|iconic|legendary|impressive|riveting|"
    r"exhilarating|remarkable|exceptional|breathtaking|hard to beat|(?:right )?up my alley|unbeatable|top-?notch|"
    r"first[- ]rate|glorious|marvell?ous|magnificent|stellar|something special|even better|so much fun|my jam|a "
    r"winner|a delight|genius"
)
BAD = (
    r"boring|bored(?! (?:of|with)\b)|bad(?! ?-?ass)(?! (?:that )?it'?s good)|terrible|awful|worst|overrated|"
    r"disappointing|disappointed|disappointment|sucked|sucks|lame|stupid|dumb|garbage|trash|mediocre|meh|a waste|"
    r"waste of time|annoying|dull|horrible|ridiculous|over-?hyped|forgettable|unwatchable|a letdown|a let down|too "
    r"(?:slow|long|scary|gory|sad|violent|silly|weird|bloody|dark|cheesy|predictable|much)|slow|cheesy|not for me|"
    r"wasn'?t for me|isn'?t for me|not my (?:thing|cup|type|style|taste)|isn'?t my|wasn'?t my|fell asleep|walked out|"
    r"too (?!old|new|long|short|recent|expensive|popular|famous|mainstream|obscure|violent|scary|gory|dark|sad)\w+ "
    r"for (?:me|us|my (?:taste|liking))|couldn'?t finish|couldn'?t get (?:into|through)|pretentious|tedious|rubbish|"
    r"crap|crappy|a mess|a snooze\w*|cringey?|nothing special|unfunny|pointless|(?<=was )poor|(?<=is )poor|weak|a "
    r"bore|a chore|grating"
)
# What a film does to people: said right after its title, or of "it".
_ADVERB = (
    r"(?:(?:really|just|totally|absolutely|honestly|completely|kind of|kinda|sort of|both|all|still|"
    r"always|truly)\s+)*"
)
_GOOD_DOES = re.compile(
    rf"^\W*{_ADVERB}(?:blew (?:my mind|me away|us away)|rock(?:s|ed)|rule[sd]|slap(?:s|ped)|cracks? (?:me|us) up|"
    r"cracked (?:me|us) up|made (?:me|us) (?:laugh|cry|smile)|made my (?:day|night|week)|never gets? old|holds? up|"
    r"held up|floored me|won me over|grabbed me|hooked me|stuck with me|stayed with me|moved me|nailed it|had me "
    r"(?:in (?:tears|stitches)|laughing|crying|hooked|on the edge|rolling|at hello)|kicks? ass|killed me|changed my "
    r"life|speaks? to me|(?:is|are) my (?:jam|happy place)|hits? (?:the spot|different|hard)|delivers?|means a "
    r"lot)\b|^[\s:,.-]*(?:<3|[\u2764\u2665\U0001F60D\U0001F44D\U0001F525\U0001F970])",
    re.IGNORECASE,
)
_BAD_DOES = re.compile(
    rf"^\W*{_ADVERB}(?:bore[sd] (?:me|us)|put (?:me|us) to sleep|lost me|left me cold|leaves me cold|let me down|"
    r"annoy(?:s|ed) (?:me|us)|dragg?(?:s|ed)|(?:did|does|do) (?:\w+ )?(?:nothing|zero) for (?:me|us)|(?:didn'?t|did "
    r"not|doesn'?t|does not|don'?t) (?:\w+ )?(?:do (?:it|much|anything) for me|work for me|hold up|click|grab me|"
    r"live up|land|age well|make (?:any )?sense|appeal|impress me|interest me)|wore me out|fell flat|falls flat|"
    r"stinks|stank|bombed|blows|blew(?! m| us))\b",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"(?<![\d/])(\d{1,2}(?:\.\d)?)\s*(?:/|out of)\s*(5|10|100)\b(?!/)|\b(one|two|three|four|five|[1-5])\s+stars?\b"
)
_NOT = r"(?:not|never|hardly|neither|nor|no)"
_VERB = re.compile(
    r"\b(?:(?P<bad>hate[sd]?|hating|dislike[sd]?|despise[sd]?|loathe[sd]?|(?:can|could)(?:n?'?t|not| not) (?:stand|"
    r"bear)|not (?:a |much of a |really a )?(?:huge |big )?fans? of|didn'?t care (?:much |too much )?for|did not "
    r"care for|(?:don'?t|do not) care for|tired of|sick of|wasn'?t (?:really )?into|regret(?:ted)?|disappointed "
    r"(?:by|with|in)|walked out of|gave up on|turned off|(?:fell|falling|put me) (?:asleep|to sleep) (?:during|"
    r"watching|in|halfway through)|(?:can|could)(?:n?'?t|not| not) (?:get into|get through|finish|sit through|make "
    r"it through)|thumbs down (?:for|to)|nothing like|less like|unlike|(?:don'?t|didn'?t|do not|never|can'?t) "
    r"(?:get|got|understand|understood|see|saw) (?:the (?:hype|fuss|appeal|point|love)(?: (?:around|about|of|for|"
    r"with))?|why (?:people|anyone|everyone|everybody|anybody) (?:likes?|loves?|enjoys?))|can'?t believe (?:people|"
    r"anyone|everyone) (?:likes?|loves?|enjoys?)|not (?:so |too )?(?:keen|big|hot|sold) on|not impressed (?:by|"
    r"with)|never got into|bored by|let down by|hatin)|(?P<good>can'?t go wrong with|(?:can|could)(?:n?'?t|not| "
    r"not) (?:get enough of|stop (?:re)?watching)|(?:always |still |often )?re-?watch(?!ed)|could (?:always |easily "
    r")?(?:re)?watch|nothing beats|(?:can'?t|cannot) beat|gr[eo]w up (?:with|on|watching)|thumbs up (?:for|to)|"
    r"(?:watch|see|read|try|recommend)(?: next)? after|who doesn'?t (?:like|love)|nothing (?:that )?i (?:didn'?t|"
    r"did not|don'?t) (?:like|love|enjoy) about|blown away by|addicted to|a soft spot for|swear by|luv(?:ed)?|rave "
    r"about|love[sd]?|loving|liked|likes|enjoy(?:ed|s|ing)?|adore[sd]?|(?:big |huge )?fans? of|favou?rites?(?: "
    r"\w+){0,4}? (?:is|are|was|were|include|has been|have been|would be|would have to be|has to be|might be|gotta "
    r"be|remains)(?: either| probably| definitely| still)?|favou?rites?(?:\s+(?:movies?|films?|books?|ones?|"
    r"songs?))?(?=\s*(?:,|:|-|$))|obsessed with|really into|crazy about|appreciate[sd]?|impressed by|taken with|"
    r"smitten with|fond of|(?:top|all[- ]time) \w+ (?:is|are))|(?P<like>like|liek)|(?P<seen>seen|been through|(?:i|"
    r"we) (?:already )?know|have(?= [^.!?]{1,60} on (?:dvd|blu))|watched|saw|rewatched|re-watched|finished|already "
    r"read|have read|(?<=i )read|did see|own|have (?:it|that)|already know|played)|(?P<ask>similar to|(?:vibes?|"
    r"feel|mood|tone|energy|atmosphere|style|spirit|humou?r|quality|flavou?r) (?:as|of)|as \w+ as|(?:kind|sort) of "
    r"like|in the vein of|along the lines of|same (?:style|vein|genre) as|such as|reminds? me of|reminiscent of|"
    r"comparable to|the style of|(?:a )?(?:cross|something)(?: in)? between|halfway between|somewhere between|(?:a "
    r")?(?:mix|mixture|combination|combo|blend|mash-?up|cross-?over) (?:of|between)|along the same lines as|in the "
    r"spirit of|in the mold of)|(?P<plan>(?:will|'ll|to|should|would|can|gonna|let'?s|might|wanna|going to) (?:\w+ "
    r"){0,2}?(?:see|watch|try|check out|rewatch|read|hear|give)))\b",
    re.IGNORECASE,
)
_AS_VERB = re.compile(
    r"\b(?:i|we|you|they|he|she|kids?|son|daughter|wife|husband|mom|dad|friends?|really|also|do|did|don'?t|didn'?t|"
    r"not|does|doesn'?t|didnt|dont|both|always|still|actually|kinda|never|and|to)\s*$",
    re.IGNORECASE,
)
_NOT_ALIKE = re.compile(
    r"\b(?:look|looks|looked|sound|sounds|sounded|seem|seems|seemed|feel|feels|felt|kind of|sort of|is it|is that|"
    r"it'?s|was|would|you|'d|what'?s|what is|what was|are they|who)\s*(?:really |kind of |more |a bit |at all )?$",
    re.IGNORECASE,
)
_NEGATED_BEFORE = re.compile(
    rf"(?:\b{_NOT}|n't|\b(?:do|did|does|is|was|are|were|have|has|had|ca|wo|would|could|should)nt)\s+(?:(?:really|"
    rf"ever|even|all that|that|particularly|actually|much|too|so|a|an|the|very|huge|big|yet|been|have|had|"
    r"exactly|say i|think i|think it|think that|was|is|quite|necessarily|personally|i|anything|something|"
    r"movies?|films?|like)\s+){0,4}$",
    re.IGNORECASE,
)
_AFTERWARDS = re.compile(
    r"^\W*(?:(?:movies?|films?|books?|series|one|though|also|actually|honestly|itself|on the other hand|however|"
    r"both|each|surprisingly|basically|definitely|too|and it|it|they|that|this|which|all of them|all of those|"
    r"all)\W+)*(?:(?P<copula>thats|its|r|that's|it's|was|is|were|are|'s|seemed|felt|looked|turned out|has been|"
    r"bored|made|continues to be|remains|had|wasn'?t|isn'?t|weren'?t|aren'?t|wasnt|isnt|ended up|turns "
    r"out)\b)?(?P<rest>[^.!?;\n]{0,60})",
    re.IGNORECASE,
)
_GOOD_AT = re.compile(rf"\b(?:{_GOOD})\b", re.IGNORECASE)
_BAD_AT = re.compile(rf"\b(?:{BAD})\b", re.IGNORECASE)
_SOUNDS = re.compile(
    r"\b(?:sounds?|looks?|heard|supposed|hear|going to be|would be|might be|could be|any|said)\b",
    re.IGNORECASE,
)
_WHAT_A = re.compile(
    r"^\W*(?:what|such)\s+an?\s+(?:(?:great|good|amazing|beautiful|awesome|fantastic)\s+)?(?:movie|film|book|ride|"
    r"story|show|classic|masterpiece|joy|treat|gem)\b",
    re.IGNORECASE,
)
_OFTEN = re.compile(  # "I've watched X like ten times", "... every year"
    r"^\W*(?:(?:like|about|at least|probably|over|more than|maybe)\s+)*(?:(?:a\s+)?(?:\d+|three|four|five|six|seven|"
    r"eight|ten|twenty|fifty|many|hundred|thousand|dozen|million|countless)\s+(?:\w+\s+)?times|every\s+(?:year|"
    r"month|week|christmas)|over and over|again and again|all the time|so (?:many times|often))",
    re.IGNORECASE,
)
_I_HAVE = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|yea|oh|sure|actually|of course)\W+)*(?:(?:i|we)\s+(?:have|did)(?:\s+(?:too|already|"
    r"actually|indeed))?|(?:already\s+)?(?:have\s+)?(?:seen|watched)(?:\s+already)?|yes\s+i\s+have|"
    r"(?<=[\s,])(?:once|twice|(?:\w+\s+)?(?:\w+\s+)?times|(?:years|ages|months|a (?:long )?(?:while|time)|long) ago|"
    r"recently|last \w+|already))\W*$",
    re.IGNORECASE,
)
_WHO_LIKES = re.compile(
    r"\b(?:who|that)\s+(?:really\s+)?(?:likes?|loves?|loved|liked|adores?|enjoys?|enjoyed)\b|\bfans? of\b|\b(?:if|"
    r"since|because|when|as)\s+(?:i|we|you|someone|somebody|one)\s+(?:\w+\s+)?(?:like|love|enjoy|hate|saw|"
    r"adore)d?\b|\bwhat\s+(?:i|we)\s+(?:\w+\s+)?(?:like|love|enjoy|hate)d?\s+(?:most\s+)?(?:was|is|were)\b",
    re.IGNORECASE,
)
_FOUND = re.compile(
    r"\b(?:i|we)\s+(?:\w+\s+)?(?:find|found|think|thought|consider(?:ed)?|rate[sd]?)\s+(?:that\s+)?$",
    re.IGNORECASE,
)
_MINE = re.compile(  # "are all films I love"
    r"^\W*(?:is|are|was|were)\s+(?:\w+\s+){0,4}?(?:that\s+|which\s+)?(?:i|we)\s+(?:really\s+|absolutely\s+)?"
    r"(?:(?P<bad>hate|dislike|loathe|can'?t stand)|love|like|enjoy|adore)\w*",
    re.IGNORECASE,
)
_I_DID = re.compile(  # "Logan I liked though"
    r"^\W*i\s+(?:really\s+|actually\s+|absolutely\s+|also\s+)?(?:loved?|liked?|enjoy(?:ed)?|adored?|(?P<bad>hated?|disliked?))"
    r"(?:\s+(?:it|that|too|though|a lot|very much|so much|as well|also))*\W*$",
    re.IGNORECASE,
)
_ASKS_FOR_LIKE = re.compile(  # "do you know any comedies like Deadpool?"
    r"\b(?:watch|see|read)(?:\s+next)?\s+after\s+(?:the\s+)?$|\bdoesn't\s+(?:like|love)\s+$|^\W*(?:what|which)(?:'s|"
    r"\s+\w+|\s+(?:movies|films|books)\s+are|\s+else\s+is)?\s+(?:like|similar\s+to|comparable\s+to)\s+(?:the\s+)?$|"
    r"(?:\b(?:know|think|recommend|suggest|find|have|got|any|some|something|anything)\b.*)?\b(?:movies?|films?|"
    r"books?|ones?|something|anything|stuff|\w+(?:s|ies))\s+(?:\w+\s+){0,2}?(?:like|similar to|in the (?:style|vein|"
    r"spirit) of|along the lines of|as good as)\s+(?:the\s+)?$",
    re.IGNORECASE,
)
_GREAT_WAS = re.compile(  # "that was great Finding Nemo"
    rf"\b(?:that|it|this)(?:'s|\s+was|\s+is)\s+(?:(?:so|really|very|such|a|pretty)\s+)*(?:{_GOOD})\W*$",
    re.IGNORECASE,
)
_NOT_IT = re.compile(
    r"^\W*(?:(?:was|is|were|are)\s+not|(?:was|is|were|are)n'?t|not\s+so\s+much|not\s+really|not\s+at\s+all|less\s+so|not|"
    r"(?:did|does)(?:n'?t|\s+not))\W*$",
    re.IGNORECASE,
)
_SO_IS = re.compile(
    r"(?:\bso\s+(?:is|was|are|were)|\b(?:same|likewise|ditto)\s+(?:goes\s+)?(?:for|with)|\bas\s+(?:is|was)|\bditto)\s+$",
    re.IGNORECASE,
)
_RATHER_THAN = re.compile(  # "more like X than Y"
    r"\bmore\s+(?:like|along\s+the\s+lines\s+of)\b.*\bthan\s+(?:like\s+)?(?:the\s+)?$", re.IGNORECASE
)
_THINK = re.compile(r"^\W*think\W*$", re.IGNORECASE)
_MEETS = re.compile(r"\W*(?:(?:meets|but|only|just|with|except)\b|$)", re.IGNORECASE)
_LIKENED = re.compile(r"\bmeets\W*$", re.IGNORECASE)
_NOR = re.compile(
    r"^\W*(?:and\s+)?(?:not|never|nor)\s+(?:really\s+|so much\s+)?(?:the\s+)?\W*$", re.IGNORECASE
)
_FORGET = re.compile(
    r"\b(?:forget|scratch|ignore|drop|never ?mind|remove|delete)\s+(?:about\s+)?(?:the\s+)?$", re.IGNORECASE
)
_BUT_NOT = re.compile(
    r"^\W*(?:and\s+|but\s+|just\s+)?(?:not|no|except|nothing like|anything but)\s+(?:the\s+)?\W*$",
    re.IGNORECASE,
)
_NOT_WANTED = re.compile(
    r"\b(?:don'?t|do not|didn'?t)\s+(?:really\s+)?want\s+(?:to\s+\w+\s+)?$", re.IGNORECASE
)
_TOO = re.compile(r"^\W*(?:too|also|as well|already)\W*$", re.IGNORECASE)
_THAT_KIND = (
    r"(?:and\s+|etc\W*)*(?:that|this|those|these)\s+(?:kinds?|sorts?|types?|style)\s+of\b|"
    r"(?:and\s+)?(?:stuff|things|films|movies)\s+like\s+(?:that|those|this|these)\b"
)


_SEEN_NONE = re.compile(r"\s+(?:neither|none|nothing)\b", re.IGNORECASE)


def verdict_on(
    text: str, clause: Span, mentions: Sequence[Span], i: int, before: Verdict | None
) -> Verdict | None:
    """What a clause says of its i-th mention.

    Args:
        text: The message, apostrophes straight.
        clause: The clause's characters.
        mentions: The clause's mentions, in order.
        i: Which of them.
        before: The verdict of the clause before, which "but not X" turns round.
    """
    start, end = mentions[i]
    until = max(mentions[i + 1][0] if i + 1 < len(mentions) else clause[1], end)
    whole = text[slice(*clause)]
    asks = is_question_to_assistant(text, clause) and not _WHO_LIKES.search(whole)
    head = blank(text[clause[0] : start], [(a - clause[0], b - clause[0]) for a, b in mentions[:i]])
    tail = text[end:until]
    rated = _rated(text[mentions[i - 1][1] if i else clause[0] : start], tail)
    if rated is not None:
        return rated
    if i and _RATHER_THAN.search(head):
        return "disliked"
    if re.search(r"\b(?:neither|nor)\b", head, re.IGNORECASE) and re.match(
        r"\W*(?:was|is|were|are)\s+(?:(?:any|particularly|really|very|that|all that)\s+)?(?:good|great|worth|fun)",
        tail,
        re.IGNORECASE,
    ):
        return "disliked"
    if not asks and not re.search(r"\bused\s+to\s+(?:think|find|say|consider)\b", head, re.IGNORECASE):
        said = _said_after(tail, i + 1 == len(mentions))
        if said is not None:
            neither = re.search(r"\b(?:neither|nor|none of|not one of)\b", head, re.IGNORECASE)
            return "disliked" if said == "liked" and neither else said
        found_it = _FOUND.search(head)  # "I found X really annoying"
        if found_it is not None and (judged := quality(tail)) is not None:
            return judged
    if re.search(
        r"\bif\s+(?:you|someone|somebody|one)\s+(?:really\s+)?(?:like|love|enjoy)(?:s|d|ed)?\s+$",
        head,
        re.IGNORECASE,
    ):
        return "liked"
    if re.match(r"^\W*if\b", whole, re.IGNORECASE) and re.search(
        r"\bhad\s+an?\s+(?:baby|child|kid)\b", whole, re.IGNORECASE
    ):
        return "liked"
    prefers = re.search(
        r"\bprefer(?:red|s)?\s+(?:the\s+)?(?P<other>.*\b(?:to|over)\s+(?:the\s+)?)?$", head, re.IGNORECASE
    )
    if prefers is not None:
        return None if prefers["other"] else "liked"  # "I prefer X to Y"
    if re.search(r"(?:^|\s)after\s+(?:the\s+)?$", head, re.IGNORECASE) and re.search(
        r"\b(?:mood|want|need|fancy|craving|more|else)\b", tail, re.IGNORECASE
    ):
        return "liked"  # "after X I'm in the mood for more"
    if asks:
        return "liked" if _ASKS_FOR_LIKE.search(head) else None
    if _GREAT_WAS.search(head) and not _SOUNDS.search(head):
        return "liked"
    if before is not None and _NOT_IT.match(tail):
        return opposite(before)
    found = _last_verb(head)
    if found is not None:
        return "liked" if found[0] == "seen" and _OFTEN.match(tail) else found[0]
    return _said_otherwise(head, tail, text[end : clause[1]], before)


def _said_otherwise(head: str, tail: str, after: str, before: Verdict | None) -> Verdict | None:
    """What a clause without a verb of liking says of a mention.

    Args:
        head: Its words before the mention.
        tail: Those after it, up to the next mention.
        after: All of those after it.
        before: The verdict of the clause before.
    """
    meets = _THINK.match(head) and _MEETS.match(tail)  # "Think Alien meets Clueless"
    # "Fargo > The Big Lebowski"
    if meets or _LIKENED.search(head) or re.fullmatch(r"\s*>\s*", tail) or says_like_that(after):
        return "liked"
    if before is not None and _NOR.match(head):
        return opposite(before)
    if _FORGET.search(head):
        return "forgotten"
    if (before is None and _BUT_NOT.match(head)) or _NOT_WANTED.search(head):
        return "rejected"  # "anything by Nolan, not Dunkirk"
    if before is not None and _SO_IS.search(head):
        return before
    too = before in ("liked", "seen") and not head.strip() and _TOO.match(after)
    return before if too else None


def denies(words: str) -> bool:
    """Whether a clause does nothing but say no of what was named right before ("Gravity? Not so much.")."""
    return _NOT_IT.match(words) is not None


def says_like_that(words: str) -> bool:
    """Whether a clause asks for more of the kind that was named: "that kind of stuff is what I'm after"."""
    return re.match(rf"\W*{_THAT_KIND}", words, re.IGNORECASE) is not None


def seen_before(text: str, clause: Span, mentions: Sequence[Span], i: int) -> bool:
    """Whether the clause says that its i-th mention was seen, whatever else it says of it."""
    head = blank(text[clause[0] : mentions[i][0]], [(a - clause[0], b - clause[0]) for a, b in mentions[:i]])
    found = _last_verb(head)
    return found is not None and found[0] == "seen" and not is_question_to_assistant(text, clause)


def opposite(verdict: Verdict | None) -> Verdict | None:
    """Liked for disliked, and the other way round."""
    return {"liked": "disliked", "disliked": "liked"}.get(verdict or "")  # type: ignore[return-value]


def _said_after(tail: str, last: bool) -> Verdict | None:
    """What the words right after a title say of it: "was boring", ": brilliant", "blew my mind"."""
    if _GOOD_DOES.match(tail):
        return "liked"
    if _BAD_DOES.match(tail):
        return "disliked"
    if re.match(
        r"^\W*i(?:'ve| have)?\s+(?:already\s+|just\s+)?(?:seen|watched|saw|read)\b|"
        r"^\s*[:,–-]+\s*(?:already\s+)?seen(?:\s+(?:it|that))?\W*$|^\s+on\s+(?:dvd|blu)",
        tail,
        re.IGNORECASE,
    ):
        return "seen"
    i_did = _I_DID.match(tail) if last else None
    if i_did is not None:
        return "disliked" if i_did["bad"] else "liked"
    mine = _MINE.match(tail)
    if mine is not None:
        return "disliked" if mine["bad"] else "liked"
    afterwards = _AFTERWARDS.match(tail)
    if afterwards is None or _SOUNDS.search(afterwards["rest"]):
        return None
    if afterwards["copula"] or re.match(
        rf"\W*(?:(?:very|really|so|pretty|quite|super)\s+)?(?:{_GOOD}|{BAD}|great|good)\b",
        afterwards["rest"],
        re.IGNORECASE,
    ):
        return quality((afterwards["copula"] or "") + afterwards["rest"])
    return None


def by_marks(text: str, start: int, end: int) -> Verdict | None:
    """What the marks say that somebody gives what is named at these characters: "Heat 10/10, Alien 3/10"."""
    return _rated(text[:start], text[end:])


def _rated(head: str, tail: str) -> Verdict | None:
    """What marks say: "10/10 for X", "X: 2 out of 10", "five stars for X"."""
    after = re.match(
        rf"[\s:(=,–-]*(?:(?:is|was|gets|got|a|an|solid|easy)\s+)*(?:{_OUT_OF.pattern})(?!\s*(?:for|to)\b)",
        tail,
        re.IGNORECASE,
    )
    ahead = (
        None
        if after
        else re.search(rf"(?:{_OUT_OF.pattern})\s+(?:for|to)\s+(?:the\s+)?$", head, re.IGNORECASE)
    )
    match = after or ahead
    if match is None:
        return None
    number, most, stars = match.groups()
    if stars is not None:
        share = (int(stars) if stars.isdigit() else NUMBERS[stars.lower()]) / 5
    else:
        share = float(number) / float(most)
    return "liked" if 0.6 <= share <= 1 else "disliked" if share <= 0.5 else None


def quality(text: str) -> Verdict | None:
    """Whether words like "great" or "boring" say something was good or bad."""
    bad, good = _BAD_AT.search(text), _GOOD_AT.search(text)
    first = min((m for m in (bad, good) if m), key=lambda m: m.start(), default=None)
    if first is None:
        return "disliked" if re.search(r"\bnot\s+(?:so|that|as)\s+(?:great|good)\b", text) else None
    negated = _NEGATED_BEFORE.search(text[: first.start()]) is not None
    if first is bad:
        return (
            "liked"
            if negated and not first[0].lower().startswith(("not", "wasn", "isn", "too"))
            else "disliked"
        )
    return "disliked" if negated else "liked"


_EXPECTED = re.compile(
    r"\b(?:expect(?:ed|ing)?|hop(?:ed|ing)|want(?:ed|ing)?|meant|supposed|tried|trying|going|ought)\s+(?:\w+\s+)?to\s+(?:really\s+)?$"
    r"|\bused\s+to\s+(?:really\s+)?$|\b(?:thought|figured|assumed|expected|knew|bet)\s+(?:that\s+)?(?:i|"
    r"we)(?:'d|\s+would|\s+was going to)\s+(?:really\s+)?$",
    re.IGNORECASE,
)


def _last_verb(head: str) -> tuple[Verdict | None, int] | None:
    """The last verdict that the words before a mention give, with its place."""
    last: tuple[Verdict | None, int] | None = None
    for match in _VERB.finditer(head):
        ahead = head[: match.start()]
        negated = _NEGATED_BEFORE.search(ahead) is not None
        if _EXPECTED.search(ahead):
            verdict: Verdict | None = None  # "I thought I would hate X"
        elif match["bad"]:
            verdict = "liked" if negated and not match["bad"].lower().startswith("not") else "disliked"
        elif match["good"]:
            plain = match["good"].lower().startswith(("can", "nothing"))
            verdict = "disliked" if negated and not plain else "liked"
            if re.search(
                r"\b(?:would|'d|i'?d|gonna|might|will|'ll)\s+(?:really\s+|also\s+)?$", ahead, re.IGNORECASE
            ):
                verdict = None  # "I would love to see X"
        elif match["like"]:
            if re.match(r"\s+to\b", head[match.end() :]) or (
                _NOT_ALIKE.search(ahead) and not _AS_VERB.search(ahead.replace("you", ""))
            ):
                verdict = None
            else:
                verdict = "disliked" if negated else "liked"
        elif match["seen"]:
            verdict = (
                "unseen"
                if negated
                or re.search(r"\b(?:to|never|will|have to)\s+$", ahead, re.IGNORECASE)
                or _SEEN_NONE.match(head[match.end() :])
                else "seen"
            )
            if last is not None and last[0] == "liked" and match["seen"].lower() == "own":
                continue
        elif match["ask"]:
            verdict = "disliked" if negated else "liked"
        else:
            verdict = None
        last = (verdict, match.end())
    if last is not None and last[0] == "seen" and re.search(r"\b(?:as|than)\s*(?:the\s*)?$", head):
        return (None, last[1])
    return last


def verdicts_in(text: str, clause: Span) -> list[Verdict]:
    """The verdicts of a clause that names nothing ("I have seen that and loved it")."""
    words = text[slice(*clause)]
    found: list[Verdict] = []
    if _WHAT_A.match(words):
        return ["liked"]
    if is_question_to_assistant(text, clause) or re.search(
        r"\b(?:sounds?|looks?)\b(?!\s+(?:at|for|back))", words, re.IGNORECASE
    ):
        return found
    for match in _VERB.finditer(words):
        until = _last_verb(words[: match.end()])
        if until is not None and until[0] is not None and match["like"] is None:
            found.append(until[0])
        elif until is not None and until[0] is not None and _AS_VERB.search(words[: match.start()]):
            found.append(until[0])
    if not any(verdict in ("liked", "disliked") for verdict in found) and "unseen" not in found:
        said = quality(words)
        copula = re.search(
            r"\b(?:was|is|were|are|that'?s|it'?s|turned out|ended up|seemed|felt|found|suck(?:s|ed))\b|wasn'?t|"
            rf"isn'?t|^\W*(?:(?:too|so|very|really|just|pretty|quite|absolutely|totally)\b|(?:{_GOOD}|{BAD})\b)",
            words,
            re.I,
        )
        pointed = re.search(r"\b(?:it|that|this|they|those|these|both|all)\b", words, re.IGNORECASE)
        does = words[pointed.end() :] if pointed is not None else words
        if _BAD_DOES.match(does):
            found.append("disliked")
        elif _GOOD_DOES.match(does):
            found.append("liked")
        elif said is not None and copula is not None:
            found.append(said)
        elif re.match(
            r"^\W*(?:sadly|unfortunately|alas|honestly|but)\W+i\s+(?:really\s+)?(?:didn'?t|did not|don'?t|do not)\W*$",
            words,
            re.IGNORECASE,
        ):
            found.append("disliked")
    return found


def says_i_have(words: str) -> bool:
    """Whether a clause answers "Have you seen it?" with yes."""
    return _I_HAVE.match(words) is not None
