"""The shipped pages of Chinese acquirers: what is checked, and what never lands."""

from pathlib import Path

import pytest

from tests.fuzz.reading import Told, read
from tests.support.golden import DAY, GOLDEN, profile_of


def statement(name: str) -> Path:
    """The golden statement of a shipped page."""
    return next((GOLDEN / "shipped" / name).glob("statement*"))


def changed(name: str, old: str, new: str, encoding: str = "utf-8") -> Told:
    """What becomes of a golden statement with one thing changed."""
    text = statement(name).read_bytes().decode(encoding)
    assert text.count(old) == 1
    profile = profile_of(GOLDEN / "shipped" / name)
    return read(text.replace(old, new).encode(encoding), profile, DAY, statement(name).name)


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
def test_ums_netbank_proves_its_lines(old: str, new: str, why: str) -> None:
    """Each of the four totals, the foot itself, and the net of a line."""
    assert why in changed("ums_netbank", old, new).verdict


def test_ums_wap_without_its_titles_was_cut() -> None:
    """Both title lines gone; one is enough."""
    text = statement("ums_wap").read_text("utf-8")
    profile = profile_of(GOLDEN / "shipped" / "ums_wap")
    cut = text[: text.index("对账明细")]
    assert read(cut.encode(), profile, DAY, "20261116.txt.wap").verdict.startswith("FOOTER_MISSING")
    one = cut + "对账明细查询结果\n"
    assert read(one.encode(), profile, DAY, "20261116.txt.wap").accepted


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("allinpay", ",1988.50,", ",1988.51,"),
        ("leshua", ",119340,", ",119341,"),
        ("ums_wap", "\t5757.62\t", "\t5757.63\t"),
    ],
)
def test_a_net_that_is_not_amount_less_fee(name: str, old: str, new: str) -> None:
    """A cent more than the amount less the fee."""
    encoding = "gbk" if name == "allinpay" else "utf-8"
    assert "SETTLEMENT_DIFFERS" in changed(name, old, new, encoding).verdict


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
def test_a_word_or_a_line_that_the_page_does_not_know(
    name: str, old: str, new: str, why: str
) -> None:
    """No guess is made: the line is rejected, and the file with it."""
    found = changed(name, old, new)
    assert why in found.verdict and not found.accepted


def test_neither_a_name_nor_an_identity_number_lands() -> None:
    """Allinpay's lines hold both (a made-up person): on good lines, and on a rejected one."""
    person, identity = "王示例", "11010519491231002X"
    for found in (
        changed("allinpay", ",两件,", ",两件 ,", "gbk"),
        changed("allinpay", ",消费,", ",未知,", "gbk"),
        changed("allinpay", ",两件,", ",两,件,", "gbk"),
    ):
        told = str([*found.lines, *found.rejected])
        assert person not in told and identity not in told
        assert len(found.lines) + len(found.rejected) == 4
