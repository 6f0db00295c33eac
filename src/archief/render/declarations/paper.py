"""What every declaration is made of, before it is a page or a PDF: a title, a few lines, and sections of blocks.

Everything in it is text that was put into words already; a declaration's own module does that.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Protocol

from archief.canonical import Count
from archief.events.base import Word


class Form(Word):
    """What all structs of declarations are: frozen, named fields, what is absent left out."""


class Facts(Form, tag="facts", tag_field="block"):
    """Names and values; what has no value is not there."""

    rows: list[tuple[str, str]]


class Column(Form):
    """A column: its name, and whether it holds numbers or long codes."""

    name: str
    form: Annotated[str, "text, number or code"] = "text"


class Table(Form, tag="table", tag_field="block"):
    """A table with a row of names."""

    columns: list[Column]
    rows: list[list[str]]
    title: str


class Prose(Form, tag="prose", tag_field="block"):
    """Paragraphs, or the items of a list."""

    texts: list[str]
    listed: bool = False


class Places(Form, tag="places", tag_field="block"):
    """Places to sign: for whom each is."""

    parties: list[str]


Block = Facts | Table | Prose | Places


class Section(Form):
    """A heading and what stands below it; wide: on pages of its own that lie on their side."""

    title: str
    blocks: list[Block]
    wide: bool = False


class Paper(Form):
    """A declaration in words.

    Attributes:
        title: what it is.
        law: the article that asks for it.
        organisation: whose archive it is.
        reference: by which it is known.
        drawn_up: the day, in words.
        lead: what is declared.
        sections: the rest.
        foot: the state that it was made from.
        test: it is of a test archive, and says so.
    """

    title: str
    law: str
    organisation: str
    reference: str
    drawn_up: str
    lead: str
    sections: list[Section]
    foot: str
    test: bool = False


class Declaration(Protocol):
    """A struct of facts that can put itself into words.

    Attributes:
        time: when it was drawn up, in UTC; of the facts, not of a clock.
    """

    @property
    def time(self) -> dt.datetime:  # noqa: D102 - see the class
        ...

    def paper(self) -> Paper:
        """Everything it says, in Dutch."""
        ...


# facts that several declarations have


class Head(Form):
    """The state of the log that a declaration was made from.

    Attributes:
        size: entries.
        root: hash of the tree over them.
    """

    size: Count
    root: str


class Act(Form):
    """What somebody did, as it stands in the log.

    Attributes:
        step: the event type's name without version, such as ``destruction_proposed``.
        role: in which role, a word of interfaces.md such as ``archivaris``.
        day: the day in the town hall.
        entry: where it stands in the log; None for what is about to be appended with this declaration.
        name: whose act it was; only where the archive's policy lets a certificate name its officers.
    """

    step: str
    role: str
    day: dt.date
    entry: Count | None = None
    name: str | None = None


class System(Form):
    """A place where copies were (draft Archiefregeling 4.2 b).

    Attributes:
        name: in Dutch, as a reader knows it.
        reached: it was erased there, and that was checked.
        expires: when the copy there runs out; None where nobody knows.
        note: what else is to be said of it.
    """

    name: str
    reached: bool
    expires: dt.date | None = None
    note: str | None = None


class Span(Form):
    """A first and a last day; None where nobody knows."""

    begin: dt.date | None = None
    end: dt.date | None = None
