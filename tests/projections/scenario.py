"""Stories about an archive: given events, and the rows that a projection must then have.

A scenario is written in TOML. Streams, persons and events go by names; in facts ``stream:brief``, ``seq:start`` and
``key:clerk`` stand for a stream id, an entry and a key. Every event is a commit of its own, a second after the one
before. An event with ``unruled`` was appended by another program, which keeps no rules of letters and numbers.
"""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from archief import canonical
from archief.draft import draft, new_stream
from archief.events import catalogue
from archief.log import Log
from archief.projections import audit
from archief.projections.projector import Projector
from archief.storage.memory import MemoryStorage
from tests.founding import Founded, Person, enrolled_key, found

CLERK_ROLES = ("behandelaar", "recordmanager", "griffie", "ondertekenaar", "authoriser")

NO_WORK = [name for name, rule in audit.rules().items() if rule.severity != "minor"]
"""The rules that a scenario is held against where it names none: not those about work that waits."""

FURTHER = {"owner": "behandelaar", "college": "authoriser"}
"""Who else there is, where a scenario names them."""


@dataclass
class Told:
    """What a scenario has made so far."""

    archive: Founded
    streams: dict[str, str]
    people: dict[str, Person]
    seqs: dict[str, int] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)
    content: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def stream(self, name: str) -> str:
        return self.streams.setdefault(name, new_stream(self.archive.entropy))

    def resolve(self, value: Any) -> Any:
        """Names in facts and data become what they stand for."""
        if isinstance(value, dict):
            return {key: self.resolve(member) for key, member in value.items()}
        if isinstance(value, list):
            return [self.resolve(member) for member in value]
        if isinstance(value, str) and value.startswith("stream:"):
            return self.stream(value.removeprefix("stream:"))
        if isinstance(value, str) and value.startswith("seq:"):
            return self.seqs[value.removeprefix("seq:")]
        if isinstance(value, str) and value.startswith("key:"):
            return self.people[value.removeprefix("key:")].key.public.id
        return value


def tell(given: list[dict[str, Any]]) -> Told:
    """Append the given events to a new archive in memory."""
    archive = found(MemoryStorage())
    clerk = archive.enrol(*CLERK_ROLES)
    people = {"archivaris": archive.archivaris, "clerk": clerk}
    wanted = {event.get("by") for event in given}
    people |= {name: archive.enrol(role) for name, role in FURTHER.items() if name in wanted}
    told = Told(archive, {"archive": archive.stream, **{name: who.stream for name, who in people.items()}}, people)
    for number, event in enumerate(given):
        _append(told, event, event.get("name", str(number)))
    return told


def _append(told: Told, event: dict[str, Any], name: str) -> None:
    tag = catalogue.newest(event["type"]).tag
    stream = told.stream(event["stream"])
    facts, data = told.resolve(event.get("facts", {})), told.resolve(event.get("data"))
    documents = []
    if "files" in event:
        made = [told.archive.document(content.encode()) for content in event["files"]]
        data = {**(data or {}), "documents": [reference for reference, _ in made]}
        documents = [document for _, document in made]
    if tag == "letter_signed.v1":
        facts = _signed(told, stream, event)
    if tag == "key_enrolled.v1":
        made_draft = enrolled_key(stream, told.archive.new_key(), told.archive.journal.authority.origin)
    else:
        made_draft = draft(tag, stream, facts, data, documents=documents)
    append = told.archive.append_unruled if event.get("unruled") else told.archive.append
    appended = append(made_draft, by=told.people[event.get("by", "clerk")])
    seq = appended.seqs[0]
    told.seqs[name], told.commits[name] = seq, appended.commit.seq
    if tag in catalogue.CONTENT_TAGS:
        commitment = Log(told.archive.storage).event(seq).payload
        assert commitment is not None
        told.content.setdefault(stream, []).append((seq, commitment))


def _signed(told: Told, stream: str, event: dict[str, Any]) -> dict[str, Any]:
    """The facts of a signature over the named content events of the letter; over all where none is named."""
    person = told.people[event.get("by", "clerk")]
    wanted = [told.seqs[name] for name in event.get("covers", ())]
    covered = [(seq, commitment) for seq, commitment in told.content[stream] if not wanted or seq in wanted]
    facts = {"basis": "gemeentewet:59a.1", "role": "burgemeester", "on_behalf_of": "college", **event.get("facts", {})}
    facts["covers"] = [{"commitment": commitment, "seq": seq} for seq, commitment in covered]
    message = b"archief/sign-letter/v1\0" + canonical.encode(
        {
            **{name: facts[name] for name in ("basis", "covers", "on_behalf_of", "role")},
            "origin": told.archive.journal.authority.origin,
            "stream": stream,
        }
    )
    return {
        "level": "none",
        **told.resolve(facts),
        "key": person.key.public.id,
        "signatory": person.stream,
        "signature": canonical.base64_encode(person.key.sign(message)),
    }


def erase(storage: MemoryStorage, seqs: set[int]) -> None:
    """Take payload lines out of a storage, as an execution of a destruction does."""
    for first, content in storage.payload.items():
        kept = [line for line in content.splitlines(keepends=True) if _seq(line) not in seqs]
        storage.payload[first] = b"".join(kept)


def _seq(line: bytes) -> int:
    return int(line[line.rfind(b":") + 1 : line.rindex(b"}")])


def outcome(scenario: dict[str, Any], cache: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a scenario expects, and what there is: the same columns of the same tables."""
    told = tell(scenario["given"])
    storage = told.archive.storage
    assert isinstance(storage, MemoryStorage)
    erase(storage, {told.seqs[name] for name in scenario.get("erased", ())})
    unauthorised = [told.commits[name] for name in scenario.get("unauthorised", ())]
    log = Log(storage)
    names = {stream: name for name, stream in told.streams.items()} | {
        who.key.public.id: f"key of {name}" for name, who in told.people.items()
    }
    named_seqs = {seq: name for name, seq in told.seqs.items() if not name.isdigit()}
    expected: dict[str, Any] = scenario["expect"]
    actual: dict[str, Any] = {}
    with Projector(log, cache, unauthorised).connect(until=log.size) as connection:
        for table, rows in expected.items():
            if table == "audit":
                actual[table] = [
                    f"{each.rule}: {each.what}"
                    for each in audit.audit(connection, dt.date(2021, 1, 14))
                    if each.rule in scenario.get("rules", NO_WORK)
                ]
                continue
            columns = list(rows[0]) if rows else ["stream"]
            # Only of the streams that the scenario is about: who founded the archive is in every table.
            about = {told.stream(event["stream"]) for event in scenario["given"]}
            asked = ", ".join(f"{table}.{column}" for column in columns)
            found_rows = connection.execute(f"select stream, {asked} from {table}").fetchall()
            actual[table] = [
                {column: _plain(value, names, named_seqs) for column, value in zip(columns, row[1:], strict=True)}
                for row in found_rows
                if str(row[0]) in about
            ]
    return expected, actual


def _plain(value: Any, names: dict[str, str], seqs: dict[int, str]) -> Any:
    """Values as a scenario writes them: names for ids, ``null`` for what is not there."""
    if value is None:
        return "null"
    if isinstance(value, uuid.UUID):
        return names.get(str(value), str(value))
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(member, names, seqs) for member in value]
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, int) and not isinstance(value, bool) and value in seqs:
        return f"seq:{seqs[value]}"
    return value
