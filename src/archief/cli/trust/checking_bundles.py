"""``archief check bundle``: an evidence bundle, checked by the very code that goes along in it as check.py."""

from __future__ import annotations

import json
from pathlib import Path

import click

from archief.cli import headfile
from archief.cli.session import Session
from archief.cli.verbs import verb
from archief.errors import (
    ArchiefError,
    LossError,
    MalformedError,
    NotFoundError,
    ProofError,
    RefusedError,
    SignatureError,
)
from archief.exports.evidence_page import Seen
from archief.law import roles

KINDS: dict[str, type[ArchiefError]] = {
    "malformed": MalformedError,
    "signature": SignatureError,
    "proof": ProofError,
    "loss": LossError,
    "authority": RefusedError,
}
SHOWS = (
    "It shows: this happened to the record, recorded by these persons, in this order, as {by}.",
    "It does not show: that nothing followed, or that no key or role was withdrawn later (only the whole log does).",
)
BY = {
    "vkey": "the log whose keys you gave signed it",
    "checkpoint": "the head that you trust says",
    "none": "a log says whose keys you have to compare yet",
}


@verb(
    "bundle",
    example="""
    archief check bundle bewijs --vkey voorbeeld.vkeys
    archief check bundle bewijs.zip --checkpoint jaarverslag-2025.checkpoint
    """,
    exits=(NotFoundError, MalformedError, SignatureError, ProofError, LossError, RefusedError),
)
@click.argument("place", type=click.Path(path_type=Path), metavar="FOLDER|ZIP")
@click.option(
    "--vkey", "vkeys", multiple=True, metavar="KEY|FILE", help="The log's keys: a key or a file with one a line."
)
@click.option("--checkpoint", type=click.Path(path_type=Path), metavar="FILE", help="A head that you trust.")
def bundle(session: Session, *, place: Path, vkeys: tuple[str, ...], checkpoint: Path | None) -> None:
    """Check an evidence bundle from `archief export evidence`, on a machine without the archive.

    A bundle and keys from the same hand prove little: get the keys, or a head, by another way. check.py in the bundle
    is not run; what it would do, this program does.
    """
    from archief.exports import evidence_check, package  # noqa: PLC0415 - few commands check bundles
    from archief.exports.evidence_proofs import Refused  # noqa: PLC0415 - as above

    trusted = headfile.read(checkpoint) if checkpoint is not None else None
    known = [one.vkey for one in headfile.verifiers(vkeys)]
    with package.opened(place) as opened:
        for odd in opened.oddities:
            raise MalformedError(odd.what, where=odd.path, remedy=odd.remedy)

        def read(path: str) -> bytes:
            with opened.open(path) as stream:
                return stream.read()

        try:
            seen = evidence_check.check(opened.files, read, known, trusted, roles.table())
            differing = _differing(read(evidence_check.ROLES))
        except Refused as refused:
            raise KINDS[refused.kind](refused.what, where=f"{place}: {refused.where}") from None
        except OSError:
            raise MalformedError("not an evidence bundle", where=str(place)) from None
    judged = "vkey" if known else "checkpoint" if trusted is not None else "none"
    shows = [line.format(by=BY[judged]) for line in SHOWS]
    output = session.output
    if differing:
        output.warn(
            f"the bundle's table of roles (roles.json) is not this program's for {', '.join(differing)}:"
            " it was judged by this program's; ask who made the bundle"
        )
    if output.json:
        told = seen._asdict()
        del told["page"], told["others"]
        output.members(
            {
                "shows": shows,
                **told,
                "destroyed": seen.destroyed or None,
                "transfer": seen.transfer or None,
                "judged": judged,
                "roles_differ": differing,
            }
        )
        return
    output.line(f"record {seen.stream} of {seen.origin}")
    output.fields(
        [
            ("head", f"size {seen.size:,}, root {seen.root}"),
            ("cosigned by", ", ".join(seen.cosigned) or "nobody known"),
            ("time-stamped", ", ".join(f"size {size:,}" for size in seen.stamps) or "no"),
            ("content", _content(seen)),
            *([("log key", one) for one in seen.log_keys] if judged == "none" else []),
        ],
        indent="  ",
    )
    rows = [(one["seq"], one["time"], one["type"], one["payload"]) for one in seen.events]
    output.table(("ENTRY", "TIME", "WHAT", "CONTENT"), rows)
    for line in shows:
        output.line(line)


def _content(seen: Seen) -> str:
    if seen.transfer:
        return f"a copy, destroyed, recorded {seen.destroyed}; the record went by transfer {seen.transfer}"
    if seen.destroyed:
        return f"destroyed, recorded {seen.destroyed}"
    if any(one["payload"] == "gone" for one in seen.events):
        return "destroyed in part, as was decided"
    return "here, and what was committed to"


def _differing(raw: bytes) -> list[str]:
    """The types of which the bundle says that others may append them than this program's own table does.

    Args:
        raw: the bundle's ``roles.json``, which was read before.
    """
    told: dict[str, list[str]] = json.loads(raw)
    return sorted(name for name, those in told.items() if sorted(those) != sorted(roles.roles_for(name)))
