"""What every event is built from: the struct with its switches, the field types, and the declaration of an event type.

Facts stand in the log for ever: ids, keys, signatures, codes, years, dates, counts, and hashes of keys, heads and rule
sets only. Data stands in the payload and dies with it: names, numbers, texts, file names, hashes of documents.

The modules with structs do not postpone their annotations: a declaration reads ``facts`` and ``data`` from its class.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, Literal, TypeVar, dataclass_transform, get_args

import msgspec
from msgspec import Meta

from archief.canonical import INTEGER_MAX, base64_decode
from archief.errors import MalformedError

END = r"$(?!\n)"
"""The end of a string, and no line end before it: a bare ``$`` of Python lets one slip through."""

STREAMS_MAX = 1_000
"""Longest list of streams in one event (format.md §2); what is longer is split with ``part`` and ``parts``."""


def about(
    description: str, *examples: object, unique: bool | str = False, low: int | None = None, high: int | None = None
) -> Meta:
    """Annotate a field with what it means; JSON Schemas and docs/events.md print it.

    Args:
        description: the meaning, one sentence without a full stop.
        examples: a value for the printed examples. An optional field stands in an example only if it has one.
        unique: on a list: no member twice. A name: no two members with the same value of that field.
        low: least length of a list.
        high: greatest length of a list.
    """
    return Meta(
        description=description,
        examples=list(examples) or None,
        extra={"unique": unique} if unique else None,
        extra_json_schema={"uniqueItems": True} if unique is True else None,
        min_length=low,
        max_length=high,
    )


def _form(name: str, pattern: str | None = None, longest: int | None = None, shortest: int | None = None) -> Meta:
    return Meta(pattern=pattern, min_length=shortest, max_length=longest, extra={"form": name})


def _shown(name: str, pattern: str, longest: int, shortest: int = 0) -> Meta:
    """A form whose pattern ``check_word`` tests: its way is ten times faster on long text than a pattern's."""
    shown = {"pattern": pattern}
    return Meta(min_length=shortest, max_length=longest, extra={"form": name}, extra_json_schema=shown)


_HEX_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-%s[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_LINE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
_LINES = r"^[^\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]*$"

StreamId = Annotated[str, _form("stream", f"^{_HEX_UUID % '4'}$", 36)]
CommitId = Annotated[str, _form("commit", f"^{_HEX_UUID % '7'}$", 36)]
Seq = Annotated[int, Meta(ge=0, le=INTEGER_MAX, extra={"form": "seq"})]
Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX, extra={"form": "count"})]
KeyId = Annotated[str, _form("key", "^[0-9a-f]{64}$", 64)]
Hash = Annotated[str, _form("hash", "^[0-9a-f]{64}$", 64)]
DocumentId = Annotated[str, _form("document", "^[0-9a-f]{32}$", 32)]
PublicKeyText = Annotated[str, _form("base64", "^[A-Za-z0-9+/]+={0,2}$", 1_752, 44)]
SignatureText = Annotated[str, _form("base64", "^[A-Za-z0-9+/]+={0,2}$", 3_228, 88)]
TokenText = Annotated[str, _form("base64", "^[A-Za-z0-9+/]+={0,2}$", 64_000, 4)]
Code = Annotated[str, _form("code", f"^[a-z0-9][a-z0-9_.:-]{{0,63}}{END}", 64)]
Origin = Annotated[str, _form("origin", f"^[a-z0-9][a-z0-9.-]{{0,199}}/[0-9a-f]{{8}}{END}", 209)]
Date = Annotated[str, _form("date", "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", 10)]
Time = Annotated[str, _form("time", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", 20)]
ClockTime = Annotated[str, _form("clock", "^([01][0-9]|2[0-3]):[0-5][0-9]$", 5)]
Duration = Annotated[str, _form("duration", f"^P(?=[0-9])([0-9]{{1,3}}Y)?([0-9]{{1,4}}M)?([0-9]{{1,5}}D)?{END}", 16)]
Year = Annotated[int, Meta(ge=1000, le=9999, extra={"form": "year"})]
SeriesPattern = Annotated[str, _form("pattern", f"^[A-Za-z0-9{{}}:/._-]{{1,64}}{END}", 64)]
MediaType = Annotated[str, _form("media", f"^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*{END}", 127)]
Pronom = Annotated[str, _form("pronom", f"^(x-)?fmt/[0-9]{{1,6}}{END}", 16)]

Text = Annotated[str, _shown("text", _LINE, 1_000, 1)]
Passage = Annotated[str, _shown("passage", _LINES, 100_000, 1)]
TextOrEmpty = Annotated[str, _shown("text_or_empty", _LINE, 1_000)]
PassageOrEmpty = Annotated[str, _shown("passage_or_empty", _LINES, 100_000)]
DateOrEmpty = Annotated[str, _form("date_or_empty", "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", 10)]


class WordMeta(msgspec.StructMeta):
    """Makes every struct below :class:`Word` keyword-only: msgspec hands the other switches down, but not that one."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **switches: Any) -> "WordMeta":  # noqa: ANN401, D102 - msgspec's own switches
        switches.setdefault("kw_only", True)
        made: WordMeta = super().__new__(cls, name, bases, namespace, **switches)
        return made


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Word(msgspec.Struct, metaclass=WordMeta, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of all facts and data. Each switch is there for a reason.

    - ``frozen``: what happened does not change.
    - ``kw_only`` (set by the metaclass): fields are named where they are given, and may be declared in any order.
    - ``forbid_unknown_fields``: a field nobody checks would be a place to hide content.
    - ``omit_defaults``: an absent optional field is absent. ``null`` and a written-out default are never in the bytes,
      so that a value has one form; reading with :func:`archief.canonical.decode_as` refuses the other spellings.
    """

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Yield (field, what is wrong with it) for what no field alone can show. Nothing by default."""
        return iter(())


class NoFacts(Word):
    """An event whose only facts are that it happened, to which stream and in which place."""


class PublicKeyFact(Word):
    """A public key, as the log keeps it."""

    public: Annotated[PublicKeyText, about("the public key, base64", "O2onvM62pC1imuSsVEM/dPLlZ8mfqGqwYWY4WQ3wzN8=")]
    type: Annotated[Literal[1, 6], about("signature type: 1 Ed25519, 6 ML-DSA-44", 1)]

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """Both kinds of key have one length."""
        if len(self.public) != (44 if self.type == 1 else 1_752):
            yield "public", "not the length of a key of that type"


class DocumentRef(Word):
    """A file that belongs to a record: where it lies and how to know it again. Stands in payloads only."""

    id: Annotated[DocumentId, about("random id that names the file in the archive")]
    media_type: Annotated[MediaType, about("media type (IANA)", "application/pdf")]
    name: Annotated[Text, about("the file's own name", "brief.pdf")]
    pronom: Annotated[Pronom, about("format by its PRONOM id", "fmt/95")] | None = None
    identified_by: Annotated[Text, about("program and signature file that identified the format")] | None = None
    sha256: Annotated[Hash, about("SHA-256 of the file's bytes")]
    size: Annotated[Count, about("bytes in the file", 48213)]


Documents = Annotated[list[DocumentRef], Meta(max_length=STREAMS_MAX, extra={"unique": "id"})]
Streams = Annotated[list[StreamId], Meta(max_length=STREAMS_MAX, extra={"unique": True})]
Seqs = Annotated[list[Seq], Meta(max_length=STREAMS_MAX, extra={"unique": True})]
Part = Annotated[int, Meta(ge=1, le=100_000, extra={"form": "part"})]


class Parted(Word):
    """Base of facts that list streams: a list of more than 1,000 goes on in further events of the same stream."""

    streams: Annotated[Streams, about("the records, by stream id", low=1, unique=True)]
    part: Annotated[Part, about("which part of the whole list this is")] = 1
    parts: Annotated[Part, about("how many parts the whole list has")] = 1

    def contradictions(self) -> Iterator[tuple[str, str]]:
        """A part is one of its parts."""
        if self.part > self.parts:
            yield "part", "beyond the number of parts"


class Reason(Word):
    """Why it was done."""

    reason: Annotated[Passage, about("why", "op verzoek van de griffie")]


def backwards(begin: str | None, end: str | None) -> bool:
    """Tell whether a period ends before or on the day it begins (its end is exclusive). Open ends are fine."""
    return begin is not None and end is not None and end <= begin


Subject = Literal["archive", "people", "letters", "dossiers", "council", "retention", "transfer", "publication"]
StreamKind = Literal[
    "archive", "person", "mandate", "finding", "letter", "number", "dossier", "meeting", "commitment", "hold",
    "exemption", "destruction", "transfer", "copy", "record", "any",
]  # fmt: skip
PayloadRule = Literal["required", "optional", "none"]


class Happening(Word):
    """Base of the event structs: what is kept for ever (``facts``) and what can be erased (``data``)."""

    event_type: ClassVar["EventType"]

    facts: Word
    data: Word | None = None


class EventType(msgspec.Struct, frozen=True, kw_only=True):
    """What is declared of an event type.

    Attributes:
        tag: the word in the log, with its version: ``letter_registered.v1``.
        subject: the group it is listed under.
        stream: what its stream is. ``record`` is a letter or a dossier, ``any`` any stream.
        mdto: the word of MDTO's EventTypeLijst, where there is one.
        opens: it begins its stream.
        repeats: though it opens, it may come again in its stream: the next part of a list, or the next round.
        content: it is one of those that make up a letter's version.
        payload: whether it has a payload. An optional one may be absent from its birth: commitment ``null``.
        facts, data: the struct of each; ``data`` is None where the payload rule is ``none``.
        happening: the struct class of the whole event.
    """

    tag: str
    subject: Subject
    stream: StreamKind
    mdto: str | None
    opens: bool
    repeats: bool
    content: bool
    payload: PayloadRule
    facts: type[Word]
    data: type[Word] | None
    happening: type[Happening]

    @property
    def name(self) -> str:
        """The tag without its version, as roles and the command line use it."""
        return self.tag.rpartition(".v")[0]

    @property
    def version(self) -> int:
        """The number in the tag."""
        return int(self.tag.rpartition(".v")[2])

    @property
    def doc(self) -> str:
        """What happened and when the event is used, as the struct says it; one line."""
        return " ".join((self.happening.__doc__ or "").split())

    @property
    def documents(self) -> bool:
        """Whether its payload can register documents."""
        return self.data is not None and "documents" in self.data.__struct_fields__

    def fits(self, kind: str) -> bool:
        """Tell whether the event may stand in a stream of that kind (the ``stream`` of the type that opened it)."""
        return self.stream in (kind, "any") or (self.stream == "record" and kind in ("letter", "dossier"))


H = TypeVar("H", bound=Happening)
_TAG = re.compile(rf"^[a-z][a-z_]*\.v[1-9][0-9]*{END}")


def declare(
    tag: str,
    *,
    subject: Subject,
    stream: StreamKind,
    mdto: str | None = None,
    opens: bool = False,
    repeats: bool = False,
    content: bool = False,
) -> Callable[[type[H]], type[H]]:
    """Declare an event type on its struct; facts, data and the payload rule are read from the struct's annotations."""
    assert _TAG.match(tag), tag

    def declared(happening: type[H]) -> type[H]:
        own = happening.__annotations__
        members = get_args(own["data"]) if "data" in own and own["data"] is not None else ()
        data: Any = next((member for member in members if member is not type(None)), own.get("data"))
        payload: PayloadRule = "none" if data is None else "optional" if type(None) in members else "required"
        happening.event_type = EventType(
            tag=tag, subject=subject, stream=stream, mdto=mdto, opens=opens, repeats=repeats, content=content,
            payload=payload, facts=own["facts"], data=data, happening=happening,
        )  # fmt: skip
        return happening

    return declared


# --- what a pattern cannot say ---------------------------------------------------------------------------------------

Checker = Callable[[Any], None]
"""Raises MalformedError whose ``where`` is the path below the value; whoever holds the value puts its part first."""

_NOT_IN_LINE = "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"
_NOT_IN_PASSAGE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]"


def check_date(text: str) -> None:
    """Refuse a day that no calendar has.

    Raises:
        MalformedError: 30 February, month 13 and so on.
    """
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        raise MalformedError("no such day in the calendar", remedy="write a date as 2021-01-14") from None


def _check_time(text: str) -> None:
    try:
        dt.datetime.fromisoformat(text[:-1])
    except ValueError:
        raise MalformedError("no such moment", remedy="write a time as 2021-01-14T09:12:33Z") from None


def _check_date_or_empty(text: str) -> None:
    if text:
        check_date(text)


def _check_base64(text: str) -> None:
    base64_decode(text)


def _check_text(text: str) -> None:
    if not text.isprintable() and re.search(_NOT_IN_LINE, text):
        raise MalformedError("a line end or control character in a text of one line")
    if text.isspace():
        raise MalformedError("white space only", remedy="leave the field out")


def _check_passage(text: str) -> None:
    if not text.isprintable() and re.search(_NOT_IN_PASSAGE, text):
        raise MalformedError("a control character other than a line end or tab")
    if text.isspace():
        raise MalformedError("white space only", remedy="leave the field out")


_CHECKS: dict[str, Checker] = {
    "date": check_date, "date_or_empty": _check_date_or_empty, "time": _check_time, "base64": _check_base64,
    "text": _check_text, "text_or_empty": _check_text, "passage": _check_passage, "passage_or_empty": _check_passage,
}  # fmt: skip
_compiled: dict[type, tuple[tuple[tuple[str, Checker], ...], bool]] = {}


def check_word(word: Word, where: str = "") -> None:
    """Do what the decoder's patterns cannot: real days and moments, base64 of one form, text without control
    characters, lists without a member twice, and what the struct says of its fields together.

    Args:
        word: a struct whose fields have passed a decoder (types, patterns, lengths).
        where: the path of the struct, such as ``facts``.

    Raises:
        MalformedError: with the path of the field.
    """
    cls = type(word)
    compiled = _compiled.get(cls)
    if compiled is None:
        compiled = _compiled[cls] = _compile(cls)
    fields, contradicts = compiled
    for name, checker in fields:
        value = getattr(word, name)
        if value is not None:
            try:
                checker(value)
            except MalformedError as error:
                raise _placed(error, f"{where}.{name}") from None
    if contradicts:
        for name, what in word.contradictions():
            raise MalformedError(what, where=f"{where}.{name}")


def _placed(error: MalformedError, part: str) -> MalformedError:
    return MalformedError(error.what, where=part + error.where, remedy=error.remedy)


def _compile(cls: type[Word]) -> tuple[tuple[tuple[str, Checker], ...], bool]:
    import msgspec.inspect  # noqa: PLC0415 - only a writer needs it

    info = msgspec.inspect.type_info(cls)
    assert isinstance(info, msgspec.inspect.StructType)
    found = ((field.name, _checker(field.type, {})) for field in info.fields)
    fields = tuple((name, checker) for name, checker in found if checker is not None)
    return fields, cls.contradictions is not Word.contradictions


def _checker(kind: Any, extra: dict[str, Any]) -> Checker | None:  # noqa: ANN401 - any of msgspec.inspect's classes
    """Find what must be checked of a field's type, or None when the decoder says it all."""
    match type(kind).__name__:
        case "Metadata":
            return _checker(kind.type, {**extra, **(kind.extra or {})})
        case "UnionType":
            return _checker(next(one for one in kind.types if type(one).__name__ != "NoneType"), extra)
        case "StructType":
            return check_word
        case "StrType":
            return _CHECKS.get(extra.get("form", ""))
        case "ListType":
            return _list_checker(_checker(kind.item_type, {}), extra.get("unique", False))
        case "DictType":
            return _dict_checker(_checker(kind.key_type, {}), _checker(kind.value_type, {}))
    return None


def _list_checker(member: Checker | None, unique: bool | str) -> Checker | None:  # noqa: FBT001 - a switch or a name
    if member is None and not unique:
        return None

    def checker(values: list[Any]) -> None:
        if member is not None:
            for index, value in enumerate(values):
                try:
                    member(value)
                except MalformedError as error:
                    raise _placed(error, f"[{index}]") from None
        if unique:
            known = {getattr(value, unique) if isinstance(unique, str) else value for value in values}
            if len(known) != len(values):
                raise MalformedError("a member twice in the list")

    return checker


def _dict_checker(key: Checker | None, value: Checker | None) -> Checker:
    def checker(values: dict[str, Any]) -> None:
        for index, (name, content) in enumerate(values.items()):
            try:
                if key is not None:
                    key(name)
                if value is not None:
                    value(content)
            except MalformedError as error:
                # The name of a form's row may be content: the error gives its place instead.
                raise _placed(error, f"[{index}]") from None

    return checker
