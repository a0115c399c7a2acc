"""`tieout profile new`: a drafted page is valid and reads its statement correctly."""

import json
import zipfile
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from jobs.__main__ import main
from jobs.onboarding.catalog import SHIPPED
from jobs.onboarding.draft import draft_page
from jobs.onboarding.evidence.value_formats import detect_amount_format, detect_time_format
from jobs.onboarding.file_names import file_pattern
from jobs.onboarding.page_text import to_flow_yaml
from jobs.onboarding.shipped_pages import load_page
from schemas.errors import FileRefused
from tests.fuzz.damage import COMMON, GoodFile
from tests.support.paths import GOLDEN
from tests.support.workbooks import Sheet, build_golden_workbooks, build_workbook, number_rows

PAGES = {page.stem: page for page in SHIPPED.glob("*.yaml")}
CARD, NAME = "6222020200001234567", "王小明"


def run_profile(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, text, and the summary of the last line."""
    status = main(["profile", *argv])
    out = capsys.readouterr().out.rstrip("\n").split("\n")
    return status, "\n".join(out[:-1]), json.loads(out[-1])


def draft(
    capsys: pytest.CaptureFixture[str], folder: Path, statement: Path
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Drafts a page from a statement; returns the summary, the page, and the summary of `try`."""
    page = folder / "shop.yaml"
    page.unlink(missing_ok=True)
    status, _, summary = run_profile(capsys, "new", str(statement), "--out", str(page))
    assert status == 0, summary
    tree = YAML(typ="safe").load(page.read_text("utf-8"))
    if summary["faults"]:
        return summary, tree, {}
    assert run_profile(capsys, "check", str(page))[0] == 0
    return summary, tree, run_profile(capsys, "try", str(page), str(statement))[2]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_file_of_a_known_dialect_gets_its_shipped_page(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    """Each golden statement gets its dialect and its own page, and would be accepted."""
    (statement,) = (GOLDEN / "shipped" / name).glob("statement*")
    summary, page, trial = draft(capsys, tmp_path, statement)
    assert summary["dialect"] == page["dialect"] == load_page(PAGES[name]).dialect
    assert f"fits the page {name} " in (tmp_path / "shop.yaml").read_text("utf-8")
    assert (page["channel"], trial["verdict"]) == ("shop", "ACCEPTED")
    assert str(page["first_date"]) == "2026-11-16"


def test_workbook_is_drafted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Header below a preamble, a date and a time column, and two totals equal to its lines."""
    statement = GOLDEN / "xlsx" / "report" / "statement.xlsx"
    summary, page, trial = draft(capsys, tmp_path, statement)
    layout = page["layout"]
    assert (summary["dialect"], trial["verdict"], trial["lines"]) == ("xlsx", "ACCEPTED", 3)
    assert layout["columns"]["traded_at"] == ["交易日期", "交易时间"]
    assert [total["name"] for total in layout["totals"]] == ["count", "amount"]
    assert "sheet" not in layout and layout["kinds"] == {"消费": "PAYMENT", "退货": "REFUND"}


def test_sheet_with_a_table_is_chosen(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The first sheet is a cover. The page names the second by number: its name can be personal."""
    table = number_rows(("Transaction ID", "Amount", "Currency", "Time"),
                    ("A1", 1.5, "EUR", "2026-11-16 10:00:00"))  # fmt: skip
    statement = tmp_path / "s.xlsx"
    statement.write_bytes(build_workbook(Sheet("cover", {1: ["hello"]}), Sheet(NAME, table)))
    _, page, trial = draft(capsys, tmp_path, statement)
    assert (page["layout"]["sheet"], trial["verdict"]) == (2, "ACCEPTED")
    assert NAME not in (tmp_path / "shop.yaml").read_text("utf-8")


BANK = (
    f"账户：{CARD}  户名：{NAME}\n总笔数：6\n"
    "交易日期|交易时间|流水号|收入金额|支出金额|余额|对方户名|对方账号\n"
    + "".join(
        f"20261116|1012{n:02}|{n:08}|{'1,000.00' if n % 2 else ''}|{'' if n % 2 else '20.00'}|1.00"
        f"|{NAME}|{CARD}\n"
        for n in range(6)
    )
).encode("gb18030")
SHOP = (
    '"Transaction ID","Merchant Reference","Type","Status","Created At","Amount","Fee","Currency"\n'
    + "".join(
        f'"T{n:012}","S{n:04}","{"Refund" if n % 5 == 4 else "Sale"}","Completed",'
        f'"11/{n % 3 + 14}/2026 10:{n:02}:00","{"-" if n % 5 == 4 else ""}1,{n:03}.50","0.30",'
        '"USD"\n'
        for n in range(20)
    )
    + '"Total","20","","","","12,104.00","6.00",""\n'
).encode()
FEN = (
    "#平台对账文件\n流水号,商户订单号,交易时间,借贷标志,交易类型,交易金额(分),手续费(分)\n"
    + "".join(
        f"`42000{n:020},`S{n},20261116101{n}00,{'D' if n == 3 else 'C'},"
        f"{'退货' if n == 3 else '消费'},{n * 100 + 5},{n}\n"
        for n in range(6)
    )
    + "合计,6,,,,920,15\n"
).encode()
EURO = (
    "Payment ID;Date;Gross;State;\n"
    + "".join(f"P{n};1{n}.11.2026 09:30;€ 1.{n}00,50;settled;\n" for n in range(9))
    + "Records: 9\nTotal: 12604,50\nprinted by the system\n"
).encode()


@pytest.mark.parametrize(
    ("content", "lines", "expected"),
    [
        (BANK, 6, {
            "encoding": "gb18030", "separator": "|", "preamble": "find",
            "time_format": "%Y%m%d %H%M%S", "amounts": {"thousands": ","},
            "in_out": {"incoming": "收入金额", "outgoing": "支出金额"},
            "kind_by_sign": {"incoming": "PAYMENT", "outgoing": "REFUND"},
            "constants": {"status": "SUCCEEDED", "currency": "CNY"},
            "totals": [{"at": "head", "name": "count", "after": "总笔数"}],
        }),
        (SHOP, 20, {
            "quote": '"', "time_format": "%m/%d/%Y %H:%M:%S", "amounts": {"thousands": ","},
            "kinds": {"Refund": "REFUND", "Sale": "PAYMENT"},
            "statuses": {"Completed": "SUCCEEDED"},
            "trailer": {"starts_with": '"Total', "totals": {"count": 2, "amount": 6, "fee": 7}},
        }),
        (FEN, 6, {
            "amount_unit": "minor", "strip": " \t`'", "time_format": "%Y%m%d%H%M%S",
            "sign": {"column": "借贷标志", "positive": ["C"], "negative": ["D"]},
            "trailer": {"starts_with": "合计", "totals": {"count": 2, "amount": 6, "fee": 7}},
        }),
        (EURO, 9, {
            "separator": ";", "currencies": {"€": "EUR"}, "footer": {"starts": "Records\\b"},
            "amounts": {"decimal": ",", "thousands": ".", "currency": True},
            "totals": [{"name": "count", "after": "Records"}, {"name": "amount", "after": "Total"}],
        }),
    ],
    ids=["bank", "shop", "fen", "euro"],
)  # fmt: skip
def test_text_table_is_drafted(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, lines: int,
    expected: dict[str, Any],
) -> None:  # fmt: skip
    """Encoding, separator, header, columns, times, signs, units, totals; no personal data."""
    statement = tmp_path / f"{NAME}_20261116_{CARD}.csv"
    statement.write_bytes(content)
    summary, page, trial = draft(capsys, tmp_path, statement)
    layout = page["layout"]
    assert {key: layout.get(key) for key in expected} == expected
    asked = [question.rsplit("(")[-1] for question in summary["open"]]
    # Nobody but a person knows what goes out of a bank account; and its balance does not follow.
    assert asked == (["kind_by_sign)", "balance)"] if "kind_by_sign" in expected else [])
    assert (trial["verdict"], trial["lines"]) == ("ACCEPTED", lines)
    assert page["files"]["pattern"] == "shop/*{business_date:%Y%m%d}*.csv"
    text = (tmp_path / "shop.yaml").read_text("utf-8")
    assert CARD not in text and NAME not in text and CARD[-4:] not in text


def test_unknown_values_become_questions(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No currency and an unknown kind become comments, and the page is not valid yet."""
    statement = tmp_path / "a.csv"
    statement.write_text(
        "id,type,amount,time\nA,xyz,1.00,2026-11-16 10:00:00\nB,sale,2.00,2026-11-16 10:00:00\n"
    )
    summary, page, _ = draft(capsys, tmp_path, statement)
    assert [question.split(" ")[1] for question in summary["open"]] == ["kind", "currency"]
    assert ["??? stands for what only you know" in fault for fault in summary["faults"]] == [True]
    assert page["layout"]["constants"]["currency"] == "???"
    assert page["layout"]["kinds"] == {"sale": "PAYMENT"}
    text = (tmp_path / "shop.yaml").read_text("utf-8")
    assert "# say which currency it is in (constants.currency)" in text


def test_zip_member_of_a_shipped_page_is_chosen(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Alipay sends a zip with details and a summary."""
    inner = (GOLDEN / "shipped" / "alipay" / "statement.csv").read_bytes()
    statement = tmp_path / "2088000000000000156_20261116.csv.zip"
    with zipfile.ZipFile(statement, "w") as out:
        out.writestr("a_业务明细.csv", inner)
        out.writestr("a_业务明细(汇总).csv", b"#\n")
    summary, _, trial = draft(capsys, tmp_path, statement)
    assert (summary["dialect"], trial["verdict"]) == ("alipay_bill", "ACCEPTED")


def test_page_is_printed_or_written_but_never_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Refused: an existing page, a missing folder, an invalid channel name, a missing statement."""
    statement = GOLDEN / "shipped" / "stripe" / "statement.csv"
    status, text, summary = run_profile(capsys, "new", str(statement), "--channel", "cards")
    assert (status, YAML(typ="safe").load(text)["channel"]) == (0, "cards")
    assert summary["open"] == ["which zone its times are in (zone)"]
    page = tmp_path / "shop.yaml"
    page.write_text("mine\n")
    for argv in (
        (str(statement), "--out", str(page)),
        (str(statement), "--out", str(tmp_path / "no" / "shop.yaml")),
        (str(statement), "--channel", "My Shop"),
        (str(tmp_path / "nowhere.csv"),),
    ):
        assert run_profile(capsys, "new", *argv)[0] == 2, argv
    assert page.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "EMPTY_FILE"), (b"hello\nworld\n", "NOT_RECOGNISED"), (b"\0\1" * 99, "NOT_RECOGNISED"),
     (b"a,b\n1,2\n", "NOT_RECOGNISED"), (b"\x1f\x8bno", "BAD_ARCHIVE"),
     (bytes.fromhex("d0cf11e0a1b11ae1"), "OLD_WORKBOOK"),
     (build_workbook(Sheet("x", {1: ["a"]})), "NOT_RECOGNISED")],
)  # fmt: skip
def test_unknown_file_is_refused_with_a_code(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, code: str
) -> None:
    """Exit 3, and no page is written."""
    statement = tmp_path / "a.csv"
    statement.write_bytes(content)
    status, _, summary = run_profile(
        capsys, "new", str(statement), "--out", str(tmp_path / "p.yaml")
    )
    assert (status, summary["errors"][0].split(":")[0]) == (3, code)
    assert not (tmp_path / "p.yaml").exists()


@pytest.mark.parametrize(
    "content",
    [SHOP, FEN, BANK, build_golden_workbooks()["report"]],
    ids=["shop", "fen", "bank", "workbook"],
)
def test_damaged_file_is_drafted_or_refused(tmp_path: Path, content: bytes) -> None:
    """Four kinds of damage: never a traceback, and the page is valid YAML."""
    for number in range(4):
        draw = Random(f"draft {number}")
        statement = tmp_path / "a.csv"
        statement.write_bytes(draw.choice(COMMON)(draw, GoodFile(content)))
        try:
            page = draft_page(statement, "shop", PAGES)
        except FileRefused:
            continue
        assert YAML(typ="safe").load(page.text)["channel"] == "shop"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.recursive(TEXTS | st.integers() | st.booleans(), lambda values: st.lists(values)
                    | st.dictionaries(TEXTS, values), max_leaves=6))  # fmt: skip
def test_value_on_one_line_is_read_back(value: Any) -> None:
    """Headings and words of a file can be any text."""
    assert YAML(typ="safe").load(f"key: {to_flow_yaml(value)}\n")["key"] == value


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("INN26111688ZM_898000000000001", "c/{business_date:%Y-%m-%d}/*"),
        ("shop_20261116.csv", "c/*{business_date:%Y%m%d}.csv"),
        ("20261116093000.csv.gz", "c/{business_date:%Y%m%d}*.csv.gz"),
        ("2026-11-16", "c/{business_date:%Y-%m-%d}"),
        ("a 20261316 261116.v2.txt", "c/*{business_date:%y%m%d}*.txt"),
        ("6222020261116.csv", "c/{business_date:%Y-%m-%d}/*.csv"),
    ],
)
def test_file_pattern_keeps_date_and_ending(name: str, pattern: str) -> None:
    """All other parts of the name become stars."""
    assert file_pattern(name, "c")[0] == pattern


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2026-11-16 10:00:00"], "%Y-%m-%d %H:%M:%S"),
        (["2026-11-16T10:00:00.123Z"], "%Y-%m-%dT%H:%M:%S.%f%z"),
        (["2026-11-16 10:00:00 -0800"], "%Y-%m-%d %H:%M:%S %z"),
        (["16/11/2026", "01/02/2026"], "%d/%m/%Y"),
        (["11/16/2026", "01/02/2026"], "%m/%d/%Y"),
        (["2026年11月16日 10:00:00"], "%Y年%m月%d日 %H:%M:%S"),
        (["20261116"], "%Y%m%d"),
        (["2026111"], None),
        (["20121112"], "%Y%m%d"),
        (["12/31/1899"], None),
        (["yesterday"], None),
        ([], None),
    ],
)
def test_time_format_is_detected(values: list[str], form: str | None) -> None:
    """None if too few values fit a format."""
    assert detect_time_format(values) == form


def test_amount_format_is_detected() -> None:
    """None for words and for an unknown currency sign."""
    assert detect_amount_format(["abc", "def"]) is None
    assert detect_amount_format(["₿ 1.00"]) is None
    assert detect_amount_format(["1.00", "2.00", "3,000.00", "n/a"]) == ({"thousands": ","}, {})
    assert detect_amount_format(["1.00", "2.00", "n/a"]) == ({}, {})
    assert detect_amount_format(["", "-"]) is None
    assert detect_amount_format(["1.00", "(2.00)"]) == ({"brackets": True}, {})
