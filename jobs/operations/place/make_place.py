"""Makes the folders and the first pages of a new place. It never changes a file that is there."""

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from shlex import quote

_FOLDERS = ("config/channels", "config/fee_schedules", "config/calendars", "inbox/internal")
_INTERNAL = """# Our own side: one snapshot per business date, for all channels together.
pattern: "internal/{business_date:%Y-%m-%d}/*"   # below --inbox; Parquet, or CSV with a header
"""
_SETTINGS = """# Read it into your shell once:  source {name}
export TIEOUT_LAKE={lake}
export TIEOUT_CONFIG={config}
export TIEOUT_INBOX={inbox}
"""
SETTINGS = "tieout.env"


@dataclass
class MadePlace:
    """What was made, and what was there before and kept, as paths below the place."""

    root: Path
    created: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def make_place(root: Path, channel: str, shipped_page: str, first_date: date) -> MadePlace:
    """Makes a place with the page of one channel, from the text of a shipped page.

    Raises:
        OSError: the place cannot be written.
    """
    place = MadePlace(root)
    for folder in (*_FOLDERS, f"inbox/{channel}"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    _write_new(place, "config/internal.yaml", _INTERNAL)
    page = fill_page(shipped_page, channel, first_date)
    _write_new(place, f"config/channels/{channel}.yaml", page)
    places = {name: quote(str(root.resolve() / name)) for name in ("lake", "config", "inbox")}
    settings = _SETTINGS.format(name=quote(str(root / SETTINGS)), **places)
    _write_new(place, SETTINGS, settings)
    return place


def fill_page(shipped_page: str, channel: str, first_date: date) -> str:
    """A shipped page under the name of a channel: its name, its first date, its inbox folder."""
    old_name = re.search(r"^channel: *([^\s#]+)", shipped_page, re.MULTILINE)
    text = re.sub(r"(?m)^channel: *[^\s#]+", f"channel: {channel}", shipped_page)
    text = re.sub(r"(?m)^first_date: *[^\s#]+", f"first_date: {first_date}", text)
    if old_name:
        text = re.sub(
            rf'(?m)^(\s+#? ?(?:pattern|marker): "){re.escape(old_name[1])}/',
            rf"\g<1>{channel}/",
            text,
        )
    return text


def _write_new(place: MadePlace, name: str, text: str) -> None:
    path = place.root / name
    if path.exists():
        place.kept.append(name)
        return
    path.write_text(text, encoding="utf-8")
    place.created.append(name)
