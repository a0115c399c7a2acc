"""Streams the elements of a large XML part and releases each before the next.

The parser reads no entities, no document type and nothing from the network. It holds a few
megabytes at most.
"""

from collections.abc import Iterator
from typing import IO, Any

from lxml import etree

from schemas.errors import FileRefused

#: Most bytes between the ends of two of the elements.
ELEMENT_GAP_BYTES_MAX = 16 * 2**20
#: Most bytes of a part that is read whole.
SMALL_PART_BYTES_MAX = 8 * 2**20
_CHUNK_BYTES = 1 << 18
#: Options of a parser that reads no entities, no DTD and nothing from the network.
SAFE_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": False,
}


def stream_elements(
    source: IO[bytes], name: str, file: str, until: str | None = None
) -> Iterator[etree._Element]:
    """Yields the elements of a local name as they end, up to the end of `until` where given.

    Raises:
        FileRefused: the XML is not well-formed, has a document type, or has none of the elements
            within `ELEMENT_GAP_BYTES_MAX`.
    """
    ends = (f"{{*}}{name}", f"{{*}}{until or name}")
    parser = etree.XMLPullParser(events=("end",), tag=ends, **SAFE_OPTIONS)
    bytes_since_element, is_checked = 0, False
    try:
        while chunk := source.read(_CHUNK_BYTES):
            parser.feed(chunk)
            bytes_since_element += len(chunk)
            element: Any
            for _, element in parser.read_events():
                bytes_since_element = 0
                is_checked = is_checked or assert_no_document_type(element, file)
                if until is not None and etree.QName(element).localname == until:
                    return
                yield element
                release_element(element)
            if bytes_since_element > ELEMENT_GAP_BYTES_MAX:
                problem = f"no element {name} ends within {ELEMENT_GAP_BYTES_MAX} bytes"
                raise FileRefused("BAD_XML", file, problem, "inspect the file")
        parser.close()
    except etree.XMLSyntaxError as fault:
        raise bad_xml(fault, file) from fault


def parse_small_part(source: IO[bytes], file: str) -> etree._Element:
    """Parses a small part whole.

    Raises:
        FileRefused: the XML is not well-formed, has a document type, or is too large.
    """
    content = source.read(SMALL_PART_BYTES_MAX + 1)
    if len(content) > SMALL_PART_BYTES_MAX:
        problem = f"a part has more than {SMALL_PART_BYTES_MAX} bytes and should be small"
        raise FileRefused("BAD_XML", file, problem, "inspect the file")
    try:
        root = etree.fromstring(content, etree.XMLParser(**SAFE_OPTIONS))
    except etree.XMLSyntaxError as fault:
        raise bad_xml(fault, file) from fault
    assert_no_document_type(root, file)
    return root


def bad_xml(fault: etree.XMLSyntaxError, file: str, line: int = 0) -> FileRefused:
    """The error for XML that is not well-formed."""
    problem = f"it is not well-formed XML: {fault.msg}"
    return FileRefused("BAD_XML", file, problem, "fetch it again", line)


def assert_no_document_type(element: Any, file: str) -> bool:
    """Makes sure that a document declares no document type, and so no entities; returns True.

    Raises:
        FileRefused: it declares one.
    """
    if element.getroottree().docinfo.doctype:
        problem = "it declares a document type"
        raise FileRefused("UNSAFE_XML", file, problem, "ask the sender for a file without one")
    return True


def release_element(element: etree._Element) -> None:
    """Removes an element's content, and the elements before it below the same parent."""
    parent = element.getparent()
    element.clear()
    while parent is not None and element.getprevious() is not None:
        del parent[0]
