"""What is said in passing, answered by a sentence that fits: news, good wishes, a lament."""

from __future__ import annotations

import numpy as np

from wherefore.retrieval.index import Index

PLAIN = "Thanks for telling me."
_ANSWERS: dict[str, tuple[str, ...]] = {
    "I am sorry to hear that.": (
        "my dog died",
        "they lost the match, poor things",
        "I am ill and everything hurts",
        "I am so tired and sad today",
        "we had bad news from the hospital",
        "I broke my leg",
        "it has been an awful week",
        "I got fired",
        "the car broke down again",
    ),
    "I am glad to hear that!": (
        "the baby finally sleeps",
        "we won the match",
        "I passed my exam",
        "she said yes, we are getting married",
        "it was a great success, everybody loved it",
        "thanks for the last one, the neighbours liked it so much that they came back",
        "we had a wonderful evening",
        "I got the job",
    ),
    "That is kind, thank you.": (
        "my mother says thank you",
        "my wife sends her regards",
        "my sister says hi",
        "bless you",
        "you are so nice",
        "you are funny",
        "very nice of you",
        "God bless",
    ),
    "Good luck, I hope it goes well.": (
        "wish me luck for the interview",
        "my exam is tomorrow",
        "I have to speak before everybody tonight",
        "the final is on Saturday, cross your fingers",
    ),
    "See you later, then.": (
        "I have to go now, back later",
        "the doorbell rings, one moment",
        "I will put the bins out",
        "good night, talk tomorrow",
        "brb",
    ),
    "I am a program, so I neither tire nor get bored; kind of you to ask.": (
        "do you ever get bored of this",
        "do you never sleep",
        "are you happy with your job",
        "do you like talking to people all day",
        "don't you get tired of these questions",
    ),
    "Ha, fair enough.": (
        "haha it was worth a try",
        "just kidding",
        "lol only joking",
        "hahaha you got me",
        "you sound like my husband",
    ),
    "So it goes.": (
        "it is raining again",
        "it is hot in here today",
        "just got back from the shops",
        "the bus is late as always",
        "is it Friday yet",
    ),
}
_LEAST = 0.4  # cosine of what is said and an example from which they are of a kind


def fitting(text: str, index: Index) -> str:
    """A sentence that fits what somebody says in passing: that of the example which it is nearest to."""
    examples = [(answer, one) for answer, told in _ANSWERS.items() for one in told]
    vectors = index.embed_all([text, *(one for _, one in examples)])
    near = np.array([float(vectors[text] @ vectors[one]) for _, one in examples])
    best = int(near.argmax())
    return examples[best][0] if near[best] >= _LEAST else PLAIN
