"""Events of publication: redacted copies, made public and taken back (Woo 3.3)."""
# ruff: noqa: RUF012 - msgspec gives each struct its own copy of an empty default

from typing import Annotated, Literal

from msgspec import Meta

from archief.events.base import (
    Code,
    Date,
    Documents,
    Happening,
    Passage,
    Reason,
    Seq,
    StreamId,
    Text,
    Word,
    about,
    declare,
)

Grounds = Annotated[list[Code], Meta(max_length=100, extra={"unique": True})]


class CopyRedactedFacts(Word):
    """Of which record, which version, on which grounds."""

    record: Annotated[StreamId, about("the letter or dossier; it stays as it is")]
    version: Annotated[Seq, about("last content entry of the version that was copied", 43)] | None = None
    level: Annotated[Literal["full", "redacted"], about("whether anything is left out", "redacted")]
    grounds: Annotated[Grounds, about("grounds for what is left out", ["woo:5.1.2.e"], unique=True)] = []


class CopyRedactedData(Word):
    """The copy's files."""

    documents: Annotated[Documents, about("the copy's files", low=1, unique="id")]
    title: Annotated[Text, about("title to publish it under")] | None = None
    tool: Annotated[Text, about("program that left out")] | None = None
    note: Annotated[Passage, about("remarks")] | None = None


@declare("copy_redacted.v1", subject="publication", stream="copy", mdto="Kopie", opens=True)
class CopyRedacted(Happening):
    """A copy of a record is made for publication, with what must not be public left out."""

    facts: CopyRedactedFacts
    data: CopyRedactedData


class CopyPublishedFacts(Word):
    """Under which category, where, when."""

    category: Annotated[Code, about("Woo information category", "infocat008")]
    channel: Annotated[Code, about("where", "website")]
    date: Annotated[Date, about("first day it is public", "2021-01-15")]


class CopyPublishedData(Word):
    """Where it can be read."""

    title: Annotated[Text, about("title it is published under", "Uitkomst onderzoek fietsenstalling")] | None = None
    address: Annotated[Text, about("web address")] | None = None
    note: Annotated[Passage, about("remarks, such as what is announced as not public")] | None = None


@declare("copy_published.v1", subject="publication", stream="copy", mdto="Publicatie")
class CopyPublished(Happening):
    """The copy is public from a day on."""

    facts: CopyPublishedFacts
    data: CopyPublishedData | None = None


class CopyUnpublishedFacts(Word):
    """When and why."""

    channel: Annotated[Code, about("where it is taken back; absent: everywhere")] | None = None
    date: Annotated[Date, about("first day it is no longer public", "2026-01-15")]
    ground: Annotated[Code, about("why", "term")]


@declare("copy_unpublished.v1", subject="publication", stream="copy")
class CopyUnpublished(Happening):
    """The copy is taken back from the public."""

    facts: CopyUnpublishedFacts
    data: Reason | None = None
