"""Decoding: the text that the bytes of a file stand for."""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass

from wherefore.catalog.notes import Note
from wherefore.errors import CatalogError

_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF8, "utf-8", ""),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_OTHER_FILES = {
    b"PK\x03\x04": "a zip file or an Excel workbook; call it .zip or .xlsx",
    b"\x1f\x8b": "a gzip file; call it .csv.gz, or what it is",
    b"PAR1": "a Parquet file; call it .parquet",
    b"SQLite format 3\x00": "an SQLite database; call it .sqlite",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook (.xls); save it as .xlsx or CSV",
    b"%PDF": "a PDF; a table is needed",
    b"\x89PNG": "a picture; a table is needed",
    b"\xff\xd8\xff": "a picture; a table is needed",
}
_PAGE = re.compile(r"\s*<(?:!doctype html|html|\?xml|table)\b", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")  # how `surrogateescape` gives such bytes
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_WORD = re.compile(r"[^\s,;|\"]*[^\W\d_a-zA-Z][^\s,;|\"]*")
_SAMPLE = 1 << 20  # bytes of the lines that show an encoding
# What Mac and DOS files look like in Windows-1252, and hardly any word does.
_ODD = re.compile(r"[a-zà-ÿ](?:[ŠŽŸŒ‚„ƒˆ‰]|”[a-zà-ÿ])")
# A pound or a euro of Windows-1252 before a number; in other encodings of one byte these are letters.
_PRICES = re.compile(rb"(?<![A-Za-z\x80-\xff])[\xa3\x80](?=\s?\d)")
_OLD = ("mac_roman", "cp850")
_WIDESPREAD = ("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr")
_NAMES = {
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "mac_roman": "Mac Roman",
    "cp850": "DOS (code page 850)",
    "cp932": "Shift JIS",
    "shift_jis": "Shift JIS",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "euc-kr": "EUC-KR",
    "euc-jp": "EUC-JP",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A file's text, and how it was read where that is not plain."""

    text: str
    notes: tuple[Note, ...] = ()


def decoded(data: bytes, name: str) -> Decoded:
    """The text of a file: by its mark, as UTF-8, or as what its bytes look like.

    A byte here and there that is not UTF-8 in a file that else is, stays half of a surrogate pair in the text.

    Raises:
        CatalogError: If it is no text, or in no known encoding; says what it looks like.
    """
    other = next((what for begin, what in _OTHER_FILES.items() if data.startswith(begin)), None)
    if other:
        raise CatalogError(f"{name} is not a text file but looks like {other}")
    found = _by_mark(data, name) or _as_utf16(data) or _as_utf8(data, name) or _as_it_looks(data, name)
    text = found.text.lstrip("\ufeff").removesuffix("\x1a")
    if "\x00" in text:
        raise CatalogError(
            f"{name}, line {_line_of(text, text.index(chr(0)))} holds a NUL character; is it a text file? "
            "Remove the character"
        )
    if _PAGE.match(text):
        raise CatalogError(f"{name} is a web page or XML, not a table; export it as CSV or .xlsx")
    return Decoded(text, found.notes)


def _by_mark(data: bytes, name: str) -> Decoded | None:
    for mark, codec, told in _MARKS:
        if data.startswith(mark):
            try:
                text = data[len(mark) :].decode(codec)
            except UnicodeDecodeError as error:
                if codec == "utf-8":
                    return None
                raise CatalogError(
                    f"{name} begins as {told} but is broken at byte {error.start + len(mark) + 1}: {error.reason}; "
                    "save it as UTF-8"
                ) from error
            return Decoded(text, (Note(f"read as {told}"),) if told else ())
    return None


def _as_utf16(data: bytes) -> Decoded | None:
    """Text of two bytes a character and without a mark: half of the bytes of its line ends are zeros."""
    if b"\x00" not in data or len(data) % 2:
        return None
    codec = "utf-16-le" if data[1::2].count(0) >= data[::2].count(0) else "utf-16-be"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return None
    ends = max(text.count("\n"), text.count("\r"))
    expected = max(data.count(b"\n"), data.count(b"\r"))
    strange = any(unicodedata.category(mark) in ("Cn", "Co") for mark in text[:2000])
    if not ends or ends < 0.8 * expected or strange or "\x00" in text or _CONTROLS.search(text):
        return None
    return Decoded(text, (Note("read as UTF-16"),))


def _as_utf8(data: bytes, name: str) -> Decoded | None:
    try:
        return Decoded(data.decode("utf-8"))
    except UnicodeDecodeError:
        if b"\x00" in data:
            line = data[: data.index(0)].count(b"\n") + 1
            raise CatalogError(
                f"{name}, line {line} holds a NUL character; is it a text file? Remove the character"
            ) from None
    text = data.decode("utf-8", "surrogateescape")
    wrong = len(_NOT_UTF8.findall(text))
    right = len(_NOT_ASCII.findall(text)) - wrong
    return Decoded(text) if right > 2 * wrong else None


def _as_it_looks(data: bytes, name: str) -> Decoded:
    lines = [line for line in data.splitlines() if not line.isascii()]
    shown = b"\n".join(lines[: 1 + _SAMPLE // (1 + max(map(len, lines)))])  # whole lines
    for codec in _guesses(shown):
        try:
            text = data.decode(codec)
        except (UnicodeDecodeError, LookupError):
            continue
        if len(_CONTROLS.findall(text)) > 0.001 * len(text):
            continue
        word = _WORD.search(text)
        example = f": `{word[0][:30]}`" if word else ""
        told = f"read as {_name_of(codec, shown)}, which its bytes look like{example}"
        return Decoded(text, (Note(f"{told}; if that is wrong, save the file as UTF-8"),))
    start = next(at for at, byte in enumerate(data) if byte > 127)
    around = data[max(0, start - 20) : start + 10].decode("latin-1")
    raise CatalogError(
        f"{name}, line {data[:start].count(10) + 1}: byte 0x{data[start]:02x} (number {start + 1} of the file, near "
        f"{around!r}) is in no encoding that makes text of the file; save it as UTF-8"
    )


def _guesses(shown: bytes) -> list[str]:
    """Encodings that bytes look like, the likeliest first."""
    from charset_normalizer import from_bytes

    def normalizer(among: tuple[str, ...]) -> list[str]:
        best = from_bytes(shown, cp_isolation=list(among)).best()
        return [best.encoding] if best is not None else []

    rest = _PRICES.sub(b"", shown)
    if rest.isascii():  # a file of prices: "£11,995"
        return ["cp1252"]
    found = _as_browsers_guess(shown) or normalizer(_WIDESPREAD)
    if rest != shown and found and found[0].startswith(("cp125", "iso-8859")):
        found = _as_browsers_guess(rest) or normalizer(_WIDESPREAD)  # a pound is no Polish letter
    text = shown.decode(found[0], "replace") if found else ""
    if found and len(found[0]) == 6 and found[0].startswith("cp125") and _is_japanese(shown):
        return ["cp932", *found]
    if not found or found[0] == "cp1252" and ("\ufffd" in text or _ODD.search(text)):
        found = [*normalizer(_OLD), *found]
    return [*found, *(codec for codec in _WIDESPREAD[:1] if codec not in found)]


def _is_japanese(shown: bytes) -> bool:
    """Whether bytes that look like another encoding are kana and their kin in Shift JIS, and nothing else."""
    try:
        marks = _NOT_ASCII.findall(shown.decode("cp932"))
    except UnicodeDecodeError:
        return False
    kana = sum("\u3041" <= mark <= "\u30ff" for mark in marks)
    return kana > 1 and all("\u3000" <= mark <= "\u9fff" or "\uff01" <= mark <= "\uff60" for mark in marks)


def _as_browsers_guess(shown: bytes) -> list[str]:
    """What Firefox would take a page for; nothing where its detector is not installed."""
    try:
        from chardetng_py import EncodingDetector
    except ImportError:
        return []
    detector = EncodingDetector()
    detector.feed(shown, last=True)
    codec = detector.guess(tld=None, allow_utf8=False).lower().replace("windows-", "cp")
    return ["gb18030" if codec in ("gbk", "gb2312") else codec]


def _name_of(codec: str, shown: bytes) -> str:
    same = codec == "cp1252" and not any(0x80 <= byte < 0xA0 for byte in shown)
    return "Latin-1 (Windows-1252)" if same else _NAMES.get(codec, codec.replace("cp", "Windows-"))


def _line_of(text: str, at: int) -> int:
    return text[:at].count("\n") + 1
