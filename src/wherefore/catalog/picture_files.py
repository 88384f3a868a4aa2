"""Pictures of items: which files and addresses they are, and how a file becomes a picture without harm.

Files lie in the folder of the catalogue's file, or in the one that its schema names (`file`); what a cell names outside
of it is not opened. Web addresses are not followed here, see `wherefore.retrieval.fetching`.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wherefore.errors import CatalogNotFoundError, WhereforeError

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif", ".tif", ".tiff")
_FORMATS = (
    "JPEG",
    "PNG",
    "WEBP",
    "GIF",
    "BMP",
    "AVIF",
    "TIFF",
)  # no format that starts a program, as EPS does
_WEB = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_SIDE = 768  # pixels of the longer side that are kept: more than encoders read
_THUMBNAIL = 160
_MOST_BYTES, _MOST_PIXELS = 20_000_000, 50_000_000


class PictureError(WhereforeError, ValueError):
    """A picture cannot be had; the message is the reason, in words that many pictures share."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picture is: a file, or an address in the web.

    Attributes:
        file: The file.
        address: The address, where it is no file.
    """

    file: Path | None = None
    address: str = ""


def is_web(text: str) -> bool:
    """Whether a cell names an address in the web, not a file."""
    return bool(_WEB.match(text))


def places(text: str, folder: Path | None, most: int) -> list[Place]:
    """Where the pictures are that a cell names: an address, a file, or all in a folder, by name, at most so many.

    Raises:
        PictureError: If it is a file or folder that is not there, lies elsewhere, or holds none.
    """
    if is_web(text):
        return [Place(address=f"https:{text}" if text.startswith("//") else text)]
    if folder is None:
        raise PictureError("which folder its file is in is not known")
    root = folder.resolve()
    try:
        path = (root / text.replace("\\", "/")).resolve()
        if not path.is_relative_to(root):
            raise PictureError("its file lies outside of the catalogue's folder")
        if path.is_dir():
            inside = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
            inside = [one for one in inside if one.resolve().is_relative_to(root)]
            if not inside:
                raise PictureError("its folder holds no picture")
            return [Place(one) for one in inside[:most]]
        if not path.is_file():
            raise PictureError("there is no such file")
    except (OSError, RuntimeError, ValueError) as error:  # a name that is too long, a loop of links, a NUL
        if isinstance(error, PictureError):
            raise
        raise PictureError("there is no such file") from error
    return [Place(path)]


def named_by_ids(folder: Path, ids: Sequence[str]) -> list[str | None]:
    """For each id the picture, or the folder of pictures, in a folder that is called by it; None where there is none.

    Raises:
        CatalogNotFoundError: If there is no such folder.
    """
    if not folder.is_dir():
        raise CatalogNotFoundError(f"no folder of pictures at {folder}; the schema's `file` names it")
    called: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            called.setdefault(path.name, path.name)
        elif path.suffix.lower() in SUFFIXES:
            called[path.stem] = path.name
    return [called.get(item_id) for item_id in ids]


def opened(data: bytes | Path, max_bytes: int = _MOST_BYTES, max_pixels: int = _MOST_PIXELS) -> Image:
    """A picture as RGB on white, upright, its longer side at most 768 pixels.

    Args:
        data: Its file, or what is in it.
        max_bytes: That the file may have.
        max_pixels: That the picture may have: what is packed small can be huge.

    Raises:
        PictureError: If it is too big, or none that can be read.
    """
    from PIL import Image, ImageOps

    size = len(data) if isinstance(data, bytes) else data.stat().st_size
    if size > max_bytes:
        raise PictureError(f"its file has more than {max_bytes:,} bytes")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            source = io.BytesIO(data) if isinstance(data, bytes) else data
            with Image.open(source, formats=_FORMATS) as image:
                if image.width * image.height > max_pixels:
                    raise PictureError(f"it has more than {max_pixels:,} pixels")
                image.draft("RGB", (_SIDE, _SIDE))
                upright = ImageOps.exif_transpose(image)
                upright.thumbnail((_SIDE, _SIDE))
                whole = upright.convert("RGBA")
        made = Image.new("RGB", whole.size, "white")
        made.paste(whole, mask=whole.getchannel("A"))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:
        raise PictureError(f"it has more than {max_pixels:,} pixels") from error
    except (
        *(OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, AttributeError),
        *(struct.error, OverflowError, ZeroDivisionError, MemoryError),
    ) as error:  # what Pillow's readers raise for broken files
        raise PictureError("it is no picture that can be read") from error
    return made


def thumbnail(data: bytes | Path, side: int = _THUMBNAIL) -> str:
    """A small picture as a data URI, so that a page holds it itself.

    Raises:
        PictureError: If it cannot be read.
    """
    image = opened(data)
    image.thumbnail((side, side))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=80)
    return f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"


def item_thumbnail(catalog: Any, item: Any) -> str:
    """The small picture of an item from the files beside its catalogue; empty where there is none that can be shown.

    Args:
        catalog: The `Catalog`.
        item: The `Item`.
    """
    for spec in catalog.schema.images:
        text = item.fields.get(spec.name)
        if not isinstance(text, str) or is_web(text):
            continue
        try:
            file = places(text, folder_of(catalog.folder, spec.file), 1)[0].file
            if file is not None:
                return _kept_thumbnail(file, file.stat().st_mtime_ns)
        except (PictureError, OSError):
            continue
    return ""


@lru_cache(maxsize=512)
def _kept_thumbnail(file: Path, changed: int) -> str:
    return thumbnail(file)


def folder_of(folder: Path | None, file: str) -> Path | None:
    """The folder that a field's pictures are in."""
    if not file:
        return folder
    return Path(file) if Path(file).is_absolute() else None if folder is None else folder / file
