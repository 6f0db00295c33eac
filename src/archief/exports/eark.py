"""An E-ARK SIP around a package: METS for the whole and for its one representation (CSIP and E-ARK SIP 2.1).

    METS.xml
    metadata/descriptive/pakbon.xml        the pakbon, as descriptive metadata
    documentation/  schemas/               what the event logs and our lists mean, as in the package itself
    representations/mdto-sip/METS.xml
    representations/mdto-sip/data/         the SIP of MDTO

Source: CSIP and E-ARK SIP of the DILCIS Board, by the rules (CSIPn, SIPn) of eark-validator 1.1.3. Its rule SIP14
cannot be kept: it asks for an attribute without the namespace that the schema gives it.
"""

from __future__ import annotations

import hashlib
import mimetypes
import urllib.parse
from collections.abc import Mapping
from typing import Any, NamedTuple

from archief.exports import mdto

REPRESENTATION = "mdto-sip"
INSIDE = f"representations/{REPRESENTATION}/data/"
PAKBON = "metadata/descriptive/pakbon.xml"
PROFILE = "https://earksip.dilcis.eu/profile/E-ARK-SIP.xml"

_METS = "http://www.loc.gov/METS/"
_CSIP = "https://DILCIS.eu/XML/METS/CSIPExtensionMETS"
_XLINK = "http://www.w3.org/1999/xlink"


class Held(NamedTuple):
    """A file that METS names: its path from where METS.xml lies, SHA-256, bytes."""

    path: str
    sha256: str
    size: int


class Head(NamedTuple):
    """What both METS files say of the package.

    Attributes:
        number: of the SIP.
        title: what it is called.
        time: the moment of the state it was made from.
        organisation: whose records they are.
        version: of the program.
    """

    number: str
    title: str
    time: str
    organisation: str
    version: str


def files(head: Head, content: Mapping[str, Held], around: Mapping[str, bytes]) -> dict[str, bytes]:
    """What stands around the content.

    Args:
        head: what METS says of the package.
        content: every file of the content, its path from the representation's METS.xml.
        around: files beside the representation by their path: the pakbon, documentation, schemas.
    """
    inner = _representation(head, content)
    place = f"representations/{REPRESENTATION}/METS.xml"
    made = {**around, place: inner}
    held = {path: Held(path, hashlib.sha256(raw).hexdigest(), len(raw)) for path, raw in made.items()}
    return {**made, "METS.xml": _package(head, held, place)}


def _package(head: Head, held: Mapping[str, Held], inner: str) -> bytes:
    root = _root(head, head.number)
    add = mdto.library().SubElement
    described = add(root, _m("dmdSec"), ID="dmd-1", CREATED=head.time, STATUS="CURRENT")
    _reference(add(described, _m("mdRef")), held[PAKBON], head.time, MDTYPE="OTHER", OTHERMDTYPE="pakbon")
    section = add(root, _m("fileSec"), ID="files")
    uses = {
        "Documentation": [one for path, one in held.items() if path.startswith("documentation/")],
        "Schemas": [one for path, one in held.items() if path.startswith("schemas/")],
        f"Representations/{REPRESENTATION}": [held[inner]],
    }
    for number, (use, those) in enumerate(uses.items(), 1):
        group = add(section, _m("fileGrp"), ID=f"group-{number}", USE=use)
        _of_mdto(group)
        for one in those:
            _file(group, one, head.time)
    whole = _map(root, head.number)
    add(whole, _m("div"), ID="div-metadata", LABEL="Metadata", DMDID="dmd-1")
    for number, use in enumerate(("Documentation", "Schemas"), 1):
        part = add(whole, _m("div"), ID=f"div-{use.lower()}", LABEL=use)
        add(part, _m("fptr"), FILEID=f"group-{number}")
    parts = add(whole, _m("div"), ID="div-representations", LABEL="Representations")
    add(parts, _m("fptr"), FILEID="group-3")
    part = add(parts, _m("div"), ID="div-representation", LABEL=f"Representations/{REPRESENTATION}")
    pointer = add(part, _m("mptr"), LOCTYPE="URL")
    pointer.set(f"{{{_XLINK}}}type", "simple")
    pointer.set(f"{{{_XLINK}}}href", inner)
    pointer.set(f"{{{_XLINK}}}title", "group-3")
    return _written(root)


def _representation(head: Head, content: Mapping[str, Held]) -> bytes:
    root = _root(head, REPRESENTATION)
    add = mdto.library().SubElement
    section = add(root, _m("fileSec"), ID="files")
    group = add(section, _m("fileGrp"), ID="group-1", USE="Data")
    _of_mdto(group)
    for one in content.values():
        _file(group, one, head.time)
    whole = _map(root, REPRESENTATION)
    add(whole, _m("div"), ID="div-metadata", LABEL="Metadata")
    part = add(whole, _m("div"), ID="div-data", LABEL="Data")
    add(part, _m("fptr"), FILEID="group-1")
    return _written(root)


def _root(head: Head, name: str) -> Any:  # noqa: ANN401 - lxml has no types
    etree = mdto.library()
    root = etree.Element(
        _m("mets"), nsmap={None: _METS, "csip": _CSIP, "xlink": _XLINK},
        OBJID=name, LABEL=head.title, TYPE="Other", PROFILE=PROFILE,
    )  # fmt: skip
    root.set(f"{{{_CSIP}}}OTHERTYPE", "MDTO")
    _of_mdto(root)
    kind = {f"{{{_CSIP}}}OAISPACKAGETYPE": "SIP"}
    header = etree.SubElement(
        root, _m("metsHdr"), kind, CREATEDATE=head.time, LASTMODDATE=head.time, RECORDSTATUS="NEW"
    )
    agent = etree.SubElement(header, _m("agent"), ROLE="CREATOR", TYPE="OTHER", OTHERTYPE="SOFTWARE")
    etree.SubElement(agent, _m("name")).text = "archief"
    note = etree.SubElement(agent, _m("note"), {f"{{{_CSIP}}}NOTETYPE": "SOFTWARE VERSION"})
    note.text = head.version
    owner = etree.SubElement(header, _m("agent"), ROLE="ARCHIVIST", TYPE="ORGANIZATION")
    etree.SubElement(owner, _m("name")).text = mdto.lawful(head.organisation)
    return root


def _map(root: Any, name: str) -> Any:  # noqa: ANN401 - lxml has no types
    add = mdto.library().SubElement
    structure = add(root, _m("structMap"), ID="structure", TYPE="PHYSICAL", LABEL="CSIP")
    return add(structure, _m("div"), ID="div-package", LABEL=name)


def _of_mdto(element: Any) -> None:  # noqa: ANN401 - lxml has no types
    element.set(f"{{{_CSIP}}}CONTENTINFORMATIONTYPE", "OTHER")
    element.set(f"{{{_CSIP}}}OTHERCONTENTINFORMATIONTYPE", "MDTO")


def _file(group: Any, one: Held, time: str) -> None:  # noqa: ANN401 - lxml has no types
    # By its path: the same whatever else is in the package.
    name = f"file-{hashlib.sha256(one.path.encode('utf-8', 'surrogateescape')).hexdigest()[:32]}"
    element = mdto.library().SubElement(
        group, _m("file"), ID=name, MIMETYPE=_media_type(one.path), SIZE=str(one.size), CREATED=time,
        CHECKSUM=one.sha256, CHECKSUMTYPE="SHA-256",
    )  # fmt: skip
    _locate(mdto.library().SubElement(element, _m("FLocat")), one.path)


def _reference(element: Any, one: Held, time: str, **kinds: str) -> None:  # noqa: ANN401 - lxml has no types
    for name, value in {
        **kinds, "MIMETYPE": _media_type(one.path), "SIZE": str(one.size), "CREATED": time, "CHECKSUM": one.sha256,
        "CHECKSUMTYPE": "SHA-256",
    }.items():  # fmt: skip
        element.set(name, value)
    _locate(element, one.path)


def _locate(element: Any, path: str) -> None:  # noqa: ANN401 - lxml has no types
    element.set("LOCTYPE", "URL")
    element.set(f"{{{_XLINK}}}type", "simple")
    element.set(f"{{{_XLINK}}}href", urllib.parse.quote(path))


def _media_type(path: str) -> str:
    """By its ending, out of Python's own table: the machine's would give other bytes elsewhere."""
    return mimetypes.MimeTypes(filenames=()).guess_type(path)[0] or "application/octet-stream"


def _m(name: str) -> str:
    return f"{{{_METS}}}{name}"


def _written(root: Any) -> bytes:  # noqa: ANN401 - lxml has no types
    made: bytes = mdto.library().tostring(root, pretty_print=True, xml_declaration=True, encoding="UTF-8")
    return made
