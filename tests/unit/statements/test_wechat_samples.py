"""Real WeChat Pay bills, read in place where they are: accepted with their lines, or refused for a
reason that is right. Some footers are of another bill than the lines above them.
"""

from datetime import date
from pathlib import Path

import pytest

from jobs.ingestion.gates.control_totals import control_total_failures
from jobs.ingestion.open_file import plan_file
from jobs.ingestion.parse_tasks import ParsedFile, merge_results, parse_blocks, plan_tasks
from jobs.statements.parser import Sample
from jobs.statements.wechat.bill import identify
from jobs.storage.archive import Storage, archive_file
from schemas.errors import FileRefused
from schemas.profile.channel import Files, Profile
from tests.support.paths import SAMPLES

BILLS = SAMPLES / "wechat_merchant"
pytestmark = pytest.mark.skipif(not BILLS.exists(), reason="the sample files are not present")

#: file, business date, lines, and how the reason begins (empty: accepted).
CASES = [
    # one line under a footer of 48
    (
        "binarywang_WxJava/WxPayBillResultTest__1.csv",
        "2019-07-25",
        1,
        "TOTALS_DIFFER",
        "count declares 48, its lines add up to 1",
    ),
    ("binarywang_WxJava/WxPayBillResultTest__2.csv", "2014-11-10", 2, "", ""),
    (
        "binarywang_WxJava/WxPayBillResultTest__3.csv",
        "2019-07-23",
        1,
        "TOTALS_DIFFER",
        "count declares 31, its lines add up to 1",
    ),
    (
        "binarywang_WxJava/WxPayBillResultTest__4.csv",
        "2019-07-23",
        1,
        "TOTALS_DIFFER",
        "refunded declares 2.02, its lines add up to 0.01",
    ),
    ("dromara_dax-pay/WechatPayReconcileService__all_20240116.csv", "2024-01-16", 3, "", ""),
    ("gunsluo_wechatpay-go/tradebill_test__all_1.csv", "2021-01-28", 3, "", ""),
    # `a0.00` in the footer, `a3` for its count, `a0.00` in a line
    (
        "gunsluo_wechatpay-go/tradebill_test__all_2.csv",
        "2021-01-28",
        3,
        "TOTALS_DIFFER",
        "refund_asked declares 'a0.00', which is no number",
    ),
    (
        "gunsluo_wechatpay-go/tradebill_test__all_3.csv",
        "2021-01-28",
        3,
        "TOTALS_DIFFER",
        "count declares 'a3', which is no number",
    ),
    (
        "gunsluo_wechatpay-go/tradebill_test__all_4.csv",
        "2021-01-28",
        2,
        "REJECTED_LINES",
        "BAD_AMOUNT: 'a0.00' is no amount",
    ),
    ("gunsluo_wechatpay-go/tradebill_test__refund_5.csv", "2021-02-01", 2, "", ""),
    (
        "gunsluo_wechatpay-go/tradebill_test__refund_6.csv",
        "2021-02-01",
        1,
        "REJECTED_LINES",
        "BAD_AMOUNT: 'a0.01' is no amount",
    ),
    ("gunsluo_wechatpay-go/tradebill_test__success_7.csv", "2021-02-01", 1, "", ""),
]

PROFILE = Profile(
    channel="wechat",
    dialect="wechat_bill",
    zone="Asia/Shanghai",
    first_date=date(2014, 1, 1),
    files=Files(pattern="{business_date}"),
)


def read_sample(name: str, day: str, folder: Path) -> tuple[ParsedFile, str | None]:
    """Reads a sample; returns its lines and the failure of its control totals, or None."""
    storage = Storage(str(folder))
    with (BILLS / name).open("rb") as source:
        archived_file = archive_file(storage, source)
    plan = plan_file(storage, archived_file, name, PROFILE)
    tasks = plan_tasks(storage, archived_file, plan, PROFILE, date.fromisoformat(day))
    landed = merge_results(tasks, [parse_blocks(task) for task in tasks])[archived_file.file_id]
    return landed, control_total_failures(
        landed, plan, PROFILE.files, name, date.fromisoformat(day)
    )


@pytest.mark.parametrize(("name", "day", "lines", "code", "said"), CASES)
def test_real_bill_has_its_lines_and_its_verdict(
    name: str, day: str, lines: int, code: str, said: str, tmp_path: Path
) -> None:
    """Each real bill has its count of lines, and its failure of control totals, if any."""
    landed, reason = read_sample(name, day, tmp_path)
    assert landed.line_count == lines
    if code:
        assert reason is not None
        assert reason.startswith(f"{code}: {name}")
        assert said in reason
    else:
        assert reason is None


def test_footer_with_joined_values_is_refused(tmp_path: Path) -> None:
    """`0.03,0.00 without the second backtick: six values below seven headings."""
    with pytest.raises(FileRefused, match=r"BAD_FOOTER: .*6 values below 7 headings"):
        read_sample("gunsluo_wechatpay-go/tradebill_test__success_8.csv", "2021-02-01", tmp_path)


@pytest.mark.parametrize("number", [9, 10, 11])
def test_fund_flow_bill_is_refused_as_merchant_bill(number: int, tmp_path: Path) -> None:
    """A fund-flow bill is no merchant bill."""
    name = f"gunsluo_wechatpay-go/fundflowbill_test__fundflow_{number}.csv"
    content = (BILLS / name).read_bytes()
    assert not identify(Sample(name, len(content), content, content))
    with pytest.raises(FileRefused, match=r"UNKNOWN_LAYOUT"):
        read_sample(name, "2021-02-01", tmp_path)


def test_two_partial_refunds_have_their_own_references(tmp_path: Path) -> None:
    """One payment of 0.02, refunded in two halves: each refund has its own numbers."""
    import pyarrow.parquet as pq

    landed, _ = read_sample(
        "dromara_dax-pay/WechatPayReconcileService__all_20240116.csv", "2024-01-16", tmp_path
    )
    rows = pq.read_table(tmp_path / "statement_lines" / landed.line_files[0].path).to_pylist()
    assert [(row["kind"], row["amount"], row["our_ref"]) for row in rows] == [
        ("PAYMENT", 2, "1747268229775183872"),
        ("REFUND", -1, "R1747268742516264960"),
        ("REFUND", -1, "R1747275041228390400"),
    ]
    assert {row["original_ref"] for row in rows} == {None, "4200002086202401160745964084"}
