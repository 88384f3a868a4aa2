"""Words that differ by form alone: "gardening" is what a gardener does, a recliner with heat is heated."""

from __future__ import annotations

from functools import lru_cache

from wherefore.text import stem

_SHORTEST = 3  # letters of what is left without an ending
_ENDINGS = "ing ings ed er ers or ors able ist ists ised ized ise ize y ie ies en ish ment ments ful".split()
_FIRM = frozenset(
    ("ing", "ings", "ed")
)  # that hardly ever belong to the word itself; others need a longer rest
_FORMS = ("", "ing", "ed", "er", "or", "y", "ist", "able", "en", "ish", "ment", "ful")
_VOWELS = frozenset("aeiou")
# Words that end as others of their family would, and are none: a corner is no corn.
_ALONE = frozenset(
    """
    evening morning ceiling thing king ring wing string spring during being nothing something anything everything
    wedding bearing mining rating sharing daring sterling pudding dumpling stocking earring duckling darling herring
    bed red seed feed need weed breed speed hundred sacred naked wicked indeed shed sled
    mining lining coming
    corner flower butter letter number water paper tower shower power dinner summer winter pepper copper leather
    feather weather mother father brother sister other rather matter master poster server customer monster chapter
    charter counter cover river silver liver fever never ever under over after order border wonder thunder ginger
    finger tiger hunger anger danger answer offer differ suffer proper upper super supper ladder border shoulder
    folder holder elder alter enter center meter litter bitter better latter former later quarter barrier career
    corner banner manner tender gender slender render sender member remember november timber amber chamber layer
    prayer mayor minor major motor doctor actor factor sector tutor author mirror horror error color favor flavor
    odor labor harbor humor honor terror tailor pastor hamper camper temper tamper whisper jasper caper taper
    buyer lager later tiler filter shelter halter porter garter starter easter oyster lobster roster hamster
    rooster sneaker cracker locker rocker poker joker checker officer soccer cancer dancer saucer lawyer beaver
    party story country county city duty body lady baby pony army navy ivy jury fury berry cherry curry sorry
    worry ferry merry story policy money honey valley turkey hockey jockey donkey monkey kidney chimney journey
    belly jelly bully folly lolly trolley early only any many copy puppy poppy happy handy candy brandy dandy
    study ruby entry pantry pastry poetry factory gallery battery cemetery bakery celery dairy fairy hairy diary
    library salary pretty petty witty city pity cavity beauty shanty plenty twenty thirty forty fifty sixty
    thirteen fourteen fifteen sixteen crazy hazy lazy daisy busy
    fancy agency curly really family daily holy ugly july
    garden kitchen chicken children oven open token listen often dozen seven eleven women linen siren raven
    heaven citizen alien hidden sudden pollen mitten kitten button
    finish polish british english radish parish publish relish establish perish rubbish
    moment comment cement element document basement garment apartment department segment pigment agreement
    table cable stable fable portable vegetable constable
    artist list fist mist twist exist assist insist consist resist dentist
    promise practise exercise paradise surprise advise otherwise noise raise prise wise size prize seize
    cookie movie pie tie lie die brownie calorie series species
    butters batter banter canter cutter gutter mutter putter stutter clutter shutter flutter splinter printer
    """.split()
)

_STEMS = frozenset(map(stem, _ALONE))


@lru_cache(4096)
def family(word: str) -> tuple[str, ...]:
    """Other forms that a word of one family may have, some of which nobody uses; none of a word that stands alone.

    Args:
        word: A folded word.

    >>> "knit" in family("knitting"), "gardener" in family("gardening"), "baking" in family("bake")
    (True, True, True)
    >>> family("corner"), "corn" in family("corny")
    ((), True)
    """
    if word in _ALONE or stem(word) in _STEMS or not word.isalpha() or len(word) < _SHORTEST + 1:
        return ()
    made = {word, *_bases(word)}
    forms = {form for base in made for form in _of_base(base)} - _ALONE - {word}
    return tuple(sorted(forms))


def _bases(word: str) -> set[str]:
    """What a word may be without an ending: "baking" is "bake", or would be "bak"."""
    found: set[str] = set()
    for ending in _ENDINGS:
        rest = word.removesuffix(ending)
        if (
            rest == word
            or len(rest) < _SHORTEST + (ending not in _FIRM)
            or not _VOWELS & {*rest, "y" in rest and "a"}
        ):
            continue
        found |= {rest, f"{rest}e"}
        if rest[-1] == rest[-2] and rest[-1] not in _VOWELS:
            found.add(rest[:-1])
        if rest.endswith("i"):
            found.add(f"{rest[:-1]}y")
    return {one for one in found if one not in _ALONE}


def _of_base(base: str) -> set[str]:
    """The forms of a base."""
    short = base[-1] not in "aeiouwxy" and base[-2] in _VOWELS and (len(base) < 3 or base[-3] not in _VOWELS)
    stems = [base, *([base + base[-1]] if short else [])]
    if base.endswith("e"):
        stems.append(base[:-1])
    if base.endswith("y") and base[-2] not in _VOWELS:
        stems.append(f"{base[:-1]}i")
    return {f"{one}{ending}" for one in stems for ending in _FORMS if len(one) + len(ending) >= len(base)}
