"""Questions to the shop rather than of an item: "do you take cards?", "is there a discount?", "can I return it?"."""

from __future__ import annotations

import re

_YOU = (
    r"(?:you\s+(?:guys|people|lot|all)|you|u|ya|yous|the\s+(?:shop|store|place|centre|center|club|owners?))"
)
_OFTEN = r"(?:still\s+|ever\s+|also\s+|even\s+|usually\s+)?"
_TO_SHOP = re.compile(
    rf"^(?:(?:do|does|can|could|will|would|are|is|have|has)\s+{_YOU}\s+{_OFTEN}(?P<verb>[a-z]+)|"
    r"(?:when|where|how|why|until\s+when|what|how\s+(?:much|long|often))\s+(?:\w+\s+){0,3}?"
    rf"(?:do|does|can|could|will|would|are|is)\s+{_YOU}\s+(?P<wh>[a-z]+)|"
    r"what(?:'s|s|\s+is|\s+are)\s+your\s+(?P<your>[a-z]+))"
)
_NOT_SHOP = frozenset(  # what asks for items, or for help in finding one
    (
        "have got has know recommend suggest stock sell carry think like mean find show give list help tell "
        "remember see pick choose sort narrow reckon say look search explain describe compare name rank "
        "filter leave drop skip be make keep get favourite favorite choice recommendation best cheapest top "
        "suggestion thoughts opinion selection range want seen watched read played tried heard eaten visited "
        "been guys in a an the any something so able sure real human understand hear need there again all "
        "watch own eat drink enjoy feel live speak do doing going summarize summarise sum translate repeat write "
        "answer talk chat joke sing count read wait stop start try work"
    ).split()
)
_DEALS = (
    r"discounts?|refunds?|returns?|money\s+back|instalments?|installments?|vouchers?|gift\s*(?:cards?|wrap\w*|receipts?)|"
    r"loyalty|rewards?|points|coupons?|financ\w+|credit|waiting\s+lists?|trials?|cancell?ation|part\s*-?exchange|"
    r"trade\s*-?in|deliver\w*|shipping|postage|collection"
)
_IS_THERE = re.compile(
    r"^(?:(?:is|are)\s+there|(?:do|can|could|would|will)\s+(?:i|we)\s+(?:get|have))\s+"
    rf"(?:an?\s+|any\s+|some\s+)?(?:\w+\s+){{0,2}}?(?:{_DEALS})\b"
)
_MAY_I = re.compile(
    r"^(?:can|could|may|might|am|are|is|do|would|will)\s+(?:i|we|it|they)\s+"
    r"(?:also\s+|still\s+|be\s+|possibly\s+|have\s+to\s+|need\s+to\s+)?"
    r"(?:return(?:ed)?|pay|cancel(?:led)?|reserve[d]?|collect(?:ed)?|pick\s+(?:it|them|one)?\s*up|exchange[d]?|"
    r"swap(?:ped)?|(?:send|take|bring|give|hand)\s+(?:it|them|her|him|one)\s+back|order|deliver(?:ed)?|ship(?:ped)?|"
    r"refund(?:ed)?|post(?:ed)?|sent|book(?:ed)?\s+(?:it|one|them|online|by|over)?)\b"
)


def asks_shop(stripped: str) -> bool:
    """Whether a question, in lower case and without what leads to it, is one to the shop.

    >>> [asks_shop(one) for one in ("do you take amex?", "can i return it if she hates it", "is there a discount?")]
    [True, True, True]
    >>> [asks_shop(one) for one in ("do you have any in blue?", "is there a lift?", "can i wear it in the rain?")]
    [False, False, False]
    """
    found = _TO_SHOP.match(stripped)
    if found is not None and stripped.rstrip(" ?.!").endswith(("yourself", "yourselves")):
        return False
    if found is not None:
        word = found["verb"] or found["wh"] or found["your"]
        return word not in _NOT_SHOP and not word.endswith("est")
    return _IS_THERE.match(stripped) is not None or _MAY_I.match(stripped) is not None
