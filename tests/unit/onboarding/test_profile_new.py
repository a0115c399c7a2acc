"""`tieout profile new`: what is drafted from a statement checks, and reads it as it should."""

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
from jobs.onboarding.command import SHIPPED
from jobs.onboarding.draft import drafted
from jobs.onboarding.names import pattern_of
from jobs.onboarding.page import flow
from jobs.onboarding.shipped import page_at
from jobs.onboarding.values import format_of, printing_of
from schemas.errors import FileRefused
from tests.fuzz.damage import COMMON, Good
from tests.support.paths import GOLDEN
from tests.support.workbooks import Sheet, golden, rows_of, workbook

PAGES = {page.stem: page for page in SHIPPED.glob("*.yaml")}
CARD, NAME = "6222020200001234567", "王小明"


def said(capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, dict[str, Any]]:
    """Exit status, what is shown, and the summary of the last line."""
    status = main(["profile", *argv])
    out = capsys.readouterr().out.rstrip("\n").split("\n")
    return status, "\n".join(out[:-1]), json.loads(out[-1])


def new(
    capsys: pytest.CaptureFixture[str], folder: Path, statement: Path
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A page drafted from a statement; its summary, itself, and what `try` says with it."""
    page = folder / "shop.yaml"
    page.unlink(missing_ok=True)
    status, _, summary = said(capsys, "new", str(statement), "--out", str(page))
    assert status == 0, summary
    tree = YAML(typ="safe").load(page.read_text("utf-8"))
    if summary["faults"]:
        return summary, tree, {}
    assert said(capsys, "check", str(page))[0] == 0
    return summary, tree, said(capsys, "try", str(page), str(statement))[2]


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_file_of_a_known_dialect_gets_its_shipped_page(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    """Each golden statement: its dialect, its own page among several, and it would be accepted."""
    (statement,) = (GOLDEN / "shipped" / name).glob("statement*")
    summary, page, tried = new(capsys, tmp_path, statement)
    assert summary["dialect"] == page["dialect"] == page_at(PAGES[name]).dialect
    assert f"fits the page {name} " in (tmp_path / "shop.yaml").read_text("utf-8")
    assert (page["channel"], tried["verdict"]) == ("shop", "ACCEPTED")
    assert str(page["first_date"]) == "2026-11-16"


def test_a_workbook(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Header below a preamble, a date and a time, and two totals that its lines prove."""
    statement = GOLDEN / "xlsx" / "report" / "statement.xlsx"
    summary, page, tried = new(capsys, tmp_path, statement)
    layout = page["layout"]
    assert (summary["dialect"], tried["verdict"], tried["lines"]) == ("xlsx", "ACCEPTED", 3)
    assert layout["columns"]["traded_at"] == ["交易日期", "交易时间"]
    assert [each["name"] for each in layout["totals"]] == ["count", "amount"]
    assert "sheet" not in layout and layout["kinds"] == {"消费": "PAYMENT", "退货": "REFUND"}


def test_the_sheet_that_is_a_table(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The first of two is a cover; the second is named by its number: a name may be a person's."""
    table = rows_of(("Transaction ID", "Amount", "Currency", "Time"),
                    ("A1", 1.5, "EUR", "2026-11-16 10:00:00"))  # fmt: skip
    statement = tmp_path / "s.xlsx"
    statement.write_bytes(workbook(Sheet("cover", {1: ["hello"]}), Sheet(NAME, table)))
    _, page, tried = new(capsys, tmp_path, statement)
    assert (page["layout"]["sheet"], tried["verdict"]) == (2, "ACCEPTED")
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
            "separator": ";", "currencies": {"€": "EUR"}, "footer": {"starts": "Record"},
            "amounts": {"decimal": ",", "thousands": ".", "currency": True},
            "totals": [{"name": "count", "after": "Records"}],
        }),
    ],
    ids=["bank", "shop", "fen", "euro"],
)  # fmt: skip
def test_a_table_of_text(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, lines: int,
    expected: dict[str, Any],
) -> None:  # fmt: skip
    """Encoding, separator, header, columns, times, signs, units and totals; no number, no name."""
    statement = tmp_path / f"{NAME}_20261116_{CARD}.csv"
    statement.write_bytes(content)
    summary, page, tried = new(capsys, tmp_path, statement)
    layout = page["layout"]
    assert {key: layout.get(key) for key in expected} == expected
    assert (summary["open"], tried["verdict"], tried["lines"]) == ([], "ACCEPTED", lines)
    assert page["files"]["pattern"] == "shop/*{business_date:%Y%m%d}*.csv"
    text = (tmp_path / "shop.yaml").read_text("utf-8")
    assert CARD not in text and NAME not in text and CARD[-4:] not in text


def test_what_nothing_says_is_left_to_the_person(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No currency, a word of no known kind: said as comments, and the page does not check."""
    statement = tmp_path / "a.csv"
    statement.write_text(
        "id,type,amount,time\nA,xyz,1.00,2026-11-16 10:00:00\nB,sale,2.00,2026-11-16 10:00:00\n"
    )
    summary, page, _ = new(capsys, tmp_path, statement)
    assert [each.split(" ")[1] for each in summary["open"]] == ["kind", "currency"]
    assert ["currency: neither" in each for each in summary["faults"]] == [True]
    assert page["layout"]["kinds"] == {"sale": "PAYMENT"}
    text = (tmp_path / "shop.yaml").read_text("utf-8")
    assert "# say which currency it is in (constants.currency)" in text


def test_a_zip_of_which_a_shipped_page_takes_one(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Alipay's: the detail beside a summary."""
    inner = (GOLDEN / "shipped" / "alipay" / "statement.csv").read_bytes()
    statement = tmp_path / "2088000000000000156_20261116.csv.zip"
    with zipfile.ZipFile(statement, "w") as out:
        out.writestr("a_业务明细.csv", inner)
        out.writestr("a_业务明细(汇总).csv", b"#\n")
    summary, _, tried = new(capsys, tmp_path, statement)
    assert (summary["dialect"], tried["verdict"]) == ("alipay_bill", "ACCEPTED")


def test_without_out_the_page_is_shown_and_with_it_nothing_is_overwritten(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A page that is there stays; a folder that is not, a name that is none, a file that is not."""
    statement = GOLDEN / "shipped" / "stripe" / "statement.csv"
    status, shown, summary = said(capsys, "new", str(statement), "--channel", "cards")
    assert (status, YAML(typ="safe").load(shown)["channel"]) == (0, "cards")
    assert summary["open"] == ["which zone its times are in (zone)"]
    page = tmp_path / "shop.yaml"
    page.write_text("mine\n")
    for argv in (
        (str(statement), "--out", str(page)),
        (str(statement), "--out", str(tmp_path / "no" / "shop.yaml")),
        (str(statement), "--channel", "My Shop"),
        (str(tmp_path / "nowhere.csv"),),
    ):
        assert said(capsys, "new", *argv)[0] == 2, argv
    assert page.read_text() == "mine\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "EMPTY_FILE"), (b"hello\nworld\n", "NOT_RECOGNISED"), (b"\0\1" * 99, "NOT_RECOGNISED"),
     (b"a,b\n1,2\n", "NOT_RECOGNISED"), (b"\x1f\x8bno", "BAD_ARCHIVE"),
     (bytes.fromhex("d0cf11e0a1b11ae1"), "OLD_WORKBOOK"),
     (workbook(Sheet("x", {1: ["a"]})), "NOT_RECOGNISED")],
)  # fmt: skip
def test_what_is_not_known_is_refused_by_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes, code: str
) -> None:
    """Exit 3, and nothing is written."""
    statement = tmp_path / "a.csv"
    statement.write_bytes(content)
    status, _, summary = said(capsys, "new", str(statement), "--out", str(tmp_path / "p.yaml"))
    assert (status, summary["errors"][0].split(":")[0]) == (3, code)
    assert not (tmp_path / "p.yaml").exists()


@pytest.mark.parametrize(
    "content", [SHOP, FEN, BANK, golden()["report"]], ids=["shop", "fen", "bank", "workbook"]
)
def test_a_damaged_file_drafts_or_is_refused(tmp_path: Path, content: bytes) -> None:
    """Damaged in four ways: never a traceback, and the page is YAML."""
    for number in range(4):
        draw = Random(f"draft {number}")
        statement = tmp_path / "a.csv"
        statement.write_bytes(draw.choice(COMMON)(draw, Good(content)))
        try:
            draft = drafted(statement, "shop", PAGES)
        except FileRefused:
            continue
        assert YAML(typ="safe").load(draft.text)["channel"] == "shop"


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.recursive(TEXTS | st.integers() | st.booleans(), lambda each: st.lists(each)
                    | st.dictionaries(TEXTS, each), max_leaves=6))  # fmt: skip
def test_a_value_on_one_line_is_read_back(value: Any) -> None:
    """Whatever text a file has for its headings and words."""
    assert YAML(typ="safe").load(f"key: {flow(value)}\n")["key"] == value


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
def test_patterns(name: str, pattern: str) -> None:
    """The date and the ending, and stars for what may be anything."""
    assert pattern_of(name, "c")[0] == pattern


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
        (["yesterday"], None),
        ([], None),
    ],
)
def test_formats_of_times(values: list[str], form: str | None) -> None:
    """The one that the values are printed in."""
    assert format_of(values) == form


def test_amounts_that_are_none() -> None:
    """Words, and a currency that no sign of ours is."""
    assert printing_of(["abc", "def"]) is None
    assert printing_of(["₿ 1.00"]) is None
    assert printing_of(["1.00", "2.00", "3,000.00", "n/a"]) == ({"thousands": ","}, {})
    assert printing_of(["1.00", "2.00", "n/a"]) == ({}, {})
    assert printing_of(["", "-"]) is None
    assert printing_of(["1.00", "(2.00)"]) == ({"brackets": True}, {})
