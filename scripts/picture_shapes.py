"""A shop of rendered shapes, made for measurements and tests: its pictures tell what an item is like, or its words do.

Each item is of one of four tastes. Pictures tell it by a form, whose colour and texture are drawn by lot, words by a
sentence and a category; where pictures do not, the form is drawn by lot, too. Titles are invented and say nothing.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

FORMS = ("circle", "square", "triangle", "cross")
COLOURS = ("crimson", "royalblue", "seagreen", "goldenrod")
TEXTURES = ("plain", "striped", "dotted")
_TASTES = (
    ("wool", "Warm knitted wool for cold evenings by the fire"),
    ("garden", "Made for the garden, it stands rain and sun"),
    ("kitchen", "Helps in the kitchen with cutting and stirring"),
    ("office", "Keeps papers and pens in order on the desk"),
)
_STARTS = "za ve mi qo lu ra ne ti bo du ka se pi xo fu ga we li no ju".split()
_ENDS = "mbar rith lona vex dara quin tosk mell zan pora nish wend lyx gorn cavi".split()


def drawn(form: str, colour: str, texture: str, rng: np.random.Generator, side: int = 96) -> Image.Image:
    """A shape on white; size and place are drawn by lot."""
    mask = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(mask)
    r = int(rng.integers(26, 36))
    x, y = (int(side / 2 + rng.integers(-5, 6)) for _ in range(2))
    if form == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    elif form == "square":
        pen.rectangle((x - r, y - r, x + r, y + r), fill=255)
    elif form == "triangle":
        pen.polygon([(x, y - r), (x + r, y + r), (x - r, y + r)], fill=255)
    else:
        w = r // 3
        pen.rectangle((x - w, y - r, x + w, y + r), fill=255)
        pen.rectangle((x - r, y - w, x + r, y + w), fill=255)
    paint = Image.new("RGB", (side, side), colour)
    brush = ImageDraw.Draw(paint)
    if texture == "striped":
        for at in range(0, side, 12):
            brush.line((at, 0, at, side), fill="white", width=2)
    elif texture == "dotted":
        for across in range(0, side, 12):
            for down in range(0, side, 12):
                brush.ellipse((across, down, across + 3, down + 3), fill="white")
    image = Image.new("RGB", (side, side), "white")
    image.paste(paint, mask=mask)
    return image


def shop(
    folder: Path, count: int = 96, seed: int = 0, pictures: bool = True, words: bool = False
) -> tuple[Path, list[int]]:
    """Write a CSV and a folder of pictures; the file, and each item's taste, 0 to 3, by row.

    Args:
        folder: Where.
        count: Items.
        seed: Of all that is drawn by lot.
        pictures: Whether the form tells the taste.
        words: Whether there are sentences and categories that tell it.
    """
    rng = np.random.default_rng(seed)
    (folder / "pics").mkdir(parents=True, exist_ok=True)
    names = [start + end for start in _STARTS for end in _ENDS]
    rng.shuffle(names)
    tastes = [row % len(FORMS) for row in range(count)]
    rows: list[Sequence[object]] = []
    for row, taste in enumerate(tastes):
        seen = taste if pictures else int(rng.integers(4))
        colour, texture = rng.choice(COLOURS), rng.choice(TEXTURES)
        drawn(FORMS[seen], str(colour), str(texture), rng).save(folder / "pics" / f"{row}.png")
        told = _TASTES[taste] if words else ()
        rows.append((f"p{row}", names[row].title(), f"pics/{row}.png", *told))
    path = folder / "prints.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "image", *(("category", "description") if words else ())])
        writer.writerows(rows)
    return path, tastes
