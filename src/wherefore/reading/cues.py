"""Words around values: what asks for one, turns it down, or says nothing of it."""

from __future__ import annotations

from wherefore.text import FUNCTION_WORDS

FILL = frozenset(
    "a an the some any good great really very more other kind kinds of type types sort bit little pretty "
    "super best new half old older newer recent classic nice decent and or also maybe just even both as well "
    "like such fun cool actual truly n tonite movie movies film films title titles book books stuff ones one "
    "fan fans big huge lot much definitely especially mostly usually all most long short smart clean light "
    "dark serious intense cute modern quality solid too".split()
)
CUES = frozenset(
    "something anything want wants wanting wanted like likes liked love loves loved enjoy enjoys enjoyed "
    "prefer prefers need needs looking recommend suggest suggestions recommendations mood into watch see "
    "find favorite favourite favor for give show any some only pick picks picked adore adores craving fancy "
    "feeling how about what whats up try interested other seeking meant seek feel anyone somebody someone "
    "more stuff things similar read hear get got know of list top".split()
)
SOFT_CUES = frozenset("of for about up get got know hear read how what feel only".split())
NEGATORS = frozenset(
    "no not nothing without dont doesnt didnt isnt arent wasnt never hate hates hated dislike disliked avoid avoiding "
    "except minus less nor neither non cant cannot wont zero skip excluding besides tired sick aint despise "
    "detest".split()
)
NEGATED_GAP = FILL | frozenset(
    "want wants wanting like likes liked love loves enjoy prefer into fan fans in mood for care about with "
    "by at all is are be was watch watching see seeing need too overly super really anything something "
    "everything stuff that thats them starring directed featuring from those these stand get feel feeling it "
    "so ready things particularly especially usually exactly looking i do stand of having has have contain "
    "contains involving include scenes hear me give recommend suggest show please lots his her their to "
    "going gonna wanna another where when".split()
)
POLITE = frozenset(
    "please pls plz thx smth yes yeah yep sure ok okay hi hello hey probably maybe perhaps um hmm well then "
    "thanks thank you instead also actually though i think guess say id would will be great nice good fine "
    "too lets go with prefer mostly mainly definitely both either really honestly now today tonight for me "
    "favorite genre this time about how what lovely super perfect wonderful por favor pls mate dude man lol "
    "haha omg".split()
)
PLACING = frozenset("from in set made produced shot filmed".split())
REFUSING = frozenset(
    "no not without except minus nor avoid avoiding excluding skip hate hates dislike".split()
)
LIFTERS = frozenset("fine ok okay alright".split())
# How much of something: "not loads" refuses a degree, and nothing that is called so.
QUANTITIES = frozenset(
    "loads lots much many tons heaps masses plenty bit bits little lot load amount amounts".split()
)
# Words that never mean a value by themselves, whatever a catalogue's keywords hold.
MUTE = (
    FUNCTION_WORDS
    | FILL
    | CUES
    | NEGATORS
    | NEGATED_GAP
    | POLITE
    | frozenset(
        "first second third last today see saw seen fan talk question answer thought word wait help time day "
        "night week year people guy man thing end beginning start part story plot acting actor actress idea "
        "list name number recommendation bad boring terrible awful horrible stupid lame overrated sorry "
        "wrong hope luck future sound sounds morning afternoon evening mine chat chatting talking man woman "
        "lot way kind cinema director directors actors film-maker".split()
    )
)
