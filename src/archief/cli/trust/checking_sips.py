"""``archief check sip``: the linter for a SIP of MDTO, ours or anybody's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archief.cli.output import Output, Progress, counted
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import ExtraMissingError, MalformedError, NotFoundError, UnsoundPackageError

if TYPE_CHECKING:
    from archief.exports.lint import Linted

COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@verb(
    "sip",
    example="""
    archief check sip overbrenging-2041
    archief check sip aanlevering.zip --xsd MDTO-XML1.0.1.xsd --json
    """,
    exits=(NotFoundError, MalformedError, ExtraMissingError, UnsoundPackageError),
)
@click.argument("package", type=click.Path(path_type=Path), metavar="FOLDER|ZIP")
@click.option(
    "--xsd",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The official schema, to be asked beside our own reading of it.",
)
def sip(session: Session, *, package: Path, xsd: Path | None) -> None:
    """Check a SIP of MDTO, whoever made it: what a records office would refuse, before it is sent.

    Structure, metadata files beside what they describe, names, identifications, parents, lists of terms, checksums,
    sizes, formats, passwords, the pakbon. It does not scan for viruses. Nothing is unpacked or changed; the exit status
    tells whether there are errors, warnings and notes do not count.
    """
    from archief.exports.lint import lint  # noqa: PLC0415 - heavy, and no other command needs it

    output = session.output
    with Progress(output, "files checked") as progress:
        found = lint(package, xsd=xsd, progress=progress)
    if output.json:
        output.members(
            {
                "package": found.name,
                "sound": not found.counts["error"],
                "informatieobjecten": found.informatieobjecten,
                "bestanden": found.bestanden,
                "files": found.files,
                "bytes": found.content_bytes,
                "counts": found.counts,
                "left_out": found.left_out,
                "findings": [one._asdict() for one in found.findings],
            }
        )
    else:
        _tell(output, found)
    if found.counts["error"]:
        raise UnsoundPackageError(
            f"{counted(found.counts['error'], 'error')} found", where=str(package), remedy="mend them, then check again"
        )


def _tell(output: Output, found: Linted) -> None:
    objects = "informatieobject" if found.informatieobjecten == 1 else "informatieobjecten"
    files = "bestand" if found.bestanden == 1 else "bestanden"
    output.line(
        f"{output.styled(found.name, bold=True)}: {found.informatieobjecten:,} {objects}, {found.bestanden:,} {files},"
        f" {counted(found.content_bytes, 'byte')} of content"
    )
    for one in found.findings:
        where = " ".join(filter(None, (one.file or "package", one.element)))
        output.line(f"{output.styled(one.severity, fg=COLOURS[one.severity])}: {where}: {one.what} [{one.rule}]")
        output.line(f"  {one.remedy}")
    if found.left_out:
        output.line(f"and {counted(found.left_out, 'finding')} more")
    if not found.counts["error"]:
        output.line(output.styled("sound", fg="green") + ": no error found")
