"""The words of every sentence that the grammar can say: to reword a reason or an opening, edit its frames here.

A frame is a sentence or clause with holes:

- `{np}` the item as a noun phrase ("a horror movie directed by x"), `{vp}` a predicate ("is directed by x"),
  `{also}` the predicate with "also", `{ask}` what was asked for, `{common}` what is shared;
- `{src}` the liked item's slot, `{liked}` a verb of liking, `{limit}` the limit, `{v}` the bare value;
- `{noun}`, `{labels}` the catalogue's word for an item, and for the field.

What fills the holes (how a value of a field is said: "directed by x", "tagged y") stands in `phrases.py`; those two
modules hold all words of a reason. Frames are raw: lower case, slots for titles; `polish` makes them fit to show.
After a change, run `scripts/make_ngrams.py`, so that the check of fluency knows the new wording.
"""

from __future__ import annotations

import re
from functools import cache

from wherefore.text import normal_words

MIN_WORDS, MAX_WORDS = 4, 28  # of a reason; an opening may have MAX_OPENING
MAX_OPENING = 56

# -- reasons: sentences for one group of facts ------------------------------------------------------

WISH = (
    "{np}, just as you asked.",
    "{np}, as you asked.",
    "{np}, as requested.",
    "{np}, which is what you asked for.",
    "{np}, so it is what you asked for.",
    "{np}, in line with your request.",
    "{np}, to match what you asked for.",
    "it {vp}, as you asked.",
    "it {vp}, just as you asked.",
    "it {vp}, just what you asked for.",
    "it {vp}, which is what you were after.",
    "it {vp}, which is what you wanted.",
    "it {vp}, so it fits your request.",
    "it {vp}, so it should suit you.",
    "it {vp}, and that is what you asked for.",
    "it {vp}, in answer to your request.",
    "it {vp}, and you did ask for that.",
    "this one {vp}, as you asked.",
    "this one {vp}, as you wished.",
    "this one {vp}, just as you wanted.",
    "this {noun} {vp}, as you asked.",
    "this {noun} {vp}, so it fits what you asked for.",
    "as you asked, it {vp}.",
    "as you wished, this one {vp}.",
    "as requested, it {vp}.",
    "since you asked, this one {vp}.",
    "a match for your request: it {vp}.",
    "it fits your request, since it {vp}.",
    "it matches what you asked for: it {vp}.",
    "chosen because it {vp}, as you wanted.",
    "here is {np}, as you asked.",
    "here is {np}, just as you wanted.",
    "this is {np}, as you asked.",
    "this is {np}, so it fits your request.",
    "you wanted {np}, and this is one.",
    "you were after {np}, and this is one.",
    "you asked for {np}, and here is one.",
    "you asked for that: it {vp}.",
    "your request is met here: it {vp}.",
    "going by your request, {np}.",
)
WISH_PERSON = (
    "you asked for {ask}, {who}.",
    "you wanted {ask}, {who}.",
    "you named {ask}, {who}.",
    "you were looking for {ask}, {who}.",
)
WISH_MODIFIER = (
    "you asked for {ask}, and {ask} it is.",
    "you wanted {ask}, and that is what this is.",
    "you asked for {ask}, and this is {np}.",
    "if {ask} is what you want, this is {np}.",
    "for {ask}, as you asked, try this one.",
    "{ask} is what you asked for, and this is {np}.",
)
WISH_TAG = (
    "you asked for {v}, and that is one of its {labels}.",
    "you mentioned {v}, and that is among its {labels}.",
    "you wanted {v}, which this one lists among its {labels}.",
    "{v} is among its {labels}, as you asked.",
    "its {labels} include {v}, as you asked.",
    "its {labels} include {v}, just what you mentioned.",
)
WISH_PREP = (
    "you wanted {ask}, and this one is.",
    "you asked for {ask}, which this one is.",
    "you asked for {ask}, and that is what this is.",
)

SHARED = (
    "like {src}, it {vp}.",
    "like {src}, this one {vp}.",
    "just like {src}, it {vp}.",
    "much like {src}, it {vp}.",
    "it {vp}, like {src}.",
    "it {vp}, just like {src}.",
    "it {vp}, the same as {src}.",
    "this one {vp}, just like {src}.",
    "this {noun} {vp}, like {src}.",
    "{np}, like {src}.",
    "{np}, just like {src}.",
    "{np}, which links it to {src}.",
    "{np}, for somebody who liked {src}.",
    "you {liked} {src}, and this one {also}.",
    "you {liked} {src}, and this {noun} {also}.",
    "you {liked} {src}; this one {also}.",
    "since you {liked} {src}: this one {also}.",
    "because you {liked} {src}: this one {also}.",
    "if {src} worked for you, note that this one {also}.",
    "if you liked {src}, this one {also}.",
    "as {src} is to your taste, here is {np} too.",
    "its link to {src}: it {vp} as well.",
    "it goes with {src}, since it {also}.",
    "it goes well with {src}: it {also}.",
    "following on from {src}, this one {also}.",
    "in keeping with {src}, it {vp}.",
    "a natural step from {src}: it {also}.",
    "it shares {common} with {src}.",
    "it shares {common} with {src}, which you {liked}.",
    "this one shares {common} with {src}.",
    "it has {common} in common with {src}.",
    "it has {common} in common with {src}, which you {liked}.",
    "{src} and this one share {common}.",
    "{src}, which you {liked}, shares {common} with this one.",
    "you {liked} {src}, which shares {common} with this one.",
    "what ties it to {src} is {common}.",
    "it is tied to {src} by {common}.",
    "like {src}, which you {liked}, it {vp}.",
    "you told me you liked {src}; this one {also}.",
    "with {common} in common, it goes with {src}.",
)
SHARED_PERSON = (
    "{v} {did} both this one and {src}.",
    "{v} {did} both {src} and this one.",
    "{v} {did} this one as well as {src}.",
    "{v} {did} {src}, which you {liked}, and this one too.",
    "you {liked} {src}, and {v} {did} this one too.",
    "because you {liked} {src}: {v} {did} this one as well.",
)
SHARED_TAG = (
    "{src} and this one are both tagged {v}.",
    "both {src} and this one are tagged {v}.",
    "its {labels} include {v}, like those of {src}.",
    "as with {src}, its {labels} include {v}.",
    "like {src}, it lists {v} among its {labels}.",
)

SIMILAR = (
    "of what you {liked}, {src} is the closest to this one.",
    "it is close to {src}, which you {liked}.",
    "this one sits close to {src}, which you {liked}.",
    "it is in a similar vein to {src}, which you {liked}.",
    "you {liked} {src}, and this one is in a similar vein.",
    "you {liked} {src}, and this one is close to it.",
    "if you liked {src}, this one is close to it.",
    "since you {liked} {src}, here is one in a similar vein.",
    "because you {liked} {src}: the two are close in kind.",
    "a near neighbour of {src}, which you {liked}.",
    "it resembles {src}, which you {liked}.",
    "its record reads much like that of {src}.",
    "it is the kind of {noun} that sits near {src}.",
    "close to {src} in kind, which is why it is here.",
    "{a_noun} not far from {src}, which you {liked}.",
    "picked for its likeness to {src}.",
)

LIMIT = (
    "it {vp}, which is {limit}, as you asked.",
    "it {vp}, which is {limit}, as you wanted.",
    "it {vp}, so it is {limit}, as you asked.",
    "this one {vp}, which is {limit}, as you asked.",
    "this {noun} {vp}, so {limit}, as you asked.",
    "you wanted {ask}, and it {vp}.",
    "you asked for {ask}, and this one {vp}.",
    "you asked for {ask}; it {vp}.",
    "it stays within your limit: it {vp}.",
    "it keeps to your limit, since it {vp}.",
    "as you wanted {ask}, note that it {vp}.",
    "within what you allowed: it {vp}.",
)
LIMIT_SAME = (
    "it {vp}, as you asked.",
    "it {vp}, just as you asked.",
    "this one {vp}, as you wanted.",
    "this {noun} {vp}, as you asked.",
)

OWN = (
    "it is {np}.",
    "this is {np}.",
    "this one is {np}.",
    "{np}.",
    "put plainly, {np}.",
    "here is {np}.",
    "it {vp}.",
    "this one {vp}.",
    "this {noun} {vp}.",
    "{np}, which may suit you.",
    "{np}, and one you may enjoy.",
    "you may like that it {vp}.",
    "you might enjoy this one: it {vp}.",
    "one to consider: {np}.",
    "one more to consider: it {vp}.",
    "as another option, {np}.",
    "for a change, {np}.",
    "worth considering, as it {vp}.",
)

AVOID = (
    "nothing in its record says {v}, which you wanted to avoid.",
    "you wanted no {v}, and its record lists none.",
    "its record does not mention {v}, as you wished.",
    "it is not filed under {v}, as you wished.",
    "you did not want {v}, and its record has none of that.",
    "its record shows no sign of {v}, as you wanted.",
)
AVOID_PERSON = (
    "its record does not name {v}, as you wished.",
    "you did not want {v}, and its record has no such name.",
    "{v} is not in its record, as you wanted.",
)

# -- reasons: clauses that follow a first sentence --------------------------------------------------

THEN_WISH = (
    "it {vp}, as you asked",
    "it {vp}, just as you asked",
    "as you asked, it {vp}",
    "it {also}, as you asked",
    "it {also}, which you asked for",
)
THEN_SHARED = (
    "like {src}, it {vp}",
    "just like {src}, it {vp}",
    "it {vp}, like {src}",
    "it shares {common} with {src}",
    "it has {common} in common with {src}",
    "it {also}, like {src}",
)
THEN_SIMILAR = (
    "it is close to {src}, which you {liked}",
    "of what you {liked}, {src} is the closest",
    "it is in a similar vein to {src}",
    "it sits close to {src}",
)
THEN_LIMIT = (
    "it {vp}, which is {limit}, as you asked",
    "it {vp}, so {limit}, as you asked",
    "it {vp}, which is {limit}",
    "it {vp}, so it keeps to your limit",
)
THEN_LIMIT_SAME = ("it {vp}, as you asked", "it {also}, as you asked", "as you wanted, it {vp}")
THEN_OWN = ("it {also}", "it {vp}", "this one {also}")
THEN_AVOID = (
    "nothing in its record says {v}",
    "its record does not mention {v}",
    "it is not filed under {v}, as you wished",
    "its record lists no {v}",
)
THEN_AVOID_PERSON = ("its record does not name {v}", "{v} is not in its record")
LINKS = (", and ", ", and ", "; ")

LIKED = ("liked", "liked", "liked", "enjoyed", "mentioned", "brought up", "loved")

# -- openings ---------------------------------------------------------------------------------------

LIKES = (
    "since you {liked} {a}, ",
    "because you {liked} {a}, ",
    "as you {liked} {a}, ",
    "with {a} in mind, ",
    "starting from {a}, ",
    "taking {a} as a guide, ",
    "going by {a}, ",
    "going by what you said about {a}, ",
    "you {liked} {a}, so ",
    "you told me you liked {a}, so ",
    "if {a} is to your taste, ",
    "thinking of {a}, ",
    "in the direction of {a}, ",
    "to go with {a}, ",
)
LIST = (
    "here {are} {n} {nps} for you.",
    "here {are} {n} {nps} to consider.",
    "here {are} {n} {nps}.",
    "i found {n} {nps} for you.",
    "i found {n} {nps} that may suit you.",
    "i picked {n} {nps} for you.",
    "i would look at {these} {n} {nps}.",
    "i would suggest {these} {n} {nps}.",
    "i can offer {n} {nps}.",
    "how about {these} {n} {nps}?",
    "let me suggest {n} {nps}.",
    "{these} {n} {nps} may suit you.",
    "{these} {n} {nps} should fit.",
    "you might enjoy {these} {n} {nps}.",
    "you could try {these} {n} {nps}.",
    "my suggestions are {these} {n} {nps}.",
)
GREETINGS = ("", "", "", "sure. ", "of course. ", "happy to help. ", "certainly. ", "all right. ", "good, ")
HINTS = (
    " tell me one you liked and i can do better.",
    " tell me more about your taste and i can narrow it down.",
    " what did you like lately?",
    " say what you are in the mood for and i will look again.",
    " is there one you liked before?",
)
PASSED = (
    " i left out the ones you have seen or turned down.",
    " none of them is one you have seen or turned down.",
    " i skipped what you have already seen or turned down.",
    " these are new ones, without those you turned down or have seen.",
    " the ones you had before are left out.",
)
PARTLY = (
    " only {n} of them {vps}.",
    " {n} of them {vps}; the rest come near.",
    " not all of them fit: {n} of them {vps}.",
    " of these, {n} {vps}.",
)
UNMET = (
    " none of them {vp}, so these are the nearest i found.",
    " i found nothing for {v} that fits the rest, so these come nearest.",
    " {v} could not be met here, so these are the nearest i found.",
    " i could not find {v} within the rest of your request.",
)
SHORT = (
    " nothing more fits all that you asked for.",
    " that is all the catalogue has within your limits.",
    " i found no more that fit everything you asked for.",
    " there are no others that meet all of it.",
)

# -- records as text --------------------------------------------------------------------------------

RECORD = (
    "it is {np}.",
    "this is {np}.",
    "{np}.",
    "this one is {np}.",
    "the {noun} {vp}.",
    "it {vp}.",
    "it {also}.",
    "this {noun} {vp}.",
    "this one {vp}.",
)

# Words that phrases are made of and some that a writer may add without claiming anything.
_FUNCTION_WORDS = frozenset(
    normal_words(
        "a an the and or but so as it its is was are were has have had this that these those one ones "
        "which who you your i me my to of in on at by for from with too also both well same like just "
        "here there if since because what not no none nor only more most much some any all each other "
        "another they them their be been do does did can could may might would should will about up out "
        "than then when while after before between over under least exactly later earlier long runs lasts "
        "came dates comes carries lists mixes combines something feature star carry suggestion tagged "
        "filed among stars features appears appear behind made wrote costs names named record you'll it's "
        "that's here's there's i'd i've let's you'd you've"
    )
)


@cache
def lexicon() -> frozenset[str]:
    """All words of the frames, normalised: what a sentence may say besides values and slots."""
    texts: list[str] = []
    for name, value in globals().items():
        if name.isupper() and isinstance(value, tuple):
            texts.extend(value)
    words = {w for text in texts for w in normal_words(re.sub(r"\{\w+\}", " ", text))}
    return frozenset(words | _FUNCTION_WORDS)
