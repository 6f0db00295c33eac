"""The objects of a package as their metadata files describe them: what the linter keeps of each, and how they refer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from archief.exports import mdto_rules
from archief.exports.mdto import Bestand, Informatieobject, Mdto, Verwijzing

Id = tuple[str, str]
"""Kenmerk and bron."""


class Ref(NamedTuple):
    """A reference to another object: its name and, where it is given, its identification."""

    naam: str
    id: Id | None


class Thing(NamedTuple):
    """An object, without what a check of the whole does not need.

    Attributes:
        path: its metadata file.
        kind: ``informatieobject`` or ``bestand``.
        naam: its name.
        ids: its identifications.
        parents: isOnderdeelVan; of a bestand the one that it represents.
        children: bevatOnderdeel.
        files: heeftRepresentatie.
        additional: aanvullendeMetagegevens.
        size: omvang of a bestand.
        pronom: the PRONOM id that a bestand claims.
        checksums: plain algorithm and value of each checksum of a bestand.
        level: aggregatieniveau of an informatieobject.
    """

    path: str
    kind: str
    naam: str
    ids: tuple[Id, ...]
    parents: tuple[Ref, ...] = ()
    children: tuple[Ref, ...] = ()
    files: tuple[Ref, ...] = ()
    additional: tuple[Ref, ...] = ()
    size: int = 0
    pronom: str | None = None
    checksums: tuple[tuple[str, str], ...] = ()
    level: str = ""

    def is_meant(self, ref: Ref) -> bool:
        """Whether a reference means this object: by identification, by name where none is given."""
        return ref.id in self.ids if ref.id is not None else ref.naam.strip() == self.naam.strip()


def thing(path: str, described: Mdto) -> Thing:
    """What is kept of an object.

    Args:
        path: its metadata file.
        described: what that says.
    """
    ids = tuple((one.identificatie_kenmerk.strip(), one.identificatie_bron.strip()) for one in described.identificatie)
    if isinstance(described, Bestand):
        form = described.bestandsformaat
        pronom = form.begrip_begrippenlijst.verwijzing_naam.strip().casefold() in mdto_rules.PRONOM_LISTS
        return Thing(
            path, "bestand", described.naam, ids, (_ref(described.is_representatie_van),),
            size=described.omvang, pronom=form.begrip_code if pronom else None,
            checksums=tuple(
                (mdto_rules.algorithm(one.checksum_algoritme.begrip_label), one.checksum_waarde.strip().lower())
                for one in described.checksum
            ),
        )  # fmt: skip
    assert isinstance(described, Informatieobject)
    return Thing(
        path, "informatieobject", described.naam, ids, _refs(described.is_onderdeel_van),
        _refs(described.bevat_onderdeel), _refs(described.heeft_representatie),
        _refs(described.aanvullende_metagegevens),
        level=described.aggregatieniveau.begrip_label.strip() if described.aggregatieniveau is not None else "",
    )  # fmt: skip


class Named:
    """Many references, asked whether they mean an object."""

    def __init__(self, refs: Iterable[Ref]) -> None:
        refs = list(refs)
        self._ids = {ref.id for ref in refs if ref.id is not None}
        self._names = {ref.naam.strip() for ref in refs if ref.id is None}

    def means(self, one: Thing) -> bool:
        """Whether one of them means this object."""
        return one.naam.strip() in self._names or not self._ids.isdisjoint(one.ids)


class Known:
    """All objects of a package, to be found by what refers to them."""

    def __init__(self, things: Iterable[Thing]) -> None:
        self.by_path = {one.path: one for one in things}
        self._by_id: dict[tuple[str, Id], Thing] = {}
        self._by_name: dict[tuple[str, str], Thing] = {}
        for one in self.by_path.values():
            self._by_name.setdefault((one.kind, one.naam.strip()), one)
            for known in one.ids:
                self._by_id.setdefault((one.kind, known), one)

    def meant(self, kind: str, ref: Ref) -> Thing | None:
        """The object of a kind that a reference means, the first where several are called so; None when none is."""
        if ref.id is None:
            return self._by_name.get((kind, ref.naam.strip()))
        return self._by_id.get((kind, ref.id))

    def all_meant(self, kind: str, refs: Iterable[Ref]) -> list[Thing]:
        """The objects of a kind that some references mean."""
        return [found for ref in refs if (found := self.meant(kind, ref)) is not None]

    def shared_ids(self) -> Iterator[tuple[Thing, Thing]]:
        """Each object that has an identification which an earlier one has, with that one."""
        first: dict[Id, Thing] = {}
        for one in sorted(self.by_path.values()):
            for known in dict.fromkeys(one.ids):
                if first.setdefault(known, one) is not one:
                    yield one, first[known]
                    break

    def cycles(self) -> Iterator[Thing]:
        """Objects that lie, over others or at once, in themselves; one of each ring."""
        above: dict[str, set[str]] = {path: set() for path in self.by_path}
        for one in self.by_path.values():
            if one.kind == "informatieobject":
                above[one.path] |= {found.path for found in self.all_meant(one.kind, one.parents)}
                for found in self.all_meant(one.kind, one.children):
                    above[found.path].add(one.path)
        # Take away what has nothing above it, again and again: what is left lies in rings, or below them.
        below: dict[str, list[str]] = {}
        for path, parents in above.items():
            for parent in parents:
                below.setdefault(parent, []).append(path)
        waiting = [path for path, parents in above.items() if not parents]
        while waiting:
            for path in below.get(free := waiting.pop(), []):
                above[path].discard(free)
                if not above[path]:
                    waiting.append(path)
        yield from _rings({path: parents for path, parents in above.items() if parents}, self.by_path)


def _rings(above: dict[str, set[str]], things: dict[str, Thing]) -> Iterator[Thing]:
    seen: set[str] = set()
    for start in sorted(above):
        walked: list[str] = []
        path = start
        while path not in seen:
            seen.add(path)
            walked.append(path)
            path = min(above[path])
        if path in walked:
            yield things[min(walked[walked.index(path) :])]


def _refs(given: Iterable[Verwijzing]) -> tuple[Ref, ...]:
    return tuple(_ref(one) for one in given)


def _ref(given: Verwijzing) -> Ref:
    known = given.verwijzing_identificatie
    if known is None:
        return Ref(given.verwijzing_naam, None)
    return Ref(given.verwijzing_naam, (known.identificatie_kenmerk.strip(), known.identificatie_bron.strip()))
