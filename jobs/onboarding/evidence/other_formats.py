"""What a file looks like that is no table and that no dialect reads as it stands."""

import re

_ROOT = re.compile(
    rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)[^>]*>\s*(?:<(?:[\w.-]*:)?([\w.-]+))?"
)
_MT940_TAG = re.compile(rb"(?m)^:(20|25|28C?|60[FM]|61|86|62[FM]):")


def describe_other_format(head: bytes) -> str | None:
    """What the first bytes of a file look like, in words; None if they may be a table."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"%PDF"):
        return "it is a PDF, which is for people: ask for the statement as a file of data"
    if start.startswith((b"{", b"[")) and re.match(rb'[\[{]\s*["\[{]', start):
        return "it looks like JSON: ask for CSV, or convert it"
    if start.startswith(b"<"):
        return _describe_xml(start)
    tags = {tag[:2] for tag in _MT940_TAG.findall(head)}
    if len(tags) >= 2:
        lacking = [f":{tag.decode()}:" for tag in (b"25", b"60", b"62") if tag not in tags]
        cut = f"; it lacks {', '.join(lacking)}, so it may be cut" if lacking else ""
        return f"it looks like MT940{cut}: fetch it again and use the dialect mt940"
    records = {line[:3] for line in start.splitlines()[:200]}
    if {b"02,", b"03,"} <= records or {b"03,", b"16,"} <= records:
        cut = "" if b"01," in records else "; it lacks its record 01, so it may be cut"
        return f"it looks like BAI2{cut}: fetch it again and use the dialect bai2"
    return None


def _describe_xml(start: bytes) -> str:
    body = re.sub(rb"<[?!].*?>", b"", start[:65536], flags=re.DOTALL).lstrip()
    hit = _ROOT.match(body)
    names = [name.decode("ascii", "replace") for name in hit.groups() if name] if hit else []
    what = f" ({' / '.join(names)})" if names else ""
    if "BkToCstmr" in what:
        return f"it looks like a camt message{what} that is cut or damaged: fetch it again"
    return f"it looks like XML{what}, of which only camt.052, 053 and 054 are read"
