"""Make catalogues of public data: the built-in movies, and books as CSV.

    python scripts/prepare_data.py movies --source DIR --out src/wherefore/assets/movies.parquet
    python scripts/prepare_data.py movies --original DIR --out movies.parquet
    python scripts/prepare_data.py corpus redial --source DIR --out runs/redial-items.parquet
    python scripts/prepare_data.py goodbooks --source DIR --out books.csv
    python scripts/prepare_data.py shop recipes --source DIR --out recipes.jsonl

`--source` is a folder of converted data with `movies/`, `redial/` and `movietweetings_100k/` (and
`goodbooks_10k/`). `--original` is a folder with the public files as published:

- MovieLens 25M or 32M (https://grouplens.org/datasets/movielens/): `movies.csv`, `links.csv`, and, if there,
  `tags.csv` (keywords) and `ratings.csv` (counted, to tell which films are known);
- ReDial (https://redialdata.github.io/website/): `movies_with_mentions.csv`, and, if there,
  `train_data.jsonl` (popularity: training dialogues that name a film);
- MovieTweetings (https://github.com/sidooms/MovieTweetings), if there: `ratings.dat`.

The original files name no directors, cast, runtime or country, so that a catalogue made of them lacks these.
They are found anywhere below DIR.

The catalogue holds facts only: no plots, no ratings, no pictures. It has every ReDial film with a year and a
genre, then the best known others up to `--size`. The output is the same, byte for byte, on every run with the
same input and the same version of pyarrow.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import html
import json
import lzma
import math
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow.parquet as pq

from wherefore.catalog.catalog import Catalog, Item
from wherefore.catalog.schema import Schema
from wherefore.evaluation.items import write_catalog
from wherefore.files import write_aside

SCHEMA = Schema.parse(
    {
        "noun": "movie",
        "fields": [
            {"name": "id", "kind": "id"},
            {"name": "title", "kind": "title"},
            {"name": "alt_titles", "kind": "alias"},
            {"name": "year", "kind": "number"},
            {"name": "genres", "kind": "category"},
            {"name": "directors", "kind": "people"},
            {"name": "cast", "kind": "people"},
            {"name": "keywords", "kind": "category"},
            {"name": "runtime_min", "kind": "number"},
            {"name": "country", "kind": "category"},
            {"name": "language", "kind": "category"},
            {"name": "popularity", "kind": "popularity"},
            {"name": "redial_ids", "kind": "ignore"},
            {"name": "about", "kind": "text", "pooled": False},
            {"name": "hooks", "kind": "text", "label": "what people remember", "pooled": False},
            {"name": "themes", "kind": "text", "pooled": False},
            {"name": "feel", "kind": "text", "label": "how it feels", "pooled": False},
            {"name": "moods", "kind": "category", "label": "mood", "phrase": "mood: {}", "pooled": False},
            {"name": "age", "kind": "number", "label": "youngest age", "phrase": "for ages {} and up"},
            {
                "name": "warnings",
                "kind": "category",
                "label": "warning",
                "phrase": "with {}",
                "pooled": False,
            },
        ],
    }
)
ROOT = Path(__file__).resolve().parents[1]
TWEET_WEIGHT = 0.1  # of a MovieTweetings rating beside a ReDial dialogue: tweets are of one season, 2013
WARNINGS = "violence", "gore", "jump scares", "sex", "swearing", "drugs", "animal death"
MAX_CAST, MAX_KEYWORDS = 8, 12
WELL_KNOWN = 12.0  # `Film.known` from which a title may be a word that people ask with
KNOWN_ENOUGH = 5.0  # `Film.known` from which an erotic film is not taken for pornography

# -- what is left out

ADULT_GENRES = {"Adult"}
DROPPED_GENRES = {
    "Adult",
    "Erotic",
    "IMAX",
    "Foreign",
    "Live Action",
    "TV Movie",
    "Performance",
    "Reality-TV",
}
DROPPED_GENRES |= {"(no genres listed)", "Talk-Show", "News", "Game-Show"}
GENRE_KEYWORDS = {  # rare genres say more as keywords
    "Independent": "independent film", "Supernatural": "supernatural", "Slasher": "slasher", "Spy": "spy",
    "Superhero": "superhero", "Teen": "teen", "Satire": "satire", "Suspense": "suspense",
    "Political": "politics", "Martial Arts": "martial arts", "Disaster": "disaster", "Legal": "courtroom",
    "Dance": "dance", "Found Footage": "found footage",
}  # fmt: skip
MAIN_OF = {  # where a rare genre is all that is known
    "Superhero": "Action", "Martial Arts": "Action", "Disaster": "Action", "Spy": "Thriller", "Slasher": "Horror",
    "Supernatural": "Horror", "Found Footage": "Horror", "Teen": "Comedy", "Satire": "Comedy", "Suspense": "Thriller",
    "Political": "Drama", "Legal": "Drama", "Dance": "Music",
}  # fmt: skip
GENRE_NAMES = {"Children": "Family", "Science Fiction": "Sci-Fi", "Film Noir": "Film-Noir"}
ADULT_TITLE = re.compile(
    r"\b(?:porn\w*|xxx|hardcore|erotic\w*|orgasm\w*|deep throat|emmanuelle)\b", re.IGNORECASE
)
ADULT_KEYWORD = re.compile(r"\bporn|\bxxx\b|unsimulated sex|adult film|erotica\b")
EXPLICIT = re.compile(
    r"\bporn|\bxxx\b|hardcore|\bsex(?!ism|uality|ual (?:abuse|harass|identit|orientation|revolution)| education)|"
    r"(?:oral|anal|group|gay|lesbian|casual|phone|rough|explicit|public|loud|implied) sex\b|\bsexy|homoerotic|"
    r"erotic|\bnud(?:e|ity|ist|ism)|topless|full[ -]frontal|\bbreasts?\b(?! cancer)|pubic|masturbat|orgasm|orgy|"
    r"fellatio|cunnilingus|blow ?job|penis|vagina|genital|ejaculat|erection|fetish|bdsm|sadomaso|dildo|"
    r"\bincest|voyeur|bondage|panties|brothel|\bwhore|gigolo|striptease|strip club|stripper|lap dance|"
    r"objectification|cleavage|threesome|pedophil|paedophil|bestiality|necrophil|virginity|swingers|milf|gangbang"
)
_JUNK_WORDS = (
    "good great best worst bad awful horrible terrible amazing awesome brilliant excellent fantastic wonderful "
    "perfect favorite favourite favorites boring overrated underrated predictable stupid dumb idiotic silly "
    "pointless crappy lame crap masterpiece entertaining interesting stunning hilarious unfunny funny funniest "
    "beautiful beautifully cute! cute fun enjoyable watchable unwatchable breathtaking clever genius ridiculous "
    "annoying overlong cgi acting plot ending endings cinematography soundtrack photography dialogue quotable "
    "imdb oscar oscars bafta afi golden palm cannes emmy criterion netflix hulu dvd dvds dvd-video bd-r bd-video "
    "blu-ray bluray vhs clv cav betamax divx tivo avi library owned own seen watched rewatch unseen unrated rated "
    "pg-13 pg r-rated nc-17 stinger duringcreditsstinger aftercreditsstinger 70mm 35mm imax 3d franchise handycam"
).split()
JUNK_WORD = re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, _JUNK_WORDS))})(?![\w-])")
JUNK_SHAPE = re.compile(
    r"word title|in title\b|title directed|^r:|^\(?s\)?$|\bto see\b|\bi (?:own|have|want|saw)\b|tumey|erlend|"
    r"nudity|box office|budget|credits|critically|free to download|watch|product placement|written and directed|"
    r"^title |^[\W\d]+$|(?:^|\s)top \d|\d{3,}$|\breference to\b|^f word$|^foul language$|indian lead|as hell$|"
    r"^author:|^first part$|^second part$|^too |^very "
)
JUNK = set(
    "original mentor storytelling story dialogue runaway adaptation relationships talky series sequel sequels "
    "drama short long light life intense intimate enigmatic complex visual women boy girl wife husband friend "
    "loneliness greed foreign adolescence obsession death love relationship good narrated literature book actor "
    "star song girlie_movie chick_flick one_word_title life_philosophy life_&_death weird absurd visceral harsh "
    "twists_&_turns visually_appealing passionate reflective artistic stylized stylish downbeat emotional "
    "action_packed dramatic romantic touching big controversial trilogy low_budget cult_film multiple_storylines "
    "factual explosive anthology affectionate melancholic brutal cerebral exceptional mindfuck movie film movies "
    "films classic culture_clash cult part child man woman men father mother son daughter brother sister animated "
    "light wife_husband_relationship male_female_relationship catastrophe fight_scenes single unusual_plot_structure "
    "shallow lyrical cowardliness individual overalls unsociability ladykiller repayment usa american".replace(
        "_", " "
    ).split()
)
JUNK |= {
    "girlie movie", "chick flick", "life philosophy", "life & death", "twists & turns", "visually appealing",
    "action packed", "low budget", "cult film", "cult classic", "multiple storylines", "culture clash",
    "wife husband relationship", "male female relationship", "fight scenes", "unusual plot structure",
    "big name actors", "so bad it's good", "stand out", "feel good movie", "love of one's life", "exceptional",
    "easygoing", "off-beat comedy", "so bad it's funny", "war movie", "animal movie", "coen bros", "coen brothers",
    "hitchcock", "kurosawa", "almodovar", "francis ford copolla", "lynch", "arnold", "special effects", "stupidity",
    "irish accent", "humorous", "french", "german", "spanish", "russian", "japanese", "italian", "scenic",
    "notable soundtrack",
}  # fmt: skip
SAME = {  # several tags for one thing
    "adapted from:book": "based on a book", "based on book": "based on a book", "based on novel": "based on a book",
    "based on a novel": "based on a book", "literary adaptation": "based on a book",
    "based on young adult novel": "based on a book", "based on true story": "based on a true story",
    "true story": "based on a true story", "based on true events": "based on a true story",
    "based on comic": "based on a comic", "based on comic book": "based on a comic", "comic book": "based on a comic",
    "adapted from:comic": "based on a comic", "graphic novel": "based on a comic", "based on play": "based on a play",
    "based on video game": "based on a video game", "video game adaptation": "based on a video game",
    "adapted from:game": "based on a video game", "based on tv series": "based on a tv show",
    "super hero": "superhero", "super-hero": "superhero", "superheroes": "superhero", "wwii": "world war ii",
    "world war two": "world war ii", "world war 2": "world war ii", "dystopic future": "dystopia",
    "distopia": "dystopia", "dystopian": "dystopia", "post apocalypse": "post-apocalyptic",
    "post apocalyptic": "post-apocalyptic", "feel-good": "feel-good", "romantic comedies": "romantic comedy",
    "good romantic comedies": "romantic comedy", "wuxia": "martial arts", "stoner movie": "stoner comedy",
    "new york": "new york city", "manhattan new york city": "new york city", "london england": "london",
    "kids and family": "kids", "children": "kids", "cartoon": "animation", "cars": "car",
    "coming of age": "coming-of-age",
    "noir thriller": "film noir", "noir": "film noir", "neo noir": "neo-noir", "stop motion": "stop-motion",
    "found footage": "found footage", "spoof": "parody", "aliens": "alien", "vampires": "vampire", "ghosts": "ghost",
    "zombies": "zombie", "robots": "robot", "werewolves": "werewolf", "wizards": "wizard", "witches": "witch",
    "dragons": "dragon", "dinosaurs": "dinosaur", "pirates": "pirate", "demons": "demon", "monsters": "monster",
    "gangsters": "gangster", "nazis": "nazi", "spies": "spy", "spying": "espionage", "dogs": "dog", "hit men": "hitman",
    "hit man": "hitman", "marvel comic": "marvel", "marvel cinematic universe": "marvel", "wartime": "war",
    "homosexuality": "gay", "homosexual": "gay", "gay character": "gay", "teens": "teen", "teenager": "teen",
    "teenagers": "teen", "teen movie": "teen", "sports": "sport", "drug": "drugs", "politics": "politics",
    "political": "politics", "assassins": "assassin", "doctors": "doctor", "lawyers": "lawyer", "horses": "horse",
    "twist": "twist ending", "plot twist": "twist ending", "surprise ending": "twist ending", "gory": "gore",
    "goretastic": "gore", "extreme violence": "violence", "gratuitous violence": "violence", "violent": "violence",
    "dark comedy": "black comedy", "dark humor": "black comedy", "mother-son relationship": "mother son relationship",
    "biopic": "biography", "biographical": "biography", "dancing": "dance", "disney animated feature": "disney",
    "007 (series)": "james bond", "007": "james bond", "bond": "james bond", "weed": "marijuana",
    "imaginary friends": "imaginary friend", "religious": "religion", "psychological": "psychology",
}  # fmt: skip
COUNTRIES = {
    "United States of America": "USA",
    "United States": "USA",
    "United Kingdom": "UK",
    "West Germany": "Germany",
}
LANGUAGES = {
    "Français": "French", "Español": "Spanish", "Deutsch": "German", "Italiano": "Italian", "Pусский": "Russian",
    "日本語": "Japanese", "普通话": "Mandarin", "Português": "Portuguese", "العربية": "Arabic", "Polski": "Polish",
    "Magyar": "Hungarian", "Český": "Czech", "广州话 / 廣州話": "Cantonese", "हिन्दी": "Hindi", "ภาษาไทย": "Thai",
    "עִבְרִית": "Hebrew", "한국어/조선말": "Korean", "svenska": "Swedish", "Tiếng Việt": "Vietnamese", "Türkçe": "Turkish",
    "Dansk": "Danish", "Nederlands": "Dutch", "Norsk": "Norwegian", "suomi": "Finnish", "ελληνικά": "Greek",
    "Română": "Romanian", "български език": "Bulgarian", "Український": "Ukrainian", "فارسی": "Persian",
    "Íslenska": "Icelandic", "Gaeilge": "Irish", "Latin": "Latin", "اردو": "Urdu", "தமிழ்": "Tamil", "Srpski": "Serbian",
    "Hrvatski": "Croatian", "Bosanski": "Bosnian", "shqip": "Albanian", "Slovenčina": "Slovak", "Català": "Catalan",
    "Bahasa indonesia": "Indonesian", "বাংলা": "Bengali", "ქართული": "Georgian", "پښتو": "Pashto", "Kiswahili": "Swahili",
    "gd": "Scottish Gaelic", "xh": "Xhosa", "bo": "Tibetan", "yi": "Yiddish", "sh": "Serbo-Croatian", "hy": "Armenian",
    "km": "Khmer", "mi": "Maori", "ne": "Nepali", "tl": "Tagalog", "nv": "Navajo", "kw": "Cornish", "mn": "Mongolian",
    "Eesti": "Estonian", "euskera": "Basque", "Galego": "Galician", "ਪੰਜਾਬੀ": "Punjabi",
    "తెలుగు": "Telugu", "қазақ": "Kazakh", "Bamanankan": "Bambara", "isiZulu": "Zulu", "Cymraeg": "Welsh",
    "Bahasa melayu": "Malay", "Wolof": "Wolof", "Fulfulde": "Fula", "Hausa": "Hausa", "Afrikaans": "Afrikaans",
}  # fmt: skip
# Where the two sources of directors disagree and both name well-known ones (public knowledge).
DIRECTORS = {
    "tt0101414": ["Gary Trousdale", "Kirk Wise"],
    "tt0067023": ["Steven Spielberg"],
    "tt1298650": ["Rob Marshall"],
    "tt0037469": ["Fritz Lang"],
    "tt0138749": ["Bibo Bergeron", "Don Paul"],
}
_NOT_A_NAME = re.compile(
    r"\b(?:award|academy|winning|cinema|pictures|studios?|films?|company|productions?|entertainment|adapted|hong "
    r"kong|korean|english|french|american|british|italian|german|spanish|indian|chinese|japanese|canadian|the|of)\b",
    re.IGNORECASE,
)


@dataclass(slots=True)
class Film:
    """One film as the sources have it."""

    id: str
    title: str
    year: int | None = None
    alt_titles: list[str] = field(default_factory=list)
    genres: list[str] = field(default_factory=list)
    directors: list[str] = field(default_factory=list)
    cast: list[str] = field(default_factory=list)
    keywords: list[str] = field(default_factory=list)
    runtime_min: int | None = None
    countries: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    redial_ids: list[str] = field(default_factory=list)
    dialogues: int = 0  # ReDial training dialogues that name it
    tweets: int = 0  # MovieTweetings ratings
    known: float = 0.0  # how well known it is; used for choosing only
    about: dict[str, Any] = field(default_factory=dict)  # what we wrote of it


class Shop(NamedTuple):
    """A data set as a catalogue: its folder, the file with its texts, and the keys that are left out."""

    folder: str
    text: str
    dropped: frozenset[str]


SHOPS = {
    "recipes": Shop("recipes_small", "directions", frozenset(("url", "image_url", "timing"))),
    "office": Shop("amazon_office", "descriptions", frozenset()),
    "clothing": Shop("clothing_small", "descriptions", frozenset(("image_urls",))),
    "books": Shop(
        "goodbooks_10k",
        "",
        frozenset("isbn goodreads_book_id rating_histogram_1_to_5 image_url original_title editions".split()),
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a subcommand; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="prepare_data.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    movies = commands.add_parser("movies", help="the built-in catalogue of movies, as Parquet")
    origin = movies.add_mutually_exclusive_group(required=True)
    origin.add_argument("--source", type=Path, help="folder with movies/, redial/, movietweetings_100k/")
    origin.add_argument(
        "--original", type=Path, help="folder with the files of MovieLens and ReDial as published"
    )
    movies.add_argument("--out", type=Path, required=True, help="the .parquet file to write")
    movies.add_argument(
        "--corrections",
        type=Path,
        default=ROOT / "data" / "films",
        help="folder with what we found and wrote",
    )
    movies.add_argument("--size", type=int, default=10_000, help="how many movies (ReDial's all go in)")
    corpus = commands.add_parser("corpus", help="all items of a dialogue corpus, as Parquet")
    corpus.add_argument("name", help="redial, inspired, or another folder of --source with items.jsonl.gz")
    corpus.add_argument(
        "--source", type=Path, required=True, help="folder with movies/ and the corpus' folder"
    )
    corpus.add_argument("--out", type=Path, required=True, help="the .parquet file to write")
    books = commands.add_parser("goodbooks", help="goodbooks-10k as CSV, an example of an own catalogue")
    books.add_argument("--source", type=Path, required=True, help="folder with goodbooks_10k/items.jsonl.gz")
    books.add_argument("--out", type=Path, required=True, help="the .csv file to write")
    shop = commands.add_parser(
        "shop", help="catalogues that data/requests and data/blind speak of, as JSON lines"
    )
    shop.add_argument("name", choices=sorted(SHOPS))
    shop.add_argument("--source", type=Path, required=True, help="folder with the folders of the data sets")
    shop.add_argument("--out", type=Path, required=True, help="the .jsonl file to write")
    given = parser.parse_args(argv)
    try:
        if given.command == "shop":
            write_shop(given.name, given.source, given.out)
        elif given.command == "goodbooks":
            write_goodbooks(given.source, given.out)
        elif given.command == "corpus":
            catalog, named = write_catalog(given.name, given.source, given.out)
            print(f"{given.out}: {len(catalog):,} items, {named:,} of them named in training")
        else:
            films = read_source(given.source) if given.source else read_original(given.original)
            films = corrected(films, given.corrections)
            add_about(films, given.corrections)
            write_movies(films, given.out, given.size)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


# -- reading


def read_source(folder: Path) -> list[Film]:
    """Read the converted data."""
    records = [
        record
        for part in ("core", "rest")
        for record in _jsonl(folder / "movies" / f"catalogue_{part}.jsonl.gz")
    ]
    films = {record["item_id"]: _film_of(record) for record in records}
    _choose_directors({record["item_id"]: record for record in records}, films)
    film_of_redial: dict[str, str] = {}
    for record in _jsonl(folder / "redial" / "items.jsonl.gz"):
        film = films.get(record.get("catalogue_id"))
        if film is None:
            continue
        film_of_redial[record["item_id"]] = film.id
        film.redial_ids.append(record["item_id"])
        film.year = film.year or record.get("year")
        film.genres = film.genres or list(record.get("genres", ()))
        if record.get("title"):
            film.alt_titles.append(html.unescape(record["title"]))
    named: dict[str, set[str]] = {}
    for record in _jsonl(folder / "redial" / "mention_sequences.jsonl.gz"):
        if record["split"] == "train":
            named[record["dialogue_id"]] = {mention[0] for mention in record["mentions"]}
    for record in _jsonl(folder / "redial" / "dialogues_train_partial.jsonl.gz"):
        if record["split"] == "train":
            named[record["dialogue_id"]] = {item for turn in record["turns"] for item in turn["items"]}
    for items in named.values():
        for film_id in {film_of_redial[item] for item in items if item in film_of_redial}:
            films[film_id].dialogues += 1
    with gzip.open(
        folder / "movietweetings_100k" / "ratings.csv.gz", "rt", encoding="utf-8", newline=""
    ) as lines:
        for row in csv.DictReader(lines):
            if row["item_id"] in films:
                films[row["item_id"]].tweets += 1
    return list(films.values())


def _film_of(record: dict[str, Any]) -> Film:
    ratings = sum(math.log2(1 + stats["n"]) for stats in record.get("rating_stats", {}).values())
    votes = math.log2(1 + record.get("imdb_votes", 0) / 1000 + record.get("tmdb_votes", 0) / 20)
    full = bool(record.get("cast")) + bool(record.get("keywords"))  # an entry with facts is worth more here
    film = Film(record["item_id"], html.unescape(record["title"]), record.get("year"))
    for name in ("alt_titles", "genres", "cast", "keywords", "countries", "languages"):
        setattr(film, name, list(record.get(name, ())))
    film.runtime_min = record.get("runtime_min")
    film.known = ratings + votes + full
    return film


def _choose_directors(records: dict[str, dict[str, Any]], films: dict[str, Film]) -> None:
    """Take the known directors; those read from text where there are no others and they look right."""
    credits = Counter(name for record in records.values() for name in record.get("directors", ()))
    people = set(credits)
    people.update(
        name for record in records.values() for key in ("cast", "writers") for name in record.get(key, ())
    )
    titles = {record["title"] for record in records.values()}
    for film_id, record in records.items():
        known, text = list(record.get("directors", ())), list(record.get("directors_from_text", ()))
        text = [name for name in text if name in people or _is_name(name) and name not in titles]
        if not known:
            films[film_id].directors = text
        elif not text or _surnames(known) & _surnames(text):
            films[film_id].directors = known
        else:  # facts of two namesakes: believe the one who has directed more than this, if only one has
            established = [names for names in (known, text) if max(credits[name] for name in names) > 1]
            films[film_id].directors = established[0] if len(established) == 1 else DIRECTORS.get(film_id, [])


def _is_name(name: str) -> bool:
    words = name.split()
    capital = all(word[0].isupper() and (len(word) > 1) for word in words[:1] + words[-1:])
    return 2 <= len(words) <= 4 and capital and not _NOT_A_NAME.search(name)


def _surnames(names: Iterable[str]) -> set[str]:
    return {
        word for name in names for word in plain(name).split() if len(word) > 2 and word not in ("the", "von")
    }


def read_original(folder: Path) -> list[Film]:
    """Read the files of MovieLens and ReDial as published, wherever they lie below the folder."""
    films: dict[str, Film] = {}
    links = {row["movieId"]: row for row in _csv(_need(folder, "links.csv", "MovieLens"))}
    by_movielens: dict[str, Film] = {}
    for row in _csv(_need(folder, "movies.csv", "MovieLens")):
        titles, year = split_title(row["title"])
        imdb = links.get(row["movieId"], {}).get("imdbId", "")
        film_id = f"tt{int(imdb):07d}" if imdb else f"ml{row['movieId']}"
        film = films.setdefault(film_id, Film(film_id, titles[0], year, titles[1:]))
        film.genres = film.genres or [name for name in row["genres"].split("|") if name]
        by_movielens[row["movieId"]] = film
    tags: dict[str, dict[str, set[str]]] = {}
    if path := _find(folder, "tags.csv"):
        for row in _csv(path):
            users = tags.setdefault(row["movieId"], {}).setdefault(
                " ".join(row["tag"].lower().split()), set()
            )
            users.add(row["userId"])
    for movie_id, found in tags.items():
        if movie_id in by_movielens:
            often = sorted(found, key=lambda tag: (-len(found[tag]), tag))
            by_movielens[movie_id].keywords = often
            by_movielens[movie_id].known += math.log2(1 + sum(map(len, found.values())))
    if path := _find(folder, "ratings.csv"):
        counts = Counter(row["movieId"] for row in _csv(path))
        for movie_id, count in counts.items():
            if movie_id in by_movielens:
                by_movielens[movie_id].known += math.log2(1 + count)
    by_title: dict[tuple[str, int | None], Film] = {}
    for film in films.values():
        for title in (film.title, *film.alt_titles):
            by_title.setdefault((plain(title), film.year), film)
    film_of_redial: dict[str, Film] = {}
    for row in _csv(_need(folder, "movies_with_mentions.csv", "ReDial")):
        titles, year = split_title(html.unescape(row["movieName"]))
        hit = next((by_title[key] for t in titles if (key := (plain(t), year)) in by_title), None)
        if hit is not None and year is not None:
            film_of_redial[row["movieId"]] = hit
            hit.redial_ids.append(row["movieId"])
            hit.alt_titles += titles
    if path := _find(folder, "train_data.jsonl"):
        for record in _jsonl(path):
            named = record["movieMentions"] or {}
            for film_id in {film_of_redial[item].id for item in named if item in film_of_redial}:
                films[film_id].dialogues += 1
    if path := _find(folder, "ratings.dat"):
        for line in path.read_text(encoding="utf-8").splitlines():
            imdb = line.split("::")[1]
            if (film_id := f"tt{int(imdb):07d}") in films:
                films[film_id].tweets += 1
    return list(films.values())


def split_title(name: str) -> tuple[list[str], int | None]:
    """A title with its year, as MovieLens and ReDial write it, in parts; articles go to the front.

    >>> split_title("City of Lost Children, The (Cité des enfants perdus, La) (1995)")
    (['The City of Lost Children', 'La Cité des enfants perdus'], 1995)
    """
    found = re.fullmatch(r"(.*?)\s*\((\d{4})\)\s*", name.strip())
    text, year = (found[1], int(found[2])) if found else (name.strip(), None)
    parts = [text]
    while found := re.fullmatch(r"(.+?)\s+\(((?:[^()]|\([^()]*\))+)\)", parts[0]):
        parts = [found[1], found[2], *parts[1:]]
    titles = [article_first(re.sub(r"^a\.?k\.?a\.?:?\s+", "", part.strip())) for part in parts]
    return [title for title in titles if title] or [name.strip()], year


def article_first(title: str) -> str:
    """`Goonies, The` as `The Goonies`."""
    found = re.fullmatch(
        r"(.+), (The|A|An|Le|La|Les|L'|Un|Une|Il|Lo|Gli|I|El|Los|Las|Der|Die|Das|Ein|Eine|Det|Den|De|Het|O|Os)",
        title,
    )
    return title if not found else f"{found[2]}{'' if found[2].endswith(chr(39)) else ' '}{found[1]}"


@cache
def plain(text: str) -> str:
    """Lower case without accents, punctuation and a leading article: for comparing titles."""
    folded = unicodedata.normalize("NFKD", text.lower().replace("&", " and "))
    words = re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))
    return " ".join(words[1:] if len(words) > 1 and words[0] in ("the", "a", "an") else words)


def _find(folder: Path, name: str) -> Path | None:
    found = sorted(
        [*folder.rglob(name), *folder.rglob(name + ".gz")], key=lambda path: (len(path.parts), path)
    )
    return found[0] if found else None


def _need(folder: Path, name: str, origin: str) -> Path:
    path = _find(folder, name)
    if path is None:
        raise FileNotFoundError(f"no {name} below {folder}; it comes with {origin}, see --help for where")
    return path


def _open(path: Path) -> Any:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open(encoding="utf-8", newline="")


def _csv(path: Path) -> Iterator[dict[str, str]]:
    with _open(path) as lines:
        yield from csv.DictReader(lines)


def _jsonl(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise FileNotFoundError(f"no {path}; see --help for the files that are needed")
    with _open(path) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


# -- what we found and wrote


def corrected(films: Sequence[Film], folder: Path) -> list[Film]:
    """The films as `records.tsv` and `values.tsv` put them right: linked, merged, mended or left out.

    `records.tsv` says of a record that it is the `same` film as another one, by which people's talk is meant; a film of
    its `own`, with its IMDb id; one with wrong `facts` (what is not given is unknown) or with `some facts` wrong (what
    is not given stays); a `series`, or `nofilm`. `values.tsv` mends single values; `mentions` moves people's talk to
    another film. `facts.tsv` fills running times, languages and countries where the records have none.
    """
    by_id = {film.id: film for film in films}
    verdicts = _tsv(folder / "records.tsv")
    same = {row["id"]: row["target"] for row in verdicts if row["verdict"] == "same"}
    for row in verdicts:
        film = by_id.get(row["id"])
        if film is None or row["verdict"] == "same":
            continue
        if row["verdict"] in ("series", "nofilm"):
            del by_id[film.id]
        elif row["verdict"] in ("facts", "some facts"):
            _mend(film, row, clear=row["verdict"] == "facts")
        elif row["target"] and row["target"] not in by_id:
            film.id = row["target"]
    for row in _tsv(folder / "values.tsv"):
        film, right = by_id.get(row["id"]), row["right"]
        if film is None:
            continue
        if row["field"] == "mentions":
            _move_mentions(film, by_id.get(right))
        elif row["field"] in ("directors", "cast", "languages", "countries"):
            setattr(film, row["field"], _parts(right))
        elif row["field"] == "title":
            film.alt_titles.append(film.title)
            film.title = right
        else:
            setattr(film, row["field"], int(right) if right else None)
    for row in _tsv(folder / "facts.tsv"):
        if (film := by_id.get(row["id"])) is not None:
            film.runtime_min = film.runtime_min or (int(row["runtime_min"]) if row["runtime_min"] else None)
            film.languages = film.languages or _parts(row["languages"])
            film.countries = film.countries or _parts(row["countries"])
    for film_id, target in same.items():
        film = by_id.pop(film_id, None)
        while target in same:
            target = same[target]
        meant = by_id.get(target)
        if film is None or meant is None:
            continue
        _move_mentions(film, meant)
        meant.genres = meant.genres or film.genres
        if "%" not in film.title and film.year == meant.year:
            meant.alt_titles.append(film.title)
    return list(by_id.values())


def _parts(cell: str) -> list[str]:
    """The values of a cell, between semicolons."""
    return [one.strip() for one in cell.split(";") if one.strip()]


def _mend(film: Film, row: dict[str, str], clear: bool) -> None:
    film.title = row["title"] or film.title
    film.year = int(row["year"]) if row["year"] else film.year
    for name in ("directors", "cast"):
        given = _parts(row[name])
        if given or clear:
            setattr(film, name, given)
    if clear:
        film.keywords, film.runtime_min, film.countries, film.languages = [], None, [], []


def _move_mentions(film: Film, meant: Film | None) -> None:
    if meant is not None:
        meant.redial_ids += film.redial_ids
        meant.dialogues += film.dialogues
        film.redial_ids, film.dialogues = [], 0


def add_about(films: Iterable[Film], folder: Path) -> None:
    """Give films what `about.tsv.xz` says of them, by id."""
    told = {row["id"]: row for row in _tsv(folder / "about.tsv.xz")}
    for film in films:
        row = told.get(film.id)
        if row is not None:
            film.about = {
                "about": row["about"],
                "hooks": row["hooks"],
                "themes": row["themes"],
                "feel": row["moods"],  # searched as a text, too: a request for a mood seldom uses its word
                "moods": tuple(row["moods"].split(", ")) if row["moods"] else (),
                "age": int(row["age"]) if row["age"] else None,
                "warnings": warnings_of(row["warnings"]),
            }


def warnings_of(digits: str) -> tuple[str, ...]:
    """What to be warned of, from a digit each: 0 none, 1 some, 2 much.

    >>> warnings_of("1200000")
    ('violence', 'gore', 'much gore')
    """
    found: list[str] = []
    for name, digit in zip(WARNINGS, digits, strict=bool(digits)):
        found += [name] * (digit in "12") + [f"much {name}"] * (digit == "2")
    return tuple(found)


def _tsv(path: Path) -> list[dict[str, str]]:
    """The rows of a file of tab-separated columns with a header, packed or not; none where there is no such file."""
    if not path.is_file():
        return []
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


# -- choosing and cleaning


def write_movies(films: Sequence[Film], out: Path, size: int) -> Catalog:
    """Choose, clean and write; says what was left out."""
    with_both = [film for film in films if film.year and film.genres]
    redial = [film for film in with_both if film.redial_ids]
    others: list[Film] = []
    adult: list[Film] = []
    tagged = Counter(word.lower() for film in with_both for word in film.keywords)
    for film in with_both:
        if not film.redial_ids:
            # A little-known film called "Paris" would be taken for what is asked for, and the other way round.
            if tagged[plain(film.title)] >= 5 and film.known < WELL_KNOWN or not _main_genres(film):
                continue
            (adult if is_adult(film) else others).append(film)
    others.sort(key=lambda film: (-film.known, film.id))
    chosen = [*redial, *others[: max(0, size - len(redial))]]
    least = min((film.known for film in chosen if not film.redial_ids), default=math.inf)
    keywords = clean_keywords(chosen)
    titles = {plain(film.title) for film in chosen}
    items = [_item_of(film, keywords[film.id], titles) for film in chosen]
    items.sort(key=lambda item: (-item.fields["popularity"], item.title, item.id))  # type: ignore[operator]
    catalog = Catalog(items, SCHEMA, "built-in movies")
    out.parent.mkdir(parents=True, exist_ok=True)
    catalog.save(out)
    with write_aside(out) as aside:  # it ships: a twentieth smaller, for half a minute
        pq.write_table(
            pq.read_table(out),
            aside,
            compression="brotli",
            compression_level=11,
            use_dictionary=False,  # brotli finds what repeats by itself
            write_statistics=False,
            data_page_size=1 << 26,
        )
    print(
        f"{out}: {len(catalog):,} movies, {out.stat().st_size / 1e6:.2f} MB, fingerprint {catalog.fingerprint()}"
    )
    ids = sum(len(film.redial_ids) for film in redial)
    without = [film for film in films if film.redial_ids and not (film.year and film.genres)]
    print(f"ReDial: {len(redial):,} films ({ids:,} ids); left out {len(without)} without year or genre")
    missed = [film for film in adult if film.known >= least]
    print(f"left out as pornographic: {len(adult)} films, {len(missed)} of them known well enough to go in:")
    for film in sorted(missed, key=lambda film: (-film.known, film.id)):
        print(f"  {film.title} ({film.year})")
    for spec in SCHEMA.fields[2:]:
        print(f"  {spec.name}: {sum(spec.name in item.fields for item in items):,}")
    return catalog


def is_adult(film: Film) -> bool:
    """Whether a film is taken for pornographic; what many people have rated or voted on is not."""
    if ADULT_GENRES & set(film.genres) or ADULT_TITLE.search(film.title):
        return True
    marked = "Erotic" in film.genres or any(ADULT_KEYWORD.search(word.lower()) for word in film.keywords)
    return marked and film.known < KNOWN_ENOUGH


def clean_keywords(films: Sequence[Film]) -> dict[str, list[str]]:
    """The keywords of each film: without pornography, praise, prizes, genres and names; said in one way."""
    people = {plain(name) for film in films for name in (*film.directors, *film.cast)}
    genres = {genre for film in films for genre in film.genres}
    as_genre = {genre.lower() for genre in genres if genre not in GENRE_KEYWORDS}
    as_genre.update(
        "science-fiction scifi sci-fi documentary adventure war music romance historical animated".split()
    )
    as_genre.update("family noir thriller action comedy musicals".split())
    as_genre |= {"science fiction", "sci fi"}
    kept: dict[str, list[str]] = {}
    for film in films:
        own = {word for name in film.directors for word in plain(name).split()}
        words = [GENRE_KEYWORDS[genre] for genre in film.genres if genre in GENRE_KEYWORDS]
        for word in film.keywords:
            word = " ".join(word.lower().split())
            if EXPLICIT.search(word) or JUNK_WORD.search(word) or JUNK_SHAPE.search(word):
                continue
            word = SAME.get(word, word)
            bare = plain(word)
            if word in JUNK or word in as_genre or bare in people or bare in own or not 2 < len(word) <= 30:
                continue
            words.append(word)
        kept[film.id] = list(dict.fromkeys(words))
    counts = Counter(word for words in kept.values() for word in words)
    merged = {word: _usual(word, counts) for word in counts}
    counts = Counter(merged[word] for words in kept.values() for word in dict.fromkeys(words))
    return {
        film_id: list(dict.fromkeys(merged[w] for w in words if counts[merged[w]] >= 3))[:MAX_KEYWORDS]
        for film_id, words in kept.items()
    }


def _usual(word: str, counts: Counter[str]) -> str:
    """The more frequent of singular and plural."""
    forms = [word, word + "s", word[:-1] if word.endswith("s") and not word.endswith("ss") else word]
    return max(forms, key=lambda form: (counts[form], form))


def _item_of(film: Film, keywords: Sequence[str], titles: Collection[str]) -> Item:
    title = article_first(" ".join(film.title.split()))
    seen = {plain(title)}
    aliases = []
    for alias in (article_first(" ".join(name.split())) for name in film.alt_titles):
        bare = plain(alias)
        if (
            bare and bare not in seen and bare not in titles
        ):  # another film's title is no second title of this one
            seen.add(bare)
            aliases.append(alias)
    genres = [GENRE_NAMES.get(genre, genre) for genre in film.genres]
    main = _main_genres(film) or [MAIN_OF[genre] for genre in genres if genre in MAIN_OF]
    runtime = film.runtime_min if film.runtime_min and 1 <= film.runtime_min <= 900 else None
    values = {
        "alt_titles": _unique(aliases),
        "year": film.year,
        "genres": _unique(main or [genre for genre in genres if genre not in ADULT_GENRES] or genres),
        "directors": _names(film.directors),
        "cast": _names(film.cast)[:MAX_CAST],
        "keywords": tuple(keywords),
        "runtime_min": runtime,
        "country": _unique(COUNTRIES.get(name, name) for name in film.countries),
        "language": _languages(film.languages),
        "popularity": round(math.log1p(film.dialogues + TWEET_WEIGHT * film.tweets), 3),
        "redial_ids": _unique(sorted(film.redial_ids, key=lambda i: (len(i), i))),
        **film.about,
    }
    return Item(
        film.id, title, {name: value for name, value in values.items() if value not in (None, (), "")}
    )


def _main_genres(film: Film) -> list[str]:
    """Its genres that are no keywords."""
    named = [GENRE_NAMES.get(genre, genre) for genre in film.genres]
    return [genre for genre in named if genre not in DROPPED_GENRES and genre not in GENRE_KEYWORDS]


def _languages(names: Iterable[str]) -> tuple[str, ...]:
    named = _unique(LANGUAGES.get(name, name) for name in names)
    return tuple(
        n for n in named if len(n) > 2 and n not in ("None", "No Language", "Old", "Ancient", "Norse")
    )


def _names(people: Iterable[str]) -> tuple[str, ...]:
    """Names as such: bits of credits ("voices of", "story)") have no capital or a bracket left over."""
    return tuple(
        name
        for name in _unique(people)
        if name != name.lower() and len(name) > 1 and name.count("(") == name.count(")")
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    cleaned = (" ".join(html.unescape(name).split()) for name in names)
    return tuple(dict.fromkeys(name for name in cleaned if name))


# -- books


def write_shop(name: str, folder: Path, out: Path) -> None:
    """Write the items of a data set with their texts, without what nobody asks for."""
    shop = SHOPS[name]
    texts = {}
    if shop.text:
        path = folder / shop.folder / f"{shop.text}.jsonl.gz"
        texts = {record["item_id"]: record["text"] for record in _jsonl(path)}
    with write_aside(out) as aside, aside.open("w", encoding="utf-8") as lines:
        for record in _jsonl(folder / shop.folder / "items.jsonl.gz"):
            told = {key: value for key, value in record.items() if value not in (None, "", [])}
            kept = {key: told[key] for key in told if key not in shop.dropped}
            if record["item_id"] in texts:
                kept[shop.text] = texts[record["item_id"]]
            lines.write(json.dumps(kept, ensure_ascii=False) + "\n")


def write_goodbooks(folder: Path, out: Path) -> None:
    """Write goodbooks-10k as CSV with the columns it has; lists are joined by "; "."""
    path = folder / "goodbooks_10k" / "items.jsonl.gz"
    records = list(_jsonl(path if path.is_file() else folder / "items.jsonl.gz"))
    columns = list(dict.fromkeys(key for record in records for key in record))
    with write_aside(out) as aside, aside.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns)
        writer.writeheader()
        for record in records:
            row = {k: "; ".join(map(str, v)) if isinstance(v, list) else v for k, v in record.items()}
            writer.writerow(row)
    print(f"{out}: {len(records):,} books")


if __name__ == "__main__":
    sys.exit(main())
