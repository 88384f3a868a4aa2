"""The words by which a message tells for whom something is, and of whom it only speaks."""

from __future__ import annotations

import re

from wherefore.catalog.audience import Person

NEAR = 120  # characters before a word that tell what it is there for
MOST_PEOPLE = 40  # of one message that are read
_DET = r"(?:my|our|his|her|their|a|an|the|this|that|these|those|your|some|all|both|two|three|four|five|\d+|another|one)"
NO_LINK = (
    r"(?!(?:my|our|his|her|the|and|but|or|that|which|so|when|with|by|from|about|of|in|at|on|to|is|was|are|i|we|"
    r"you|he|she|it|they|"
    r"if|because|as|like|not|for|has|have|who|once|sure|example|real|instance|starters|ever|free|"
    r"good)\b)[\w'-]+"
)
_WORDS = rf"(?:{NO_LINK}[\s,]+){{0,4}}?"
FOR = re.compile(
    rf"\b(?:for|get|buy|buying|give|giving|gift|dress|dressing|treat|surprise|spoil|suits?|suit|fits?|"
    rf"entertain|"
    rf"amuse)\s+(?:just\s+|only\s+|both\s+)*(?:{_DET}\s+(?:of\s+)?)*{_WORDS}$",
    re.IGNORECASE,
)
GROUP_FOR = re.compile(
    rf"\b(?:for|to)\s+(?:{_DET}\s+)?(?:\w+\s+){{0,2}}(?:class|group|club|team|bunch|gang|pack|party|room|"
    rf"house)\s+(?:full\s+)?of\s+(?:{_DET}\s+)?(?:\w+\s+)?$",
    re.IGNORECASE,
)
NEXT = re.compile(
    rf"(?:^|[.,;:!?]\s*)(?:(?:ok(?:ay)?|right|good|nice|great|very nice|thanks|perfect)[\s,.!]*)?(?:(?:and|so|"
    rf"but)\s+)?"
    rf"(?:now|then|next|just|only|and|what\s+about|how\s+about)\s+(?:just\s+|only\s+|"
    rf"for\s+)*(?:{_DET}\s+)?(?:[\w-]+\s+){{0,2}}?$",
    re.IGNORECASE,
)
# Of "looking for a woman detective" the woman is no one whom it is for.
LOOKS_FOR = re.compile(
    rf"\b(?:look\w*|search\w*|hunting|ask\w*|mood|hop\w+|wait\w*)\s+for\s+(?!(?:my|"
    rf"our)\b)(?:{_DET}\s+)?{_WORDS}$",
    re.IGNORECASE,
)
WITH = re.compile(rf"\bwith\s+(?:my|our|the)\s+{_WORDS}$", re.IGNORECASE)
SHARES = re.compile(
    r"\b(?:liv\w+|shar\w+|stay\w*|home|house|problem|trouble|happen\w*|pregnant|talk\w*|argu\w+|away|"
    r"fight\w*)\s+(?:\w+\s+){0,2}with\b",
    re.IGNORECASE,
)
COMPOUND = re.compile(
    r"(?:'s?)?\s+(?:shower|blues?|pinks?|dolls?|nights?|trip|weekend|power|band|groups?|flu|cave|bod|authors?|"
    r"writers?|directors?|leads?|fiction)\b",
    re.IGNORECASE,
)
NOT_FOR = re.compile(
    rf"(?:\b(?:not|isn't|aren't|nothing|never|no\s+(?:more|good)|rather\s+than|instead\s+of)\b|"
    rf"n't\b)\s+(?:\w+\s+){{0,2}}?for\s+(?:{_DET}\s+)*{_WORDS}$",
    re.IGNORECASE,
)
NOT = re.compile(
    r"\b(?:not|no|nothing|without|non|isn't|never|than)\s+(?:(?:an?|any|the|some|for|too|more|another|"
    r"written\s+for|these|those)\s+)*(?:\w+\s+)?$",
    re.IGNORECASE,
)
ABOUT = re.compile(
    r"\b(?:about|with|by|like|from|of|on|as|starring|featuring|has|have|had|than|against|without)\s+(?:(?:an?|"
    r"the|some|my|two|\d+)\s+)*(?:\w+\s+)?$",
    re.IGNORECASE,
)
OWNS = re.compile(
    r"'s?\s+(?:\d+(?:st|nd|rd|th)\b|(?:\w+\s+){0,1}?(?:birthday|bday|b-day|christening|graduation|retirement|"
    r"present|gift|feet|room|bedroom|"
    r"wardrobe|stocking|collection|size))",
    re.IGNORECASE,
)
_ADVERB = (
    r"(?:(?:really|just|always|also|only|still|then|now|never|so|totally|absolutely|desperately|does|do|actually|badly|"
    r"keeps?|has|had|have|he|she|they|who)\s+)*"
)
NEEDS = re.compile(
    rf"\s*(?:\([^)]*\)?|,[^,.]*,)?\s*{_ADVERB}(?:needs?|needed|wants?(?!\s+(?:me|us|you)\b)|wanted(?!\s+(?:me|"
    rf"us|you)\b)|could\s+do\s+with|could\s+use|would\s+(?:like|love|want|wear)|'d\s+(?:like|love)|"
    rf"(?:is|are|'s|'re)\s+(?:after|looking\s+for|looking|starting|turning|due|desperate|in\s+need|into|"
    rf"obsessed|mad|crazy|nuts|allergic|hoping|asking)|"
    rf"ask(?:s|ed|ing)?\s+for|turns?|turned|turning|due|starts|won't\s+wear|will\s+only\s+wear|wears?|"
    rf"outgr[eo]w\w*|likes?|loves?|"
    rf"lives?\s+in|devour\w*|devours|got\s+(?:mocked|teased)|owns?|owned|collects|plays|itch\w*|swells?|"
    rf"deserves|enjoys|"
    rf"runs|rides|smudges|goes\s+through|gets\s+cold|is\s+always|'s\s+always)\b",
    re.IGNORECASE,
)
OPINION = re.compile(
    rf"\s*(?:\([^)]*\)?)?\s*{_ADVERB}(?:says?|said|saying|thinks?|thought|told|tells?|reckons?|hates?|hated|"
    rf"swears?|insists?|recommend\w*|suggest\w*|"
    rf"laugh\w*|(?:would|will)\s+(?:kill|hate|laugh)|complain\w*|calls?|bought|gave|got\s+me|"
    rf"is\s+getting\s+married|refuses?|wants?\s+me|wanted\s+me|needs\s+me)\b",
    re.IGNORECASE,
)
LEAVES = re.compile(
    rf"\s*(?:\([^)]*\)?)?\s*{_ADVERB}(?:went|gone|left|(?:is|are|r|'s|'re|has)\s+(?:(?:just|finally|all|both|"
    rf"now)\s+)*(?:gone|going|away|asleep|out\b|in\s+bed|not\s+(?:coming|here)|off\s+to|out\s+of\s+it)|"
    rf"(?:isn't|aren't|not)\s+(?:coming|here|joining|in)|can't\s+(?:come|make)|won't\s+(?:be|come|dress)|"
    rf"dropped\s+out|cancel\w*|(?:said\s+(?:he|she|they)\s+)?refuses?\b)",
    re.IGNORECASE,
)
NEEDS_OF = re.compile(
    r"\b(?P<who>he|she)\b(?=(?P<rest>.{0,60}))|\b(?:for|get|give|buy|suit)\s+(?P<him>him|"
    r"her)\b(?!\s+\w+(?:'s)?\s+(?:birthday|husband|wife))",
    re.IGNORECASE,
)
SAYS_SELF = re.compile(
    r"\b(?:i(?:'m|\s*am|m)|as|speaking\s+as)\s+(?:just\s+|only\s+|actually\s+)?an?\s+(?:[\w-]+\s+){0,4}?"
    r"(?P<who>man|guy|male|bloke|dude|fella|lad|dad|grandad|woman|lady|female|girl|lass|mum|mom|mother|"
    r"grandmother|nan|teenager|teen|kid|boy)\b(?!['’]s)|"
    r"(?:^|[.,;!?(]\s*)(?:(?P<alone>male|female)(?:\s+(?:btw|here))?|(?P<here>man|guy|woman|bloke|"
    r"lady)\s+(?:btw|here))\s*(?=$|[.,;!?)])",
    re.IGNORECASE,
)
MY_AGE = re.compile(
    r"\b(?:i(?:'m|\s+am|m))\s+(?:(?:only|just|nearly|almost|now)\s+)*(?P<age>\d{1,2})\b(?!\s*(?:['’\"]|"
    r"[-–%/:.]\d|%|kg|kilos?|lbs?|pounds?|stone|cm|m\b|feet|foot|ft|miles?|minutes?|"
    r"hours?|days?|weeks?|months?|of\b|people|pages?|inch\w*|in\s+to))",
    re.IGNORECASE,
)
SELF_SEX = {
    **dict.fromkeys("man guy male bloke dude fella lad dad grandad boy".split(), "m"),
    **dict.fromkeys("woman lady female girl lass mum mom mother grandmother nan".split(), "f"),
}
OF_GOODS = re.compile(
    r"\b(?P<who>men|women|gentlemen|ladies|girls?|boys?|kids?|children|toddlers?|teens?|adults?|baby|"
    r"babies)(?:'s|s'|')(?=\s*(?:$|[,.;!?)]|[a-z]))|"
    r"\b(?P<plain>mens|womens|ladies|childrens|kids|toddler|newborn|infant|baby|teen|teenage|unisex|"
    r"adult)\s+(?=[a-z])",
    re.IGNORECASE,
)
NO_GOODS = re.compile(
    r"\s*(?:fiction|writers?|authors?|directors?|history|rights|literature|studies|movement|shower|blues?|"
    r"pinks?|dolls?|day|night|room|team|"
    r"and|or|in|on|at|to|with|who|that|is|are|will|would|can|have|has|do|don't|love|loves|like|likes|hate|"
    r"hates|from|of|for|by|as|too|but|"
    r"they|we|i|he|she|so|if|when|because|went|were|was|aged?|need|needs|want|wants|boy|girl|boys|girls|"
    r"monitor|carrots?|corn|spinach|potatoes|"
    r"yoda|shark|grand|steps?|hate|says?|said|all|running|asleep|due|here|r|was|finally|there|around|allowed|"
    r"present|please|"
    r"could|might|should|may|must|cannot|can't|won't|trip|weekend|holiday|nights|out|group|groups|band|power|"
    r"just|already|only|get|gets)\b",
    re.IGNORECASE,
)
GOODS = {
    "men": Person("m", 18, 120), "women": Person("f", 18, 120), "girl": Person("f", 2, 17), "boy": Person("m", 2, 17),
    "kid": Person("", 2, 11), "toddler": Person("", 1, 3), "teen": Person("", 13, 17), "adult": Person("", 20, 120),
    "baby": Person("", 0, 1), "unisex": Person(),
}  # fmt: skip
GIVEN = re.compile(r"\b(?:gifts?|presents?|something|anything|it's|ideas?|surprise)\s+$", re.IGNORECASE)
A_CERTAIN = re.compile(r"\b(?:the|my|our|his|her|their|this|that)\s+$", re.IGNORECASE)
FAVOUR = re.compile(  # "compare these for me", "that wasn't for me"
    r"(?:\b(?:compare|rank|draft|write|check|look|search|order|book|tell|sort|sum|read|do|not|isnt|wasnt|"
    r"arent)\b|n't\b)[^.;!?\n]*$",
    re.IGNORECASE,
)
ANY_PERSON = frozenset(
    "man men woman women guy guys girl girls boy boys lady ladies bloke blokes fella lad lass gentleman".split()
)
PICKED = re.compile(
    r"\b(?:now|then|next|for|and|just|only|what\s+about)\s+(?:for\s+)?(?:the|my)\s+(?P<which>small|little|"
    r"young|younger|youngest|littlest|smallest|big|bigger|biggest|old|older|oldest|elder|eldest)\s+"
    r"(?P<count>ones?|two|three|kids?|girls?|boys?|child|brother|sister)?\b",
    re.IGNORECASE,
)
US_TWO = re.compile(
    r"\bjust\s+(?:us|the)\s+(?:two\s+of\s+us|two|couple|grown-?ups|adults)\b|\bjust\s+(?:the\s+two\s+of\s+us|"
    r"us|me)\b",
    re.IGNORECASE,
)
GROWN = re.compile(
    r"\b(?:reading\s+group|book\s+(?:club|group)|supper\s+club|office\s+party|works?\s+do|"
    r"retirement\s+(?:party|do))\b",
    re.IGNORECASE,
)
OWN_FAMILY = re.compile(
    r"\b(?:my|our)\s+(?:[\w-]+\s+){0,2}(?:wife|husband|hubby|fianc[eé]e?|sons?|daughters?|baby|toddlers?|kids?|"
    r"child(?:ren)?|grand\w+|twins|girls|boys)$",
    re.IGNORECASE,
)
LINK = re.compile(
    rf"\s*(?:,\s*)?(?:and|&|or|plus|\+|,)\s*(?:for\s+)?(?:{_DET}\s+)?(?:{NO_LINK}\s+){{0,2}}$", re.IGNORECASE
)
