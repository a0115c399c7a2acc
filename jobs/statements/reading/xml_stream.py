"""Streams the elements of a large XML part; the tree in memory stays small, whatever it holds.

The parser reads no entities, no document type and nothing from the network.
"""

from collections.abc import Iterator, Sequence
from typing import IO, Any

from lxml import etree

from schemas.errors import FileRefused

#: Most bytes, and most elements with attributes, that are held at a time: some 60 MB of memory.
TREE_BYTES_MAX, TREE_NODES_MAX = 16 * 2**20, 400_000
#: A tree of fewer bytes is not counted.
_SMALL_TREE_BYTES = 2**16
#: Most bytes above the first of the elements.
HEAD_BYTES_MAX = 2 * 2**20
#: Most bytes of a part that is read whole.
SMALL_PART_BYTES_MAX = 8 * 2**20
#: The reader checks the tree after every so many bytes.
_CHUNK_BYTES, _CHECKED_BYTES = 1 << 15, 1 << 18
#: Options of a parser that reads no entities, no DTD and nothing from the network.
SAFE_OPTIONS: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "remove_pis": True,
    "huge_tree": False,
}


def parse_events(
    source: IO[bytes], file: str, events: Sequence[Any], names: Sequence[str]
) -> Iterator[tuple[str, Any]]:
    """Yields the events of the elements with these local names; the caller releases elements.

    Raises:
        FileRefused: the elements that are not released yet, and those between them, are too large.
        XMLSyntaxError: the XML is not well-formed.
    """
    parser = etree.XMLPullParser(
        events=tuple(events), tag=[f"{{*}}{name}" for name in names], **SAFE_OPTIONS
    )
    root: Any = None
    event: Any
    element: Any
    byte_count = checked_at = 0
    while chunk := source.read(_CHUNK_BYTES):
        parser.feed(chunk)
        byte_count += len(chunk)
        for event, element in parser.read_events():
            if root is None:
                root = element.getroottree().getroot()
            yield event, element
        if root is not None and byte_count - checked_at >= _CHECKED_BYTES:
            checked_at = byte_count
            _assert_small_tree(root, names[0], file)
        elif root is None and byte_count > HEAD_BYTES_MAX:
            raise _too_large(f"no element {names[0]} in the first {HEAD_BYTES_MAX} bytes", file)
    parser.close()
    yield from parser.read_events()


def _assert_small_tree(root: Any, name: str, file: str) -> None:
    byte_size = len(etree.tostring(root, encoding="utf-8"))
    if byte_size > TREE_BYTES_MAX:
        raise _too_large(f"more than {TREE_BYTES_MAX} bytes belong to one {name}", file)
    if byte_size > _SMALL_TREE_BYTES and root.xpath("count(//*) + count(//@*)") > TREE_NODES_MAX:
        problem = f"more than {TREE_NODES_MAX} elements and attributes belong to one {name}"
        raise _too_large(problem, file)


def _too_large(problem: str, file: str) -> FileRefused:
    return FileRefused("BAD_XML", file, problem, "inspect the file, no statement is like this")


def stream_elements(
    source: IO[bytes], name: str, file: str, until: str | None = None
) -> Iterator[etree._Element]:
    """Yields the elements of a local name as they end, up to the end of `until` where given.

    Raises:
        FileRefused: the XML is not well-formed, has a document type, or an element and what stands
            before it are too large.
    """
    is_checked = False
    try:
        for _, element in parse_events(source, file, ("end",), (name, until or name)):
            is_checked = is_checked or assert_no_document_type(element, file)
            if until is not None and etree.QName(element).localname == until:
                return
            yield element
            release_element(element)
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
    if content.count(b"<") > 2 * TREE_NODES_MAX or content.count(b"=") > 2 * TREE_NODES_MAX:
        problem = f"a part has more than {TREE_NODES_MAX} elements or attributes"
        raise _too_large(problem, file)
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
