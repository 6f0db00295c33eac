"""The PDF of a letter: what stands in it, that the same letter gives the same bytes, and what is refused."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archief.errors import ExtraMissingError, MalformedError, UsageError
from archief.events.letters import LetterData, Signatory
from archief.render import rendition
from tests import rendered
from tests.rendered import BRIEF, FORM, HOSTILE, LONG, MARK_UP, made


def pages(pdf: bytes) -> list[str]:
    """The text of each page, spaces evened out; pdfium marks a hyphen at a line's end with U+FFFE."""
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [page.get_textpage().get_text_range() for page in document]
    return [re.sub(r"\s+", " ", text.replace("\ufffe", "-")) for text in texts]


def template(folder: Path, text: str) -> Path:
    (folder / "template.typ").write_text(text, encoding="utf-8")
    return folder


def test_every_word_of_a_letter_stands_in_its_pdf() -> None:
    (page,) = pages(made(BRIEF))
    words = [
        "Gemeente Voorbeeld", "Aan de leden van de gemeenteraad, Postbus 10 1234 AB Voorbeeld", "ONDERWERP",
        "Voortgang herinrichting", "9 februari 2021 Verzonden 10-02-2021", "BIJLAGEN Faseringskaart", "N. Bakker",
        "012-345 67 89", "ONZE REFERENTIE 2021-03318", "n.bakker@voorbeeld.nl", "FAXNUMMER --", "M-2020-117",
        "BEZOEKADRES Markt 1 1234 AB Voorbeeld", "POSTADRES", "RETOURADRES Postbus 10, 1234 AB Voorbeeld",
        "Geachte raadsleden,", "Planning", "• een; • twee; 1. drie.", "Hoogachtend,", f"{rendered.COLLEGE},",
        "De Secretaris,", "T.H.M. Vrancken", "De Burgemeester,", "A.E. van Lierop-Dassen", "Raadsinformatiebrief",
    ]  # fmt: skip
    assert [] == [word for word in words if word not in page]


def test_the_second_page_has_date_and_number_and_no_footer() -> None:
    letter = msgspec.structs.replace(BRIEF, body=[rendered.PARAGRAPH] * 20)
    first, second, third = pages(made(letter))
    assert "PAGINA" not in first
    assert "Raadsinformatiebrief" in first
    assert "DATUM 9 februari 2021" in second
    assert "2 van 3" in second
    assert "3 van 3" in third
    assert "Raadsinformatiebrief" not in second


def test_many_attachments_are_counted_above_and_listed_below() -> None:
    text = " ".join(pages(made(LONG)))
    assert "BIJLAGEN 13, zie onder deze brief" in text
    assert "9. Bijlage 9: rapportage van fase 9" in text


def test_who_signs_for_another_says_so() -> None:
    text = " ".join(pages(made(LONG)))
    assert "Mede namens B. Jongen en C. Smit," in text
    assert "De raad van de gemeente Voorbeeld," in text


def test_a_word_that_no_line_holds_is_broken_and_stays_one_word() -> None:
    assert "https://www.voorbeeld.nl/" + "een-heel-lang-adres/" * 9 in re.sub(r" ", "", " ".join(pages(made(LONG))))


def test_the_rows_of_a_form_come_in_the_order_that_the_form_had() -> None:
    order = ["Zelf bedacht", "Vorm bijeenkomst", "Portefeuillehouder", "Presidium"]
    own = msgspec.structs.replace(FORM, fields={**FORM.fields, "Inhoud": "Kort."}, fields_order=order)
    text = " ".join(pages(made(own)))
    assert sorted([*order, "Inhoud"], key=text.index) == [*order, "Inhoud"]
    assert text.index("Stadsronde fietsen") < text.index(order[0])


def test_the_rows_of_a_form_come_in_the_usual_order_where_it_had_none() -> None:
    text = " ".join(pages(made(FORM)))
    labels = ["Onderwerp", "Portefeuillehouder", "Datum", "Vorm bijeenkomst", "Inhoud", "Presidium", "Zelf bedacht"]
    found = [text.index(f" {label} ") for label in labels]
    assert sorted(found) == found
    assert "GEMEENTERAAD" in text
    assert "pagina 2 van" in text


def test_the_same_letter_gives_the_same_bytes_in_another_process_and_another_folder(tmp_path: Path) -> None:
    program = "import sys; from tests.rendered import *; sys.stdout.buffer.write(made(BRIEF))"
    root = Path(__file__).resolve().parents[2]
    environment = {"PYTHONPATH": f"{root / 'src'}{os.pathsep}{root}", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    assert made(BRIEF) == ran.stdout
    assert [] == list(tmp_path.iterdir())


def test_a_letter_is_shown_and_never_evaluated() -> None:
    text = re.sub(r" ", "", " ".join(pages(made(HOSTILE))))
    assert text.count(re.sub(r" ", "", MARK_UP)) >= 12


def test_the_letters_data_are_attached_and_its_files_are_not() -> None:
    letter = msgspec.convert(
        {
            **msgspec.to_builtins(BRIEF),
            "documents": [{"id": "0" * 32, "media_type": "a/b", "name": "x", "sha256": "0" * 64, "size": 1}],
        },
        LetterData,
    )
    pdf = made(letter)
    with pypdfium2.PdfDocument(pdf) as document:
        (attachment,) = [document.get_attachment(index) for index in range(document.count_attachments())]
        assert "brief.json" == attachment.get_name()
        assert BRIEF == msgspec.json.decode(bytes(attachment.get_data()), type=LetterData)
    assert b"/AFRelationship/Source" in pdf.replace(b" ", b"")
    assert made(BRIEF) == pdf


def test_title_language_and_moment_are_the_letters() -> None:
    pdf = made(BRIEF)
    with pypdfium2.PdfDocument(pdf) as document:
        assert "Voortgang herinrichting" == document.get_metadata_value("Title")
        assert "D:20210114000000" == document.get_metadata_value("CreationDate")[:16]
    assert b"/Lang(nl-NL)" in pdf.replace(b" ", b"")


def test_a_line_end_follows_the_end_of_the_file() -> None:
    assert made(BRIEF).endswith(b"%%EOF\n")


@pytest.mark.parametrize(
    ("letter", "where", "code"),
    [
        (LetterData(subject="Iets", body=["Goed.", "Fout: 😀"]), "body[1]", "U+1F600"),
        (LetterData(fields={"Onderwerp": "b", "Vorm 中": "c"}), "fields[1]", "U+4E2D"),
        (LetterData(subject="Iets \ufeff"), "subject", "U+FEFF"),
        (LetterData(signatories=[Signatory(name="\ue000")]), "signatories[0].name", "U+E000"),
    ],
)
def test_a_character_without_a_glyph_is_refused_by_its_code_and_place(
    letter: LetterData, where: str, code: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        made(letter)
    assert where == caught.value.where
    assert f"no glyph for {code} in the template's fonts" == caught.value.what


@pytest.mark.parametrize("text", ["Curaçao, IJsland, façade, coördinatie, Łódź, Şimşek, € 1.000, ‘aan’, „uit”, ½ m²"])
def test_the_letters_of_names_in_the_netherlands_have_glyphs(text: str) -> None:
    assert text in pages(made(LetterData(subject="Iets", body=[text])))[0]


@settings(max_examples=15)
@given(st.lists(st.text("ab 1.•-\n\t#[]{}()$*_<>@\\/\"'`~=+;:,éĳ€😀", min_size=1), min_size=1, max_size=3))
def test_any_text_is_shown_or_refused_and_never_breaks_the_template(body: list[str]) -> None:
    letter = LetterData(body=body, subject=body[0].replace("\n", " "), fields={"Inhoud": body[-1]})
    if "😀" not in "".join(body):
        assert made(letter).endswith(b"%%EOF\n")
        return
    with pytest.raises(MalformedError, match=re.escape("no glyph for U+1F600 in the template's fonts")):
        made(letter)


def test_too_much_text_is_refused() -> None:
    with pytest.raises(MalformedError, match="the limit is"):
        made(LetterData(body=["a" * 100_000] * 11))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("#panic(sys.inputs.letter)", "it fails on a value of this letter"),
        ("#let", "expected pattern"),
        ('#read("/../../etc/passwd")', "would escape the project root"),
        ('#set document(title: "x")\n#set text(font: "Nergens")\nHallo', "unknown font family"),
        ('#set document(title: "x")\n#set text(lang: "nl")\n#rect() #image("x.png")', "file not found"),
        ('#import "@preview/iets:1.0.0"', "imports a package from the network"),
        (r'#import "\u{40}preview/iets:1.0.0"', "imports a package from the network"),
        ("#let b = json(bytes(sys.inputs.letter))\n#panic(b.subject.slice(0, 9))", "the template: it fails on a value"),
        (
            "#let b = json(bytes(sys.inputs.letter))\n#assert(false, message: b.subject)",
            "the template: it fails on a value",
        ),
        (
            "#let b = json(bytes(sys.inputs.letter))\n#(:).at(b.subject.slice(0, 9))",
            "the template: it fails on a value",
        ),
    ],
)
def test_a_template_that_fails_is_named_and_no_word_of_the_letter_is(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        made(BRIEF, template(tmp_path, text))
    assert what in str(caught.value)
    assert "Voortgang" not in str(caught.value) + caught.value.remedy


def test_a_template_reads_nothing_through_a_link_out_of_its_folder(tmp_path: Path) -> None:
    (tmp_path / "geheim.txt").write_text("geheim", encoding="utf-8")
    (tmp_path / "huisstijl").mkdir()
    (tmp_path / "huisstijl" / "logo.txt").symlink_to(tmp_path / "geheim.txt")
    with pytest.raises(UsageError, match=r"^huisstijl/logo\.txt: a link that leads out"):
        made(BRIEF, template(tmp_path / "huisstijl", '#set document(title: "x")\n#read("logo.txt")'))


def test_a_package_is_not_imported_by_a_file_of_another_name_either(tmp_path: Path) -> None:
    (tmp_path / "kop.txt").write_text('#import "@preview/iets:1.0.0"', encoding="utf-8")
    with pytest.raises(UsageError, match=r"kop\.txt: it imports a package"):
        made(BRIEF, template(tmp_path, '#include "kop.txt"'))


def test_a_template_brings_its_own_fonts(tmp_path: Path) -> None:
    import fontpkg_ibm_plex_sans

    (tmp_path / "fonts").mkdir()
    for path in (Path(fontpkg_ibm_plex_sans.ROOT) / "files").iterdir():
        shutil.copy(path, tmp_path / "fonts")
    assert made(BRIEF)[:1000] == made(BRIEF, template(tmp_path, (rendition.OURS / "template.typ").read_text()))[:1000]


def test_a_template_may_lie_in_a_folder_nobody_can_write(tmp_path: Path) -> None:
    shutil.copytree(rendition.OURS, tmp_path / "huisstijl")
    for path in [*(tmp_path / "huisstijl").iterdir(), tmp_path / "huisstijl"]:
        path.chmod(path.stat().st_mode & ~stat.S_IWUSR & ~stat.S_IWGRP & ~stat.S_IWOTH)
    before = sorted(tmp_path.rglob("*"))
    assert made(BRIEF) == made(BRIEF, tmp_path / "huisstijl")
    assert before == sorted(tmp_path.rglob("*"))
    (tmp_path / "huisstijl").chmod(0o755)


def test_without_typst_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(ExtraMissingError, match="the extra `render`"):
        made(BRIEF)


def test_a_word_that_no_line_can_hold_breaks_and_is_copied_as_one(tmp_path: Path) -> None:
    word = "ab12" * 40
    content = made(LetterData(body=[word]))
    (page,) = pages(content)
    assert word in page.replace(" ", "")
    with pypdfium2.PdfDocument(content) as document:
        text = document[0].get_textpage()
        boxes = [text.get_charbox(number) for number in range(text.count_chars())]
        assert max(right for _, _, right, _ in boxes) < document[0].get_width()
