"""Elements of a large XML part one by one, each forgotten when the next one comes.

Read without entities, a document type or the network, and never holding more than a few megabytes.
"""

from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from schemas.errors import FileRefused

#: Bytes that may pass without one of the elements coming to its end.
SILENT_BYTES_MAX = 16 * 2**20
#: Bytes of a part that is read as a whole.
WHOLE_BYTES_MAX = 8 * 2**20
_CHUNK_BYTES = 1 << 18
_SAFE: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": False,
}


def elements(
    source: IO[bytes], name: str, file: str, until: str | None = None
) -> Iterator[etree._Element]:
    """The elements of a local name, each as it ends; up to the end of `until`, where it is given.

    Raises:
        FileRefused: no well-formed XML, one with a document type, or one that says nothing.
    """
    ends = (f"{{*}}{name}", f"{{*}}{until or name}")
    parser = etree.XMLPullParser(events=("end",), tag=ends, **_SAFE)
    silent, started = 0, False
    try:
        while chunk := source.read(_CHUNK_BYTES):
            parser.feed(chunk)
            silent += len(chunk)
            element: Any
            for _, element in parser.read_events():
                silent = 0
                started = started or _without_type(element, file)
                if until is not None and etree.QName(element).localname == until:
                    return
                yield element
                _forget(element)
            if silent > SILENT_BYTES_MAX:
                found = f"{SILENT_BYTES_MAX} bytes without an end of {name}"
                raise FileRefused("BAD_XML", file, found, "have it looked at")
        parser.close()
    except etree.XMLSyntaxError as fault:
        raise _bad(fault, file) from fault


def whole(source: IO[bytes], file: str) -> etree._Element:
    """A small part, whole.

    Raises:
        FileRefused: no well-formed XML, one with a document type, or too large a one.
    """
    content = source.read(WHOLE_BYTES_MAX + 1)
    if len(content) > WHOLE_BYTES_MAX:
        found = f"more than {WHOLE_BYTES_MAX} bytes of what should be small"
        raise FileRefused("BAD_XML", file, found, "have it looked at")
    try:
        root = etree.fromstring(content, etree.XMLParser(**_SAFE))
    except etree.XMLSyntaxError as fault:
        raise _bad(fault, file) from fault
    _without_type(root, file)
    return root


def _bad(fault: etree.XMLSyntaxError, file: str) -> FileRefused:
    return FileRefused("BAD_XML", file, f"no well-formed XML: {fault.msg}", "fetch it again")


def _without_type(element: Any, file: str) -> bool:
    if element.getroottree().docinfo.doctype:
        found = "it declares a document type"
        raise FileRefused("UNSAFE_XML", file, found, "have it sent without one")
    return True


def _forget(element: etree._Element) -> None:
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
