"""``archief timestamp``: a timestamp authority's word that a head existed at a moment (RFC 3161).

What is stamped is the text of the head (origin, size, root) by its SHA-256, so that it can be made again from the log.
Only with ``--tsa`` is the network used, here and in ``archief sign --pdf``; no other command does.
"""

from __future__ import annotations

import hashlib
import importlib
import urllib.parse
from pathlib import Path
from typing import Any, NamedTuple

import click

from archief import canonical, publishing
from archief.cli import authority, headfile, outfile, records, writing
from archief.cli.people.persons import WRITES
from archief.cli.session import Session
from archief.cli.verbs import verb, writing_options
from archief.cli.wording import draft
from archief.errors import (
    ExtraMissingError,
    MalformedError,
    NotFoundError,
    SignatureError,
    UsageError,
    WriteFailedError,
)
from archief.log import Log
from archief.tlog import head as tlog_head
from archief.tlog.head import Checkpoint

TOKEN_BYTES_MAX = 48_000
ANSWER_SECONDS_MAX = 30
GRANTED = b"\x30\x03\x02\x01\x00"
"""A PKIStatusInfo that says granted, in DER: a token alone becomes a response again."""


@verb(
    "timestamp",
    example="""
    archief timestamp --tsa http://timestamp.example.nl/tsr
    archief timestamp --request head.tsq
    archief timestamp --token head.tsr --authority "Voorbeeld TSA"
    archief timestamp --verify --ca tsa-root.pem
    """,
    exits=(*WRITES, ExtraMissingError, NotFoundError, MalformedError, SignatureError, WriteFailedError),
)
@click.option("--tsa", metavar="URL", help="Ask this authority now, over the network.")
@click.option(
    "--request", type=click.Path(path_type=Path), metavar="FILE", help="Write a request, to be sent by another way."
)
@click.option(
    "--token", type=click.Path(path_type=Path), metavar="FILE", help="Take the authority's answer from a file."
)
@click.option(
    "--authority", "authority_name", metavar="NAME", help="What the authority is called; without it the host of --tsa."
)
@click.option("--verify", is_flag=True, help="Check the tokens in the log instead.")
@click.option(
    "--ca", type=click.Path(path_type=Path), metavar="FILE", help="Root certificates (PEM) of authorities you trust."
)
@writing_options()
def timestamp(
    session: Session,
    *,
    tsa: str | None,
    request: Path | None,
    token: Path | None,
    authority_name: str | None,
    verify: bool,
    ca: Path | None,
    accept_clock: bool,
    yes: bool,  # noqa: ARG001 - nothing is asked
    dry_run: bool,
) -> None:
    """Let a timestamp authority confirm the newest signed head, keep its token in the log, and check tokens later."""
    if sum((tsa is not None, request is not None, token is not None, verify)) != 1:
        raise UsageError(
            "one of --tsa, --request, --token and --verify is needed", remedy="see `archief timestamp --help`"
        )
    library = _library()
    log = session.log()
    test = session.is_test(log)
    if verify:
        _verify(session, library, log, ca, test=test)
        return
    known = authority.of(session, log)
    if publishing.newest_head(log.storage, known) is None:
        raise NotFoundError(
            "nothing is signed yet", where=str(session.archive), remedy="run `archief checkpoint` first"
        )
    raw = log.storage.read_public(publishing.CHECKPOINT) or b""
    head = headfile.parse(raw, "public/checkpoint")
    text = tlog_head.format_head(head)
    asked = library.TimestampRequestBuilder(data=text, hash_algorithm=library.HashAlgorithm.SHA256).build()
    if request is not None:
        outfile.write(session, request, asked.as_bytes(), "--request")
        if session.output.json:
            told = {"test": test, "size": head.size, "root": head.root.hex(), "file": str(request)}
            session.output.members(told)
            return
        session.output.line(str(request))
        session.output.note(f"size {head.size}; take the answer in with `archief timestamp --token FILE`")
        return
    answer = ask(tsa, asked.as_bytes()) if tsa is not None else headfile.read(token or Path())
    response, token_bytes = _answer(library, answer, tsa or str(token))
    _demand(response, head, asked.nonce if tsa is not None else None, tsa or str(token))
    if ca is not None:
        _check_chain(library, response, text, ca, tsa or str(token))
    name = authority_name or (urllib.parse.urlsplit(tsa).hostname if tsa else None)
    facts = {
        "root": head.root.hex(),
        "size": head.size,
        "token": canonical.base64_encode(token_bytes),
    }
    with writing.writer(session, accept_clock=accept_clock) as made:
        one = draft("timestamp_obtained", made.journal.authority.archive, facts, {"authority": name} if name else None)
        if not dry_run:
            publishing.keep_head(made.journal, raw)
        writing.finish(made, [one], dry_run=dry_run, told=[f"size {head.size} stamped at {response.tst_info.gen_time}"])


def _library() -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        return importlib.import_module("rfc3161_client")
    except ImportError:
        raise ExtraMissingError(
            "timestamps need the extra `sign`, which is not installed",
            where="archief timestamp",
            remedy="pip install 'archief[sign]'",
        ) from None


def ask(url: str, request: bytes) -> bytes:
    """An authority's answer, over the network.

    Args:
        url: where it listens.
        request: RFC 3161, in DER.

    Raises:
        UsageError: no address of the web.
        NotFoundError: it did not answer.
    """
    import http.client  # noqa: PLC0415 - only who asks over the network pays
    import urllib.request  # noqa: PLC0415 - as above

    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise UsageError(
            "an address begins with http:// or https://",
            where="--tsa",
            remedy="such as http://timestamp.example.nl/tsr",
        )
    asked = urllib.request.Request(  # noqa: S310 - http and https only, as above
        url, data=request, headers={"Content-Type": "application/timestamp-query"}
    )
    try:
        with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS_MAX) as answer:  # noqa: S310 - as above
            content: bytes = answer.read(TOKEN_BYTES_MAX * 2)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None)
        why = getattr(reason, "strerror", None) or reason or type(error).__name__
        raise NotFoundError(
            f"the authority did not answer: {str(why).lower()}",
            where=url,
            remedy="try again later, or another authority; nothing was appended",
        ) from None
    return content


class _Answer(NamedTuple):
    """An authority's answer: the library's response, and the token's own bytes."""

    response: Any
    token: bytes


def _answer(library: Any, raw: bytes, where: str) -> _Answer:  # noqa: ANN401 - the library
    """Read an authority's answer: a whole response, or a token alone.

    The library demands sorted certificates, as DER does; many authorities send them as they come. They are sorted for
    the library, they are under no signature; kept is the token as it was sent.
    """
    for whole in (raw, _wrapped(raw)):
        for sort in (False, True):
            try:
                content, token = _sorted(whole) if sort else (whole, None)
                response = library.decode_timestamp_response(content)
                if response.status not in (0, 1):
                    raise SignatureError(f"the authority refused (status {response.status})", where=where)
                moment = response.tst_info.gen_time
            except ValueError:
                continue
            assert moment is not None, "a token that was granted has its time"
            token = token or response.time_stamp_token()
            if len(token) > TOKEN_BYTES_MAX:
                raise MalformedError(f"a token of {len(token):,} bytes; the limit is {TOKEN_BYTES_MAX:,}", where=where)
            return _Answer(response, token)
    raise MalformedError("not a timestamp response (RFC 3161), or one this program cannot read", where=where)


def _sorted(whole: bytes) -> tuple[bytes, bytes]:
    """A response with its certificates sorted, and its token as it was."""
    try:
        tsp, cms = importlib.import_module("asn1crypto.tsp"), importlib.import_module("asn1crypto.cms")
    except ImportError:
        raise ValueError from None
    try:
        token = tsp.TimeStampResp.load(whole, strict=True)["time_stamp_token"]
        sent: bytes = token.dump()
        signed = token["content"]
        signed["certificates"] = cms.CertificateSet(sorted(signed["certificates"], key=lambda one: one.dump()))
        return _wrapped(token.dump()), sent
    except (TypeError, KeyError, AttributeError):
        raise ValueError from None


def _wrapped(token: bytes) -> bytes:
    """A token as the response that an authority would have sent it in (RFC 3161 section 2.4.2)."""
    content = GRANTED + token
    length = len(content)
    size = (length.bit_length() + 7) // 8
    header = bytes([length]) if length < 0x80 else bytes([0x80 | size]) + length.to_bytes(size, "big")
    return b"\x30" + header + content


def _demand(response: Any, head: Checkpoint, nonce: int | None, where: str) -> None:  # noqa: ANN401 - the library's own class
    """Refuse an answer about something else."""
    digest = hashlib.sha256(tlog_head.format_head(head)).digest()
    if response.tst_info.message_imprint.message != digest:
        raise SignatureError(
            f"the token is not over the head of {head.size} entries",
            where=where,
            remedy="write a fresh request with --request; a head that grew meanwhile needs a new one",
        )
    if nonce is not None and response.tst_info.nonce != nonce:
        raise SignatureError("the answer is not to this request (another nonce)", where=where)


def _check_chain(library: Any, response: Any, text: bytes, ca: Path, where: str) -> None:  # noqa: ANN401 - as above
    """Demand that the token was signed by an authority under one of the roots."""
    from cryptography import x509  # noqa: PLC0415 - only who checks chains pays

    try:
        roots = x509.load_pem_x509_certificates(headfile.read(ca))
    except ValueError:
        raise MalformedError("no certificates in PEM", where=str(ca)) from None
    builder = library.VerifierBuilder()
    for root in dict.fromkeys(roots):
        builder = builder.add_root_certificate(root)
    try:
        builder.build().verify_message(response, text)
    except library.VerificationError as error:
        raise SignatureError(f"the token is not signed under these roots: {error}", where=where) from None


def _verify(session: Session, library: Any, log: Log, ca: Path | None, *, test: bool) -> None:  # noqa: ANN401 - as above
    """Check every token in the log against the head it is over; offline."""
    seqs = [number for number, entry in enumerate(log.entries()) if entry.endswith(b'"type":"timestamp_obtained.v1"}')]
    rows = []
    for one in records.read(log, seqs):
        facts, where = one.event.facts, f"entry {one.event.seq}"
        if log.root(facts.size).hex() != facts.root:
            raise SignatureError(f"the log of {facts.size} entries has another root", where=where)
        head = Checkpoint(log.commit_of(facts.size - 1).origin, facts.size, bytes.fromhex(facts.root))
        response, _ = _answer(library, canonical.base64_decode(facts.token, where), where)
        _demand(response, head, None, where)
        if ca is not None:
            _check_chain(library, response, tlog_head.format_head(head), ca, where)
        name = one.data.authority if one.data is not None else None
        moment = response.tst_info.gen_time
        rows.append(
            {"seq": one.event.seq, "size": facts.size, "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "authority": name}
        )
    if session.output.json:
        session.output.members({"test": test, "chain_checked": ca is not None, "timestamps": rows})
        return
    if rows:
        shown = [(row["seq"], row["size"], row["time"], row["authority"]) for row in rows]
        session.output.table(("ENTRY", "HEAD OF SIZE", "TIME", "AUTHORITY"), shown)
        if ca is None:
            session.output.note("each token is over its head; who signed it was not checked: give --ca")
    else:
        session.output.line("no timestamps in this log")
