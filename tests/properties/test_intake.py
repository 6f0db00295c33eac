"""Whatever a file holds, reading it gives a reading or an error of ours; and the same bytes give the same reading."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from archief.errors import ArchiefError
from archief.events.letters import LetterReceivedData
from archief.intake import labels, reading
from archief.intake.reading import Reading
from tests.pages import drawn, pdf_of

LETTER = """Gemeente Veldhaven

> RETOURADRES Postbus 77, 8800 CK Veldhaven      BEZOEKADRES
                                                 Kade 1
Aan de leden van de raad                         8801 AA Veldhaven

ONDERWERP                DATUM                   BIJLAGEN
Herstel brug             3 mei 2022              --
BEHANDELD DOOR           TELEFOONNUMMER          ONZE REFERENTIE
L.M. de Wit                                      2022-00123

Geachte raadsleden,

De brug is dicht. Op 27 juni om 19:30 uur is er een raadsronde; het plan is vóór de zomer toegezegd.

Hoogachtend,

Burgemeester en Wethouders van Veldhaven,

De Secretaris,                                   De Burgemeester,

A. Bos.                                          B. Smid.
"""
FORM = "Rondebriefje Stadsronde\n\nOnderwerp\tBrug\nDatum\t3 mei 2022\nInhoud\t<p>a &amp; b\n\f\n\tc\nPresidium\t\n"
MAIL = "From: A <a@b.example>\nSubject: =?utf-8?q?brug?=\nDate: Tue, 3 May 2022 10:00:00 +0200\n\nDe brug.\n"
SEEDS = [LETTER.encode(), FORM.encode(), MAIL.encode(), pdf_of([drawn(LETTER), drawn(LETTER)])]

WORDS = [word for several in labels.WORDS.values() for word in several]
PIECES = st.one_of(
    st.sampled_from([*WORDS, *(word.upper() for word in WORDS)]),
    st.sampled_from(
        ["3 mei 2022", "Verzonden", "--", "2022-00123", "0588-123456", "a@b.nl", "8801 AA Veldhaven", "\f"]
    ),
    st.sampled_from(
        ["Geachte leden,", "Hoogachtend,", "De Secretaris,", "mede namens", "A. Bos", "Raadsinformatiebrief"]
    ),
    st.text(max_size=30),
)


def told(name: str, data: bytes) -> Reading | None:
    try:
        found = reading.read(name, data)
    except ArchiefError:
        return None
    assert isinstance(msgspec.convert(found.data, LetterReceivedData), LetterReceivedData)
    return found


@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.pdf", "a.docx", "a.eml", ""]))
@settings(max_examples=60)
def test_any_bytes(data: bytes, name: str) -> None:
    told(name, data)


@given(st.lists(st.tuples(PIECES, st.sampled_from(["\n", "\n\n", "   ", "\t", " ", ": "])), max_size=40))
@settings(max_examples=60)
def test_any_order_of_labels_and_values(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + end for piece, end in pieces).encode("utf-8", "replace")
    assert told("brief.txt", text) == told("brief.txt", text)


@given(st.sampled_from(SEEDS), st.integers(0, 2**32), st.integers(1, 12))
@settings(max_examples=60)
def test_damaged_files(seed: bytes, chance: int, often: int) -> None:
    rng = random.Random(chance)
    data = bytearray(seed)
    for _ in range(often):
        place, length = rng.randrange(len(data)), rng.randrange(1, 20)
        kind = rng.randrange(3)
        if kind == 0:
            data[place : place + length] = rng.randbytes(length)
        elif kind == 1:
            del data[place : place + length]
        else:
            data[place:place] = data[rng.randrange(len(data)) :][: length * 20]
        data = data or bytearray(b"x")
    told("brief.txt", bytes(data))
