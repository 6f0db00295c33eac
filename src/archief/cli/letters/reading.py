"""``archief read``: what a file from the desk says, and how sure that is. Nothing is registered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archief.cli.output import Output, Progress, counted
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import (
    ArchiefError,
    ExtraMissingError,
    FileTooLargeError,
    LockedFileError,
    NoTextError,
    NotFoundError,
    ReadingStoppedError,
    UnreadableFileError,
)

if TYPE_CHECKING:
    from archief.intake.reading import Reading

PACKAGES = ("docx", "ftfy", "pygfried", "pypdfium2")

_LISTS = ("attachments", "signatories")
_ONLY_WHEN_THERE = ("fields_raw", "sender", "sender_email", "message_id", "message", "body")


@verb(
    "read",
    example="""
    archief read brief.pdf
    archief read --json *.pdf *.eml
    """,
    exits=(
        ExtraMissingError,
        NotFoundError,
        UnreadableFileError,
        LockedFileError,
        NoTextError,
        FileTooLargeError,
        ReadingStoppedError,
    ),
)
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
def read(session: Session, *, files: tuple[Path, ...]) -> int:
    """Read letters: text, PDF, Word (.docx) or e-mail (.eml) into their fields. Changes nothing.

    Each file is read in a process of its own, with bounds on time and memory. Of several files each is told, and a
    file that cannot be read does not stop the others; the exit code is that of the first one that failed.
    """
    demand_extra()
    output = session.output
    told: list[dict[str, Any]] = []
    first: ArchiefError | None = None
    from archief.intake import process  # noqa: PLC0415 - only this command reads

    with process.Reader() as reader, Progress(output, "reading") as progress:
        for number, path in enumerate(files):
            progress(number, len(files))
            try:
                found = reader.read(path)
            except ArchiefError as error:
                if len(files) == 1:
                    raise
                first = first or error
                told.append({"_file": path.name, "error": _error(error)})
                if not output.json:
                    output.error(error)
                continue
            if output.json:
                told.append(members(path.name, found))
            else:
                _show(output, path.name, found, parted=number > 0)
    if output.json:
        output.members(told[0] if len(files) == 1 else told)
    return first.exit_code if first is not None else 0


def demand_extra() -> None:
    """Refuse where the packages that read files are not installed.

    Raises:
        ExtraMissingError: they are not.
    """
    from importlib.util import find_spec  # noqa: PLC0415 - only this command asks

    if any(find_spec(name) is None for name in PACKAGES):
        raise ExtraMissingError(
            "reading files needs the extra `intake`, which is not installed",
            where="archief read",
            remedy="pip install 'archief[intake]'",
        )


def _error(error: ArchiefError) -> dict[str, str]:
    return {"code": error.code, "where": error.where, "what": error.what, "next": error.next_step}


def members(name: str, found: Reading) -> dict[str, Any]:
    """A reading as JSON: the letter's keys with plain values, then what is known about them.

    Args:
        name: the file's name.
        found: the reading.
    """
    import msgspec  # noqa: PLC0415 - is imported already

    from archief.intake.reading import KEYS  # noqa: PLC0415 - as above

    told: dict[str, Any] = {}
    for key in KEYS:
        if key in found.data or key not in _ONLY_WHEN_THERE:
            told[key] = found.data.get(key, [] if key in _LISTS else {} if key == "fields" else None)
    told["body_paragraphs_count"] = len(found.data["body"]) if "body" in found.data else None
    told["_file"] = name
    told["_files"] = [
        {
            "name": file.name,
            "media_type": file.media_type,
            "pronom": file.pronom or None,
            "identified_by": file.identified_by or None,
            "size": len(file.data),
            "sha256": file.sha256,
        }
        for file in found.files
    ]
    told["_evidence"] = {
        key: {"confidence": one.confidence, "page": one.page, "place": one.place, "inferred": one.inferred}
        for key, one in found.evidence.items()
    }
    told["_proposals"] = msgspec.to_builtins(found.proposals)
    told["_warnings"] = found.warnings
    return told


# for people


def _show(output: Output, name: str, found: Reading, *, parted: bool) -> None:
    if parted:
        output.line()
    own = found.files[0]
    output.line(
        output.styled(f"{name}: {own.media_type}, {own.pronom or 'no PRONOM id'}, {len(own.data):,} bytes", bold=True)
    )
    pairs = [
        (key, marked(shown(value), key, found))
        for key, value in found.data.items()
        if key not in {"message", "body", "fields_raw"}
    ]
    pairs += [
        (key, f"{counted(len(found.data[key]), 'paragraph')}: {_begun(found.data[key][0])}")
        for key in ("message", "body")
        if key in found.data
    ]
    proposed = [(kind.removesuffix("s"), one) for kind, several in found.proposals.items() for one in several]
    pairs += [(f"proposes {kind}", _proposed(one)) for kind, one in proposed]
    output.fields(pairs, indent="  ")
    for file in found.files[1:]:
        output.line(f"  file {file.name}, {file.media_type}, {file.pronom or 'no PRONOM id'}, {len(file.data):,} bytes")
    for warning in found.warnings:
        output.warn(warning)


def shown(value: Any) -> str:  # noqa: ANN401 - any field of a letter
    """A field's value as people read it: members of a list on lines of their own."""
    if isinstance(value, list):
        return "\n".join(", ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_begun(member)}" for key, member in value.items())
    return str(value)


def marked(text: str, key: str, found: Reading) -> str:
    """A value, with a mark when it is not sure or not literally there."""
    known = found.evidence.get(key)
    marks = (
        []
        if known is None
        else ["inferred"] * known.inferred + [f"{known.confidence} confidence"] * (known.confidence != "high")
    )
    return f"{text}  [{', '.join(marks)}]" if marks else text


def _begun(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 100 else text[:99] + "…"


def _proposed(one: dict[str, Any]) -> str:
    parts: Sequence[Any] = [one.get("form"), one.get("what"), one.get("date")]
    parts = [*parts, "-".join(filter(None, (one.get("begin"), one.get("end")))), one.get("due"), one.get("made")]
    inferred = " (year inferred)" if one.get("inferred") else ""
    return f"{', '.join(str(part) for part in parts if part)}{inferred}: {_begun(one['text'])}"
