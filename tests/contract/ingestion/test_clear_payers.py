"""Payers' names are masked, but for those that a payer rule names on a bank account."""

from pathlib import Path

import pytest

from jobs.ingestion.receive_statements import receive_day
from jobs.lake.tables import Lake
from jobs.storage.archive import Storage
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_FILES, STATEMENT_LINES
from tests.support.ledger import T

PAGE = {
    "channel": "icbc",
    "dialect": "delimited",
    "zone": "UTC",
    "first_date": T,
    "files": {"pattern": "icbc/{business_date:%Y-%m-%d}.csv", "due": "10:00"},
    "layout": {
        "columns": {"traded_at": "time", "channel_ref": "no", "amount": "amount",
                    "payer_name": "payer"},
        "constants": {"kind": "PAYMENT", "status": "SUCCEEDED", "currency": "CNY"},
    },
}  # fmt: skip
LINES = (
    "time,no,amount,payer",
    f"{T} 08:00:00,1,10.00,Tenpay Ltd",
    f"{T} 09:00:00,2,5.00,Jane Doe",
)


@pytest.mark.sail_only
def test_changed_payer_rule_reads_the_archived_file_again(lake: Lake, tmp_path: Path) -> None:
    """Masked at first; in clear once a rule names the payer, though the inbox is empty by then; and
    masked again without the rule. What has not changed is not written again.
    """
    lake.prepare()
    statement = tmp_path / f"inbox/icbc/{T}.csv"
    statement.parent.mkdir(parents=True)
    statement.write_text("\n".join(LINES) + "\n")
    inbox, page = Storage(str(tmp_path / "inbox")), Profile.model_validate(PAGE)

    def names(profile: Profile) -> list[str]:
        receive_day(lake, profile, inbox, T)
        rows = lake.read_arrow(STATEMENT_LINES, T, T, "icbc").to_pylist()
        return [row["payer_name"] for row in sorted(rows, key=lambda row: str(row["line_id"]))]

    assert names(page) == ["T**", "J**"]
    statement.unlink()
    with_rule = page.with_other_pages(["TENPAY"], None)
    assert names(with_rule) == ["Tenpay Ltd", "J**"]
    (row,) = lake.read_rows(STATEMENT_FILES, channel="icbc")
    assert (row["status"], row["clear_payers"]) == ("ACCEPTED", "TENPAY")
    version = lake.version(STATEMENT_LINES)
    assert names(with_rule) == ["Tenpay Ltd", "J**"]
    assert lake.version(STATEMENT_LINES) == version
    assert names(page) == ["T**", "J**"]
