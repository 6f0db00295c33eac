"""Who stands below a letter: organ, names, roles, and for whom somebody signs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from archief.intake import shapes
from archief.intake.finding import Findings
from archief.intake.header import is_organ
from archief.intake.page import Line, spoken

_ROLE_WORD = (
    r"(?:secretaris|burgemeester|wethouder|griffier|manager|directeur|directrice|hoofd|leider|leidster|voorzitter|coördinator|"
    r"adviseur|medewerker|medewerkster|ambtenaar|bestuurder|commissaris|strateeg|chef|inspecteur|penningmeester|jurist|"
    r"regisseur|opgavemanager|portefeuillehouder|raadslid|functionaris|controller|opsteller|specialist|consulent)"
)
_BEFORE = (
    r"(?:(?:de|het)\s+)?(?:(?:loco|plv|plaatsvervangend|wnd|waarnemend|interim|algemeen|adjunct|tijdelijk)[.-]?\s*)?"
)
ROLE = re.compile(rf"{_BEFORE}(?:[\w/-]+\s){{0,2}}[\w/-]*{_ROLE_WORD}\b", re.IGNORECASE)
_BARE = re.compile(
    r"(?:[Dd]e\s+)?(?:loco-?|plv\.?\s|wnd\.?\s|plaatsvervangend\s|waarnemend\s)*(?:gemeente)?(?:secretaris|burgemeester|griffier|voorzitter)",
    re.IGNORECASE,
)
_ALSO = re.compile(r"mede\s+namens\s*:?\s*", re.IGNORECASE)
_ACTING = re.compile(r"\s*\((?:wnd|plv|loco|waarnemend|plaatsvervangend|a\.?\s?i|l\.?s)\b[^()]{0,30}\)$", re.IGNORECASE)
_FOR = re.compile(r",?\s*\(?(?:namens\s+(?:dezen?|hen|deze)|overeenkomstig het door .*)\)?[,.:]?\s*", re.IGNORECASE)
_WG = re.compile(r"\(?\s*(?:w\.\s?g\.|was getekend|get\.)\s*\)?[,:]?\s*", re.IGNORECASE)
_INITIALS = r"(?:(?:drs|mr|dr|ir|ing|prof|mw|dhr)\.?\s+)*(?:[A-Z]\.\s?)+"

_NO_TITLE = r"(?<!\bdrs)(?<!\bmr)(?<!\bdr)(?<!\bir)(?<!\bing)(?<!\bprof)"

LIST = re.compile(r"(?:bijlage\(n\)|bijlagen?|bijgevoegd|als bijlage)\s*(?:\(\d+\))?\s*:?\s*(.*)$", re.IGNORECASE)
_END = re.compile(
    r"(?:bijlagen?\b|bijlage\(n\)|bijgevoegd|afschrift|kopie|c\.?c\.?\b|p\.?s\.?\b|deze brief is|dit document is)",
    re.IGNORECASE,
)


_Kind = tuple[Literal["organ", "also", "name", "role"], str]


class Item(NamedTuple):
    """A piece of the block of signatures."""

    kind: Literal["organ", "also", "name", "role"]
    text: str
    x: float
    line: Line
    block: int


def is_signature(text: str) -> bool:
    """Whether a line may belong to a block of signatures."""
    text = text.strip()
    parts = _parted(text)
    if all(shapes.is_name(part) or (len(parts) > 1 and _is_role(part)) for part in parts):
        return True
    if len(text) > 110 or re.search(r"[.!?]\s+[A-Z][a-z]+\s+[a-z]", text):
        return False
    bare = _ACTING.sub("", _WG.sub("", text).rstrip(",. "))
    return bool(
        is_organ(text)
        or _ALSO.match(text.lstrip("("))
        or _FOR.fullmatch(text)
        or not bare
        or shapes.is_name(bare)
        or _is_role(text)
    )


def _is_role(text: str) -> bool:
    return len(text) < 130 and ROLE.match(text) is not None and not text.endswith(".") and not is_organ(text)


def strong(text: str) -> bool:
    """Whether a line can hardly be anything but part of a block of signatures."""
    both = len(text) < 80 and (is_organ(text) or _is_role(text) or len(_parted(text)) > 1)
    return bool(both or _ALSO.match(text))


def ends(text: str) -> bool:
    """Whether a line begins what stands below the signatures."""
    return _END.match(text.strip()) is not None


def read(lines: Sequence[Line], findings: Findings) -> None:
    """Read the names below a letter.

    Args:
        lines: everything below the closing, without page furniture.
        findings: where they go.
    """
    own = []
    for line in lines:
        if ends(line.text):
            break
        own.append(line)
    items = _items(_wrapped(own))
    found = _signatories(items, findings)
    if found:
        findings.put("signatories", found, items[0].line)
    _attachments(lines[len(own) :], findings)


def _attachments(lines: Sequence[Line], findings: Findings) -> None:
    """The list of attachments below the signatures, when the header only counts them."""
    from archief.intake.header import listed  # noqa: PLC0415 - beside its use

    if "attachments" in findings.values:
        return
    for index, line in enumerate(lines):
        match = LIST.fullmatch(line.text)
        if match is None:
            continue
        titles = [match[1]] if match[1] else []
        for below in lines[index + 1 :]:
            if (titles and below.gap > 1) or (ends(below.text) and not LIST.fullmatch(below.text)):
                break
            titles.append(below.text)
        named = listed(titles)
        if named:
            findings.put("attachments", named, line)
            findings.warnings[:] = [text for text in findings.warnings if not text.startswith("bijlagen:")]
        return


def _wrapped(lines: Sequence[Line]) -> list[Line]:
    """Join what goes on below: an organ's place, a portfolio of two lines."""
    whole: list[Line] = []
    for line in lines:
        above = whole[-1] if whole else None
        near = above is not None and not line.gap and len(line.segments()) == 1 and len(above.segments()) == 1
        if above is not None and near:
            text = above.text
            organ = is_organ(text) and line.text.startswith("van ")
            goes_on = text.endswith((",", " en", " &", "-")) or line.text[:1].islower()
            role = _is_role(text.rstrip(",")) and goes_on and not is_signature(line.text) and not is_organ(line.text)
            if organ or (role and not _BARE.fullmatch(text.rstrip(","))):
                whole[-1] = above._replace(words=above.words + line.words, y=line.y)
                continue
        whole.append(line)
    return whole


def _items(lines: Sequence[Line]) -> list[Item]:
    items: list[Item] = []
    block = 0
    for line in lines:
        block += 1 if line.gap else 0
        for segment in line.segments():
            for text in _parted(spoken(segment)):
                for kind, value in _kinds(text, items):
                    items.append(Item(kind, value, segment[0].x0, line, block))
    return items


def _parted(text: str) -> list[str]:
    """Part what a tool put on one line: two roles, two names, role and name, name and role."""
    if len(text) > 300:
        return [text]
    roles = re.split(rf",?\s+(?=[Dd]e\s+[\w-]*{_ROLE_WORD}\b)", text)
    if len(roles) > 1 and all(_is_role(part) for part in roles):
        return roles
    names = re.split(rf"(?<=[a-zà-ÿ]){_NO_TITLE}(?:\.?,?\s+(?={_INITIALS}(?:\w|['’]))|\.\s+(?=[A-ZÀ-Þ]))", text)
    if len(names) > 1 and all(shapes.is_name(part) for part in names):
        return names
    bare = _BARE.match(text)
    if bare and not is_organ(text):
        rest = text[bare.end() :].strip(" ,:")
        if shapes.is_name(_WG.sub("", rest)) and not rest.startswith("van "):
            return [bare.group(), rest]
    left, comma, right = text.partition(",")
    if comma and shapes.is_name(left) and _is_role(right.strip()):
        return [left, right.strip()]
    return [text]


def _kinds(text: str, items: Sequence[Item]) -> list[_Kind]:
    """What a piece is; nothing when it is none of these."""
    text = _WG.sub("", text).strip()
    if text.startswith("(") and _ALSO.match(text[1:]):
        text = text.strip("() ")
    also = _ALSO.search(text)
    if also and (also.start() == 0 or is_organ(text)):
        before = text[: also.start()].strip(" ,")
        theirs: _Kind = ("also", text[also.end() :].strip(" ,."))
        return [("organ", _organ(before)), theirs] if is_organ(before) else [theirs]
    if is_organ(text):
        return [("organ", _organ(text))]
    text = _FOR.sub("", text).strip()
    bare = _ACTING.sub("", text.rstrip(",. :"))
    if items and items[-1].kind in {"also", "role"} and re.match(r"en\s", bare) and shapes.is_name(bare[3:]):
        return [("also", bare[3:])]
    if _is_role(text) and not re.match(_INITIALS, text):
        return [("role", re.sub(r"^(de|het)\s+", "", bare, flags=re.IGNORECASE))]
    if shapes.is_name(bare):
        return [("name", bare)]
    return []


def _organ(text: str) -> str:
    text = _FOR.sub("", text).strip(" ,.:")
    return re.sub(r"^namens\s+", "", text, flags=re.IGNORECASE)


class _Signer(NamedTuple):
    item: Item
    behalf: str | None


_TITLED = re.compile(rf"((?:loco-?\s?)?[\w-]*{_ROLE_WORD})\s+(.+)", re.IGNORECASE)


def _named(items: Sequence[Item]) -> list[Item]:
    """``Wethouder A. Jansen``: where no name stands by itself, the one behind a role is the signer's."""
    named: list[Item] = []
    for item in items:
        titled = _TITLED.fullmatch(item.text) if item.kind == "role" else None
        if titled and shapes.is_name(titled[2]):
            named += [item._replace(text=titled[1]), item._replace(kind="name", text=titled[2])]
        else:
            named.append(item)
    return named


def _signatories(items: Sequence[Item], findings: Findings) -> list[dict[str, str]]:
    if not any(item.kind == "name" for item in items):
        items = _named(items)
    organ: str | None = None
    also: list[str] = []
    signers: list[_Signer] = []
    index = 0
    while index < len(items):
        item = items[index]
        if item.kind == "organ":
            organ = item.text
        elif item.kind == "also":
            also += _represented(item.text)
            index += 1 if _role_is_theirs(items, index) else 0
        else:
            signers.append(_Signer(item, "; ".join(also) or organ))
        index += 1
    if also and not any(signer.behalf == "; ".join(also) for signer in signers):
        signers = [signer._replace(behalf="; ".join(also)) for signer in signers]
    return _paired(signers, findings)


def _represented(text: str) -> list[str]:
    """The persons of ``mede namens``, without their roles."""
    names = []
    for part in re.split(r"\s+en\s+(?=[A-Z]|wethouder)|;", text):
        name = part.split(",")[0].strip()
        bare = re.sub(r"^(?:de\s+)?(?:wethouders?|burgemeester|collega)\s+", "", name, flags=re.IGNORECASE)
        names.append(bare if shapes.is_name(bare) or re.fullmatch(r"[A-ZÀ-Þ][\w'’-]+", bare) else name)
    return [name for name in names if name]


def _role_is_theirs(items: Sequence[Item], index: int) -> bool:
    """Whether the role below ``mede namens X`` is X's, and not the signer's."""
    rest = [item.kind for item in items[index + 1 : index + 4]]
    if rest[:1] != ["role"]:
        return False
    if rest[1:2] == ["also"] or items[index + 1].block == items[index].block:
        return True
    return rest[1:] == ["name", "role"] or "name" not in rest


def _paired(signers: Sequence[_Signer], findings: Findings) -> list[dict[str, str]]:
    names = [signer for signer in signers if signer.item.kind == "name"]
    roles = [signer for signer in signers if signer.item.kind == "role"]
    pattern = "".join(signer.item.kind[0] for signer in signers)
    pairs: list[tuple[_Signer, _Signer | None]] = []
    apart = {"n" * len(names) + "r" * len(names), "r" * len(names) + "n" * len(names)}
    if pattern in apart or re.fullmatch("(rn)+|(nr)+", pattern):
        pairs = list(zip(names, roles, strict=True))
    else:
        pairs = _nearest(signers, pattern, findings)
    return [_said(name, role) for name, role in pairs]


def _nearest(signers: Sequence[_Signer], pattern: str, findings: Findings) -> list[tuple[_Signer, _Signer | None]]:
    """Unequal numbers: a name takes the role of its own block or, where columns are kept, the one above or below it."""
    free = [signer for signer in signers if signer.item.kind == "role"]
    apart = len({round(signer.item.x) for signer in free}) > 1
    pairs: list[tuple[_Signer, _Signer | None]] = []
    for index, signer in enumerate(signers):
        if signer.item.kind != "name":
            continue
        same = [role for role in free if role.item.block == signer.item.block]
        beside = [
            signers[near] for near in (index + 1, index - 1) if 0 <= near < len(signers) and signers[near] in free
        ]
        under = [role for role in free if abs(role.item.x - signer.item.x) < 5] if apart else []
        close = same if same or not re.search("rr", pattern) else []
        role = next(iter(under or close or (beside if not re.search("rr|nn", pattern) else [])), None)
        if role is not None:
            free.remove(role)
        pairs.append((signer, role))
    if free:
        findings.warn("ondertekening: a role without a name, or a name without a role")
    return pairs


def _said(name: _Signer, role: _Signer | None) -> dict[str, str]:
    said = {"name": name.item.text}
    if role is None and name.behalf and re.match(r"(?:de\s+)?burgemeester\s+van\b", name.behalf, re.IGNORECASE):
        # This organ is one person, who signs without a further title.
        return {**said, "role": re.sub(r"^de\s+", "", name.behalf, flags=re.IGNORECASE)}
    if role is not None:
        said["role"] = role.item.text
    if name.behalf:
        said["on_behalf_of"] = name.behalf
    return said
