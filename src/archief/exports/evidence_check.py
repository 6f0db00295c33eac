"""The check of an evidence bundle: every file, proof, signature and authority in it. Part of check.py (evidence.py).

It uses nothing of archief but the other parts of check.py.
"""

from __future__ import annotations

import base64
import hashlib
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from archief.exports.evidence_page import Seen, page
from archief.exports.evidence_proofs import (
    CHECKPOINT,
    Head,
    Refused,
    b64,
    canonical,
    compact,
    consistency,
    head,
    inclusion,
    judge_head,
    key_id,
    leaf,
    verify,
    vkey,
)

# --8<-- what stands below goes into check.py

FORM = "archief/evidence/v1"
MANIFEST, ENTRIES, PAYLOADS = "manifest.json", "entries.jsonl", "payloads.jsonl"
COMMIT_PROOFS, STAMPS, ROLES = "commit-proofs.json", "timestamps.json", "roles.json"
PAGE, PROGRAM = "LEESMIJ.html", "check.py"

Read = Callable[[str], bytes]


# --- the bundle -------------------------------------------------------------------------------------------------------


class Sealed(NamedTuple):
    """A commit of the bundle: its line, and the person whose key signed it."""

    line: dict[str, Any]
    person: str


def check(
    names: Iterable[str],
    read: Read,
    vkeys: Sequence[str] = (),
    trusted: bytes | None = None,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Seen:
    """Check a bundle, and that its page says what follows from it; see :func:`examine`."""
    try:
        seen = examine(names, read, vkeys, trusted, known)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise Refused("malformed", MANIFEST, f"not an evidence bundle ({type(error).__name__})") from None
    if read(PAGE) != seen.page:
        raise Refused("malformed", PAGE, "the page does not say what follows from the evidence")
    return seen


def examine(
    names: Iterable[str],
    read: Read,
    vkeys: Sequence[str] = (),
    trusted: bytes | None = None,
    known: Mapping[str, Sequence[str]] | None = None,
) -> Seen:
    """Check everything in a bundle but its readable page.

    Args:
        names: the paths of all its files.
        read: gives a file's bytes.
        vkeys: the log's keys, from elsewhere; empty when there are none.
        trusted: a head from elsewhere that the bundle's must be.
        known: the roles that may append a type, from elsewhere; the bundle's own table says it of other types only.

    Raises:
        Refused: it is not what it says.
    """
    manifest = _manifest(names, read)
    found = head(read(CHECKPOINT))
    lines, proofs = _entries(read, found, manifest)
    sealed = _commits(read, lines, proofs)
    roles = canonical(read(ROLES).removesuffix(b"\n"), ROLES) | (known or {})
    state = _authority(lines, sealed, roles)
    cosigned = judge_head(found, state["log_keys"], state["cosigners"])
    own = [key_id(fact, CHECKPOINT) for fact in state["log_keys"]]
    if vkeys and not {vkey(found.origin, fact) for fact in state["log_keys"]} <= set(vkeys):
        raise Refused("signature", CHECKPOINT, "the log's keys are not those that you trust")
    if trusted is not None and head(trusted, "the head that you trust").text != found.text:
        raise Refused("proof", CHECKPOINT, "the head is not the one that you trust")
    payloads = _payloads(read, lines, manifest["stream"], state)
    _documents(read, payloads, lines, manifest)
    _letters(lines, found.origin, state)
    stamps = _stamps(read, lines, found)
    events = _told(lines, sealed, payloads, manifest["stream"])
    if not events or any(one["stream_seq"] != number for number, one in enumerate(events)):
        raise Refused("proof", ENTRIES, "events of the record are missing between those that are here")
    gone = [one["time"] for one in events if one["type"].startswith("record_destroyed.")]
    people = {line["stream"]: payloads[seq]["data"].get("name", "") for seq, line in lines.items()
              if line["type"].startswith("person_enrolled.") and seq in payloads}  # fmt: skip
    seen = Seen(
        found.origin, found.size, found.root.hex(), manifest["stream"], events, len(lines) - len(events),
        gone[-1] if gone else "", _transfer(lines, events), own, cosigned, stamps, b"",
    )  # fmt: skip
    return seen._replace(page=page(seen, lines, payloads, people))


def _transfer(lines: Mapping[int, Any], events: Sequence[Mapping[str, Any]]) -> str:
    """The accepted transfer whose copies a destruction of the record was about; empty where it was about the record."""
    for one in events:
        if one["type"].startswith("record_destroyed."):
            authorised = lines[lines[one["seq"]]["facts"]["authorisation"]]["facts"]
            transfer = lines.get(authorised["proposal"], {"facts": {}})["facts"].get("transfer", "")
            if any(
                line.get("stream") == transfer and line["type"].startswith("transfer_accepted.")
                for line in lines.values()
            ):
                return str(transfer)
    return ""


def _manifest(names: Iterable[str], read: Read) -> dict[str, Any]:
    found = canonical(read(MANIFEST).removesuffix(b"\n"), MANIFEST)
    manifest: dict[str, Any] = found if isinstance(found, dict) else {}
    if manifest.get("form") != FORM or set(manifest) != {"files", "form", "stream"}:
        raise Refused("malformed", MANIFEST, "not the manifest of an evidence bundle")
    if not read(MANIFEST).endswith(b"\n"):
        raise Refused("malformed", MANIFEST, "cut off")
    if set(names) != {*manifest["files"], MANIFEST}:
        raise Refused("malformed", MANIFEST, "not the files that are there")
    for path, digest in manifest["files"].items():
        if hashlib.sha256(read(path)).hexdigest() != digest:
            raise Refused("malformed", path, "the file is not the one in the manifest")
    return manifest


def _lines(raw: bytes, where: str) -> list[bytes]:
    if raw and not raw.endswith(b"\n"):
        raise Refused("malformed", where, "cut off")
    return raw.split(b"\n")[:-1]


def _entries(read: Read, found: Head, manifest: Mapping[str, Any]) -> tuple[dict[int, Any], dict[int, bytes]]:
    """Every entry stands where it says in the tree of the head."""
    lines: dict[int, Any] = {}
    raw: dict[int, bytes] = {}
    for entry in _lines(read(ENTRIES), ENTRIES):
        line = canonical(entry, ENTRIES)
        seq = line["seq"]
        if lines and seq <= max(lines):
            raise Refused("malformed", ENTRIES, "entries out of their order")
        path = f"proofs/{seq}.tlog-proof"
        if path not in manifest["files"]:
            raise Refused("proof", f"entry {seq}", "there is no proof of it")
        above, _, below = read(path).partition(b"\n\n")
        first, index, *steps = above.decode("ascii", "replace").split("\n")
        if first != "c2sp.org/tlog-proof@v1" or index != f"index {seq}" or below != read(CHECKPOINT):
            raise Refused("proof", path, "a proof of another entry, or to another head")
        inclusion(leaf(entry), seq, found.size, [b64(step, path) for step in steps], found.root, path)
        lines[seq], raw[seq] = line, entry
    if {f"proofs/{seq}.tlog-proof" for seq in lines} != {one for one in manifest["files"] if one.startswith("proofs/")}:
        raise Refused("malformed", MANIFEST, "proofs of entries that are not there")
    return lines, raw


def _commits(read: Read, lines: Mapping[int, Any], raw: Mapping[int, bytes]) -> dict[int, Sealed]:
    """Every event lies in a commit of the bundle, which somebody's key signs; gives the commit of each event."""
    ways = canonical(read(COMMIT_PROOFS).removesuffix(b"\n"), COMMIT_PROOFS)
    keys = {key_id(line["facts"]["key"], f"entry {seq}"): (seq, line) for seq, line in lines.items()
            if line["type"].startswith("key_enrolled.")}  # fmt: skip
    commits = [(seq, line) for seq, line in lines.items() if line["type"] == "commit.v1"]
    sealed: dict[int, Sealed] = {}
    for seq, line in commits:
        where, base = f"entry {seq}", line["base"]["size"]
        if line["key"] not in keys or base + line["events"] != seq:
            raise Refused("authority", where, "a commit by a key that is not in the bundle, or of the wrong form")
        enrolled, key = keys[line["key"]]
        unsigned = compact({name: value for name, value in line.items() if name != "sig"})
        public = b64(key["facts"]["key"]["public"], where)
        verify(1, public, b"archief/commit/v1\0" + unsigned, b64(line["sig"], where), where)
        if enrolled >= seq:
            raise Refused("authority", where, "the key was enrolled later")
        for number in range(base, seq):
            if number in lines:
                sealed[number] = Sealed(line, key["stream"])
    for seq in lines:
        if lines[seq]["type"] == "commit.v1":
            continue
        if seq not in sealed or str(seq) not in ways:
            raise Refused("proof", f"entry {seq}", "no commit of the bundle seals it")
        commit = sealed[seq].line
        steps = [b64(step, COMMIT_PROOFS) for step in ways[str(seq)]]
        root = bytes.fromhex(commit["root"])
        inclusion(leaf(raw[seq]), seq - commit["base"]["size"], commit["events"], steps, root, f"entry {seq}")
    if set(ways) != {str(seq) for seq in sealed}:
        raise Refused("malformed", COMMIT_PROOFS, "proofs of entries that are not there")
    return sealed


def _authority(
    lines: Mapping[int, Any], sealed: Mapping[int, Sealed], roles: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Judge each commit by what the entries before it say of its signer's key and roles."""
    state: dict[str, Any] = {"log_keys": [], "cosigners": [], "revoked": {}, "keys": {}, "roles": {}, "origins": set(),
                             "started": {}, "destroyed": {}, "erased": {}, "authorised": {}}  # fmt: skip
    for seq, line in lines.items():
        if line["type"] == "commit.v1":
            continue
        where, name, commit = f"entry {seq}", line["type"].rpartition(".v")[0], sealed[seq]
        begin = commit.line["base"]["size"]
        held = {role for role, (first, last) in state["roles"].get(commit.person, {}).items() if first < begin <= last}
        revoked = state["revoked"].get(commit.line["key"])
        if begin == 0:
            held = {"archivaris"}  # who founds an archive is archivaris by the same commit
        elif not _enrolled(state, commit.line["key"], begin) or (revoked is not None and revoked < begin):
            raise Refused("authority", where, "signed with a key that was not enrolled, or was revoked")
        if not held & set(roles.get(name, ())):
            raise Refused("authority", where, "appended by somebody without a role for it")
        _apply(state, seq, line, where)
        if commit.line["origin"] not in state["origins"]:
            raise Refused("authority", where, "a commit of another log")
    return state


def _enrolled(state: Mapping[str, Any], key: str, begin: int) -> bool:
    enrolled = state["keys"].get(key)
    return enrolled is not None and enrolled[0] < begin and enrolled[2] == "person"


def _apply(state: dict[str, Any], seq: int, line: Mapping[str, Any], where: str) -> None:
    """Take an event into account: whose log it is, keys, roles; what may be gone is :func:`_destroy`'s."""
    facts, stream = line["facts"], line["stream"]
    match line["type"].rpartition(".v")[0]:
        case "archive_founded" | "log_continued":
            state["log_keys"] = facts.get("log_keys", state["log_keys"])
            state["origins"].add(facts["origin"])
            state["origin"] = facts["origin"]
        case "log_key_rotated":
            state["log_keys"] = facts["log_keys"]
        case "key_enrolled":
            known = key_id(facts["key"], where)
            message = compact({"key": known, "origin": state.get("origin"), "person": stream})
            public = b64(facts["key"]["public"], where)
            proof = b64(facts["proof"], where)
            verify(facts["key"]["type"], public, b"archief/possess-key/v1\0" + message, proof, where)
            state["keys"][known] = (seq, stream, facts["use"], facts["key"])
            if facts["use"] == "cosigner":
                state["cosigners"].append(facts["key"])
        case "key_revoked":
            state["revoked"].setdefault(facts["key"], seq)
        case "role_granted":
            state["roles"].setdefault(stream, {})[facts["role"]] = (seq, 2**53)
        case "role_withdrawn":
            first, _ = state["roles"].get(stream, {}).get(facts["role"], (seq, seq))
            state["roles"].setdefault(stream, {})[facts["role"]] = (first, seq)
        case name:
            _destroy(state, seq, line, name)


def _destroy(state: dict[str, Any], seq: int, line: Mapping[str, Any], name: str) -> None:
    facts, stream, where = line["facts"], line["stream"], f"entry {seq}"
    match name:
        case "destruction_authorised":
            state["authorised"][seq] = stream
        case "destruction_cancelled":
            ended = {known for known, one in state["authorised"].items() if one == stream}
            state["authorised"] = {known: one for known, one in state["authorised"].items() if known not in ended}
            state["started"] = {known: one for known, one in state["started"].items() if one not in ended}
        case "destruction_started":
            if state["authorised"].get(facts["authorisation"]) != stream:
                raise Refused("authority", where, "a destruction that nobody authorised")
            state["started"] |= dict.fromkeys(facts["streams"], facts["authorisation"])
        case "record_destroyed":
            if state["started"].get(stream) != facts["authorisation"]:
                raise Refused("authority", where, "a destruction that was not announced under its authorisation")
            state["destroyed"][stream] = facts["last_stream_seq"]
        case "payload_erased":
            state["erased"] |= dict.fromkeys(facts["seqs"], stream)


def _payloads(read: Read, lines: Mapping[int, Any], stream: str, state: Mapping[str, Any]) -> dict[int, Any]:
    """Every payload is the one that was committed to; of the record itself one is gone only under a decision."""
    payloads: dict[int, Any] = {}
    for raw in _lines(read(PAYLOADS), PAYLOADS):
        payload = canonical(raw, PAYLOADS)
        seq = payload["seq"]
        digest = hashlib.sha256(b"archief/payload/v1\0" + raw).hexdigest()
        if seq in payloads or seq not in lines or lines[seq].get("payload") != digest:
            raise Refused("proof", f"payload of entry {seq}", "not the payload that the entry commits to")
        payloads[seq] = payload
    for seq, line in lines.items():
        if line.get("stream") == stream and line["payload"] is not None:
            lawful = line["stream_seq"] <= state["destroyed"].get(stream, -1) or state["erased"].get(seq) == stream
            if (seq not in payloads) != (lawful or (seq not in payloads and stream in state["started"])):
                kind = "is missing and no destruction covers it" if seq not in payloads else "is here after destruction"
                raise Refused("loss", f"payload of entry {seq}", kind)
    return payloads


def _documents(read: Read, payloads: Mapping[int, Any], lines: Mapping[int, Any], manifest: Mapping[str, Any]) -> None:
    """The files that the record's payloads register, each whole, and no other."""
    wanted: dict[str, Any] = {}
    for seq, payload in payloads.items():
        if lines[seq]["stream"] == manifest["stream"]:
            wanted |= {f"documents/{one['id']}.bin": one for one in payload["data"].get("documents", ())}
    for path, one in wanted.items():
        if path not in manifest["files"]:
            raise Refused("loss", path, "a document is missing")
        content = read(path)
        if hashlib.sha256(content).hexdigest() != one["sha256"] or len(content) != one["size"]:
            raise Refused("proof", path, "not the document that was registered")
    if {path for path in manifest["files"] if path.startswith("documents/")} != set(wanted):
        raise Refused("malformed", MANIFEST, "documents that nothing registers")


def _letters(lines: Mapping[int, Any], origin: str, state: Mapping[str, Any]) -> None:
    """The inner signature of each letter_signed, by the office-holder's own key, over the version that it names."""
    for seq, line in lines.items():
        if not line["type"].startswith("letter_signed."):
            continue
        facts, where = line["facts"], f"entry {seq}"
        for one in facts["covers"]:
            if lines.get(one["seq"], {}).get("payload") != one["commitment"]:
                raise Refused("signature", where, "signs another version than the bundle holds")
        told = {"basis": facts["basis"], "covers": facts["covers"], "on_behalf_of": facts.get("on_behalf_of"),
                "origin": origin, "role": facts["role"], "stream": line["stream"]}  # fmt: skip
        enrolled = state["keys"].get(facts["key"])
        if enrolled is None or enrolled[0] >= seq or enrolled[1] != facts["signatory"]:
            raise Refused("authority", where, "signed with a key that is not the signatory's")
        message = b"archief/sign-letter/v1\0" + compact(told)
        verify(1, b64(enrolled[3]["public"], where), message, b64(facts["signature"], where), where)


def _stamps(read: Read, lines: Mapping[int, Any], found: Head) -> list[int]:
    """Timestamp tokens (RFC 3161): each holds the hash of its head, which this head extends. Who signed: openssl ts."""
    ways = canonical(read(STAMPS).removesuffix(b"\n"), STAMPS)
    stamps = []
    for seq, line in lines.items():
        if line["type"].startswith("timestamp_obtained."):
            facts, where = line["facts"], f"entry {seq}"
            root = bytes.fromhex(facts["root"])
            text = f"{found.origin}\n{facts['size']}\n{base64.b64encode(root).decode()}\n".encode()
            if hashlib.sha256(text).digest() not in b64(facts["token"], where):
                raise Refused("signature", where, "a timestamp over another head")
            steps = [b64(step, STAMPS) for step in ways.get(str(seq), ())]
            consistency(facts["size"], found.size, root, found.root, steps, where)
            stamps.append(facts["size"])
    if len(ways) != len(stamps):
        raise Refused("malformed", STAMPS, "proofs of timestamps that are not there")
    return stamps


def _told(
    lines: Mapping[int, Any], sealed: Mapping[int, Sealed], payloads: Mapping[int, Any], stream: str
) -> list[dict[str, Any]]:
    told = []
    for seq, line in lines.items():
        if line.get("stream") == stream:
            state = "none" if line["payload"] is None else "present" if seq in payloads else "gone"
            told.append({"seq": seq, "stream_seq": line["stream_seq"], "type": line["type"],
                         "time": sealed[seq].line["time"], "person": sealed[seq].person, "payload": state})  # fmt: skip
    return told


# --- by itself --------------------------------------------------------------------------------------------------------


def folder_files(place: Path) -> tuple[list[str], Read]:
    """The files of a bundle in a folder or a ZIP."""
    if place.is_dir():
        names = [path.relative_to(place).as_posix() for path in place.rglob("*") if not path.is_dir()]
        return names, lambda name: (place / name).read_bytes()
    packed = zipfile.ZipFile(place)
    return [name for name in packed.namelist() if not name.endswith("/")], packed.read


def main(words: Sequence[str]) -> int:
    """Check what is named, say what it shows; 0 when it is sound."""
    vkeys: list[str] = []
    trusted, places = None, []
    ahead = iter(words)
    for word in ahead:
        if word == "--vkey":
            named = next(ahead, "")
            vkeys += Path(named).read_text().split() if Path(named).is_file() else [named]
        elif word == "--checkpoint":
            trusted = Path(next(ahead, "")).read_bytes()
        elif word in ("-h", "--help"):
            sys.stdout.write("python3 check.py [BUNDLE] [--vkey FILE|KEY] [--checkpoint FILE]\n")
            return 0
        else:
            places.append(word)
    place = Path(places[0]) if places else Path(__file__).resolve().parent
    try:
        seen = check(*folder_files(place), vkeys, trusted)
    except Refused as refused:
        sys.stderr.write(f"refused: {refused} ({refused.kind})\n")
        return 1
    except (OSError, zipfile.BadZipFile) as error:
        sys.stderr.write(f"refused: not an evidence bundle ({type(error).__name__})\n")
        return 1
    told = "the keys or head that you gave" if vkeys or trusted else "the bundle's own keys: compare them elsewhere"
    gone = f"; its content was destroyed ({seen.destroyed})" if seen.destroyed else ""
    sys.stdout.write(
        f"sound: {len(seen.events)} events of record {seen.stream}{gone}\n"
        f"log {seen.origin}, head of {seen.size} entries, root {seen.root}\n"
        f"judged by {told}\n"
        f"judged by the table of roles in {ROLES}: it is of whoever made the bundle\n"
        + "".join(f"log key {one}\n" for one in seen.log_keys)
    )
    return 0
