"""A realistic archive of any size, to measure with: letters that are registered, edited, signed, dispatched and filed.

    scripts/generate.py FOLDER EVENTS [--batch 1000] [--singles 0.0] [--seed 1]

Straight into segment files: no lock, no sync and no schema check, so that a million events take about a minute. What
comes out is an archive like any other: hashes, commitments, commit signatures and inner signatures are real. Same
arguments, same bytes: keys, ids, salts and texts come from the seed, and the clock is made up.

The mix is that of the project's measurements: 117 letters a thousand events, about 300 bytes an entry and 1 kB a
payload. Letters are worked on side by side, so that the events of one letter lie far apart, as they do in an office.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import random
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from archief import canonical
from archief.draft import new_commit_id, new_stream
from archief.events import envelope
from archief.keys import ED25519, MLDSA44, SigningKey, signing_key
from archief.stored_tree import GrowingRows
from archief.tlog import merkle

BEGIN = dt.datetime(2015, 1, 5, 8, 0, 0, tzinfo=dt.UTC)
CLERKS = 24
CLERK_ROLES = ("recordmanager", "behandelaar", "ondertekenaar", "griffie")
SIGNERS = (("burgemeester", "Burgemeester"), ("secretaris", "Gemeentesecretaris"))
OPEN_LETTERS_MAX = 4_000
_WORDS = """
de het een van in op voor met naar uit over bij door onder na om wordt zijn is heeft kunnen moet zal raad
college gemeente wijk straat plan besluit onderzoek voorstel brief planning overleg bewoners ondernemers
fietsenstalling verkeer groen water zorg jeugd onderwijs begroting subsidie vergunning bestemmingsplan
participatie duurzaamheid energie woningbouw bereikbaarheid veiligheid cultuur sport ruimte uitvoering
resultaat gesprekken partners regio provincie stand zaken vervolgstappen informatie evaluatie financiële
coördinatie geïnformeerd kwartaal zomer najaar inwoners commissie
"""
WORDS = _WORDS.split()


@dataclass
class Person:
    """Somebody with a key."""

    stream: str
    key: SigningKey


@dataclass
class Letter:
    """A letter that is being worked on."""

    stream: str
    steps: list[str]
    covers: list[tuple[int, str]] = field(default_factory=list)
    dispatched: int = 0


class Segments:
    """Lines on their way into segment files; a segment is written whole."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.size = 0
        self.lines: dict[str, list[bytes]] = {"log": [], "payload": []}
        self.rows = GrowingRows([], 0)
        self.frontier = merkle.Frontier()
        for name in ("log", "payload", "documents", "public", "cache"):
            (folder / name).mkdir(parents=True, exist_ok=True)

    def entry(self, entry: bytes) -> None:
        """Take the next entry."""
        self.lines["log"].append(entry)
        self.size += 1
        if self.size % envelope.SEGMENT_ENTRIES == 0:
            self.flush(self.size - envelope.SEGMENT_ENTRIES)

    def payload(self, line: bytes) -> None:
        """Take the payload of the entry that comes next."""
        self.lines["payload"].append(line)

    def grow(self, leaves: list[bytes]) -> None:
        """Take a commit's leaves into the tree; only full tiles are written."""
        filled = self.frontier.extend(leaves)
        for path, data in self.rows.extend(leaves, filled):
            if ".p/" not in path:
                self.public(path, data)

    def public(self, path: str, data: bytes) -> None:
        """Write a public file."""
        target = self.folder / "public" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)

    def flush(self, first: int) -> None:
        """Write the segment that begins with entry ``first``."""
        for kind, lines in self.lines.items():
            if lines:
                (self.folder / kind / f"{first:012d}.jsonl").write_bytes(b"\n".join(lines) + b"\n")
                lines.clear()

    def close(self) -> None:
        """Write the unfinished segment and tiles."""
        self.flush(self.size - self.size % envelope.SEGMENT_ENTRIES)
        for path, data in self.rows.partial():
            self.public(path, data)


class Office:
    """A town hall at work: draws what happens next and writes it down.

    Args:
        folder: an empty or absent folder.
        events: how many events, commits not counted.
        seed: where all chance comes from.
    """

    def __init__(self, folder: Path, events: int, seed: int) -> None:
        self.random = random.Random(seed)
        self.entropy: Callable[[int], bytes] = self.random.randbytes
        self.segments = Segments(folder)
        self.origin = f"generated.example/{seed:08x}"
        self.time = BEGIN
        self.text = self._long_text()
        self.versions: dict[str, int] = {}
        self.leaves: list[bytes] = []
        self.base = 0
        self.left = events
        self.year, self.number = 0, 0
        self.open: list[Letter] = []
        self.open_max = max(20, min(OPEN_LETTERS_MAX, events // 20))
        self.dossiers: list[str] = []
        self.archive = new_stream(self.entropy)
        self.log_keys = [signing_key(kind, self.entropy(32)) for kind in (ED25519, MLDSA44)]
        self.clerks = [self._person() for _ in range(CLERKS)]
        self.signers = [self._person() for _ in SIGNERS]
        self.steps: dict[str, Callable[[Letter], None]] = {
            "edit": self._edit,
            "attach": self._attach,
            "sign0": lambda letter: self._sign(letter, 0),
            "sign1": lambda letter: self._sign(letter, 1),
            "dispatch": self._dispatch,
            "report": self._report,
            "annotate": self._annotate,
            "file": self._file,
            "relate": self._relate,
            "withdraw": self._withdraw,
        }

    # what happens

    def found(self) -> None:
        """The first commit: the archive, its people, their keys and roles."""
        founder = self.clerks[0]
        facts = {
            "log_keys": [_public(key) for key in self.log_keys],
            "origin": self.origin,
            "rule_sets": [],
            "test": True,
        }
        self.write("archive_founded.v1", self.archive, facts, {"organisation": "Gemeente Voorbeeld"})
        series = [{"pattern": "{year}-{number:05}", "series": "register", "start": 1}]
        self.write(
            "rule_set_adopted.v1", self.archive, {"begin": "2015-01-01", "rule_set": "register", "series": series}, None
        )
        for number, person in enumerate([*self.clerks, *self.signers]):
            self.write("person_enrolled.v1", person.stream, {}, {"name": f"{chr(65 + number)}. Voorbeeld"})
            message = envelope.possession_message(self.origin, person.stream, person.key.public.id)
            proof = canonical.base64_encode(person.key.sign(message))
            enrolled = {"key": _public(person.key), "proof": proof, "use": "person"}
            self.write("key_enrolled.v1", person.stream, enrolled, None)
            roles = ("archivaris", *CLERK_ROLES) if person is founder else CLERK_ROLES
            for role in roles:
                self.write("role_granted.v1", person.stream, {"role": role}, None)
        self.commit(founder)

    def next(self) -> None:
        """One event, of a letter that is being worked on or of a new one."""
        if len(self.open) >= self.open_max or self.random.random() < 0.2 * len(self.open) / self.open_max:
            for _ in range(8):
                at = self.random.randrange(len(self.open))
                letter = self.open[at]
                step = letter.steps[0]
                if step.startswith("sign") and letter.covers[-1][0] >= self.base:
                    continue  # a signature covers what stood in the log before its commit
                letter.steps.pop(0)
                self.steps[step](letter)
                if not letter.steps:
                    self.open[at] = self.open[-1]
                    self.open.pop()
                return
        self._register()

    def commit(self, signer: Person) -> None:
        """Seal what was written since the last commit."""
        segments = self.segments
        commit = envelope.Commit(
            base=envelope.Base(root=segments.frontier.root().hex(), size=self.base),
            events=len(self.leaves),
            id=new_commit_id(self.time, self.entropy),
            key=signer.key.public.id,
            origin=self.origin,
            root=merkle.root(self.leaves).hex(),
            seq=segments.size,
            sig="",
            time=self.time.strftime("%Y-%m-%dT%H:%M:%SZ"),
            type="commit.v1",
        )
        message = envelope.commit_message(canonical.encode_struct(commit))
        sig = canonical.base64_encode(signer.key.sign(message))
        entry = canonical.encode_struct(msgspec.structs.replace(commit, sig=sig))
        segments.entry(entry)
        segments.grow([*self.leaves, merkle.leaf_hash(entry)])
        self.time += dt.timedelta(seconds=60 * len(self.leaves) + self.random.randrange(60))
        self.leaves.clear()
        self.base = segments.size

    def write(self, tag: str, stream: str, facts: dict[str, Any], data: dict[str, Any] | None) -> tuple[int, str]:
        """One event. Gives its index and its payload's commitment."""
        seq = self.segments.size
        held = None
        if data is not None:
            line = envelope.encode_payload(canonical.encode(data), self.entropy(envelope.SALT_BYTES), seq)
            held = envelope.commitment(line)
            self.segments.payload(line)
        version = self.versions[stream] = self.versions.get(stream, -1) + 1
        entry = envelope.encode_event(canonical.encode(facts), held, seq, stream, version, tag)
        self.leaves.append(merkle.leaf_hash(entry))
        self.segments.entry(entry)
        self.left -= 1
        return seq, held or ""

    # how it happens

    def _person(self) -> Person:
        return Person(new_stream(self.entropy), signing_key(ED25519, self.entropy(32)))

    def _long_text(self) -> str:
        words = self.random.choices(WORDS, k=60_000)
        return " ".join(f"{word}." if self.random.random() < 0.08 else word for word in words)

    def _passage(self, mean: int) -> str:
        length = int(self.random.triangular(mean * 0.3, mean * 2.2, mean * 0.5))
        start = self.random.randrange(len(self.text) - length)
        return self.text[start : start + length].strip() or "tekst"

    def _body(self, paragraphs: int) -> list[str]:
        return [self._passage(540) for _ in range(paragraphs)]

    def _next_number(self) -> str:
        if self.time.year != self.year:
            self.year, self.number = self.time.year, 0
        self.number += 1
        return f"{self.year}-{self.number:05d}"

    def _register(self) -> None:
        draw = self.random.random()
        if draw < 0.002:
            self.write(
                "number_voided.v1",
                new_stream(self.entropy),
                {"series": "register", "year": self.year or self.time.year},
                {"number": self._next_number(), "reason": "dubbel uitgegeven"},
            )
            return
        letter = Letter(new_stream(self.entropy), self._life(received=draw < 0.12))
        number = self._next_number()
        data: dict[str, Any] = {
            "addressee": "Aan de dames en heren, leden van de gemeenteraad",
            "body": self._body(self.random.randrange(3, 10)),
            "date": self.time.date().isoformat(),
            "doc_type": "raadsinformatiebrief",
            "email": f"{self.random.choice(WORDS)}@voorbeeld.example",
            "handled_by": f"{self.random.choice('ABCDEFG')}. {self.random.choice(WORDS).capitalize()}",
            "number": number,
            "organisation": "Gemeente Voorbeeld",
            "our_reference": number,
            "salutation": "Geachte raadsleden,",
            "subject": self._passage(60),
        }
        facts: dict[str, Any] = {"kind": "raadsinformatiebrief", "series": "register", "year": self.year}
        if draw < 0.12:
            facts |= {"channel": "post", "date": data["date"], "kind": "brief"}
            data |= {"sender": self._passage(20), "sender_address": self._passage(40)}
            tag = "letter_received.v1"
        else:
            facts["organ"] = "college"
            data["signatories"] = [{"name": "A. Jansen", "role": title} for _, title in SIGNERS]
            tag = "letter_registered.v1"
        letter.covers.append(self.write(tag, letter.stream, facts, data))
        self.open.append(letter)

    def _life(self, *, received: bool) -> list[str]:
        chance = self.random.random
        steps = ["edit"] * self.random.choice((0, 1, 1, 2, 3, 4))
        if chance() < 0.005:
            steps.append("attach")
        if not received:
            steps += ["sign0", "sign1"] if chance() < 0.6 else ["sign0"]
            if chance() < 0.03:
                steps[-1:-1] = ["edit"]
                steps += ["sign0"]
            steps += ["dispatch"] if chance() < 0.97 else ["withdraw"]
            if steps[-1] == "dispatch" and chance() < 0.8:
                steps.append("report")
        for step, likely in (("annotate", 0.8), ("file", 0.95), ("relate", 0.5), ("annotate", 0.4)):
            if chance() < likely:
                steps.append(step)
        return steps or ["file"]

    def _edit(self, letter: Letter) -> None:
        data: dict[str, Any] = {"subject": self._passage(60)}
        if self.random.random() < 0.5:
            data = {"body": self._body(self.random.randrange(3, 9)), "phone": "043 - 350 40 40"}
        elif self.random.random() < 0.2:
            data = {"your_reference": ""}
        letter.covers.append(self.write("letter_edited.v1", letter.stream, {}, data))

    def _attach(self, letter: Letter) -> None:
        content = self._passage(2_000).encode()
        document = self.entropy(16).hex()
        path = self.segments.folder / "documents" / document[:2] / f"{document}.bin"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        reference = {
            "id": document,
            "media_type": "text/plain",
            "name": "bijlage.txt",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
        }
        data = {"documents": [reference], "title": self._passage(30)}
        letter.covers.append(self.write("document_attached.v1", letter.stream, {}, data))

    def _sign(self, letter: Letter, which: int) -> None:
        person, (role, shown) = self.signers[which], SIGNERS[which]
        covers = [{"commitment": held, "seq": seq} for seq, held in letter.covers]
        parts = {"basis": "gemeentewet:59a.1", "covers": covers, "on_behalf_of": "college", "role": role}
        message = b"archief/sign-letter/v1\0" + canonical.encode(
            {**parts, "origin": self.origin, "stream": letter.stream}
        )
        facts = {
            **parts,
            "key": person.key.public.id,
            "level": "none",
            "signatory": person.stream,
            "signature": canonical.base64_encode(person.key.sign(message)),
        }
        data = {"function_shown": shown, "name_shown": "A. Jansen", "note": "gegenereerd, testsleutels"}
        self.write("letter_signed.v1", letter.stream, facts, data)

    def _dispatch(self, letter: Letter) -> None:
        recipients = [{"address": "griffie@voorbeeld.example", "name": "De leden van de gemeenteraad"}]
        facts = {"channel": "email", "date": self.time.date().isoformat()}
        letter.dispatched, _ = self.write("letter_dispatched.v1", letter.stream, facts, {"recipients": recipients})

    def _report(self, letter: Letter) -> None:
        facts = {"dispatch": letter.dispatched, "result": "delivered", "time": f"{self.time:%Y-%m-%dT%H:%M:%SZ}"}
        self.write("delivery_reported.v1", letter.stream, facts, {"recipient": "De leden van de gemeenteraad"})

    def _annotate(self, letter: Letter) -> None:
        self.write("letter_annotated.v1", letter.stream, {"kind": "remark"}, {"text": self._passage(400)})

    def _file(self, letter: Letter) -> None:
        if not self.dossiers or self.random.random() < 0.2:
            dossier = new_stream(self.entropy)
            self.dossiers = [*self.dossiers[-200:], dossier]
            facts = {"date": self.time.date().isoformat(), "organ": "college"}
            self.write("dossier_opened.v1", dossier, facts, {"title": self._passage(40)})
        self.write("letter_filed.v1", letter.stream, {"dossier": self.random.choice(self.dossiers)}, None)

    def _relate(self, letter: Letter) -> None:
        facts = {"other": self.random.choice(self.open).stream, "relation": "refers_to"}
        self.write("letters_related.v1", letter.stream, facts, {"note": self._passage(50)})

    def _withdraw(self, letter: Letter) -> None:
        self.write("letter_withdrawn.v1", letter.stream, {"ground": "mistaken"}, {"reason": self._passage(60)})


def _public(key: SigningKey) -> dict[str, Any]:
    return {"public": canonical.base64_encode(key.public.public), "type": key.public.type}


def generate(folder: Path, events: int, batch: int = 1_000, seed: int = 1, *, singles: float = 0.0) -> int:
    """Write an archive.

    Args:
        folder: an empty or absent folder.
        events: how many events at least; the last letters stay as far as they got.
        batch: events in a commit.
        seed: where all chance comes from.
        singles: share of the events, 0 to 1, that get a commit of their own.

    Returns:
        The size of the log: events and commits.
    """
    office = Office(folder, events, seed)
    office.found()
    chance = office.random
    while office.left > 0:
        # Of every `batch` events in a batch, this many come alone, so that their share of all events is `singles`.
        alone = 1 if singles >= 1 or chance.random() < singles * batch / (1 - singles + singles * batch) else batch
        for _ in range(alone):
            office.next()
        office.commit(chance.choice(office.clerks))
    office.segments.close()
    return office.segments.size


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("events", type=lambda text: int(float(text)))
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--singles", type=float, default=0.0)
    given = parser.parse_args()
    if given.folder.exists() and any(given.folder.iterdir()):
        sys.exit(f"{given.folder} is not empty")
    size = generate(given.folder, given.events, given.batch, given.seed, singles=given.singles)
    print(f"{size:,} entries in {given.folder}")


if __name__ == "__main__":
    main()
