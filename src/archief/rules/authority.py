"""Who may append what, at which position in the log (design.md §4, format.md §2).

A fold over the few events that authority rests on. Judged by position, never by a claimed time: a commit is judged by
what the log said just before its first event. Pure: knows events and the role table, opens nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from archief import canonical, keys
from archief.errors import ArchiefError, ExtraMissingError, RefusedError
from archief.events import envelope
from archief.events.envelope import Commit, Event
from archief.keys import PublicKey
from archief.law import roles
from archief.rules.destructions import DESTRUCTION_TYPES, Destructions
from archief.rules.numbering import SERIES_TYPE, Numbering
from archief.rules.rounds import Act
from archief.rules.transfer import ROLE, TRANSFER_TYPES, Transfers

FOUNDING_TYPES = ("archive_founded.v1", "person_enrolled.v1", "key_enrolled.v1", "role_granted.v1")
"""The first commit holds these, each at least once; it is signed with the key that it enrols."""

AUTHORITY_TYPES = (
    *FOUNDING_TYPES,
    "key_revoked.v1",
    "role_withdrawn.v1",
    "mandate_granted.v1",
    "mandate_ended.v1",
    "log_key_rotated.v1",
    "log_continued.v1",
    SERIES_TYPE,
    *DESTRUCTION_TYPES,
    *TRANSFER_TYPES,
)
"""The events that this fold looks at; an index of these alone is enough to judge the next commit."""

OUTCOME_REMEDY = (
    "keep an archivaris with a key: add another one first (`archief person add NAME --role archivaris --key`)"
)
"""What to do about :meth:`Authority.outcome_faults`."""


class EnrolledKey(msgspec.Struct):
    """A key of a person, and when it held."""

    public: PublicKey
    person: str
    use: str
    enrolled: int
    revoked: int | None = None
    suspect_from: int | None = None


class Mandate(msgspec.Struct):
    """Who may act for an organ; ``begin`` and ``end`` (exclusive) as dates, authority from the entry on."""

    stream: str
    granted: int
    facts: Any
    ended: str | None = None


class Judgement(msgspec.Struct):
    """What authority says of one commit: why it is unauthorised; empty when it is not."""

    unauthorised: list[str] = msgspec.field(default_factory=list)


class Authority(msgspec.Struct):
    """The keys, roles, destructions, transfers and series of numbers that hold at one position in the log."""

    origin: str = ""
    archive: str = ""
    test: bool = False
    log_keys: list[PublicKey] = msgspec.field(default_factory=list)
    former_log_keys: list[list[PublicKey]] = msgspec.field(default_factory=list)
    former_origins: list[tuple[str, int]] = msgspec.field(default_factory=list)
    persons: dict[str, int] = msgspec.field(default_factory=dict)
    keys: dict[str, EnrolledKey] = msgspec.field(default_factory=dict)
    roles: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)
    mandates: dict[str, Mandate] = msgspec.field(default_factory=dict)
    destructions: Destructions = msgspec.field(default_factory=Destructions)
    transfers: Transfers = msgspec.field(default_factory=Transfers)
    numbering: Numbering = msgspec.field(default_factory=Numbering)
    adopting: tuple[int, ...] = ()

    def judge(self, key: str, origin: str, tags: Iterable[str]) -> list[str]:
        """Why a commit would be unauthorised now, before its own events; empty when it is not.

        Args:
            key: the id of the key that signs it.
            origin: the log that it names.
            tags: the types of its events.
        """
        reasons = []
        tags = list(dict.fromkeys(tags))
        if not self.origin:
            if not set(FOUNDING_TYPES) <= set(tags):
                reasons.append("the first commit does not found an archive")
            held = {"archivaris": 0}  # who founds an archive is archivaris by the same commit
            return reasons + _lacking(tags, held)
        if origin != self.origin and "log_continued.v1" not in tags:
            reasons.append(f"the commit is of log {origin}, this log is {self.origin}")
        enrolled = self.keys.get(key)
        if enrolled is None:
            return [*reasons, f"key {key[:8]} was not enrolled"]
        if enrolled.use != "person":
            reasons.append(f"key {key[:8]} is a {enrolled.use} key; it signs no commits")
        if enrolled.revoked is not None:
            reasons.append(f"key {key[:8]} was revoked at entry {enrolled.revoked}")
        held = self.roles.get(enrolled.person, {})
        return reasons + _lacking(tags, held)

    def admit(self, commit: Commit, events: Iterable[Event]) -> Judgement:
        """Judge a commit by all its events and, when it is authorised, take them into account.

        Args:
            commit: the commit, its bytes and signature already verified.
            events: its events.
        """
        events = list(events)
        reasons = self.judge(commit.key, commit.origin, [event.type for event in events])
        return Judgement(reasons) if reasons else self.take(commit, events)

    def take(self, commit: Commit, events: Iterable[Event]) -> Judgement:
        """Take the events of a commit into account that :meth:`judge` has found authorised: all of them or none.

        One event that cannot be makes the whole commit unauthorised, so that replay and authority skip the same things.

        Args:
            commit: the commit.
            events: its events, or those of them that are of ``AUTHORITY_TYPES``.

        Raises:
            ExtraMissingError: a day counts, and this machine has no time zone data.
        """
        events = list(events)
        trial = self.copy() if events else self
        reasons = []
        for event in events:
            try:
                trial.apply(event, commit.key, commit.time)
            except ExtraMissingError:
                raise  # this machine cannot judge; the commit may be as it should
            except ArchiefError as error:
                reasons.append(f"entry {event.seq}: {error.what}")
        if events or not self.origin:
            reasons += trial.outcome_faults(self, commit.key)
        if trial.origin != commit.origin:
            reasons.append(f"the commit is of log {commit.origin}, its events name {trial.origin}")
        if events and not reasons:
            for name in self.__struct_fields__:
                setattr(self, name, getattr(trial, name))
        return Judgement(reasons)

    def outcome_faults(self, before: Authority, key: str) -> list[str]:
        """Why a commit cannot be, now that its events are taken into account; empty when it can.

        The first one founds an archive. No later one takes the last archivaris with a key away: nobody could enrol a
        key or grant a role any more.

        Args:
            before: what held before the commit.
            key: the id of the key that signs it.
        """
        if not before.origin:
            return self._founding_faults(key)
        if not self.archivarissen() and before.archivarissen():
            return ["no archivaris with a key would be left"]
        return []

    def _founding_faults(self, key: str) -> list[str]:
        enrolled = self.keys.get(key)
        if enrolled is None or enrolled.use != "person":
            return ["the first commit is not signed with the key that it enrols"]
        if "archivaris" not in self.roles.get(enrolled.person, {}):
            return ["the first commit does not make its own person archivaris"]
        return []

    def is_log_key(self, key: str) -> bool:
        """Whether a key signs or signed the log's heads."""
        return any(key == known.id for known_keys in (self.log_keys, *self.former_log_keys) for known in known_keys)

    def public_key(self, key: str) -> PublicKey | None:
        """The public half of an enrolled key."""
        enrolled = self.keys.get(key)
        return enrolled.public if enrolled is not None else None

    def person_of(self, key: str) -> str | None:
        """The person a key belongs to."""
        enrolled = self.keys.get(key)
        return enrolled.person if enrolled is not None else None

    def holders(self, role: str) -> list[str]:
        """The persons that hold a role now."""
        return [person for person, held in self.roles.items() if role in held]

    def archivarissen(self) -> list[str]:
        """The persons who can enrol keys and grant roles now: archivaris, with a key that is not revoked."""
        keys_of = {one.person for one in self.keys.values() if one.use == "person" and one.revoked is None}
        return [person for person in self.holders("archivaris") if person in keys_of]

    def cosigners(self) -> list[EnrolledKey]:
        """The keys whose signatures on heads are known."""
        return [enrolled for enrolled in self.keys.values() if enrolled.use == "cosigner"]

    def apply(self, event: Event, key: str, time: str) -> None:
        """Take an event of an authorised commit into account; other types than ``AUTHORITY_TYPES`` change nothing.

        Args:
            event: the event.
            key: the id of the key that signs its commit.
            time: the time of its commit, in UTC.

        Raises:
            RefusedError: the event says something that cannot be (a key enrolled twice, a proof that fails): it changes
                nothing, and is a finding.
            ArchiefError: as RefusedError, for keys and signatures.
        """
        handler = _HANDLERS.get(event.type)
        if handler is not None:
            handler(self, event)
        elif event.type in DESTRUCTION_TYPES:
            act = Act(event.seq, event.type.rpartition(".v")[0], self.person_of(key) or "", key)
            self.destructions.apply(event, act, self, time)
        elif event.type in TRANSFER_TYPES:
            self._check_receipt(event, key)
            self.transfers.apply(event)

    def _check_receipt(self, event: Event, key: str) -> None:
        """A receipt is signed by the records office, or confirmed by an archivaris when it is a document."""
        form, where = getattr(event.facts, "form", None), f"entry {event.seq}"
        if form == "signed_note":
            self.check_receipt_key(event.facts.key, where)
        elif form == "document" and "archivaris" not in self.roles.get(self.person_of(key) or "", {}):
            raise RefusedError(
                "a receipt that is no signed note is confirmed by an archivaris",
                where=where,
                remedy="let an archivaris record it: --as KEY",
            )

    def check_receipt_key(self, key: str, where: str) -> None:
        """Refuse a receipt that is signed by another key than one of the records office.

        Args:
            key: the id of the key.
            where: the place, for the message.

        Raises:
            RefusedError: it is not enrolled, was revoked, or its owner is not the records office.
        """
        enrolled = self.keys.get(key)
        if enrolled is None:
            raise RefusedError(
                f"key {key[:8]} was not enrolled",
                where=where,
                remedy="let an archivaris enrol it for the records office: archief key enrol",
            )
        if enrolled.revoked is not None:
            raise RefusedError(f"key {key[:8]} was revoked at entry {enrolled.revoked}", where=where)
        if ROLE not in self.roles.get(enrolled.person, {}):
            raise RefusedError(
                f"key {key[:8]} is not the records office's: its owner has not the role {ROLE}",
                where=where,
                remedy=f"ask them for a receipt, or grant its owner the role: archief role grant NAME {ROLE}",
            )

    def copy(self) -> Authority:
        """An independent copy, for trying events out before they are appended."""
        twin = copy.copy(self)
        for name in ("former_log_keys", "former_origins", "log_keys", "persons", "keys", "mandates"):
            setattr(twin, name, getattr(self, name).copy())
        twin.roles = {person: dict(held) for person, held in self.roles.items()}
        twin.destructions = self.destructions.copy()
        twin.transfers = self.transfers.copy()
        twin.numbering = self.numbering.copy()
        return twin


def _lacking(tags: Iterable[str], held: Mapping[str, int]) -> list[str]:
    """What these roles do not allow."""
    reasons = []
    for tag in tags:
        name = tag.rpartition(".")[0]
        if not roles.may_append(name, held):
            needed = " or ".join(roles.roles_for(name)) or "nobody"
            reasons.append(f"{name} needs the role {needed}")
    return reasons


def _founded(authority: Authority, event: Event) -> None:
    if authority.origin or authority.persons:
        raise RefusedError("an archive is founded once, by its first event", where=f"entry {event.seq}")
    authority.origin = event.facts.origin
    authority.archive = event.stream
    authority.test = event.facts.test
    authority.log_keys = [_public(fact, event.seq) for fact in event.facts.log_keys]
    authority.adopting = (event.seq,)


def _person(authority: Authority, event: Event) -> None:
    authority.persons[event.stream] = event.seq


def _key(authority: Authority, event: Event) -> None:
    where = f"entry {event.seq}"
    public = _public(event.facts.key, event.seq)
    if event.stream not in authority.persons:
        raise RefusedError("a key belongs to a person that is enrolled", where=where)
    if event.facts.use == "person" and public.type != keys.ED25519:
        raise RefusedError("a person's key is an Ed25519 key: it signs commits", where=where)
    if public.id in authority.keys or authority.is_log_key(public.id):
        raise RefusedError(
            f"key {public.id[:8]} is in use already; a key belongs to one person and to one use",
            where=where,
            remedy="make a new key with `archief key new`",
        )
    message = envelope.possession_message(authority.origin, event.stream, public.id)
    keys.verify(public, message, canonical.base64_decode(event.facts.proof, where), where)
    authority.keys[public.id] = EnrolledKey(public, event.stream, event.facts.use, event.seq)


def _revoked(authority: Authority, event: Event) -> None:
    enrolled = authority.keys.get(event.facts.key)
    if enrolled is None or enrolled.person != event.stream:
        raise RefusedError("the key to revoke is not one of this person", where=f"entry {event.seq}")
    if event.facts.suspect_from is not None and event.facts.suspect_from > event.seq:
        raise RefusedError("a key is suspect from an entry before its revocation on", where=f"entry {event.seq}")
    if enrolled.revoked is None:
        authority.keys[event.facts.key] = EnrolledKey(
            enrolled.public, enrolled.person, enrolled.use, enrolled.enrolled, event.seq, event.facts.suspect_from
        )


def _role_granted(authority: Authority, event: Event) -> None:
    if event.stream not in authority.persons:
        raise RefusedError("a role is granted to a person that is enrolled", where=f"entry {event.seq}")
    authority.roles.setdefault(event.stream, {})[event.facts.role] = event.seq


def _role_withdrawn(authority: Authority, event: Event) -> None:
    if event.facts.role not in authority.roles.get(event.stream, {}):
        raise RefusedError(
            "this person does not hold that role", where=f"entry {event.seq}", remedy="see `archief person list`"
        )
    del authority.roles[event.stream][event.facts.role]


def _mandate_granted(authority: Authority, event: Event) -> None:
    authority.mandates[event.stream] = Mandate(event.stream, event.seq, event.facts)


def _mandate_ended(authority: Authority, event: Event) -> None:
    mandate = authority.mandates.get(event.stream)
    if mandate is None:
        raise RefusedError("there is no such mandate", where=f"entry {event.seq}")
    authority.mandates[event.stream] = Mandate(mandate.stream, mandate.granted, mandate.facts, event.facts.end)


def _rotated(authority: Authority, event: Event) -> None:
    where = f"entry {event.seq}"
    fresh = [_public(fact, event.seq) for fact in event.facts.log_keys]
    if len(fresh) != len(event.facts.proofs):
        raise RefusedError("each new log key comes with its proof of possession", where=where)
    for public, proof in zip(fresh, event.facts.proofs, strict=True):
        if public.id in authority.keys:
            raise RefusedError(f"key {public.id[:8]} is a person's key", where=where)
        if authority.is_log_key(public.id):
            raise RefusedError(f"key {public.id[:8]} is or was a key of this log; a new one is new", where=where)
        message = envelope.possession_message(authority.origin, event.stream, public.id)
        keys.verify(public, message, canonical.base64_decode(proof, where), where)
    authority.former_log_keys.append(authority.log_keys)
    authority.log_keys = fresh


def _continued(authority: Authority, event: Event) -> None:
    if event.facts.origin_old != authority.origin or event.facts.size > event.seq:
        raise RefusedError("a log goes on under a new name from where it is", where=f"entry {event.seq}")
    authority.former_origins.append((authority.origin, event.facts.size))
    authority.origin = event.facts.origin


def _adopted(authority: Authority, event: Event) -> None:
    authority.numbering.adopt(event.facts.series)
    authority.adopting = (*authority.adopting, event.seq)


def _public(fact: Any, seq: int) -> PublicKey:  # noqa: ANN401 - PublicKeyFact
    where = f"entry {seq}"
    return PublicKey.checked(fact.type, canonical.base64_decode(fact.public, where), where)


_HANDLERS = {
    "archive_founded.v1": _founded,
    "person_enrolled.v1": _person,
    "key_enrolled.v1": _key,
    "key_revoked.v1": _revoked,
    "role_granted.v1": _role_granted,
    "role_withdrawn.v1": _role_withdrawn,
    "mandate_granted.v1": _mandate_granted,
    "mandate_ended.v1": _mandate_ended,
    "log_key_rotated.v1": _rotated,
    "log_continued.v1": _continued,
    SERIES_TYPE: _adopted,
}
