"""MDTO 1.0.1 as structs, written and read back: informatieobject and bestand (Nationaal Archief, XML-schema 1.0.1).

A struct's fields are the elements in the schema's order; their names are the elements' in snake case. Writing is
deterministic. Reading refuses what the schema refuses and names every fault, not the first; it takes no document type,
no entity and nothing from the network. Which terms may be used, and what else the schema does not say: mdto_rules.py.

>>> made = write(
...     Bestand(
...         identificatie=[Identificatie(identificatie_kenmerk="1", identificatie_bron="Proza")],
...         naam="brief.pdf",
...         omvang=3,
...         bestandsformaat=begrip("PDF", "PRONOM-register", "fmt/95"),
...         checksum=[
...             Checksum(
...                 checksum_algoritme=begrip("SHA-256", "Begrippenlijst ChecksumAlgoritme MDTO"),
...                 checksum_waarde="ab",
...                 checksum_datum="2021-01-14T09:00:00Z",
...             )
...         ],
...         is_representatie_van=Verwijzing(verwijzing_naam="Brief"),
...     )
... )
>>> read(made).naam
'brief.pdf'
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, TypeAlias, get_type_hints

import msgspec
import msgspec.inspect

from archief.errors import ExtraMissingError, MalformedError

NAMESPACE = "https://www.nationaalarchief.nl/mdto"
VERSION = "1.0.1"
LOCATION = f"{NAMESPACE} {NAMESPACE}/MDTO-XML{VERSION}.xsd"
XML_BYTES_MAX = 16 * 1024 * 1024
"""A longer metadata file is refused unread."""

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_DECLARED = re.compile(r"""^<\?xml[^>]*\bencoding\s*=\s*["']([^"']*)["']""")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ZONE = r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?"
_YEAR = r"-?([1-9][0-9]{3,}|0[0-9]{3})"
_DAY = rf"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01]){_ZONE}"
_PART = rf"{_YEAR}{_ZONE}|{_YEAR}-(0[1-9]|1[0-2]){_ZONE}|{_DAY}"
_MOMENT = (
    rf"{_YEAR}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
    rf"|24:00:00(\.0+)?){_ZONE}"
)
_TOKENS = {
    "date": (re.compile(_DAY), "a day such as 2021-01-14"),
    "part": (re.compile(_PART), "a year, a month or a day"),
    "time": (re.compile(_MOMENT), "a moment such as 2021-01-14T09:12:33Z"),
    "event": (re.compile(rf"{_PART}|{_MOMENT}"), "a year, a month, a day or a moment"),
    "duration": (
        re.compile(
            r"-?P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T(?=[0-9])([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?"
        ),
        "a duration such as P20Y; weeks do not exist here",
    ),
    "language": (re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"), "a language such as nl"),
    "uri": (re.compile(r".*"), "an address"),  # the schema takes any text for one
}


def _token(form: str) -> msgspec.Meta:
    return msgspec.Meta(extra={"form": form})


Date: TypeAlias = Annotated[str, _token("date")]
PartDate: TypeAlias = Annotated[str, _token("part")]
Moment: TypeAlias = Annotated[str, _token("time")]
EventTime: TypeAlias = Annotated[str, _token("event")]
Duration: TypeAlias = Annotated[str, _token("duration")]
Language: TypeAlias = Annotated[str, _token("language")]
Uri: TypeAlias = Annotated[str, _token("uri")]


class Element(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of all: a struct whose fields are elements, in order."""


class Identificatie(Element, frozen=True, kw_only=True):
    """A kenmerk and where it holds."""

    identificatie_kenmerk: str
    identificatie_bron: str


class Verwijzing(Element, frozen=True, kw_only=True):
    """Another object by its name and, where it is known, its identification."""

    verwijzing_naam: str
    verwijzing_identificatie: Identificatie | None = None


class Begrip(Element, frozen=True, kw_only=True):
    """A term out of a list."""

    begrip_label: str
    begrip_code: str | None = None
    begrip_begrippenlijst: Verwijzing


class Raadpleeglocatie(Element, frozen=True, kw_only=True):
    """Where it can be seen."""

    raadpleeglocatie_fysiek: list[Verwijzing] = []
    raadpleeglocatie_online: list[Uri] = []


class DekkingInTijd(Element, frozen=True, kw_only=True):
    """A day or period that the content is about."""

    dekking_in_tijd_type: Begrip
    dekking_in_tijd_begindatum: PartDate
    dekking_in_tijd_einddatum: PartDate | None = None


class Event(Element, frozen=True, kw_only=True):
    """Something that happened to it."""

    event_type: Begrip
    event_tijd: EventTime | None = None
    event_verantwoordelijke_actor: Verwijzing | None = None
    event_resultaat: str | None = None


class Termijn(Element, frozen=True, kw_only=True):
    """A term: what starts it, when, how long, until when."""

    termijn_trigger_start_looptijd: Begrip | None = None
    termijn_startdatum_looptijd: Date | None = None
    termijn_looptijd: Duration | None = None
    termijn_einddatum: PartDate | None = None


class GerelateerdInformatieobject(Element, frozen=True, kw_only=True):
    """Another informatieobject and how it is related."""

    gerelateerd_informatieobject_verwijzing: Verwijzing
    gerelateerd_informatieobject_type_relatie: Begrip


class Betrokkene(Element, frozen=True, kw_only=True):
    """Who had to do with it, and how."""

    betrokkene_type_relatie: Begrip
    betrokkene_actor: Verwijzing


class BeperkingGebruik(Element, frozen=True, kw_only=True):
    """A limit on its use."""

    beperking_gebruik_type: Begrip
    beperking_gebruik_nadere_beschrijving: str | None = None
    beperking_gebruik_documentatie: list[Verwijzing] = []
    beperking_gebruik_termijn: Termijn | None = None


class Checksum(Element, frozen=True, kw_only=True):
    """By which it is known whether a file changed."""

    checksum_algoritme: Begrip
    checksum_waarde: str
    checksum_datum: Moment


class Informatieobject(Element, frozen=True, kw_only=True):
    """An archive, series, dossier or piece. Every level carries its own values: nothing is inherited."""

    identificatie: Annotated[list[Identificatie], msgspec.Meta(min_length=1)]
    naam: str
    aggregatieniveau: Begrip | None = None
    classificatie: list[Begrip] = []
    trefwoord: list[str] = []
    omschrijving: list[str] = []
    raadpleeglocatie: list[Raadpleeglocatie] = []
    dekking_in_tijd: list[DekkingInTijd] = []
    dekking_in_ruimte: list[Verwijzing] = []
    taal: list[Language] = []
    event: list[Event] = []
    waardering: Begrip
    bewaartermijn: Termijn | None = None
    informatiecategorie: Begrip | None = None
    is_onderdeel_van: list[Verwijzing] = []
    bevat_onderdeel: list[Verwijzing] = []
    heeft_representatie: list[Verwijzing] = []
    aanvullende_metagegevens: list[Verwijzing] = []
    gerelateerd_informatieobject: list[GerelateerdInformatieobject] = []
    archiefvormer: Annotated[list[Verwijzing], msgspec.Meta(min_length=1)]
    betrokkene: list[Betrokkene] = []
    activiteit: Verwijzing | None = None
    beperking_gebruik: Annotated[list[BeperkingGebruik], msgspec.Meta(min_length=1)]


class Bestand(Element, frozen=True, kw_only=True):
    """A file that represents an informatieobject."""

    identificatie: Annotated[list[Identificatie], msgspec.Meta(min_length=1)]
    naam: str
    omvang: int
    bestandsformaat: Begrip
    checksum: Annotated[list[Checksum], msgspec.Meta(min_length=1)]
    url_bestand: Uri | None = msgspec.field(name="URLBestand", default=None)
    is_representatie_van: Verwijzing


Mdto: TypeAlias = Informatieobject | Bestand


class Fault(NamedTuple):
    """What is wrong with an element.

    Attributes:
        element: its path, such as ``informatieobject/event[2]/eventTijd``.
        what: one sentence, no content of the file.
    """

    element: str
    what: str


def begrip(label: str, begrippenlijst: str, code: str | None = None) -> Begrip:
    """A term out of a list that is referred to by its name."""
    return Begrip(
        begrip_label=label, begrip_code=code, begrip_begrippenlijst=Verwijzing(verwijzing_naam=begrippenlijst)
    )


def verwijzing(naam: str, kenmerk: str | None = None, bron: str = "") -> Verwijzing:
    """A reference, with an identification where there is one."""
    known = None if kenmerk is None else Identificatie(identificatie_kenmerk=kenmerk, identificatie_bron=bron)
    return Verwijzing(verwijzing_naam=naam, verwijzing_identificatie=known)


# --- the shape of a struct, worked out once ---------------------------------------------------------------------------


class _Field(NamedTuple):
    name: str
    element: str
    least: int
    many: bool
    struct: type[Element] | None
    form: str


@functools.cache
def _fields(cls: type[Element]) -> tuple[_Field, ...]:
    hints = get_type_hints(cls, include_extras=True)
    info = msgspec.inspect.multi_type_info([hints[name] for name in cls.__struct_fields__])
    found = []
    for given, outer in zip(msgspec.structs.fields(cls), info, strict=True):
        kind: Any = outer
        least, many, form = int(given.required), False, ""
        while not isinstance(kind, msgspec.inspect.StructType | msgspec.inspect.StrType | msgspec.inspect.IntType):
            if isinstance(kind, msgspec.inspect.Metadata):
                form, kind = (kind.extra or {}).get("form", ""), kind.type
            elif isinstance(kind, msgspec.inspect.UnionType):
                kind = next(one for one in kind.types if not isinstance(one, msgspec.inspect.NoneType))
            else:
                assert isinstance(kind, msgspec.inspect.ListType)
                least, many, kind = kind.min_length or 0, True, kind.item_type
        struct: Any = kind.cls if isinstance(kind, msgspec.inspect.StructType) else None
        form = "integer" if isinstance(kind, msgspec.inspect.IntType) else form
        found.append(_Field(given.name, given.encode_name, least, many, struct, form))
    return tuple(found)


# --- writing ----------------------------------------------------------------------------------------------------------


def write(described: Mdto) -> bytes:
    """Write one metadata file. The same value gives the same bytes.

    Raises:
        MalformedError: a value that the schema refuses.
        ExtraMissingError: lxml is not installed.
    """
    etree = library()
    root = etree.Element(f"{{{NAMESPACE}}}MDTO", nsmap={None: NAMESPACE, "xsi": _XSI})
    root.set(f"{{{_XSI}}}schemaLocation", LOCATION)
    name = type(described).__name__.lower()
    faults: list[Fault] = []
    _add(etree.SubElement, root, _Place(name, name), described, faults)
    if faults:
        raise refusal(faults, "MDTO")
    written: bytes = etree.tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return written


def lawful(text: str) -> str:
    """A text with a mark in place of every character that XML cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)


class _Place(NamedTuple):
    element: str
    path: str
    form: str = ""


def _add(sub: Any, above: Any, place: _Place, value: object, faults: list[Fault]) -> None:  # noqa: ANN401 - lxml has no types
    element = sub(above, f"{{{NAMESPACE}}}{place.element}")
    if not isinstance(value, Element):
        text = lawful(str(value))
        element.text = text
        faults += _value_faults(" ".join(text.split()), place.form, place.path) if place.form else ()
        return
    for field in _fields(type(value)):
        held = getattr(value, field.name)
        path = f"{place.path}/{field.element}"
        if not field.many:
            if held is not None:
                _add(sub, element, _Place(field.element, path, field.form), held, faults)
            continue
        if len(held) < field.least:
            faults.append(Fault(path, "is wanting; it is mandatory"))
        for number, one in enumerate(held, 1):
            _add(sub, element, _Place(field.element, f"{path}[{number}]", field.form), one, faults)


def _value_faults(text: str, form: str, path: str) -> list[Fault]:
    """What is wrong with a value that has a form, its white space made plain."""
    if form == "integer":
        return [] if re.fullmatch(r"[+-]?[0-9]{1,18}", text, re.ASCII) else [Fault(path, "not a whole number")]
    pattern, told = _TOKENS[form]
    if not pattern.fullmatch(text) or (form not in ("duration", "uri") and not _in_calendar(text)):
        return [Fault(path, f"not {told}")]
    return []


# --- reading ----------------------------------------------------------------------------------------------------------


def read(raw: bytes, where: str = "") -> Mdto:
    """Read one metadata file.

    Raises:
        MalformedError: it is not MDTO 1.0.1; every fault is named.
        ExtraMissingError: lxml is not installed.
    """
    described, faults = parse(raw)
    if described is None:
        raise refusal(faults, where)
    return described


def refusal(faults: list[Fault], where: str) -> MalformedError:
    """An error that names every fault."""
    return MalformedError("; ".join(f"{one.element}: {one.what}" for one in faults), where=where)


def parse(raw: bytes) -> tuple[Mdto | None, list[Fault]]:
    """Read one metadata file, or tell everything that is wrong with it. Raises for nothing in it."""
    root = parse_xml(raw)
    if isinstance(root, str):
        return None, [Fault("MDTO", root)]
    if root.tag != f"{{{NAMESPACE}}}MDTO":
        return None, [Fault("MDTO", "the root is not MDTO in the namespace of MDTO 1.0")]
    faults = list(_strange_attributes(root))
    children = list(root)
    kinds = {f"{{{NAMESPACE}}}{cls.__name__.lower()}": cls for cls in (Informatieobject, Bestand)}
    if len(children) != 1 or children[0].tag not in kinds:
        return None, [*faults, Fault("MDTO", "holds not one informatieobject or one bestand")]
    cls: type[Any] = kinds[children[0].tag]
    values = _read_struct(children[0], cls, cls.__name__.lower(), faults)
    if faults:
        return None, faults
    return cls(**values), []


def library() -> Any:  # noqa: ANN401 - lxml has no types
    """Import lxml.

    Raises:
        ExtraMissingError: it is not installed.
    """
    try:
        from lxml import etree  # noqa: PLC0415 - heavy, and of an extra
    except ImportError:
        raise ExtraMissingError(
            "MDTO needs the extra `export`, which is not installed",
            where="lxml",
            remedy="pip install 'archief[export]'",
        ) from None
    return etree


def parse_xml(raw: bytes) -> Any:  # noqa: ANN401 - lxml has no types
    """The root of an XML file of others, or a sentence that says why it is refused.

    UTF-8 only, no document type (so no entities), nothing from the network, bounded in size and depth.
    """
    if len(raw) > XML_BYTES_MAX:
        return f"larger than {XML_BYTES_MAX // 1024 // 1024} MB"
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "not UTF-8"
    declared = _DECLARED.match(text)
    if declared and declared[1].upper() not in ("UTF-8", "UTF8"):
        return "declares another encoding than UTF-8"
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        return "has a document type or entities"
    etree = library()
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
        encoding="UTF-8",
    )  # fmt: skip
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return "not well-formed XML"
    return root


def _strange_attributes(element: Any) -> Iterator[Fault]:  # noqa: ANN401 - lxml has no types
    if any(not name.startswith(f"{{{_XSI}}}") for name in element.attrib):
        yield Fault(element.tag.rpartition("}")[2], "has an attribute; MDTO has none")


def _read_struct(element: Any, cls: type[Element], path: str, faults: list[Fault]) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Read the children in the schema's order; what is out of order, unknown or wanting is a fault."""
    faults += [one._replace(element=path) for one in _strange_attributes(element)]
    if any(text and text.strip() for text in (element.text, *(child.tail for child in element))):
        faults.append(Fault(path, "text between elements"))
    fields = _fields(cls)
    order = {f"{{{NAMESPACE}}}{field.element}": index for index, field in enumerate(fields)}
    held: dict[str, list[Any]] = {field.name: [] for field in fields}
    reached = 0
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        index = order.get(child.tag)
        if index is None:
            faults.append(Fault(f"{path}/{name[:60]}", "no element of MDTO in this place"))
            continue
        if index < reached:
            faults.append(Fault(f"{path}/{name}", "out of the schema's order"))
        reached = max(reached, index)
        field, place = fields[index], f"{path}/{name}"
        before = len(held[field.name])
        if before and not field.many:
            faults.append(Fault(place, "more than once"))
        held[field.name].append(_read_value(child, field, f"{place}[{before + 1}]" if field.many else place, faults))
    for field in fields:
        if len(held[field.name]) < field.least:
            faults.append(Fault(f"{path}/{field.element}", "is wanting; it is mandatory"))
    return {
        field.name: held[field.name] if field.many else held[field.name][0]
        for field in fields
        if held[field.name]
    }  # fmt: skip


def _read_value(element: Any, field: _Field, path: str, faults: list[Fault]) -> Any:  # noqa: ANN401 - as above
    if field.struct is not None:
        before = len(faults)
        values = _read_struct(element, field.struct, path, faults)
        return field.struct(**values) if len(faults) == before else None
    if len(element):
        faults.append(Fault(path, "elements where a value belongs"))
        return None
    faults += [one._replace(element=path) for one in _strange_attributes(element)]
    text = element.text or ""
    if not field.form:
        return text
    text = " ".join(text.split())
    wrong = _value_faults(text, field.form, path)
    faults += wrong
    if field.form == "integer":
        return None if wrong else int(text)
    return text


def _in_calendar(text: str) -> bool:
    """Whether the day in a date is one of its month."""
    found = re.match(r"-?([0-9]+)-([0-9]{2})-([0-9]{2})", text)
    if found is None:
        return True
    year, month, day = (int(part) for part in found.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return day <= (29 if leap else 28) if month == 2 else day <= (30 if month in (4, 6, 9, 11) else 31)
