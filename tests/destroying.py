"""Destructions for tests: decided on by four persons, step by step, as the log demands it.

decided = decide(archive, letter)
archive.append(decided.started(), by=decided.proposer)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from archief.draft import Draft, draft, new_stream
from tests.founding import Founded, Person

STEPS: Mapping[str, str] = MappingProxyType(
    {
        "destruction_proposed": "recordmanager",
        "destruction_reviewed": "behandelaar",
        "destruction_consented": "archivaris",
        "destruction_authorised": "authoriser",
    }
)
"""The steps in their order, and who may take them."""


@dataclass
class Case:
    """A destruction under way.

    Attributes:
        people: per step who takes it.
        records: the records proposed.
        stream: the destruction.
        earliest: first day it may be carried out.
        proposal: entry of the proposal of the round.
        authorisation: entry of its authorisation; -1 before.
    """

    archive: Founded
    people: dict[str, Person]
    records: list[str]
    stream: str
    earliest: str = "2021-01-01"
    proposal: int = -1
    authorisation: int = -1

    @property
    def proposer(self) -> Person:
        return self.people["destruction_proposed"]

    def facts(self, name: str, **given: Any) -> dict[str, Any]:
        """The facts of a step as it would be taken now, others where they are given."""
        every: dict[str, dict[str, Any]] = {
            "destruction_proposed": {"reference_date": "2021-01-01", "streams": self.records},
            "destruction_reviewed": {"result": "approved"},
            "destruction_authorised": {"basis": "archiefwet-1995:3", "earliest": self.earliest},
            "destruction_cancelled": {"ground": "changed"},
        }
        about = {} if name == "destruction_proposed" else {"proposal": self.proposal}
        return {**about, **every.get(name, {}), **given}

    def step(self, name: str, **facts: Any) -> Draft:
        """A step as it would be taken now."""
        return draft(name + ".v1", self.stream, self.facts(name, **facts))

    def take(self, name: str, *, by: Person | None = None, **facts: Any) -> int:
        """Take a step; gives its entry."""
        seq = self.archive.append(self.step(name, **facts), by=by or self.people.get(name)).seqs[0]
        if name == "destruction_proposed" and facts.get("part", 1) == 1:
            self.proposal = seq
        if name == "destruction_authorised":
            self.authorisation = seq
        return seq

    def started(self, *records: str, **facts: Any) -> Draft:
        """The announcement of its execution."""
        usual = {
            "authorisation": self.authorisation,
            "documents": 0,
            "payloads": 1,
            "streams": list(records) or self.records,
        }
        return draft("destruction_started.v1", self.stream, {**usual, **facts})

    def destroyed(self, record: str, **facts: Any) -> Draft:
        """The end of one of its records."""
        last = self.archive.journal.stream_version(record)
        return draft(
            "record_destroyed.v1", record, {"authorisation": self.authorisation, "last_stream_seq": last, **facts}
        )

    def closed(self, **facts: Any) -> Draft:
        """The end of its execution."""
        usual = {
            "authorisation": self.authorisation,
            "certificate": self.records[0],
            "documents": 0,
            "method": "erased-and-rebuilt",
            "payloads": 1,
            "records": len(self.records),
        }
        return draft("records_destroyed.v1", self.stream, {**usual, **facts})


def case(archive: Founded, *records: str) -> Case:
    """A destruction nobody has taken a step in, with four persons who may."""
    people = {step: archive.enrol(role) for step, role in STEPS.items()}
    return Case(archive, people, list(records), new_stream(archive.entropy))


def decide(
    archive: Founded, *records: str, until: str = "destruction_authorised", earliest: str = "2021-01-01"
) -> Case:
    """A destruction up to a step, each by another person."""
    made = case(archive, *records)
    made.earliest = earliest
    for step in STEPS:
        made.take(step)
        if step == until:
            break
    return made


def accepted(archive: Founded, transfer: str) -> int:
    """Let a transfer that was proposed be accepted by the records office; gives the entry."""
    package = {"profile": "mdto-sip", "size": 1, "root": "0" * 64, "records": 1, "files": 1, "bytes": 1}
    data = {"sip_number": "SIP-1", "sip_sha256": "0" * 64}
    seq = archive.append(draft("transfer_exported.v1", transfer, package, data)).seqs[0]
    archive.append(draft("transfer_offered.v1", transfer, {"export": seq, "channel": "upload", "date": "2020-01-01"}))
    facts = {"export": seq, "date": "2020-01-02", "form": "document"}
    return archive.append(draft("transfer_accepted.v1", transfer, facts, {"note": "Ontvangen."})).seqs[0]
