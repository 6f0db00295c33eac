"""``archief sign``: an office-holder signs a letter (ondertekening), with an inner signature over the exact version.

Not the signature of whoever appends the entry: that one every commit has (format.md §2).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import click

from archief import canonical
from archief.cli import names, records, writing
from archief.cli.letters import at_hand, signed_pdf, standing
from archief.cli.letters.at_hand import Letter
from archief.cli.letters.editing import LETTER_WRITES
from archief.cli.letters.signed_pdf import SignedPdf
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft
from archief.cli.writing import Writer
from archief.draft import Draft
from archief.errors import ExtraMissingError, KeyRefusedError, MalformedError, RefusedError, SignatureError
from archief.events import envelope
from archief.events.catalogue import CONTENT_TAGS
from archief.law import codes
from archief.law.profiles import ANY, Profile, stands_in_for
from archief.rules.profiles import belongs
from archief.rules.town_hall import day_of

LEVELS = ("none", "scan", "simple", "advanced", "qualified")


class Covered(NamedTuple):
    """A content event under a signature."""

    commitment: str
    seq: int


@verb(
    "sign",
    example="""
    archief --as burgemeester sign 2021-00017
    archief --as bastiaans sign 2021-00017 --role wethouder --mede-namens "B. Jongen"
    archief --as directeur sign 2021-00017 --mandate 5b1e9f3c
    archief --as burgemeester sign 2021-00017 --pdf burgemeester.p12 --tsa http://timestamp.example.nl/tsr
    archief --as burgemeester sign 2021-00017 --pdf burgemeester.p12 --tsa http://timestamp.example.nl/tsr \\
      --roots vertrouwd.pem --crl ingetrokken.crl
    """,
    exits=(*LETTER_WRITES, SignatureError, ExtraMissingError, KeyRefusedError),
)
@click.argument("record", metavar="RECORD")
@click.option("--role", metavar="CODE", help="The office; without it that of the mandate, or the person's function.")
@click.option("--on-behalf-of", metavar="CODE", help="In whose name; without it as the law's profile says.")
@click.option(
    "--mede-namens", "also", multiple=True, metavar="PERSON", help="Sign for this person too; may be repeated."
)
@click.option("--basis", metavar="CODE", help="The legal basis; without it that of the law's profile.")
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="Level of the ondertekening (eIDAS); without it simple, with --pdf advanced.",
)
@click.option("--mandate", metavar="MANDATE", help="The mandate it is signed under; it holds today, for this person.")
@click.option(
    "--pdf",
    "certificate",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Sign the letter's PDF too (PAdES), with the certificate in this PKCS#12 file, and keep it.",
)
@click.option("--tsa", metavar="URL", help="With --pdf: this timestamp authority confirms when, over the network.")
@click.option(
    "--roots",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --pdf: the certificates that are trusted (PEM); without it a validation says indeterminate.",
)
@click.option(
    "--crl",
    "crls",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="With --pdf: a list of revoked certificates, of each issuer one; may be repeated.",
)
@click.option(
    "--pades",
    type=click.Choice(["b", "t", "lt"]),
    help="With --pdf: its level; the highest without it: t with --tsa, lt with --roots and --crl too.",
)
@click.option("--deviation", metavar="TEXT", help="Why it deviates from the law's profiles; it is recorded.")
@click.option("--note", metavar="TEXT", help="Remarks; stand in the payload.")
@click.option("--expect-version", type=click.IntRange(min=0), metavar="N", help="Refuse when its VERSION is not N.")
@writing_options()
def sign(
    session: Session,
    *,
    record: str,
    role: str | None,
    on_behalf_of: str | None,
    also: tuple[str, ...],
    basis: str | None,
    level: str | None,
    mandate: str | None,
    certificate: Path | None,
    deviation: str | None,
    note: str | None,
    expect_version: int | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
    **inside: Any,  # noqa: ANN401 - the other options of --pdf
) -> None:
    """Sign the letter as it is now, in an office, with the key that --as names.

    Office, name and ground follow from the law's profiles (docs/words.md) where they can. A signature that has no place
    in one of them needs a reason. Somebody who edits the letter meanwhile makes this be refused.

    With --pdf the letter's PDF is signed too, over the signatures that are in it already, and kept with what is found
    of the certificate. It is no new version of the letter: who signed before need not sign again.
    """
    wanted = signed_pdf.asked(certificate, **inside)
    level = signed_pdf.level_of(level) if wanted is not None else level or "simple"
    with writing.writer(session, accept_clock=accept_clock) as made:
        letter = at_hand.letter(made, record)
        authority = made.journal.authority
        typed: dict[str, Any] = {"level": level, "role": role, "on_behalf_of": on_behalf_of, "basis": basis}
        if mandate is not None:
            typed["mandate"] = names.mandate(authority, mandate)
        if also:
            typed["mede_namens"] = [names.person(authority, made.log, one) for one in also]
        typed = {name: value for name, value in typed.items() if value is not None}
        day = day_of(session.clock())
        in_force = standing.in_force(letter, day)
        facts = _profiled(made, typed, in_force)
        signature = standing.signature(facts, authority)
        if in_force and not belongs(signature, in_force) and deviation is None:
            raise _deviates(in_force)
        data = {"deviation": deviation, "note": note, **_shown(made)}
        version = letter.version if expect_version is None else expect_version
        data = {name: text for name, text in data.items() if text}
        pdf = signed_pdf.signed(made, letter, wanted, dry_run=dry_run) if wanted is not None else None
        stands = standing.of(letter, authority, day, [signature])
        _warn_of_office(made, letter, facts)
        told = [f"signed as {facts['role']} ({facts['basis']})", standing.told(stands)]
        drafts = _Drafts(made, letter, facts, data, version)
        if pdf is not None:
            drafts.finish_with(pdf, told, standing.members(stands), dry_run=dry_run)
            return
        told = list(filter(None, told))
        writing.finish(made, [drafts.signed()], dry_run=dry_run, told=told, more=standing.members(stands))


def _warn_of_office(made: Writer, letter: Letter, facts: dict[str, Any]) -> None:
    """Say what is odd about who signs in which office; it may be meant."""
    warn, role = made.session.output.warn, facts["role"]
    before = [one for one in letter.told["signatures"] if one["current"] and one["role"] == role]
    if any(one["signatory"] == made.person for one in before):
        warn(f"this person signed this version as {role} before: this is another signature")
    office = _office(made)
    if "mandate" not in facts and office is not None and office != role:
        warn(f"this person was enrolled as {office}, and signs as {role}")


class _Drafts(NamedTuple):
    """What is known of a signature that is about to be set; the version that it covers is looked up when it is."""

    made: Writer
    letter: Letter
    facts: dict[str, Any]
    data: dict[str, Any]
    version: int

    def signed(self) -> Draft:
        """The signature over the version that stands in the log now."""
        stream = self.letter.stream
        facts = completed(self.made, stream, self.facts)
        return draft("letter_signed", stream, facts, self.data or None, expect_version=self.version)

    def finish_with(self, pdf: SignedPdf, told: list[str], more: dict[str, Any], *, dry_run: bool) -> None:
        """Sign the letter, and keep the signed PDF with what was found of it; two commits.

        A validation names the signature's entry, so it waits for that. Both are checked before the first is appended.
        """
        made, letter = self.made, self.letter
        told = [*filter(None, told), pdf.told()]
        more = {**more, **pdf.members()}
        trial = [self.signed(), signed_pdf.validated(made, letter, pdf, None)]
        made.check(trial)
        if dry_run:
            writing.tell_dry(made, trial, told, more)
            return
        signed = made.append([self.signed()]).seqs[0]
        last = made.append([signed_pdf.validated(made, letter, pdf, signed)])
        more |= {"signed": signed, "validated": last.seqs[0]}
        told.append(f"signed as entry {signed}, the PDF kept as entry {last.seqs[0]}")
        writing.tell(made, last, writing.signed_head(made), told, more=more)


def _deviates(in_force: list[Profile]) -> RefusedError:
    wanted = "; ".join(f"{' and '.join(one.roles)} ({one.basis})".replace(ANY, "an official") for one in in_force)
    return RefusedError(
        f"this signature has no place in a signature profile of the law, which wants {wanted}",
        where="--role",
        remedy="sign in one of those offices, or give the reason: --deviation TEXT",
    )


def _demand_office(role: str) -> None:
    known = codes.of("letter_signed.role")
    if known is not None and not known.knows(role):
        near = known.nearest(role)
        raise MalformedError(
            "not a known office" + (f"; did you mean {near}?" if near else ""),
            where="--role",
            remedy=f"there are: {', '.join(known.shown())}",
        )


def _profiled(made: Writer, typed: dict[str, Any], in_force: list[Profile]) -> dict[str, Any]:
    """What was typed, with what the profiles, the mandate and the person's function say of the rest."""
    mandate = made.journal.authority.mandates.get(typed.get("mandate", ""))
    facts = dict(typed)
    if "role" not in facts:
        office = mandate.facts.role if mandate is not None else _office(made)
        if office is None:
            raise MalformedError(
                "a letter is signed in an office, and the person's function names none",
                where="--role",
                remedy="give it, for example --role burgemeester",
            )
        facts["role"] = office
    _demand_office(facts["role"])
    for profile in in_force:
        if "basis" in facts and facts["basis"] != profile.basis:
            continue
        if _has_place(profile, facts["role"], mandate.facts if mandate is not None else None):
            facts.setdefault("basis", profile.basis)
            if profile.on_behalf_of is not None:
                facts.setdefault("on_behalf_of", profile.on_behalf_of)
            break
    if "basis" not in facts:
        raise (
            _deviates(in_force)
            if in_force
            else MalformedError(
                "no signature profile is in force for this letter, so the legal basis must be named",
                where="--basis",
                remedy="for example --basis gemeentewet:59a.1; an organ makes the profiles count: --set organ=college"
                " when it is registered",
            )
        )
    return facts


def _has_place(profile: Profile, role: str, mandate: Any) -> bool:  # noqa: ANN401 - facts of mandate_granted
    """Whether somebody in this role, under this mandate, can fill a place of a profile."""
    for office in profile.roles:
        if office in profile.mandated and (mandate is None or mandate.basis != profile.basis):
            continue
        offices = {role, stands_in_for(role), *([mandate.role] if mandate is not None else [])}
        if office in offices or (office == ANY and not offices & profile.not_roles):
            return True
    return False


def _office(made: Writer) -> str | None:
    """The office that the function of the person who signs begins with; None when it is none."""
    known = codes.of("letter_signed.role")
    function = (_person(made).get("function") or "").lower().split()
    begin = function[0].strip(",") if function else ""
    return begin if known is not None and begin in known.words else None


def _shown(made: Writer) -> dict[str, str | None]:
    """Name and function as they were enrolled: they stand below the letter."""
    person = _person(made)
    return {"name_shown": person.get("name"), "function_shown": person.get("function")}


def _person(made: Writer) -> dict[str, Any]:
    seq = made.journal.authority.persons.get(made.person or "")
    if seq is None:
        return {}
    data = records.read(made.log, [seq])[0].data
    return {"name": data.name, "function": data.function} if data is not None else {}


# the inner signature


def completed(made: Writer, stream: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Fill in what the program knows: the version's content events, the signatory, the key and its signature.

    Args:
        made: the open archive and the office-holder's key.
        stream: the letter.
        facts: what was typed; a signature that was made elsewhere is left as it is.

    Raises:
        MalformedError: role or basis is absent.
        RefusedError: there is nothing to sign.
    """
    if "signature" in facts:
        return facts
    for name in ("role", "basis"):
        if name not in facts:
            raise MalformedError("a letter is signed in an office, on a ground", where=f"facts.{name}", remedy=_REMEDY)
    covers = _covers(made, stream)
    message = envelope.letter_message(
        made.origin, stream, covers, facts["role"], facts.get("on_behalf_of"), facts["basis"]
    )
    return {
        "level": "simple",
        "signatory": made.person,
        **facts,
        "covers": [one._asdict() for one in covers],
        "key": made.key.public.id,
        "signature": canonical.base64_encode(made.key.sign(message)),
    }


_REMEDY = "for example: --set role=burgemeester --set basis=gemeentewet:59a.1 --set on_behalf_of=college"


def _covers(made: Writer, stream: str) -> list[Covered]:
    """Every content event that makes up the letter's version now."""
    session = made.session
    log = session.log()
    happened = records.happened(log, records.find(session, log, stream))
    found = [Covered(one.event.payload or "", one.event.seq) for one in happened if one.event.type in CONTENT_TAGS]
    if not found:
        raise RefusedError("there is no content to sign in this stream", where=stream)
    return found
