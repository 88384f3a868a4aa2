"""Ask the built-in movies, show the reasons with their evidence, and answer back.

python examples/movies.py
"""

from __future__ import annotations

from wherefore import Recommender


def main() -> None:
    """Two turns of one conversation."""
    recommender = Recommender.from_pretrained("starter")
    said = [{"role": "user", "content": "I loved The Shining. Something scary but not gory, after 2000."}]
    reply = recommender.generate(said, k=3)
    for place, one in enumerate(reply.recommendations, 1):
        print(f"{place}. {one.item.title} ({one.item.get('year')}): {one.reason}")
        for fact in one.evidence:
            print(f"   {fact.field}: {fact.value} ({fact.because})")

    said += [
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": "Who directed the second one?"},
    ]
    print(recommender.generate(said).text)


if __name__ == "__main__":
    main()
