"""Small talk: what is answered in a sentence, without a list, such as greetings, thanks and a choice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from wherefore.catalog.catalog import Catalog
from wherefore.dialogue.choices import Choice
from wherefore.dialogue.messages import Dialogue
from wherefore.dialogue.parts import parts
from wherefore.dialogue.state import ITEMS_OF, Preferences
from wherefore.reading.choices import ASKS_MORE
from wherefore.reading.complaints import Complaint, complaint
from wherefore.text import joined, straight
from wherefore.writing.passing import PLAIN
from wherefore.writing.phrases import article

_GREETING = frozenset("hi hello hey howdy greetings yo hiya good morning evening afternoon there".split())
_PLEASANTRY = frozenset("how are you doing today whats what's up nice to meet is it going".split())
_THANKS = frozenset(
    "thanks thank you thx ty cheers bye goodbye ciao great good perfect ok okay cool nice awesome lovely so very much "
    "lot have a day night one see ya later that's all for now the help your ever wonderful splendid brilliant and "
    "gracias muchas merci beaucoup danke grazie obrigado ta k kk kthx cya amigo amiga mate friend buddy sir evening "
    "need needed wanted wanna i im dear folks appreciated appreciate it really you're star rock best sleep well "
    "tomorrow today again indeed".split()
)
_CUES = frozenset(
    "thanks thank thx ty kthx cheers bye goodbye ciao gracias merci danke grazie obrigado appreciated".split()
)
# What is not about items, as a whole message: what is asked of the assistant, and what merely tells of oneself.
_ELSEWHERE = re.compile(
    r"\b(?:weather|what time is it|what day is it|who (?:are|made|built) you|"
    r"are you (?:a |an )?(?:\w+ )?(?:bot|robot|human|real|ai|person|computer)|what(?:'s| is) your name|how old are you|"
    r"tell me a joke|sing me|stock market|football score|the news|do my homework|"
    r"write (?:me )?(?:a |an |some )?(?:poem|essay|code|email)|what(?:'s| is) \d+ ?[-+*x/] ?\d+|capital of \w+)\b",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"^\W*(?:help|what can you do|how does this work|how do i use (?:this|you)|what is this)\W*$",
    re.IGNORECASE,
)
_BEING = (
    r"(?:an?\s+|the\s+|some\s+(?:kind|sort)\s+of\s+)?(?:real\s+|actual\s+|live\s+|living\s+|chat\s*)?(?:ro)?(?:bot|human|person|machine|"
    r"program(?:me)?|computer|ai|a\.i|llm|chat\s*gpt|gpt|chatbot|algorithm|real|alive|human\s+being)s?\b"
)
_WHO = re.compile(  # who is asked who they are
    rf"\b(?:you|u|ya|this|that)(?:'re|\s+are)?\W+(?:(?:even|really|actually|just|like|only|not)\s+)*{_BEING}(?=[^.!]*\?|\s+or\b|\W*$)|"
    rf"\b(?:talking|speaking|chatting|writing|texting)\s+(?:to|with)\s+{_BEING}|"
    r"\bwho(?:'s|\s+is|\s+are|\s+r)\s+(?:you|u|this|there|behind\s+this)\b\W*$|\bwhat\s+(?:are|r)\s+(?:you|u)\b\W*$|"
    r"\bwho\s+(?:made|built|created|wrote|programmed|designed|trained|owns|runs)\s+(?:you|u|this)\b",
    re.IGNORECASE,
)
_MINE = (
    r"(?:i(?:'ve| have)? (?:said|told you|asked for|wanted|want|liked?|loved?|hated?|am looking for|have seen|saw)|"
    r"i'm looking for|my (?:likes|dislikes|tastes?|preferences|wishes|limits|requests?|requirements|criteria|profile)|"
    r"you (?:know|have understood|understood|have so far))"
)
_RECALL = re.compile(
    r"^\W*(?:(?:ok|okay|so|wait|hm+|and|sorry|hey|btw|by the way)\W+)*(?:(?:can|could) you (?:please )?|please )?(?:"
    r"what did i (?:say|tell you|ask for|like|want)\b[\w\s']{0,40}|"
    r"what (?:do|did) you (?:know|remember|understand|have)(?: so far)?(?: (?:about|of|on) (?:me|us|what i\b"
    r"[\w\s']{0,30}|my (?:tastes?|preferences)))?|"
    rf"(?:what(?:'s| is| are| were| was)|summari[sz]e|sum up|recap|repeat|(?:remind|tell) me(?: of)?|list|"
    rf"do you (?:remember|recall|know)) (?:again )?(?:(?:all|everything)(?: (?:that|of))? )?"
    rf"(?:what )?{_MINE}\b[\w\s']{{0,20}}|"
    r"what have i (?:said|told you|asked for|liked|wanted)\b[\w\s']{0,20}|"
    r"what (?:have you|did you) (?:understood|understand|noted|gathered|learned)\b[\w\s']{0,20}|"
    r"what am i (?:looking for|after)\b[\w\s']{0,12})\W*$",
    re.IGNORECASE,
)
_RUDE = re.compile(
    r"\b(?:how (?:dumb|stupid|slow|useless) (?:can|are) you|"
    r"you(?:'re| are)? (?:\w+ )?(?:dumb|stupid|useless|an idiot|terrible|suck|the worst)|"
    r"(?:dumb|stupid|useless|bad) (?:bot|robot|machine|ai)|shut up|screw you|f\*?u?c?k (?:you|off))\b",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"^\W*(?:(?:you(?:'re| are)|that(?:'s| is)|this is|wow|so|really|very|just|oh|such|a|the|haha+|lol)\W+)*"
    r"(?:great|awesome|amazing|clever|smart|helpful|perfect|good (?:bot|job|work)|nice(?: one)?|cool|"
    r"funny|impressive|lol|haha+|hahaha+)\W*$",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"^\W*(?:(?:lol|haha+|ok|okay|well|so|hm+|ah|oh|and|btw|yeah|actually)\W+)*(?:my|he|she|his|her|our|i(?:'m| am)|"
    r"we(?:'re| are)|i (?:have|had|just|live|work|slept|woke)|it(?:'s| is) (?:raining|cold|late|hot|my|been)|"
    r"the (?:kids|dog|cat|baby|weather))\b",
    re.IGNORECASE,
)
_SEEKS = re.compile(
    r"\b(?:want|wanna|need|like|love|looking|watch|see|read|recommend|suggest|something|anything|show|find|give|movies?|films?|"
    r"mood|prefer|more|else|about|bored|feel|help|tonight|please|which|what)\b",
    re.IGNORECASE,
)
_GRATEFUL = re.compile(
    r"\b(?:thanks|thank\s+(?:you|u)|thx|tysm|ty|cheers)\b|\b(?:you(?:'re|\s+are)?|u|ur)\s+(?:are\s+|r\s+)?(?:an?\s+|the\s+)?(?:\w+\s+)?"
    r"(?:legend|life-?saver|star|gem|angel|hero|best|rock|saved\s+me|been\s+(?:most\s+|very\s+|so\s+)?(?:helpful|patient|kind|great))\b",
    re.IGNORECASE,
)
_ASKS_ON = re.compile(  # what more than thanks has one of
    r"[?\d]|\b(?:but|though|however|not|no|want|wanna|need|looking|recommend|suggest|something|anything|show|find|give|prefer|more|"
    r"else|instead|and\s+(?:now|a|an|for|some)|now|also|then|cheaper|smaller|bigger|other|next)\b",
    re.IGNORECASE,
)
_NAMES_IT = re.compile(r"\b(?:no|not|nothing|without|under|over|any|only|never)\b", re.IGNORECASE)
_SHORT = 14  # words of a message that does no more than thank
_BACK = re.compile(
    r"\b(?:go|take\s+me|going)\s+back\s+to\s+(?:the\s+|your\s+|that\s+)?(?P<which>first|previous|earlier|original|last|one\s+before)\s*"
    r"(?:list|ones?|selection|suggestions?|lot)?\b|\b(?:show\s+(?:me\s+)?)?(?:the\s+|your\s+)(?P<same>first|previous|earlier|original)\s+"
    r"(?:list|selection|suggestions)(?:\s+you\s+showed)?(?:\s+(?:again|please))+",
    re.IGNORECASE,
)
_TOLD = {  # how each kind of what was understood is told
    "liked": "You liked {}.",
    "disliked": "You did not like {}.",
    "seen": "You have seen {}.",
    "chosen": "You chose {}.",
    "rejected": "You turned down {}.",
    "wanted": "You asked for {}.",
    "unwanted": "You ruled out {}.",
    "limit": "It should be: {}.",
    "count": "You want {} at a time.",
}
_MOST_TOLD = 5  # items of a kind


@dataclass(frozen=True)
class Said:
    """A short answer without a list."""

    text: str
    action: Literal[
        "ask", "chat", "answer", "guess", "beside"
    ]  # a guess, and what is said beside, stand before a list


def answer(
    dialogue: Dialogue, catalog: Catalog, before: Callable[[], Preferences] = Preferences
) -> Said | None:
    """A greeting is answered with a question, thanks and a choice with a word; all else is for the recommender.

    Args:
        dialogue: What was said.
        catalog: What is recommended from.
        before: The state that the newest message was said to; only asked for where the message reads like something
            said in passing, or takes up what was listed.
    """
    content = straight(dialogue.messages[-1].content)
    if (again := _first_list(dialogue, content, catalog)) is not None:
        return again
    wrong = complaint(content) if dialogue.last_listed else None
    if wrong is not None:
        return _excused(dialogue, wrong, catalog, before)
    if dialogue.choice is not None:
        return _chosen(dialogue, dialogue.choice, content, catalog, before)
    words = re.findall(r"[^\W\d_][\w']*", content.lower())
    number = len(dialogue.messages) - 1
    if not words and any(char.isalnum() for char in content):
        return None  # another script: let the embedder try
    if any(mention.message == number for mention in dialogue.mentions):
        return None
    noun, plural = catalog.schema.noun, catalog.schema.plural
    if _CUES & set(words) and set(words) <= _THANKS | _GREETING:
        return Said(f"You're welcome. Come back whenever you want another {noun}.", "chat")
    grateful = _GRATEFUL.search(content) is not None and len(words) <= _SHORT and not _ASKS_ON.search(content)
    if grateful and bare(before()) == bare(dialogue.preferences):
        return Said(f"You're welcome. Come back whenever you want another {noun}.", "chat")
    if set(words) <= _GREETING | _PLEASANTRY:
        if {"you", "it"} & set(words) and "how" in words:
            return Said(f"I am well, thank you. Which {plural} have you liked?", "chat")
        return Said(
            f"Hello! Which {plural} have you liked, or what are you in the mood for{_hint(catalog)}?", "ask"
        )
    if _HELP.match(content):
        return Said(
            f"I recommend {plural} and say why. Tell me what you liked, what you are in the mood for, and any limits "
            "(years, length, who is in it); ask about anything I list, or say how the next ones should differ.",
            "chat",
        )
    if _WHO.search(content) and bare(before()) == bare(dialogue.preferences):
        return Said(
            f"I am Wherefore, a program and not a person: I look through the {plural} here and say why one fits. Which "
            f"{plural} have you liked?",
            "chat",
        )
    if _RECALL.match(content):
        return Said(_recalled(dialogue.preferences, catalog), "chat")
    asks = dialogue.act(*_ASKS) >= _ASKED > dialogue.act("smalltalk", "off_topic")
    # What merely tells of oneself is small talk, or what a list is to go by: a judge knows better which.
    needs = bool(dialogue.acts) and (dialogue.act("smalltalk") < _CHATS or _is_talk(dialogue))
    passing = _in_passing(content, set(words), catalog, asks or needs)
    return passing if passing is not None and bare(before()) == bare(dialogue.preferences) else None


_CHAT = ("smalltalk", "off_topic", "other_language", "injection", "unclear", "choice", "question")
_ASKS = ("request", "refine", "taste", "answer", "naming")
_UNLIKELY = 0.2  # that a message asks for a list, so that it gets none whatever else was read in it
_MOST_ASKED = {  # the same, beside what asks for nothing by itself and may tell what is sought: "oh, we have a cat"
    "question": 0.3,
    "choice": 0.25,
    "smalltalk": 0.25,
}
_ASKED = 0.5  # how likely it asks for one, and is no small talk, so that it does
_TAKEN = re.compile(  # what somebody says who has chosen; without any of it a list was not what they were done with
    r"\b(?:one|it|that|this|them|those|these|both|first|second|third|fourth|fifth|last|number|sold|done|deal|decided|thanks?|thank|"
    r"thx|ta|ty|cheers|bye|great|perfect|fine|grand|lovely|good|sorted|settled)\b|#\s?\d",
    re.IGNORECASE,
)
_POINTS = re.compile(r"\b(?:that|this)\s+one\b", re.IGNORECASE)
_OTHER_ONE = re.compile(r"\bthe\s+other(?:\s+one)?\b", re.IGNORECASE)
_LEAST = 0.35  # how likely the likeliest act must be
_CHATS = 0.45  # how likely small talk must be where somebody tells of oneself
# How likely small talk must be, and how much likelier than any act that asks.
_TALK, _TALK_SHARE = 0.75, 2.2
_FIELDS = 4  # that are named to somebody who asks what no record tells


def by_acts(
    dialogue: Dialogue,
    catalog: Catalog,
    before: Callable[[], Preferences],
    fits: Callable[[str], str] = lambda text: PLAIN,
) -> Said | None:
    """The answer to a message that asks for nothing, by what the judge says that it does.

    Args:
        dialogue: What was said.
        catalog: What is recommended from.
        before: As of `answer`.
        fits: A sentence that fits what somebody says in passing.
    """
    acts = dict(dialogue.acts)
    if not acts:
        return None
    noun, plural = catalog.schema.noun.lower(), catalog.schema.plural.lower()
    asks, best = dialogue.act(*_ASKS), max(_CHAT, key=acts.__getitem__)
    talk = best == "smalltalk" and _is_talk(dialogue)
    if not talk and (acts[best] <= max(asks, _LEAST) or asks > _MOST_ASKED.get(best, 1.0)):
        return None
    number = len(dialogue.messages) - 1
    if best == "choice" and not _TAKEN.search(dialogue.messages[-1].content):
        return None
    if asks >= _UNLIKELY or best != "off_topic":  # what was read counts more
        named = any(mention.message == number for mention in dialogue.mentions)
        if named or _noted(before()) != _noted(dialogue.preferences):
            return None
    if best == "choice" and not dialogue.last_listed:
        best = "unclear"
    if best == "choice" and _POINTS.search(dialogue.messages[-1].content):
        here = [f"*{catalog[item].title}*" for item in dialogue.last_listed if item in catalog]
        if 1 < len(here) <= _MOST_TOLD:
            return Said(f"Good. Which one is it: {joined(here, 'or')}?", "ask")
    schema = catalog.schema
    fields = [spec for spec in (*schema.filterable, *schema.texts) if not spec.is_rank][:_FIELDS]
    known = joined([(spec.label or spec.name).lower() for spec in fields] or ["titles"])
    told = {
        "choice": f"Good. Tell me afterwards how you liked it, or ask whenever you want another {noun}.",
        "smalltalk": f"Whenever you want {article(noun)}, tell me what it should be like.",
        "off_topic": f"That is beyond me: I only know about {plural}. Shall I find you one?",
        "other_language": f"I am sorry, I only understand English. Which {plural} do you like?",
        "injection": f"I only recommend {plural} and say why. What should the next one be like?",
        "question": f"That I cannot tell: of {plural} I know {known}. Ask about one, or say what I should look for.",
        "unclear": f"I did not get that. Tell me what the {noun} should be about, or one that you liked.",
    }
    text = told[best]
    if best == "smalltalk":
        text = f"{fits(straight(dialogue.messages[-1].content))} {text}"
    return Said(text, "ask" if best in ("unclear", "question") else "chat")


def _is_talk(dialogue: Dialogue) -> bool:
    """Whether the newest message is plainly small talk: it gets a sentence that fits."""
    return dialogue.act("smalltalk") >= max(_TALK, _TALK_SHARE * dialogue.act(*_ASKS))


def _noted(state: Preferences) -> Preferences:
    """What was noted, without what nothing stands for: "Salamat po" names nothing that is sought."""
    return replace(bare(state), open=())


def bare(state: Preferences) -> Preferences:
    """A state without the words that it was read from."""
    return replace(state, said=())


def _chosen(
    dialogue: Dialogue, choice: Choice, content: str, catalog: Catalog, before: Callable[[], Preferences]
) -> Said | None:
    """What to say to somebody who has found something; None when they ask for more in the same breath."""
    if choice.refused or ASKS_MORE.search(_OTHER_ONE.sub(" ", content)):
        return None
    listed = {*dialogue.listed, *choice.items}
    old, new = before(), dialogue.preferences
    if (old.wanted, old.unwanted, old.limits) != (new.wanted, new.unwanted, new.limits):
        return None
    if ({*new.liked, *new.disliked} - {*old.liked, *old.disliked}) - listed:
        return None  # another taste was told
    noun = catalog.schema.noun
    titles = [f"*{catalog[item].title}*" for item in choice.items if item in catalog]
    if len(titles) > 3:
        return Said(f"Glad that so much of it suits. Tell me afterwards which {noun} you liked best.", "chat")
    if titles:
        pick, them = ("Good choice", "it") if len(titles) == 1 else ("Good choices", "them")
        return Said(f"{pick}: {joined(titles)}. Tell me afterwards how you liked {them}.", "chat")
    here = [f"*{catalog[item].title}*" for item in dialogue.last_listed[:_MOST_TOLD] if item in catalog]
    if choice.decided and 1 < len(here) == len(dialogue.last_listed):
        return Said(f"Good. Which one is it: {joined(here, 'or')}?", "ask")
    if choice.decided:
        return Said(
            f"Good. Tell me afterwards how you liked it, or ask whenever you want another {noun}.", "chat"
        )
    if not dialogue.last_listed or bare(old) != bare(new):
        return None  # "nice list, but I have seen number 4"
    return Said("Glad to hear it. Say which one you take, or what else I should look for.", "chat")


def _first_list(dialogue: Dialogue, content: str, catalog: Catalog) -> Said | None:
    """A list of before, once more, where the message asks for it: "go back to the first list"."""
    match = _BACK.search(content)
    told = dialogue.lists() if match is not None else ()
    if match is None or len(told) < 2:
        return None
    first = (match["which"] or match["same"]).lower() in ("first", "original")
    items = [item for item in (told[0] if first else told[-2]) if item in catalog]
    lines = [
        f"{number}. **{catalog[item].title}**{catalog.dated(catalog[item]).removeprefix(catalog[item].title)}"
        for number, item in enumerate(items, 1)
    ]
    return Said("Here they are again.\n\n" + "\n".join(lines), "answer") if lines else None


def _excused(
    dialogue: Dialogue, wrong: Complaint, catalog: Catalog, before: Callable[[], Preferences]
) -> Said:
    """What is said to somebody who complains, before a list that goes by it; where there is nothing new, a question."""
    if wrong == "again":
        return Said("I am sorry that you had those before.", "beside")
    old, new = before(), dialogue.preferences
    told = (new.wanted, new.unwanted, new.limits, new.count, new.open)
    repeats = (new.unwanted or new.limits) and _NAMES_IT.search(dialogue.messages[-1].content)
    if told != (old.wanted, old.unwanted, old.limits, old.count, old.open) or repeats:
        return Said("You are right, and I am sorry.", "beside")
    return Said(f"I am sorry, I took that wrong. {_recalled(new, catalog)} What should be different?", "ask")


def _recalled(state: Preferences, catalog: Catalog) -> str:
    """What was understood so far, in sentences."""
    held: dict[str, list[str]] = {}
    for kind in ITEMS_OF:
        titles = [f"*{catalog[one].title}*" for one in getattr(state, kind) if one in catalog]
        more = len(titles) - _MOST_TOLD
        held[kind] = titles if more < 2 else [*titles[:_MOST_TOLD], f"{more} more"]
    for part in parts(state, catalog):
        if part.kind not in ITEMS_OF:
            held.setdefault(part.kind, []).append(part.text)
    told = [said.format(joined(held[kind])) for kind, said in _TOLD.items() if held.get(kind)]
    if not told:
        return (
            f"Nothing so far. Which {catalog.schema.plural} have you liked, or what are you in the mood for?"
        )
    return f"{' '.join(told)} Take back any of it (“forget …”), or add to it."


def _in_passing(content: str, words: set[str], catalog: Catalog, asks: bool) -> Said | None:
    """The answer to what is not about items, if nothing in it turns out to be; `asks`: whether a judge says so."""
    noun, plural = catalog.schema.noun, catalog.schema.plural
    if _ELSEWHERE.search(content):
        return Said(f"I only know about {plural}. Shall I find you one?", "chat")
    if _RUDE.search(content):
        return Said(
            f"I am sorry this is not going well. Tell me what was wrong with the last {plural}.", "chat"
        )
    if _PRAISE.match(content):
        return Said(f"Glad to hear it. Say so whenever you want another {noun}.", "chat")
    nouns = {noun.lower(), plural.lower()}
    if not asks and _TELLS.match(content) and not _SEEKS.search(content) and not nouns & words:
        return Said(f"I see. What would you like in {article(noun)}?", "chat")
    return None


def _hint(catalog: Catalog) -> str:
    """Three of the most frequent values of the first field with few tags: ` (drama, comedy, thriller…)`."""
    for spec in catalog.schema.tags:
        counts = Counter(dict(catalog.vocabulary(spec.name)))
        common = [value.lower() for value, count in counts.most_common(3) if count > 1]
        if len(common) == 3 and len(counts) <= 200:
            return f" ({common[0]}, {common[1]}, {common[2]}…)"
    return ""
