"""Tables in the shapes of well-known public data sets: their columns, formats and slips, with invented facts.

    python scripts/catalog_shapes.py runs/shapes [--rows 5000]

Each function of `SHAPES` writes one file: what a column is called, how its cells are written, how many are empty, how
often values come again and which rows are broken is as in the data set that it is after; names, titles, texts and
numbers are drawn at random. The same seed gives the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

Row = Sequence[Any]
_SYLLABLES = (
    "ba be bo da de do fa fe ga go ha ho ka ke ko la le li lo ma me mi mo na ne no pa po ra re ri ro".split()
)
_ENDS = "n r s l m nd rt sk x ck th ll".split()
_ADJECTIVES = (
    "silent copper hidden northern broken golden last quiet crimson hollow second long burning".split()
)
_NOUNS = "harbour orchard lantern river winter garden signal mirror road island letter tower season".split()
_VERBS = "follows finds loses builds leaves remembers steals crosses saves questions hides".split()
_THINGS = "a map, the last train, her brother, an old debt, the village, a strange signal, his double".split(
    ", "
)


class Words:
    """Invented words, drawn with a seed."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)

    def word(self, syllables: int = 2) -> str:
        """A word of so many syllables."""
        return "".join(self.random.choice(_SYLLABLES) for _ in range(syllables)) + self.random.choice(_ENDS)

    def person(self) -> str:
        """A first and a last name."""
        return f"{self.word(1).title()} {self.word().title()}"

    def people(self, count: int) -> list[str]:
        """A pool of names to draw from."""
        return sorted({self.person() for _ in range(count)})

    def title(self) -> str:
        """What a film, a book or a game may be called."""
        pick = self.random.choice
        form = pick(
            (
                "The {a} {w}",
                "{n} of {w}",
                "A {a} {w}",
                "{w} and the {n}",
                "{w}",
                "The {n} of {w}",
                "{a} {n}: {w}",
            )
        )
        return form.format(a=pick(_ADJECTIVES).title(), n=pick(_NOUNS).title(), w=self.word(3).title())

    def sentence(self) -> str:
        """One sentence of a story."""
        pick = self.random.choice
        who = f"A {pick(_ADJECTIVES)} {pick('clerk pilot singer nurse farmer diver'.split())}"
        where = f"near the {pick(_ADJECTIVES)} {pick(_NOUNS)} of {self.word().title()}"
        return f"{who} {pick(_VERBS)} {pick(_THINGS)} {where}."

    def text(self, most: int) -> str:
        """A few sentences."""
        return " ".join(self.sentence() for _ in range(self.random.randint(1, most)))

    def some(self, pool: Sequence[str], most: int) -> list[str]:
        """A few of a pool, the first ones more often."""
        wanted = self.random.randint(1, most)
        return list(dict.fromkeys(pool[int(len(pool) * self.random.random() ** 2)] for _ in range(wanted)))

    def chance(self, share: float) -> bool:
        """Yes, in a share of the calls."""
        return self.random.random() < share

    def day(self, first: int, last: int) -> date:
        """A day from the first to the last year."""
        return date(first, 1, 1) + timedelta(days=self.random.randrange(365 * (last - first + 1)))

    def skewed(self, most: int) -> int:
        """A number of which the small ones are common."""
        return int(most * self.random.random() ** 5)


def _csv(header: str, rows: Sequence[Row], separator: str = ",") -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\n")
    writer.writerow(header.split(","))
    writer.writerows(["" if cell is None else cell for cell in row] for row in rows)
    return file.getvalue()


def _written(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def streaming(rows: int) -> str:
    """Netflix titles: minutes and seasons in one column, three durations among the ratings, dates in words."""
    w = Words("streaming")
    pick = w.random.choice
    people = w.people(4000)
    lands = (
        "United States,India,United Kingdom,Japan,South Korea,Canada,Spain,France,Mexico,Egypt,Turkey".split(
            ","
        )
    )
    shown = (
        "International TV Shows,TV Dramas,TV Comedies,Crime TV Shows,Kids' TV,Docuseries,Reality TV".split(
            ","
        )
    )
    films = "International Movies,Dramas,Comedies,Documentaries,Action & Adventure,Children & Family Movies".split(
        ","
    )
    codes = ["TV-MA"] * 36 + ["TV-14"] * 24 + ["TV-PG"] * 10 + ["R"] * 9 + ["PG-13"] * 6
    codes += ["TV-Y7", "TV-Y", "PG", "PG", "TV-G", "NR"] * 2 + ["G", "TV-Y7-FV", "NC-17", "UR"]
    made = []
    for number in range(1, rows + 1):
        film = w.chance(0.7)
        minutes = f"{int(w.random.gauss(99, 28)) % 300 + 3} min"
        stray = number in (5542, 4900, 3000)
        duration = minutes if film else pick(("1 Season", "1 Season", "2 Seasons", "3 Seasons", "9 Seasons"))
        day = w.day(2008, 2021)
        made.append([
            f"s{number}", "Movie" if film else "TV Show", w.title(),
            None if w.chance(0.05 if film else 0.9) else ", ".join(w.some(people, 2)),
            None if w.chance(0.09) else ", ".join(w.some(people, 10)),
            None if w.chance(0.09) else ", ".join(w.some(lands, 3)),
            None if w.chance(0.001) else (" " if w.chance(0.01) else "") + _written(day),
            day.year - w.skewed(60), minutes if stray else pick(codes), None if stray else duration,
            ", ".join(w.some(films if film else shown, 3)), w.sentence(),
        ])  # fmt: skip
    head = "show_id,type,title,director,cast,country,date_added,release_year,rating,duration,listed_in,description"
    return _csv(head, made)


def film_years(rows: int) -> str:
    """MovieLens: the year at the end of the title, articles behind commas, other titles in brackets."""
    w = Words("films")
    genres = "Drama,Comedy,Thriller,Action,Romance,Adventure,Crime,Sci-Fi,Horror,Fantasy,Children,Film-Noir,IMAX".split(
        ","
    )
    made: list[Row] = []
    for number in range(1, rows + 1):
        title = w.title()
        for article in ("The", "A"):
            if title.startswith(f"{article} "):
                title = f"{title[len(article) + 1 :]}, {article}"
        if w.chance(0.12):
            title += f" ({w.random.choice(('Le ', 'La ', '', 'a.k.a. '))}{w.word().title()} {w.word()})"
        year = f" ({w.day(1930, 2018).year})" if w.chance(0.9985) else ""
        listed = "|".join(w.some(genres, 4)) if w.chance(0.9965) else "(no genres listed)"
        made.append((number + w.skewed(3), f"{title}{year}", listed))
    made = [(number * 3 - 2, *row[1:]) for number, row in enumerate(made, 1)]
    return _csv("movieId,title,genres", made)


def title_basics(rows: int) -> str:
    r"""IMDb's titles: tabs, `\N` for nothing, quotes that are text, episodes all called alike."""
    w = Words("basics")
    genres = sorted(
        "Drama Comedy Talk-Show Documentary Short News Romance Family Reality-TV Crime Animation".split()
    )
    kinds = (
        ["tvEpisode"] * 74
        + ["short"] * 9
        + ["movie"] * 6
        + ["video", "tvSeries"] * 3
        + ["tvMovie", "videoGame"]
    )
    lines = [
        "tconst titleType primaryTitle originalTitle isAdult startYear endYear runtimeMinutes genres".split()
    ]
    for number in range(1, rows + 1):
        kind = w.random.choice(kinds)
        title = f'"{w.word().title()}" {w.title()}' if w.chance(0.002) else w.title()
        if kind == "tvEpisode" and w.chance(0.4):
            title = f"Episode #{w.random.randint(1, 9)}.{w.random.randint(1, 200)}"
        started = w.day(1900, 2023).year if w.chance(0.87) else None
        lines.append([
            f"tt{9000000 + number}", kind, title, title if w.chance(0.97) else w.title(), str(int(w.chance(0.03))),
            str(started or r"\N"), str(started + 3) if started and kind == "tvSeries" and w.chance(0.4) else r"\N",
            str(w.random.randint(1, 180)) if w.chance(0.3) else r"\N",
            ",".join(sorted(w.some(genres, 3))) if w.chance(0.95) else r"\N",
        ])  # fmt: skip
    return "\n".join("\t".join(line) for line in lines) + "\n"


def recipes(rows: int) -> str:
    """Food.com: Python lists in cells, ISO dates, absurd minutes, one recipe without a name."""
    w = Words("recipes")
    foods = (
        "salt,butter,sugar,onion,water,eggs,olive oil,flour,milk,garlic cloves,pepper,peanut butter".split(
            ","
        )
    )
    foods += [f"{w.word()} {kind}" for kind in ("beans", "cheese", "rice", "sauce") for _ in range(40)]
    tags = "preparation,time-to-make,course,dietary,easy,main-dish,60-minutes-or-less,vegetarian".split(",")
    tags += [w.word() for _ in range(80)]
    acts = ("chop the {}", "stir in {}", "bake until golden", "add {} , then simmer", "serve with {}")
    made = []
    for number in range(rows):
        used = w.some(foods, 14)
        steps = [w.random.choice(acts).format(w.random.choice(used)) for _ in range(w.random.randint(1, 15))]
        nutrition = [round(w.random.random() * 500, 1), *(float(w.skewed(150)) for _ in range(6))]
        minutes = (
            2147483647 if number == 77 else w.random.choice((5, 10, 15, 20, 30, 35, 45, 60, 65, 90, 250))
        )
        made.append([
            None if number == 721 else f"{w.word()} {w.word(1)}  {w.random.choice(used)}", 137739 + number * 7,
            minutes,
            w.random.randint(1500, 9000), w.day(1999, 2018).isoformat(), w.some(tags, 12), nutrition, len(steps),
            steps,
            None if w.chance(0.02) else w.text(3).lower(), used, len(used),
        ])  # fmt: skip
    head = "name,id,minutes,contributor_id,submitted,tags,nutrition,n_steps,steps,description,ingredients,n_ingredients"
    return _csv(head, made)


def tracks(rows: int) -> str:
    """Spotify: a column without a name that counts, ids that come again, milliseconds, a musical key, one empty row."""
    w = Words("tracks")
    artists = w.people(2000)
    genres = [w.word() for _ in range(114)]
    albums = [w.title() for _ in range(rows // 3 + 1)]
    made: list[list[Any]] = []
    for number in range(rows):
        shares = [round(w.random.random(), 4) for _ in range(7)]
        track = [
            f"{w.random.getrandbits(110):022x}"[:22], ";".join(w.some(artists, 3)),
            w.random.choice(albums), w.title(),
            w.random.randint(0, 90), int(w.random.gauss(228000, 70000)) % 600000 + 30000, w.chance(0.085), shares[0],
            shares[1], w.random.randint(0, 11), round(-25 * shares[2], 3), w.random.randint(0, 1), *shares[3:],
            shares[2], round(60 + w.random.random() * 140, 3), w.random.choice((3, 4, 4, 4, 5)),
        ]  # fmt: skip
        if w.chance(0.21) and number > 10:
            track = made[w.random.randrange(len(made))][1:-1]  # the same track in another genre
        if number == 6500 or number == rows - 9:
            track[1:4] = [None, None, None]
        made.append([number, *track, genres[number * 114 // rows]])
    head = (
        ",track_id,artists,album_name,track_name,popularity,duration_ms,explicit,danceability,energy,key,loudness,mode,"
        "speechiness,acousticness,instrumentalness,liveness,valence,tempo,time_signature,track_genre"
    )
    return _csv(head, made)


def wines(rows: int) -> str:
    """Wine Enthusiast: a column without a name, points from 80, half of the regions empty, rows that come twice."""
    w = Words("wines")
    wineries = [
        f"{w.word().title()} {w.random.choice(('Cellars', 'Estate', ''))}".strip() for _ in range(rows // 7)
    ]
    lands = {
        land: [f"{w.word().title()}" for _ in range(6)]
        for land in ("US", "France", "Italy", "Spain", "Portugal")
    }
    grapes = "Pinot Noir,Chardonnay,Cabernet Sauvignon,Red Blend,Bordeaux-style Red Blend,Riesling,Syrah,Rosé".split(
        ","
    )
    tasters = {person: f"@{person.split()[1].lower()}" for person in w.people(19)}
    made: list[list[Any]] = []
    for number in range(rows):
        if number and w.chance(0.07):
            made.append([number, *made[w.random.randrange(number)][1:]])
            continue
        land = w.random.choice(list(lands))
        province, winery, grape = (
            w.random.choice(lands[land]),
            w.random.choice(wineries),
            w.random.choice(grapes),
        )
        named = w.word().title() if w.chance(0.7) else None
        taster = w.random.choice(list(tasters)) if w.chance(0.8) else None
        region = f"{w.random.choice(lands[land])} Valley" if w.chance(0.84) else None
        title = f"{winery} {w.random.randint(1998, 2016)} {named or ''} {grape} ({region or province})"
        made.append([
            number, land if w.chance(0.9995) else None, w.text(3), named, int(w.random.gauss(88.4, 3)),
            f"{4 + w.skewed(300)}.0" if w.chance(0.93) else None, province, region,
            f"{region} Hills" if land == "US" and region else None, taster,
            tasters[taster] if taster and w.chance(0.9) else None, " ".join(title.split()), grape, winery,
        ])  # fmt: skip
    head = (
        ",country,description,designation,points,price,province,region_1,region_2,taster_name,taster_twitter_handle,"
        "title,variety,winery"
    )
    return _csv(head, made)


def books(rows: int) -> str:
    """Goodreads: authors by slashes, four rows with a comma too many, two dates that no calendar has."""
    w = Words("books")
    authors, publishers = w.people(3000), [f"{w.word().title()} Press" for _ in range(900)]
    codes = (
        ["eng"] * 80
        + ["en-US"] * 13
        + ["spa", "spa", "en-GB", "en-GB", "fre", "ger", "jpn", "mul", "zho", "grc"]
    )
    made = []
    for number in range(1, rows + 1):
        title = w.title() + (f" ({w.title()}  #{w.random.randint(1, 9)})" if w.chance(0.25) else "")
        names = w.some(authors, 3)
        if number in (3348, 4702, 5877, 4000):
            names[0] += ", Jr."
        day = w.day(1970, 2019)
        written = f"{day.month}/{day.day}/{day.year}"
        written = {1000: "11/31/2000", 2000: "6/31/1982"}.get(number, written)
        made.append([
            number, title.replace(",", ""), "/".join(names), f"{3 + 1.9 * w.random.random():.2f}",
            f"{w.random.randrange(10**9):09d}{w.random.choice('0123456789X')}", 9780000000000 + number * 7,
            w.random.choice(codes), 0 if w.chance(0.007) else w.random.randint(10, 900), w.skewed(4000000),
            w.skewed(90000), written, w.random.choice(publishers),
        ])  # fmt: skip
    head = (
        "bookID,title,authors,average_rating,isbn,isbn13,language_code,  num_pages,ratings_count,text_reviews_count,"
        "publication_date,publisher"
    )
    return "\n".join([head, *(",".join(map(str, row)) for row in made)]) + "\n"  # unquoted, as the file is


def products(rows: int) -> str:
    """Amazon India: rupees with commas, one rating that is a bar, reviews joined by commas, ids that come again."""
    w = Words("products")
    tops = "Computers&Accessories|Electronics|Home&Kitchen|OfficeProducts".split("|")
    paths = ["|".join([w.random.choice(tops), w.word().title() + "s", w.word().title()]) for _ in range(210)]
    made: list[list[Any]] = []
    for number in range(rows):
        if number > 9 and w.chance(0.02):
            made.append(list(made[w.random.randrange(number)]))
            continue
        price = 60 + w.skewed(60000)
        before = int(price * (1 + 2 * w.random.random()))
        pid = f"B0{w.random.getrandbits(60):015X}"[:10]
        what = w.random.choice(("Cable", "Kettle", "TV", "Mouse"))
        name = f"{w.word().title()} {w.word().title()} {what} with {w.word()}"
        facts = "|".join(
            f"{w.random.choice(_ADJECTIVES).title()} {w.word()}: {w.sentence()}" for _ in range(4)
        )
        people = w.people(8)
        made.append([
            pid, name, w.random.choice(paths),
            f"₹{price:,}" if w.chance(0.9) else f"₹{price:,}.{w.random.randint(10, 99)}",
            f"₹{before:,}", f"{100 - 100 * price // before}%",
            "|" if number == 1279 else f"{2.8 + 2.2 * w.random.random():.1f}",
            None if number in (282, 324) else f"{1 + w.skewed(400000):,}", facts,
            ",".join(f"A{w.random.getrandbits(50):013X}" for _ in people), ",".join(people),
            ",".join(f"R{w.random.getrandbits(50):013X}" for _ in people),
            ",".join(w.sentence() for _ in people[:3]), ",".join(w.text(3) for _ in people[:3]),
            f"https://img.example.org/{pid}.jpg", f"https://shop.example.org/dp/{pid}",
        ])  # fmt: skip
    head = (
        "product_id,product_name,category,discounted_price,actual_price,discount_percentage,rating,rating_count,"
        "about_product,user_id,user_name,review_id,review_title,review_content,img_link,product_link"
    )
    return _csv(head, made)


def stays(rows: int) -> str:
    """Airbnb listings: 50 columns, t and f, prices with dollars and commas, amenities as JSON, baths in words."""
    w = Words("stays")
    areas = [w.word().title() for _ in range(40)]
    amenities = [
        "Wifi",
        "Kitchen",
        "Free parking on premises",
        "Hot water",
        "Washer",
        'TV with 32" screen',
        "Pool",
    ]
    amenities += [f"{w.word().title()} {kind}" for kind in ("shampoo", "stove", "view") for _ in range(20)]
    baths = "1 bath,1 bath,1 bath,1 shared bath,2 baths,1.5 baths,Half-bath,0 baths,1.5 shared baths".split(
        ","
    )
    types = "Entire rental unit,Private room in rental unit,Entire condo,Entire home,Room in hotel,Entire loft".split(
        ","
    )
    made = []
    for number in range(rows):
        reviewed, host = w.chance(0.85), w.random.randint(1000, 999999)
        scores = [f"{4 + w.random.random():.2f}" if reviewed else None for _ in range(7)]
        count = w.skewed(600) + 1 if reviewed else 0
        area = w.random.choice(areas)
        bath = w.random.choice(baths) if w.chance(0.999) else None
        url = f"https://www.example.org/rooms/{7000 + number * 13}"
        flag = [w.random.choice("tf") for _ in range(4)]
        made.append([
            7000 + number * 13, url, 20230905000000 + 1, "2023-09-05",
            w.random.choice(("city scrape", "previous scrape")),
            f"{types[number % 6].split()[-1].title()} in {area} · ★{scores[0]} · 1 bedroom" if reviewed else w.title(),
            f"{w.text(4)}<br /><br /><b>The space</b><br />{w.text(2)}", w.text(2) if w.chance(0.6) else None,
            f"https://a0.example.org/pictures/{number}.jpg", host, f"https://www.example.org/users/show/{host}",
            w.person().split()[0], w.day(2009, 2023).isoformat(),
            f"{area}, {w.word().title()}" if w.chance(0.8) else None,
            w.text(2) if w.chance(0.5) else None, w.random.choice(("within an hour", "within a day", "N/A", None)),
            w.random.choice(("100%", "90%", "N/A", "0%")), w.random.choice(("99%", "N/A", "88%")), flag[0],
            w.skewed(400) + 1,
            w.random.choice(("['email', 'phone']", "['phone']", "['email', 'phone', 'work_email']")),
            "t", flag[1], area, f"{48 + w.random.random():.5f}", f"{2 + w.random.random():.5f}",
            w.random.choice(types),
            w.random.choice(("Entire home/apt", "Private room", "Shared room", "Hotel room")),
            w.random.randint(1, 12),
            None, bath, w.random.randint(1, 5) if w.chance(0.75) else None,
            w.random.randint(1, 8) if w.chance(0.98) else None,
            json.dumps(w.some(amenities, 30)), f"${w.skewed(2000) + 20:,}.00" if w.chance(0.97) else None,
            w.random.choice((1, 2, 3, 30)), w.random.choice((30, 365, 1125)), None, "t", w.random.randint(0, 30),
            w.random.randint(0, 365), count, w.day(2012, 2023).isoformat() if reviewed else None,
            w.day(2023, 2023).isoformat() if reviewed else None, *scores[:5],
            f"{w.random.getrandbits(40)}" if w.chance(0.6) else None, flag[2], w.skewed(60) + 1,
            f"{w.random.random() * 4:.2f}" if reviewed else None,
        ])  # fmt: skip
    head = (
        "id,listing_url,scrape_id,last_scraped,source,name,description,neighborhood_overview,picture_url,host_id,host_url,"
        "host_name,host_since,host_location,host_about,host_response_time,host_response_rate,host_acceptance_rate,"
        "host_is_superhost,host_listings_count,host_verifications,host_has_profile_pic,host_identity_verified,"
        "neighbourhood_cleansed,latitude,longitude,property_type,room_type,accommodates,bathrooms,bathrooms_text,bedrooms,"
        "beds,amenities,price,minimum_nights,maximum_nights,calendar_updated,has_availability,availability_30,"
        "availability_365,number_of_reviews,first_review,last_review,review_scores_rating,review_scores_accuracy,"
        "review_scores_cleanliness,review_scores_location,review_scores_value,license,instant_bookable,"
        "calculated_host_listings_count,reviews_per_month"
    )
    return _csv(head, made)


def games(rows: int) -> str:
    """Steam: 0 is free, owners as ranges, True and False per system, tags by semicolons, dates like "Oct 21, 2008"."""
    w = Words("games")
    makers = [
        f"{w.word().title()} {w.random.choice(('Games', 'Studio', 'Interactive, Inc.'))}" for _ in range(2500)
    ]
    tags = "Indie;Action;Adventure;Casual;Simulation;Strategy;RPG;2D;Singleplayer;Puzzle;Early Access;Co-op;VR".split(
        ";"
    )
    modes = "Single-player;Steam Achievements;Steam Cloud;Multi-player;Full controller support;Co-op".split(
        ";"
    )
    tongues = "English French German Spanish Japanese Russian Italian Korean".split()
    owners = ["0 - 20,000"] * 60 + ["20,000 - 50,000"] * 14 + ["50,000 - 100,000", "100,000 - 200,000"] * 8
    owners += ["1,000,000 - 2,000,000", "100,000,000 - 200,000,000"]
    made = []
    for number in range(rows):
        day = w.day(2006, 2023)
        written = f"{day:%b} {day.day}, {day.year}" if w.chance(0.99) else f"{day:%b} {day.year}"
        price = (
            0.0 if w.chance(0.12) else w.random.choice((0.99, 1.99, 2.99, 4.99, 9.99, 14.99, 19.99, 59.99))
        )
        made.append([
            10 + number * 10, w.title(), written, w.random.choice(owners), w.skewed(9000),
            w.random.choice((0, 0, 0, 0, 0, 0, 0, 0, 0, 17, 18)), price, w.skewed(20),
            w.text(5) if w.chance(0.96) else None, str(w.some(tongues, 6)),
            f"https://cdn.example.org/apps/{number}/header.jpg", w.word() if w.chance(0.3) else None, True,
            w.chance(0.2), w.chance(0.13), w.random.randint(40, 97) if w.chance(0.05) else 0, 0, w.skewed(90000),
            w.skewed(9000), w.skewed(400), w.skewed(50000), w.skewed(20000), w.random.choice(makers),
            w.random.choice(makers), ";".join(w.some(modes, 5)), ";".join(w.some(tags[:7], 3)),
            ";".join(w.some(tags, 9)),
        ])  # fmt: skip
    head = (
        "AppID,Name,Release date,Estimated owners,Peak CCU,Required age,Price,DLC count,About the game,"
        "Supported languages,Header image,Notes,Windows,Mac,Linux,Metacritic score,User score,Positive,Negative,"
        "Achievements,"
        "Recommendations,Average playtime forever,Developers,Publishers,Categories,Genres,Tags"
    )
    return _csv(head, made)


def cars(rows: int) -> str:
    """A German dealer's export from Excel: semicolons, decimal commas, "45.000 km", "05/2017", Windows-1252."""
    w = Words("cars")
    makes = {
        w.word().title(): [f"{w.word(1).title()}{w.random.randint(1, 9)}" for _ in range(8)]
        for _ in range(25)
    }
    made = []
    for number in range(1, rows + 1):
        make = w.random.choice(list(makes))
        model, kw, price = w.random.choice(makes[make]), w.random.randint(44, 250), 900 + w.skewed(90000)
        day = w.day(2005, 2022)
        extra = w.random.choice(("1.6 TDI", "2.0 Automatik", "Kombi", "1,4 Benzin"))
        euros = f"{price:,}".replace(",", ".") + (",00 €" if w.chance(0.9) else ",- €")
        made.append([
            f"A-{number:05d}", f"{make} {model} {extra}", make, model, "VB" if w.chance(0.004) else euros,
            f"{day.month:02d}/{day.year}", f"{w.random.randint(1, 250000):,} km".replace(",", "."),
            f"{kw} kW ({int(kw * 1.36)} PS)", w.random.choice(("Schaltgetriebe", "Automatik")),
            w.random.choice(("Benzin", "Diesel", "Elektro", "Hybrid (Benzin/Elektro)")),
            w.random.choice(("Schwarz", "Weiß", "Grün", "Blau", "Grau")), w.random.choice(("Ja", "Nein")),
            f"{3 + w.random.random() * 8:.1f} l/100 km".replace(".", ",") if w.chance(0.7) else "k.A.",
            w.random.choice(("2/3", "4/5")), w.random.randint(1, 5),
            f"{w.day(2023, 2025):%m/%Y}" if w.chance(0.7) else None,
            "Gepflegter Wagen, scheckheftgepflegt. Nichtraucher; Garage für die Übergabe.",
        ])  # fmt: skip
    head = (
        "Inserat-Nr.,Bezeichnung,Marke,Modell,Preis,Erstzulassung,km-Stand,Leistung,Getriebe,Kraftstoff,Farbe,Unfallfrei,"
        "Verbrauch,Türen,Vorbesitzer,HU bis,Beschreibung"
    )
    return _csv(head, made, ";")


def courses(rows: int) -> str:
    """Udemy: prices "Free" and 20, hours beside minutes, levels, moments in ISO."""
    w = Words("courses")
    subjects = "Business Finance,Graphic Design,Musical Instruments,Web Development".split(",")
    made = []
    for number in range(rows):
        free = w.chance(0.085)
        hours = w.random.choice((1, 1.5, 2, 2.5, 3, 6.5, 12, 40))
        spent = f"{w.random.randint(8, 59)} mins" if w.chance(0.12) else f"{hours:g} hour{'s' * (hours != 1)}"
        topic = w.random.choice(subjects)
        made.append([
            1000 + number * 11,
            f"{w.random.choice(('Learn', 'Master', 'Complete', 'Intro to'))} {w.title()}: {topic}",
            f"https://www.example.org/course-{number}/", not free,
            "Free" if free else w.random.choice((20, 20, 50, 35, 95, 100, 200)), w.skewed(150000), w.skewed(9000),
            w.random.randint(4, 300),
            w.random.choice(("All Levels", "All Levels", "Beginner Level", "Intermediate Level", "Expert Level")),
            spent,
            f"{w.day(2011, 2017).isoformat()}T{w.random.randint(10, 23)}:17:05Z", topic,
        ])  # fmt: skip
    head = (
        "course_id,course_title,url,is_paid,price,num_subscribers,num_reviews,num_lectures,level,content_duration,"
        "published_timestamp,subject"
    )
    return _csv(head, made)


def phones(rows: int) -> str:
    """Phone specifications: units in the cells, several in one, millimetres three at a time."""
    w = Words("phones")
    brands = [w.word().title() for _ in range(40)]
    made = []
    for number in range(rows):
        brand, weight, inches = w.random.choice(brands), w.random.randint(90, 260), 4 + 3 * w.random.random()
        long, wide, thick = (round(a + b * w.random.random(), 1) for a, b in ((130, 40), (62, 18), (6, 5)))
        day = w.day(2008, 2023)
        storage = w.random.choice(("64 GB", "128 GB", "256GB", "512 GB", "1 TB", "512 MB"))
        camera = f"{w.random.choice((8, 12, 48, 64, 108))} MP"
        made.append([
            brand, f"{brand} {w.word(1).title()} {number}",
            f"{day.year}, {day:%B} {day.day:02d}" if w.chance(0.8) else None,
            f"{long} x {wide} x {thick} mm", f"{weight} g ({weight / 28.35:.2f} oz)" if w.chance(0.95) else "-",
            f'{inches:.1f} inches' if w.chance(0.7) else f'{inches:.2f}"',
            f"{w.random.choice((720, 1080))} x 1600 pixels",
            w.random.choice(("2 GB", "4 GB", "6 GB", "8GB", "512 MB")), storage,
            f"{w.random.randint(20, 60) * 100} mAh", w.random.choice((camera, f"{camera} + 8 MP")),
            f"Android {w.random.randint(5, 13)}", w.random.choice(("Yes", "No")),
            w.random.choice(("Single SIM", "Dual SIM")), f"{w.random.choice((1.8, 2.2, 2.84, 3.1))} GHz Octa-core",
            ", ".join(w.some(["Black", "White", "Blue", "Gold", "Mint Green", "Silver"], 3)),
            f"€ {w.skewed(1200) + 69}.00" if w.chance(0.8) else None,
        ])  # fmt: skip
    head = (
        "Brand,Model Name,Announced,Dimensions,Weight,Display size,Resolution,RAM,Internal storage,Battery,Main camera,"
        "OS,NFC,SIM,Chipset,Colors,Price"
    )
    return _csv(head, made)


def board_games(rows: int) -> str:
    """BoardGameGeek: least and most players, playing time in minutes, years before Christ, 0 for what is not known."""
    w = Words("boards")
    sorts = (
        "Card Game,Wargame,Fantasy,Party Game,Dice,Science Fiction,Fighting,Children's Game,Economic".split(
            ","
        )
    )
    ways = "Dice Rolling,Hand Management,Set Collection,Variable Player Powers,Hexagon Grid,Co-operative Play".split(
        ","
    )
    designers = w.people(1500)
    made = []
    for number in range(1, rows + 1):
        least = w.random.choice((1, 2, 2, 2, 3))
        minutes = w.random.choice((0, 15, 20, 30, 45, 60, 90, 120, 240))
        year = -3000 if number == 15 else 0 if w.chance(0.03) else w.random.randint(1970, 2021)
        made.append([
            number, f"{w.text(6)}&#10;&#10;{w.sentence()}", w.title(), f"//cf.example.org/images/pic{number}.jpg",
            f"{4 + 4 * w.random.random():.5f}", f"{1 + 4 * w.random.random():.4f}", year, least,
            least + w.random.randint(0, 6),
            minutes, max(5, minutes // 2), minutes, w.random.choice((0, 8, 10, 12, 14)), number + w.skewed(20),
            30 + w.skewed(100000), w.skewed(150000), str(w.some(sorts, 4)), str(w.some(ways, 5)),
            str(w.some(designers, 2)),
            str([w.word().title() for _ in range(w.random.randint(0, 1))]),
        ])  # fmt: skip
    head = (
        "objectid,description,primary,thumbnail,average,averageweight,yearpublished,minplayers,maxplayers,playingtime,"
        "minplaytime,maxplaytime,minage,rank,usersrated,owned,boardgamecategory,boardgamemechanic,boardgamedesigner,"
        "boardgameexpansion"
    )
    return _csv(head, made)


@dataclass(frozen=True, slots=True)
class Shape:
    """One table.

    Attributes:
        file: The name of its file.
        rows: How many rows it has, as the data set that it is after has, up to 20,000.
        made: Gives the file's text for a number of rows.
        encoding: How the text is written.
    """

    file: str
    rows: int
    made: Callable[[int], str]
    encoding: str = "utf-8"

    def write(self, folder: Path, most: int | None = None) -> Path:
        """Write it into a folder, with at most so many rows."""
        path = folder / self.file
        path.write_bytes(self.made(min(self.rows, most or self.rows)).encode(self.encoding))
        return path


SHAPES = (
    Shape("netflix_titles.csv", 8807, streaming),
    Shape("movies.csv", 9742, film_years),
    Shape("title.basics.tsv", 20000, title_basics),
    Shape("RAW_recipes.csv", 20000, recipes),
    Shape("spotify_tracks.csv", 20000, tracks),
    Shape("winemag-data-130k-v2.csv", 20000, wines),
    Shape("goodreads_books.csv", 11127, books),
    Shape("amazon_products.csv", 5000, products),
    Shape("listings.csv", 6000, stays),
    Shape("steam_games.csv", 20000, games),
    Shape("gebrauchtwagen.csv", 10000, cars, "cp1252"),
    Shape("udemy_courses.csv", 5000, courses),
    Shape("phones.csv", 8000, phones),
    Shape("bgg_games.csv", 20000, board_games),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Write all tables into a folder."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, help="rows of each table, at most")
    given = parser.parse_args(argv)
    given.folder.mkdir(parents=True, exist_ok=True)
    for shape in SHAPES:
        print(shape.write(given.folder, given.rows), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
