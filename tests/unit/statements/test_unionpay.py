"""UnionPay's detail and error files: made records, the amounts and their signs, damage.

A line below is shown as (kind, amount, fee, our_ref, order_ref, original_ref).
"""

import io
import zipfile
from datetime import date
from itertools import pairwise

import pytest

from jobs.statements.parser import Sample
from jobs.statements.unionpay import zm as unionpay_zm
from jobs.statements.unionpay import zme as unionpay_zme
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY
from tests.support.unionpay_files import (
    ZM_FILE_NAME,
    ZME_FILE_NAME,
    build_zm_record,
    build_zme_record,
    join_records,
)

NAMES = ("kind", "amount", "fee", "our_ref", "order_ref", "original_ref")


def read_records(
    content: bytes, name: str = ZM_FILE_NAME, block_bytes: int = 2**20, **options: object
) -> ReadResult:
    """Reads a file under this name."""
    dialect = "unionpay_zme" if "ZME" in name else "unionpay_zm"
    page = {
        "channel": "unionpay",
        "dialect": dialect,
        "zone": "Asia/Shanghai",
        "first_date": "2016-11-01",
        "files": {"pattern": "{business_date}", "day_check": "none", "member": "*ZM_*"},
        "unionpay": options,
    }
    return read_statement(content, Profile.model_validate(page), DAY, name, block_bytes)


def summarize(result: ReadResult) -> list[tuple[object, ...]]:
    """The accepted lines as short tuples."""
    return [tuple(row[name] for name in NAMES) for row in result.lines]


REFUND = {"original_id": "202611120930000000071", "original_order": "S20261112000071"}
GOOD = [
    build_zm_record(1, 10000, 60),
    build_zm_record(2, -4000, -24, **REFUND, order_no="R1"),
    build_zm_record(3, -500, 0, kind="12", code="S00"),
]
EXPECTED = [
    ("PAYMENT", 10000, 60, "S20261116000001", "S20261116000001", None),
    ("REFUND", -4000, -24, "R1", "S20261112000071", "202611120930000000071"),
    ("PAYOUT", -500, 0, "S20261116000003", "S20261116000003", None),
]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("block_bytes", [2**20, 700])
@pytest.mark.parametrize(
    "name", [ZM_FILE_NAME, ZM_FILE_NAME + ".txt", "898000000000001_20261116.txt"]
)
def test_payment_refund_and_payout_are_read(end: bytes, block_bytes: int, name: str) -> None:
    """100.00 less 0.60; 40.00 back, 0.24 of the fee with it; 5.00 paid out."""
    result = read_records(join_records(GOOD, end), name, block_bytes)
    assert (result.verdict, summarize(result)) == ("ACCEPTED", EXPECTED)
    first = result.lines[0]
    assert (first["channel_ref"], first["account_tail"]) == ("202611160930000000001", "0017")
    assert (first["card_type"], first["product"], first["terminal_id"]) == (
        "DEBIT",
        "000201",
        "01080209",
    )
    assert first["merchant_id"] == "898000000000001"
    assert str(first["settlement_date"]) == "2026-11-16"
    assert str(first["traded_at"])[:19] == "2026-11-16 01:30:00"
    # the format declares no total: nothing is said to be checked
    assert {(row["name"], row["declared"]) for row in result.totals} == {
        ("count", None),
        ("amount", None),
        ("fee", None),
    }


def test_records_before_and_since_v25_give_same_lines() -> None:
    """The reserve of 98 bytes, or six fields in it: one record of 607 bytes, the same lines."""
    old = build_zm_record(1, 10000, 60, since_v25=False, reserve="保留" * 12)
    new = build_zm_record(
        1, 10000, 60, cleared="C000000009940", rrn="012345678901", campaign="满减"
    )
    assert len(old) == len(new) == 607
    assert [row["amount"] for row in read_records(join_records([old, new])).lines] == [10000, 10000]


def test_field_positions_are_bytes() -> None:
    """A shop's name of sixteen two-byte characters does not shift what follows it."""
    result = read_records(
        join_records([build_zm_record(1, 700, 0, second_name="龘" * 16, terminal="09")])
    )
    assert [(row["amount"], row["terminal_id"]) for row in result.lines] == [(700, "09")]


@pytest.mark.parametrize(
    ("name", "printed", "moment"),
    [
        ("INN17010188ZM_898000000000001", "1231230201", "2016-12-31 15:02:01"),
        ("INN17010188ZM_898000000000001", "0101225959", "2017-01-01 14:59:59"),
        ("INN16123101ZM_898000000000001", "1230230000", "2016-12-30 15:00:00"),
        ("inbox/20170101/INN16022900ZM_898000000000001", "0229120000", "2016-02-29 04:00:00"),
    ],
)
def test_year_is_taken_from_the_file_date(name: str, printed: str, moment: str) -> None:
    """The settlement day begins at 23:00 of the day before, also on New Year's Eve."""
    result = read_records(join_records([build_zm_record(1, 100, time=printed)]), name)
    assert [str(row["traded_at"])[:19] for row in result.lines] == [moment]


def test_file_without_a_date_takes_the_business_date_or_is_refused() -> None:
    """The year comes from the business date; without one the file is refused."""
    content = join_records(GOOD)
    page = Profile.model_validate(
        {"channel": "u", "dialect": "unionpay_zm", "zone": "Asia/Shanghai"}
        | {"first_date": "2016-11-01", "files": {"pattern": "{business_date}"}}
    )
    for day in (date(2026, 11, 16), date(2027, 1, 1)):
        sample = Sample("statement.txt", len(content), content, content, day)
        assert unionpay_zm.plan(sample, page).file_date == day
    with pytest.raises(FileRefused, match="NO_FILE_DATE"):
        unionpay_zm.plan(Sample("statement.txt", len(content), content, content), page)


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (build_zm_record(9, 100, 1, settled="C000000000100"), "SETTLEMENT_DIFFERS"),
        (build_zm_record(9, 100, 1, settled="D000000000099"), "SETTLEMENT_DIFFERS"),
        (build_zm_record(9, 100, 1, fee="C000000000001"), "SETTLEMENT_DIFFERS"),
        (build_zm_record(9, 100, 1, settled=""), "NO_VALUE: 结算金额 is empty"),
        (build_zm_record(9, 100, 1, settled="000000000099"), "BAD_SIGN: 结算金额"),
        (build_zm_record(9, 100, 1, amount="0000000001.0"), "BAD_AMOUNT: amount '0000000001.0'"),
        (build_zm_record(9, -100, kind="01"), "BAD_SIGN: 结算金额 is D on a line of this kind"),
        (build_zm_record(9, 100, kind="04"), "BAD_SIGN: 结算金额 is C on a line of this kind"),
        (build_zm_record(9, 100, kind="00"), "UNKNOWN_KIND: '00'"),
        (build_zm_record(9, 100, kind=""), "NO_VALUE: kind is empty"),
        (build_zm_record(9, 100, time="1331230000"), "BAD_TIME"),
        (build_zm_record(9, 100, query_id=""), "NO_VALUE: channel_ref is empty"),
        (build_zm_record(9, 100).replace(b" ", b"", 1), "WRONG_LENGTH: 606 bytes, not 607"),
        (build_zm_record(9, 100).replace(b"S22 ", b"S22|"), "BAD_SEPARATOR: byte 4"),
        (
            build_zm_record(9, 100).replace(b"S20", b"\xff\xff\xff"),
            "BAD_ENCODING: bytes 113 to 144",
        ),
        (build_zm_record(9, 100).replace(b"S22", b"S\0002"), "NUL_BYTE"),
        (build_zme_record(9, 100), "WRONG_LENGTH: 339 bytes, not 607"),
    ],
)
def test_only_the_bad_line_is_rejected(record: bytes, reason: str) -> None:
    """The line is rejected with its number and reason, and the file is refused."""
    result = read_records(join_records([GOOD[0], record, *GOOD[1:]]))
    assert [row["line_no"] for row in result.rejected] == [2]
    assert result.rejected[0]["reason"].startswith(reason)
    assert summarize(result) == EXPECTED
    assert result.verdict.startswith("REJECTED_LINES")


def test_zero_amount_needs_no_sign_letter() -> None:
    """An amount of nothing goes without its letter: 1.00, no fee, 1.00 settled."""
    result = read_records(join_records([build_zm_record(1, 100, fee="000000000000")]))
    assert summarize(result)[0][:3] == ("PAYMENT", 100, 0)


def test_truncated_file_gives_no_wrong_line() -> None:
    """Cut anywhere in a line, the last line is rejected; no line is read wrongly."""
    content = join_records(GOOD)
    for size in range(1, len(content), 97):
        result = read_records(content[:size])
        whole, rest = divmod(size, 609)
        assert summarize(result) == EXPECTED[: whole + (rest >= 607)]
        assert result.is_accepted == (rest in (0, 607, 608))


def test_lost_or_doubled_byte_gives_no_wrong_line() -> None:
    """A byte lost or doubled anywhere: never an accepted line that is not one of the three."""
    content = join_records(GOOD)
    for at in range(0, len(content), 41):
        for damaged in (content[:at] + content[at + 1 :], content[: at + 1] + content[at:]):
            assert set(summarize(read_records(damaged))) <= set(EXPECTED)


def test_lines_of_another_merchant_are_rejected() -> None:
    """A file of a merchant that the profile does not name is another channel's."""
    result = read_records(join_records(GOOD), merchants=["898000000000002"])
    assert {row["reason"][:13] for row in result.rejected} == {"OTHER_CHANNEL"}
    assert read_records(join_records(GOOD), merchants=["898000000000001"]).is_accepted


def test_profile_adds_a_kind() -> None:
    """A bill payment under 13, and 33 as a reversal, where the profile says so."""
    content = join_records(
        [build_zm_record(1, 100, kind="13"), build_zm_record(2, -100, kind="33")]
    )
    assert not read_records(content).is_accepted
    result = read_records(content, kinds={"13": "PAYMENT", "33": "REFUND"})
    assert [row["kind"] for row in result.lines] == ["PAYMENT", "REFUND"]


def test_profile_names_the_member_of_a_zip() -> None:
    """UnionPay's zip holds detail, errors and summaries; the profile names the member."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as out:
        out.writestr(ZM_FILE_NAME, join_records(GOOD))
        out.writestr(ZME_FILE_NAME, join_records([build_zme_record(1, 100)]))
    result = read_records(packed.getvalue(), "898000000000001_20261116.zip")
    assert (result.verdict, summarize(result)) == ("ACCEPTED", EXPECTED)


def test_error_file_gives_adjustments_and_refunds() -> None:
    """An adjustment of 12.00 to us and one of 3.00 from us, a refund; no numbers of ours."""
    content = join_records(
        [
            build_zme_record(1, 1200, 7),
            build_zme_record(2, -300, code="E74"),
            build_zme_record(3, -100, -1, code="S30"),
        ]
    )
    result = read_records(content, ZME_FILE_NAME)
    assert result.verdict == "ACCEPTED"
    assert [(row["kind"], row["amount"], row["fee"]) for row in result.lines] == [
        ("ADJUSTMENT", 1200, 7),
        ("ADJUSTMENT", -300, 0),
        ("REFUND", -100, -1),
    ]
    assert result.lines[0]["channel_ref"] == "000001-1116093000-00049992-00049993"
    assert result.lines[0]["original_ref"] == "000501-1112083000"
    assert [row["our_ref"] for row in result.lines] == [None] * 3
    assert (
        read_records(content, ZME_FILE_NAME, kinds={"E84": "CHARGEBACK"}).rejected[0]["line_no"]
        == 1
    )
    wrong = read_records(join_records([build_zme_record(1, 1200, code="X01")]), ZME_FILE_NAME)
    assert wrong.rejected[0]["reason"] == "UNKNOWN_KIND: 'X01'; say in unionpay.kinds what it is"


def test_compound_reference_is_unique() -> None:
    """Trace numbers repeat within a day; with agent, sender and time they are unique."""
    refs = [
        row["channel_ref"]
        for row in read_records(
            join_records(
                [
                    build_zme_record(1, 1),
                    build_zme_record(1, 1, time="1116093001"),
                    build_zme_record(1, 1, sender="7"),
                ]
            ),
            ZME_FILE_NAME,
        ).lines
    ]
    assert all(one != other for one, other in pairwise(refs))


def test_identify_tells_zm_from_zme() -> None:
    """A ZM file is no ZME file, and other text is neither."""
    for own, other, record in (
        (unionpay_zm, unionpay_zme, build_zm_record),
        (unionpay_zme, unionpay_zm, build_zme_record),
    ):
        for end in (b"\n", b"\r\n"):
            content = join_records([record(1, 100)], end)
            assert own.identify(Sample(ZM_FILE_NAME, len(content), content, content))
            assert not other.identify(Sample(ZM_FILE_NAME, len(content), content, content))
    for text in (b"", b"a,b,c\n" * 9, b" " * 607):
        assert not unionpay_zm.identify(Sample(ZM_FILE_NAME, len(text), text, text))
