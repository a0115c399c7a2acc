"""The shipped profiles of Chinese acquirers: what they check, and what tieout never stores."""

from pathlib import Path

import pytest

from tests.fuzz.reading import ReadResult, read_statement
from tests.support.golden import DAY, GOLDEN, load_profile


def find_statement(name: str) -> Path:
    """Finds the golden statement of a shipped profile."""
    return next((GOLDEN / "shipped" / name).glob("statement*"))


def read_changed(name: str, old: str, new: str, encoding: str = "utf-8") -> ReadResult:
    """Reads a golden statement with one text replaced."""
    text = find_statement(name).read_bytes().decode(encoding)
    assert text.count(old) == 1
    profile = load_profile(GOLDEN / "shipped" / name)
    return read_statement(
        text.replace(old, new).encode(encoding), profile, DAY, find_statement(name).name
    )


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("总笔数：\t4", "总笔数：\t5", "count declares 5"),
        ("交易金额：\t6200.01", "交易金额：\t6200.02", "amount declares 6,200.02"),
        ("结算金额：\t6189.85", "结算金额：\t6189.86", "net_amount declares 6,189.86"),
        ("手续费：\t10.16", "手续费：\t10.17", "fee declares 10.17"),
        ("总笔数：\t4", "count\t4", "FOOTER_MISSING"),
        ("\t1197.84\t", "\t1197.85\t", "SETTLEMENT_DIFFERS: net 1,197.85"),
    ],
)
def test_ums_netbank_totals_are_checked(old: str, new: str, why: str) -> None:
    """A wrong total, a missing footer and a wrong net amount all show in the verdict."""
    assert why in read_changed("ums_netbank", old, new).verdict


def test_ums_wap_without_title_lines_is_refused() -> None:
    """Without both title lines the file is refused; with one it is accepted."""
    text = find_statement("ums_wap").read_text("utf-8")
    profile = load_profile(GOLDEN / "shipped" / "ums_wap")
    cut = text[: text.index("对账明细")]
    assert read_statement(cut.encode(), profile, DAY, "20261116.txt.wap").verdict.startswith(
        "FOOTER_MISSING"
    )
    one = cut + "对账明细查询结果\n"
    assert read_statement(one.encode(), profile, DAY, "20261116.txt.wap").is_accepted


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("allinpay", ",1988.50,", ",1988.51,"),
        ("leshua", ",119340,", ",119341,"),
        ("ums_wap", "\t5757.62\t", "\t5757.63\t"),
    ],
)
def test_wrong_net_amount_is_refused(name: str, old: str, new: str) -> None:
    """The net is one cent more than the amount less the fee."""
    encoding = "gbk" if name == "allinpay" else "utf-8"
    assert "SETTLEMENT_DIFFERS" in read_changed(name, old, new, encoding).verdict


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        ("leshua", "BT,编号", "BV,编号", "UNKNOWN_LAYOUT"),
        ("leshua", "进账,未获取", "冻结,未获取", "UNKNOWN_KIND: '冻结'"),
        ("leshua", "进账,消费", "进账,消费撤销", "UNKNOWN_STATUS: '消费撤销'"),
        ("lcsw", ",6,1,", ",6,7,", "UNKNOWN_KIND: '7'"),
        ("lcsw", "示例订单", "示例,订单", "WRONG_WIDTH: 29 cells, not 28"),
        ("ums_wap", "482202\t消费", "482202\t其他", "UNKNOWN_KIND: '其他'"),
    ],
)
def test_unknown_code_or_width_is_rejected(name: str, old: str, new: str, why: str) -> None:
    """tieout does not guess: it rejects the line and refuses the file."""
    result = read_changed(name, old, new)
    assert why in result.verdict and not result.is_accepted


def test_names_and_identity_numbers_are_not_stored() -> None:
    """Allinpay's lines hold both (of an invented person), on accepted lines and rejected ones."""
    person, identity = "王示例", "11010519491231002X"
    for result in (
        read_changed("allinpay", ",两件,", ",两件 ,", "gbk"),
        read_changed("allinpay", ",消费,", ",未知,", "gbk"),
        read_changed("allinpay", ",两件,", ",两,件,", "gbk"),
    ):
        stored = str([*result.lines, *result.rejected])
        assert person not in stored and identity not in stored
        assert len(result.lines) + len(result.rejected) == 4
