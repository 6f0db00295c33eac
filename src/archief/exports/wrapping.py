"""What stands around a SIP of MDTO, when it came in a bag (BagIt) or in an E-ARK package: found, and checked.

A bag is checked against its manifests (RFC 8493) and an E-ARK package against its METS: every file is there, is the
one that was listed, and is listed.
"""

from __future__ import annotations

import contextlib
import re
import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from archief.errors import MalformedError
from archief.exports import bag, formats, mdto, mdto_rules, names
from archief.exports.package import Package

if TYPE_CHECKING:
    from archief.exports.findings import Findings

TAG_BYTES_MAX = 256 * 1024 * 1024
"""A longer manifest is not read."""

_MANIFEST = re.compile(r"(tag)?manifest-([a-z0-9]+)\.txt")
_DATA = re.compile(r"(representations/[^/]+/data/).+")
_METS = "{http://www.loc.gov/METS/}"
_HREF = "{http://www.w3.org/1999/xlink}href"


class Inner(Package):
    """The part of a package in which the SIP lies, as if it were the package."""

    def __init__(self, outer: Package, prefix: str) -> None:
        super().__init__(outer.name)
        self._outer = outer
        self.prefix = prefix
        self.files, self.folders, self.oddities = dict(outer.files), set(outer.folders), list(outer.oddities)
        self._only(prefix)
        self.descend()

    def open(self, path: str) -> contextlib.AbstractContextManager[IO[bytes]]:
        """A stream over a file."""
        return self._outer.open(self.prefix + path)

    def _only(self, prefix: str) -> None:
        self.files = {path: size for path, size in self.files.items() if path.startswith(prefix)}
        self.folders = {path for path in self.folders if path.startswith(prefix)}
        super()._strip(prefix)

    def _strip(self, prefix: str) -> None:
        super()._strip(prefix)
        self.prefix += prefix


class Wrapped(NamedTuple):
    """A SIP and what stands around it.

    Attributes:
        outer: the whole package.
        inner: the SIP.
        kind: ``bagit``, ``e-ark``; empty where nothing stands around it.
    """

    outer: Package
    inner: Package
    kind: str


def unwrapped(outer: Package) -> Wrapped:
    """Find the SIP in a package."""
    if "bagit.txt" in outer.files and "data" in outer.folders:
        return Wrapped(outer, Inner(outer, bag.INSIDE), "bagit")
    if "METS.xml" in outer.files:
        found = {match[1] for path in outer.files if names.sidecar(path) and (match := _DATA.fullmatch(path))}
        if found:
            return Wrapped(outer, Inner(outer, min(found)), "e-ark")
    return Wrapped(outer, outer, "")


def check(wrapped: Wrapped, digests: Mapping[str, str], findings: Findings) -> None:
    """Check what stands around a SIP.

    Args:
        wrapped: the package.
        digests: SHA-256 of the files of the SIP that were read.
        findings: takes what is wrong.
    """
    if wrapped.kind:
        _Check(wrapped, digests, findings).run()


class _Check:
    def __init__(self, wrapped: Wrapped, digests: Mapping[str, str], findings: Findings) -> None:
        assert isinstance(wrapped.inner, Inner), "something stands around it"
        self.outer = wrapped.outer
        self.kind = wrapped.kind
        self.findings = findings
        self.known = {(f"{wrapped.inner.prefix}{path}", "SHA-256"): one for path, one in digests.items()}

    def run(self) -> None:
        (self._bag if self.kind == "bagit" else self._eark)()

    def error(self, rule: str, file: str, what: str, remedy: str) -> None:
        self.findings.add(rule, "error", file, what, remedy)

    def _bag(self) -> None:
        if not re.match(
            rb"BagIt-Version: [0-9]+\.[0-9]+\s*\nTag-File-Character-Encoding: \S+", self._read("bagit.txt")
        ):
            self.error("bag-declaration", "bagit.txt", "not the declaration of a bag", "write its two lines (RFC 8493)")
        if "fetch.txt" in self.outer.files:
            self.error("bag-fetch", "fetch.txt", "the bag's files are elsewhere", "put them in the bag")
        content = {path for path in self.outer.files if path.startswith(bag.INSIDE)}
        manifests = 0
        for path in sorted(self.outer.files):
            found = _MANIFEST.fullmatch(path)
            if found is None:
                continue
            lines = bag.manifest(self._read(path))
            manifests += not found[1]
            self._listed(path, lines, mdto_rules.algorithm(found[2].upper()))
            for missing in sorted(content - lines.keys()) if not found[1] else ():
                self.error("wrapper-unlisted", missing, f"{path} does not list it", "make the bag again")
        if not manifests:
            self.error("bag-manifest", "", "a bag without a manifest of its content", "add manifest-sha256.txt")
        oxum = re.search(rb"^Payload-Oxum: *(\S+)", self._read("bag-info.txt"), re.MULTILINE)
        right = f"{sum(self.outer.files[path] for path in content)}.{len(content)}"
        if oxum is not None and oxum[1].decode("utf-8", "replace") != right:
            self.error("bag-oxum", "bag-info.txt", f"its Payload-Oxum is not {right}", "make the bag again")

    def _eark(self) -> None:
        listed = {"METS.xml"}
        for path in sorted(self.outer.files):
            if path == "METS.xml" or re.fullmatch(r"representations/[^/]+/METS\.xml", path):
                listed |= {one for one in self._mets(path) if one}
        for missing in sorted(self.outer.files.keys() - listed):
            self.error("wrapper-unlisted", missing, "no METS.xml lists it", "list it, or take it out")

    def _mets(self, path: str) -> Iterator[str]:
        """Check one METS file; gives the paths that it lists."""
        folder = path.rpartition("METS.xml")[0]
        found: dict[str, dict[str, str]] = {}
        try:
            with self.outer.open(path) as stream:
                for href, algorithm, digest in _references(stream):
                    if digest:
                        found.setdefault(algorithm, {})[folder + href] = digest
                    yield folder + href
        except (OSError, MalformedError, ValueError, mdto.library().XMLSyntaxError):
            self.error("mets", path, "not METS that can be read", "write it as XML in UTF-8")
        for algorithm, lines in found.items():
            self._listed(path, lines, mdto_rules.algorithm(algorithm))

    def _listed(self, manifest: str, lines: Mapping[str, str], algorithm: str) -> None:
        for path, digest in sorted(lines.items()):
            if path not in self.outer.files:
                self.error("wrapper-missing", manifest, "lists a file that is not there", "make the package again")
            elif algorithm in mdto_rules.DIGEST_DIGITS and self._digest(path, algorithm) not in (None, digest):
                self.error("wrapper-checksum", path, f"its {algorithm} is not the one in {manifest}", "bring the file")

    def _digest(self, path: str, algorithm: str) -> str | None:
        """The digest of a file; None where it cannot be read, which is told elsewhere."""
        if (path, algorithm) not in self.known:
            try:
                with self.outer.open(path) as stream:
                    seen = formats.examine(stream, path, (algorithm,), identify=False)
            except (OSError, MalformedError):
                return None
            self.known[path, algorithm] = seen.digests[algorithm]
        return self.known[path, algorithm]

    def _read(self, path: str) -> bytes:
        if path not in self.outer.files:
            return b""
        try:
            with self.outer.open(path) as stream:
                return stream.read(TAG_BYTES_MAX)
        except (OSError, MalformedError):
            return b""


def _references(stream: IO[bytes]) -> Iterator[tuple[str, str, str]]:
    """What a METS file refers to: path, algorithm and digest, both empty where it gives none. A piece at a time."""
    parse: Callable[..., Iterable[tuple[str, Any]]] = mdto.library().iterparse
    tags = [f"{_METS}{name}" for name in ("file", "mdRef", "mptr")]
    for _, element in parse(
        stream, tag=tags, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    ):  # fmt: skip
        place = element.find(f"{_METS}FLocat") if element.tag == tags[0] else element
        href = urllib.parse.unquote(place.get(_HREF) or "") if place is not None else ""
        if href:
            yield href, element.get("CHECKSUMTYPE") or "", (element.get("CHECKSUM") or "").lower()
        element.clear()
