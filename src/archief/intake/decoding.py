"""Bytes of a text file to characters: UTF-8, else Windows-1252; double-encoded text mended; odd spaces made plain."""

from __future__ import annotations

import codecs
import re

SOFT_HYPHEN = "\u00ad"

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_INVISIBLE = re.compile("[\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]")
_SPACES = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_HYPHENS = re.compile("[\u2010\u2011\u2043]")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ĳ": "ij", "Ĳ": "IJ"})
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
_MOJIBAKE = re.compile("[ÂÃâÅ][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ€]")


def decode(data: bytes) -> tuple[str, str]:
    """Read the characters of a text file.

    The ladder is short on purpose: detectors of character sets take Dutch Windows-1252 for other sets.

    Args:
        data: the file.

    Returns:
        The text with plain line ends, and the name of the character set.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _lines(data[len(mark) :].decode(name, "replace")), name
    try:
        return _lines(data.decode("utf-8")), "utf-8"
    except UnicodeDecodeError:
        # Five bytes have no meaning in cp1252; they are shown as such, never a reason to refuse a letter.
        return _lines(data.decode("cp1252", "replace")), "cp1252"


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def mended(text: str) -> tuple[str, bool]:
    """Undo UTF-8 that was taken for Windows-1252 once or twice, line by line: a file may be half damaged.

    Returns:
        The text, and whether anything was mended.
    """
    if not _MOJIBAKE.search(text):
        return text, False
    import ftfy  # noqa: PLC0415 - only damaged text needs it

    lines = [ftfy.fix_encoding(line) if _MOJIBAKE.search(line) else line for line in text.split("\n")]
    fixed = "\n".join(lines)
    return fixed, fixed != text


def plain(text: str) -> str:
    """Make spaces, hyphens and ligatures plain, and drop what has no width. Soft hyphens stay at line ends only."""
    text = _INVISIBLE.sub("", text.translate(_LIGATURES))
    text = _HYPHENS.sub("-", _SPACES.sub(" ", text))
    text = re.sub(f"{SOFT_HYPHEN}(?![ \t]*(?:\n|$))", "", text)
    return _CONTROLS.sub("", text)
