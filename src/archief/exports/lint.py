"""The linter for a SIP of MDTO, whoever made it: what a records office would refuse, before it is sent.

The checks are those of real pre-ingest tools (names, UTF-8, schema, sidecars, aggregation, unique ids, checksums,
passwords and macros, empty files, format against claim, preferred formats) and those of the norm's own sentences
(parents, lists of terms, pakbon). Scanning for viruses is not among them: that is a scanner's work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from archief.errors import MalformedError
from archief.exports import formats, mdto, mdto_rules, names, package, pakbon, things, wrapping
from archief.exports.findings import Finding, Findings
from archief.exports.formats import Examined
from archief.exports.package import Package
from archief.exports.relations import check_relations
from archief.exports.things import Known, Thing
from archief.intake import pronom
from archief.law import mdto as law

Progress = Callable[[int, int], None]
Schema = Callable[[bytes], list[str]]
"""Says what an official schema finds wrong with a metadata file."""


class Linted(NamedTuple):
    """The outcome of a check.

    Attributes:
        name: what the package is called.
        informatieobjecten, bestanden, files: how many there are; ``files`` are those that are no metadata file.
        content_bytes: bytes in those.
        counts: findings by severity.
        findings: errors first.
        left_out: findings that were counted and not kept.
    """

    name: str
    informatieobjecten: int
    bestanden: int
    files: int
    content_bytes: int
    counts: dict[Any, int]
    findings: list[Finding]
    left_out: int


class Case:
    """One package under the linter.

    Attributes:
        package: its files.
        findings: what is wrong.
        things: the objects whose metadata file could be read, by that file.
        digests: SHA-256 of every file that was read.
    """

    def __init__(self, opened: Package) -> None:
        self.package = opened
        self.findings = Findings()
        self.things: dict[str, Thing] = {}
        self.digests: dict[str, str] = {}
        self.sidecars = {path: found for path in sorted(opened.files) if (found := names.sidecar(path)) is not None}
        self.slips = [path for path in sorted(opened.files) if pakbon.is_pakbon(path) and path not in self.sidecars]
        self.content = [path for path in sorted(opened.files) if path not in self.sidecars and path not in self.slips]
        self.by_content: dict[str, str] = {}
        self.by_folder: dict[str, str] = {}

    def error(self, rule: str, file: str, what: str, remedy: str, *, element: str = "") -> None:
        """Keep an error."""
        self.findings.add(rule, "error", file, what, remedy, element=element)

    def warn(self, rule: str, file: str, what: str, remedy: str, *, element: str = "") -> None:
        """Keep a warning."""
        self.findings.add(rule, "warning", file, what, remedy, element=element)

    def object_of(self, path: str) -> Thing | None:
        """The informatieobject in whose folder, or in the nearest above it, a path lies; None when its metadata could
        not be read, or there is none.
        """
        sidecar = self._sidecar_above(path)
        return self.things.get(sidecar) if sidecar is not None else None

    def is_in_object(self, path: str) -> bool:
        """Whether a path lies in an informatieobject, readable or not."""
        return self._sidecar_above(path) is not None

    def _sidecar_above(self, path: str) -> str | None:
        folder = path
        while folder:
            folder = folder.rpartition("/")[0]
            if folder in self.by_folder:
                return self.by_folder[folder]
        return None


def lint(path: Path, *, xsd: Path | None = None, progress: Progress | None = None) -> Linted:
    """Check a package.

    Args:
        path: a folder or a ZIP.
        xsd: the official schema, where the caller has it, beside our own reading of it.
        progress: told how many files are done, and of how many.

    Raises:
        NotFoundError, UsageError, MalformedError: there is no package that could be looked into.
        ExtraMissingError: lxml or pygfried is not installed.
    """
    pronom.demand()
    schema = _schema(xsd) if xsd is not None else None
    with package.opened(path) as outer:
        wrapped = wrapping.unwrapped(outer)
        opened = wrapped.inner
        case = Case(opened)
        for odd in opened.oddities:
            case.error(odd.rule, odd.path, odd.what, odd.remedy)
        _check_names(case)
        total, done = len(opened.files), 0
        for sidecar in case.sidecars:
            _read_sidecar(case, sidecar, schema)
            done += 1
            if progress is not None:
                progress(done, total)
        _check_structure(case)
        known = Known(case.things.values())
        check_relations(case, known)
        for content in case.content:
            _check_file(case, content)
            done += 1
            if progress is not None:
                progress(done, total)
        _check_pakbon(case)
        wrapping.check(wrapped, case.digests, case.findings)
    kinds = [kind for _, kind in case.sidecars.values()]
    return Linted(
        opened.name, kinds.count("informatieobject"), kinds.count("bestand"), len(case.content),
        sum(opened.files[one] for one in case.content), dict(case.findings.counts), case.findings.all(),
        case.findings.left_out,
    )  # fmt: skip


def _schema(xsd: Path) -> Schema:
    etree = mdto.library()
    try:
        schema = etree.XMLSchema(etree.parse(str(xsd), etree.XMLParser(no_network=True, resolve_entities=False)))
    except (etree.XMLSyntaxError, etree.XMLSchemaParseError, OSError):
        raise MalformedError("not an XML schema that can be read", where=str(xsd)) from None

    def judged(raw: bytes) -> list[str]:
        root = mdto.parse_xml(raw)
        if isinstance(root, str) or schema.validate(root):
            return []
        # The place only: the message of the library quotes the file.
        return sorted({f"line {one.line}: {one.type_name}" for one in schema.error_log})

    return judged


# --- names ------------------------------------------------------------------------------------------------------------


def _check_names(case: Case) -> None:
    first: dict[str, str] = {}
    capitals: set[bool] = set()
    for path in sorted({*case.package.files, *case.package.folders}):
        for rule, what, remedy in names.faults(path):
            case.error(rule, path, what, remedy)
        name = path.rpartition("/")[2]
        if first.setdefault(name.casefold(), path) != path:
            case.error(
                "name-twice", path, f"a name that {first[name.casefold()]} has too; names are unique in a delivery",
                "give it another name, with its metadata",
            )  # fmt: skip
        if path in case.sidecars:
            capitals.add(not name.endswith(names.OBJECT_ENDING))
    if len(capitals) > 1:
        case.warn(
            "name-capitals", "", "metadata files in two spellings (.mdto.xml and .MDTO.xml)", "use .mdto.xml throughout"
        )
    elif capitals == {True}:
        case.findings.add(
            "name-capitals", "note", "", "metadata files end in .MDTO.xml, as the norm prints it; some tools look for"
            " .mdto.xml only", "ask the records office, or use lower case",
        )  # fmt: skip


# --- metadata ---------------------------------------------------------------------------------------------------------


def _read_sidecar(case: Case, path: str, schema: Schema | None) -> None:
    try:
        with case.package.open(path) as stream:
            raw = stream.read(mdto.XML_BYTES_MAX + 1)
    except (OSError, MalformedError) as error:
        case.error("unreadable", path, _told(error), "mend the file")
        return
    case.digests[path] = hashlib.sha256(raw).hexdigest()
    described, faults = mdto.parse(raw)
    for fault in faults:
        case.error("schema", path, fault.what, "write it as MDTO 1.0.1 has it", element=fault.element)
    for told in schema(raw) if schema is not None else ():
        case.error("xsd", path, f"the schema refuses it: {told}", "write it as the schema has it")
    if described is None:
        return
    for breach in mdto_rules.breaches(described):
        case.findings.add(breach.rule, breach.severity, path, breach.what, breach.remedy, element=breach.element)
    if b"MDTO-XML" not in raw[:2_000]:
        case.warn("version", path, "does not say of which version of MDTO it is", "give xsi:schemaLocation")
    found = things.thing(path, described)
    if found.kind != case.sidecars[path][1]:
        case.error(
            "sidecar-kind", path, f"holds a {found.kind}, its name says otherwise", "name it after what it holds"
        )
        return
    case.things[path] = found


# --- structure --------------------------------------------------------------------------------------------------------


def _check_structure(case: Case) -> None:
    begun = {path.rpartition(".")[0]: path for path in case.content}
    filled = {path.rpartition("/")[0] for path in (*case.package.files, *case.package.folders)}
    for sidecar, (about, kind) in case.sidecars.items():
        if kind == "bestand":
            _pair_file(case, sidecar, about, begun)
        else:
            _pair_folder(case, sidecar, about)
    for folder in sorted(case.package.folders):
        if folder not in case.by_folder:
            case.error(
                "folder-without-sidecar", folder, "a folder without metadata of its own",
                f"put {folder.rpartition('/')[2]}{names.OBJECT_ENDING} in it",
            )  # fmt: skip
        if folder not in filled:
            case.error("folder-empty", folder, "an empty folder", "fill it, or take it out")
    for content in case.content:
        if content not in case.by_content:
            case.error(
                "file-without-sidecar", content, "a file without metadata",
                f"put {content.rpartition('/')[2]}{names.FILE_ENDING} beside it",
            )  # fmt: skip
    if "informatieobject" not in {kind for _, kind in case.sidecars.values()}:
        case.error("no-object", "", "no informatieobject at all", "a SIP has at least one, in a folder of its name")


def _pair_file(case: Case, sidecar: str, about: str, begun: Mapping[str, str]) -> None:
    if about in case.sidecars or pakbon.is_pakbon(about):
        case.error("sidecar-of-sidecar", sidecar, "metadata about a metadata file or the pakbon", "take it out")
    elif about in case.package.files:
        if case.by_content.setdefault(about, sidecar) != sidecar:
            case.error("two-sidecars", sidecar, "a second metadata file for the same file", "keep one")
    else:
        remedy = "put the file beside it, or take this out"
        if about in begun:
            remedy = f"name it after the whole file: {begun[about].rpartition('/')[2]}{names.FILE_ENDING}"
        case.error("sidecar-without-file", sidecar, "no file of that name lies beside it", remedy)


def _pair_folder(case: Case, sidecar: str, about: str) -> None:
    folder, _, name = about.rpartition("/")
    own = folder.rpartition("/")[2] or case.package.name
    if case.by_folder.setdefault(folder, sidecar) != sidecar:
        case.error("two-sidecars", sidecar, "a second informatieobject in one folder", "give each its own folder")
    elif name != own:
        case.error("sidecar-name", sidecar, "not named after the folder that it lies in", f"{own}{names.OBJECT_ENDING}")


# --- files ------------------------------------------------------------------------------------------------------------


def _check_file(case: Case, path: str) -> None:
    described = case.things.get(case.by_content.get(path, ""))
    wanted = {"SHA-256", *(name for name, _ in described.checksums)} if described is not None else {"SHA-256"}
    try:
        with case.package.open(path) as stream:
            # What nobody described is refused whatever it is: its format would be asked for in vain.
            seen = formats.examine(stream, path, sorted(wanted), identify=path in case.by_content)
    except (OSError, MalformedError) as error:
        case.error("unreadable", path, _told(error), "mend the file")
        return
    case.digests[path] = seen.digests["SHA-256"]
    if not seen.size:
        case.error("zero-bytes", path, "an empty file", "bring the file itself, or take it out with its metadata")
    if seen.encrypted:
        case.error("encrypted", path, "opens with a password only", "bring it without (Archiefregeling 26)")
    if seen.macros:
        case.warn("macros", path, "holds macros", "bring it without, or agree on it with the records office")
    if described is not None:
        _compare(case, path, described, seen)
    if seen.identified is not None and seen.size:
        _check_format(case, path, described, seen)


def _compare(case: Case, path: str, described: Thing, seen: Examined) -> None:
    sidecar = described.path
    if described.size != seen.size:
        case.error(
            "size", path, f"has {seen.size:,} bytes, its metadata say {described.size:,}", "correct omvang",
            element="bestand/omvang",
        )  # fmt: skip
    for number, (algorithm, value) in enumerate(described.checksums, 1):
        digest = seen.digests.get(algorithm)
        if digest is not None and len(value) == len(digest) and digest != value:
            case.error(
                "checksum", path, f"its {algorithm} is not the one in its metadata",
                "bring the file that was described; do not change the checksum unless you know why",
                element=f"bestand/checksum[{number}]",
            )  # fmt: skip
    if described.naam != path.rpartition("/")[2]:
        case.warn(
            "file-name", sidecar, "naam is not the name of the file", "use the file's name", element="bestand/naam"
        )


def _check_format(case: Case, path: str, described: Thing | None, seen: Examined) -> None:
    found = seen.identified
    assert found is not None, "asked for by the caller"
    if found.mismatch:
        case.warn("extension", path, "its name promises another format than its bytes show", "give it the right ending")
    claim = described.pronom if described is not None else None
    if not found.pronom:
        case.warn("format-unknown", path, "a format that PRONOM does not know", "ask the records office")
    elif claim is not None and claim != found.pronom:
        case.findings.add(
            "format", "error" if found.by_bytes else "warning", path, f"is {found.pronom}, its metadata say another",
            "correct bestandsformaat", element="bestand/bestandsformaat",
        )  # fmt: skip
    if found.pronom and found.pronom not in law.preferred_formats():
        case.findings.add(
            "format-preferred", "note", path, f"{found.pronom} is no preferred format of e-depots",
            "ask the records office, or convert it and keep the original",
        )  # fmt: skip


# --- the pakbon -------------------------------------------------------------------------------------------------------


def _check_pakbon(case: Case) -> None:
    if not case.slips:
        case.warn("pakbon-missing", "", "no pakbon", "put pakbon.xml in the package's own folder")
    if len(case.slips) > 1:
        case.error("pakbon-twice", case.slips[1], "a second pakbon", "keep one")
    for slip in case.slips[:1]:
        if not slip.casefold().endswith(".xml"):
            case.findings.add("pakbon-form", "note", slip, "no XML: not compared with the package", "XML is preferred")
            continue
        try:
            with case.package.open(slip) as stream:
                told = pakbon.read(stream.read(mdto.XML_BYTES_MAX + 1))
        except (OSError, MalformedError) as error:
            told = _told(error)
        if isinstance(told, str):
            case.error("pakbon-form", slip, told, "write it as XML in UTF-8")
            continue
        _compare_pakbon(case, slip, told)


def _compare_pakbon(case: Case, slip: str, told: pakbon.Told) -> None:
    kinds = [kind for _, kind in case.sidecars.values()]
    sizes = case.package.files
    content = sum(sizes[path] for path in case.content)
    # What is counted along differs from maker to maker: the pakbon itself, and the metadata.
    right = {
        "informatieobjecten": {kinds.count("informatieobject")},
        "bestanden": {kinds.count("bestand")},
        "andere": {len(case.content), len(case.content) + 1},
        "bytes": {content, content + sizes[slip], sum(sizes.values()), sum(sizes.values()) - sizes[slip]},
    }
    for number, expected in right.items():
        text = told.numbers.get(number)
        if text is None:
            case.warn("pakbon-number", slip, f"does not say how many {number}", "add it", element=number)
        elif not text.isdecimal() or int(text[:20]) not in expected:
            case.error(
                "pakbon-number", slip, f"says {text[:20]} {number}, there are {min(expected)}", "count again",
                element=number,
            )  # fmt: skip
    if told.hash is not None:
        unread = set(sizes) - set(case.digests) - {slip}
        if not unread and told.hash != pakbon.package_hash((path, one) for path, one in case.digests.items()):
            case.error(
                "pakbon-hash", slip, "its hash is not that of the package", "something changed after it was made"
            )


def _told(error: OSError | MalformedError) -> str:
    return (
        error.what if isinstance(error, MalformedError) else f"cannot be read: {(error.strerror or 'refused').lower()}"
    )
