"""How the objects of a package hang together: identifications, one parent each, no rings, files with their object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from archief.exports.things import Known, Named, Thing
from archief.law import mdto as law

if TYPE_CHECKING:
    from archief.exports.lint import Case

PART_OF = "informatieobject/isOnderdeelVan"


def check_relations(case: Case, known: Known) -> None:
    """Check all references within a package.

    Args:
        case: the package.
        known: its objects.
    """
    for one, other in known.shared_ids():
        case.error(
            "id-twice", one.path, f"an identification that {other.path} has too",
            "an identification belongs to one object and is never given again", element=f"{one.kind}/identificatie",
        )  # fmt: skip
    for ring in known.cycles():
        case.error(
            "cycle", ring.path, "is, over others or at once, part of itself", "correct isOnderdeelVan, bevatOnderdeel",
            element=PART_OF,
        )  # fmt: skip
    children = _check_folders(case, known)
    files = _check_files(case)
    for one in case.things.values():
        if one.kind == "informatieobject":
            _check_file_lists(case, known, one, files.get(one.path, []))
            _check_children(case, known, one, children.get(one.path, []))


def _check_folders(case: Case, known: Known) -> dict[str, list[Thing]]:
    """Each object with the one above it; gives the objects in each object's folder."""
    children: dict[str, list[Thing]] = {}
    for folder, path in sorted(case.by_folder.items()):
        one = case.things.get(path)
        above = case.object_of(folder) if folder else None
        if one is None:
            continue
        if above is None:
            _check_top(case, known, one)
        else:
            _check_parent(case, known, one, above)
            children.setdefault(above.path, []).append(one)
    return children


def _check_top(case: Case, known: Known, one: Thing) -> None:
    if not one.parents:
        case.warn(
            "parent-target", one.path, "does not say of what it will be part in the archive that receives it",
            "name the parent there in isOnderdeelVan", element=PART_OF,
        )  # fmt: skip
    for found in known.all_meant(one.kind, one.parents)[:1]:
        case.error(
            "parent-place", one.path, f"is part of {found.path} and does not lie in its folder", "move its folder",
            element=PART_OF,
        )  # fmt: skip


def _check_parent(case: Case, known: Known, one: Thing, above: Thing) -> None:
    levels = law.listed("aggregatieniveau").labels  # from the highest to the lowest
    if one.level in levels and above.level in levels and levels.index(one.level) < levels.index(above.level):
        case.error(
            "level", one.path, f"a higher aggregatieniveau than {above.path}, in whose folder it lies",
            "correct one of the two, or move its folder", element="informatieobject/aggregatieniveau",
        )  # fmt: skip
    if not Named(one.parents).means(above):
        what = "does not name the object in whose folder it lies"
        case.error("parent", one.path, what, f"name {above.path} in isOnderdeelVan", element=PART_OF)
    elif any(found.path != above.path for found in known.all_meant(one.kind, one.parents)):
        case.warn(
            "parent-twice", one.path, "part of two objects of this package; only one relation is hierarchical",
            "make the other a gerelateerdInformatieobject", element=PART_OF,
        )  # fmt: skip


def _check_files(case: Case) -> dict[str, list[Thing]]:
    """Each bestand with the object in whose folder it lies; gives the bestanden of each object."""
    files: dict[str, list[Thing]] = {}
    for content, path in sorted(case.by_content.items()):
        one, holder = case.things.get(path), case.object_of(content)
        if one is None:
            continue
        if holder is not None:
            files.setdefault(holder.path, []).append(one)
        elif not case.is_in_object(content):
            case.error("file-outside", content, "lies in no informatieobject", "put it in the folder of its object")
    return files


def _check_file_lists(case: Case, known: Known, one: Thing, held: Sequence[Thing]) -> None:
    """An object names its files, and they name it."""
    listed = Named((*one.files, *one.additional))
    for file in held:
        if not one.is_meant(file.parents[0]):
            case.error(
                "representation", file.path, "does not represent the object in whose folder it lies",
                f"name {one.path} in isRepresentatieVan", element="bestand/isRepresentatieVan",
            )  # fmt: skip
        if not listed.means(file):
            case.warn(
                "representation-unlisted", file.path, "its object names it neither as representation nor as metadata",
                "name it in heeftRepresentatie, or in aanvullendeMetagegevens",
            )  # fmt: skip
    here = Known(held)
    for rule, element, refs in (
        ("representation-unknown", "heeftRepresentatie", one.files),
        ("additional-unknown", "aanvullendeMetagegevens", one.additional),
    ):
        for number, ref in enumerate(refs, 1):
            if here.meant("bestand", ref) is None:
                where = "elsewhere" if known.meant("bestand", ref) is not None else "nowhere"
                case.error(
                    rule, one.path, f"names a file that lies {where} in the package",
                    "put it in this folder, or correct the reference", element=f"informatieobject/{element}[{number}]",
                )  # fmt: skip


def _check_children(case: Case, known: Known, one: Thing, held: Sequence[Thing]) -> None:
    if len(known.all_meant(one.kind, one.children)) < len(one.children):
        case.warn(
            "child-unknown", one.path, "names parts that are not in the package", "bring them, or say why",
            element="informatieobject/bevatOnderdeel",
        )  # fmt: skip
    listed = Named(one.children)
    for child in held if one.children else ():
        if not listed.means(child):
            case.warn(
                "child-unlisted", child.path, f"lies in {one.path}, which names its parts and not this one",
                "name it in bevatOnderdeel",
            )  # fmt: skip
