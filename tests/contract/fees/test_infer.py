"""A card is proposed from the fees on stored lines, with the share of lines that it explains."""

import pytest
import yaml
from pyspark.sql import SparkSession

from jobs.lake.tables import Lake
from jobs.reports.fees.infer import infer_card
from jobs.reports.fees.text import describe_proposal, render_proposal
from schemas.fee_schedule import FeeSchedule
from schemas.fees.card_checks import find_card_faults
from schemas.profile.channel import Profile
from schemas.tables import STATEMENT_FILES, STATEMENT_LINES
from tests.support.fee_ledger import DAY, accepted_file, fee_line, line_frame, refund_line
from tests.support.ledger import day

PROFILE = Profile.model_validate(
    {
        "channel": "wechat",
        "dialect": "wechat_bill",
        "zone": "Asia/Shanghai",
        "first_date": "2026-11-16",
        "files": {"pattern": "wechat/{business_date:%Y-%m-%d}/*.csv"},
    }
)


@pytest.mark.sail_only
def test_proposal_says_which_lines_it_explains(lake: Lake, spark: SparkSession) -> None:
    """Two products; of one a line is wrong, and the fees of a third follow no price. Refunds and
    lines without a fee are not looked at. The page is a card without a fault.
    """
    lines = [fee_line(f"q{n}", 977 * n, (977 * n * 25 + 5_000) // 10_000, product="qr")
             for n in range(1, 60)]  # fmt: skip
    lines += [fee_line(f"a{n}", 977 * n, (977 * n * 6 + 500) // 1_000, product="app")
              for n in range(1, 40)]  # fmt: skip
    lines += [fee_line(f"x{n}", 1_000 * n, n * n % 17, product="x") for n in range(1, 9)]
    lines += [fee_line("w", 10_000, 77, product="qr"), fee_line("n", 10_000, None),
              refund_line("r", -10_000, -3, product="qr")]  # fmt: skip
    lake.replace_day(STATEMENT_LINES, line_frame(spark, *lines), DAY, "wechat")
    lake.append_rows(STATEMENT_FILES, [accepted_file(len(lines))])
    proposal = infer_card(lake, PROFILE, [DAY, day(7)])
    assert proposal.not_ingested == (day(7),)
    assert proposal.unexplained == ("x / any / CNY",)
    assert (proposal.lines, proposal.explained) == (59 + 39 + 8 + 1, 59 + 39)
    text = render_proposal(proposal)
    assert text[1] == "# explains 98 of 107 lines exactly (91.58 %)"
    assert "# no price explains half of the lines of x / any / CNY" in text
    card = FeeSchedule.model_validate(yaml.safe_load("\n".join(text)))
    assert [(entry.product, entry.rate) for entry in card.entries] == [
        (("app",), "0.006"),
        (("qr",), "0.0025"),
    ]
    assert find_card_faults(card) == []
    shares = {entry["name"]: entry["share"] for entry in describe_proposal(proposal)["entries"]}
    assert shares == {"app / any / CNY": "100.00", "qr / any / CNY": "98.33"}
