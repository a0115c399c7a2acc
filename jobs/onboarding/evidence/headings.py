"""Known words of columns, kinds, statuses and directions. Those of other languages than Chinese and
English are in `evidence/words.py`.
"""

import re
import unicodedata
from collections.abc import Callable

from jobs.onboarding.evidence import words as other_words
from schemas.currencies import MINOR_UNITS
from schemas.vocabulary import Kind, Status

#: Column name (or key of a layout) and the headings that mean it, the most certain first.
_HEADINGS = {
    "our_ref": "商户订单号 商户单号 商户流水号 商家订单号 外部订单号 商户系统订单号 merchantorder"
    " merchantorderno merchantorderid merchantordernumber merchantreference merchantref outtradeno"
    " clientreference yourreference invoiceid ourref merchanttransactionid",
    "channel_ref": "交易流水号 平台订单号 平台流水号 渠道流水号 渠道订单号 支付流水号 支付订单号"
    " 检索参考号 系统参考号 银行流水号 交易号 交易单号 参考号 流水号 transactionid txnid tradeno"
    " transactionno transactionnumber transactionreference paymentid pspreference paymentreference"
    " channelref referenceno reference ref id",
    "original_ref": "原交易流水号 原商户订单号 原订单号 原流水号 原交易号 originaltransactionid"
    " originaltradeno originalreference originalorder originalid parenttransactionid relatedid",
    "order_ref": "订单号 订单编号 orderno orderid orderref ordernumber order",
    "batch_ref": "结算批次号 清算批次号 批次号 batchid batchno batchnumber batch settlementid"
    " payoutid",
    "amount": "交易金额 支付金额 订单金额 实收金额 发生额 金额 amount transactionamount grossamount"
    " gross paymentamount total",
    "incoming": "交易金额收入 收入金额 贷方金额 贷方发生额 存入金额 收入 存入 creditamount"
    " credit moneyin paidin deposit",
    "outgoing": "交易金额支出 支出金额 借方金额 借方发生额 支取金额 支出 支取 debitamount debit"
    " moneyout paidout withdrawal",
    "fee": "手续费 手续费金额 交易手续费 商户手续费 服务费 fee feeamount fees commission charge",
    "currency": "币种 交易币种 货币种类 货币 currency currencycode ccy curr",
    "kind": "交易类型 业务类型 交易种类 类型 transactiontype tradetype type kind",
    "status": "交易状态 支付状态 订单状态 状态 status transactionstatus state result",
    "sign": "借贷标志 借贷标识 借贷方向 借贷 收支 收支类型 收支方向 资金方向 drcr debitcredit"
    " creditdebit dc direction inout",
    "traded_at": "交易时间 完成时间 支付时间 成功时间 付款时间 交易完成时间 时间 记账时间 入账时间"
    " transactiontime tradetime finishedat completedat paidat paidtime datetime timestamp time"
    " transactiondatetime createdat created transactiondate",
    "date": "交易日期 日期 记账日期 tradedate date transactiondate bookingdate",
    "settlement_date": "清算日期 结算日期 入账日期 settlementdate settledate valuedate 起息日",
    "account_tail": "卡号 银行卡号 账号 对方账号 对方账户 付款账号 cardnumber cardno card"
    " accountnumber accountno account iban",
    "payer_name": "户名 对方户名 姓名 付款人 持卡人 付款方 交易对方 payername payer name cardholder"
    " customername",
    "merchant_id": "商户号 商户编号 商户代码 merchantid merchantno merchantnumber mid",
    "terminal_id": "终端号 终端编号 terminalid terminalno terminal tid",
    "product": "产品 商品名称 产品名称 productname product",
    "card_type": "卡类型 卡种 支付卡类型 cardtype",
}
#: Words that do not decide are left out, so that a draft asks: a payout, a withdrawal, a transfer,
#: 提现 pay a third party (PAYOUT) or pay our own balance out (SETTLEMENT); a deposit goes either
#: way; 调单 only asks for a receipt.
_KINDS = {
    Kind.PAYMENT: "消费 交易 支付 付款 收款 订单 销售 sale pay payment purchase charge capture"
    " settled",
    Kind.TOP_UP: "充值 topup recharge",
    Kind.REFUND: "退款 退货 消费撤销 撤销 refund refunded return reversal",
    Kind.PAYOUT: "代付 付出",
    Kind.PAYOUT_RETURN: "退汇 代付退回",
    Kind.CHARGEBACK: "拒付 chargeback dispute",
    Kind.ADJUSTMENT: "调账 调整 差错 adjustment correction",
    Kind.FEE: "手续费 服务费 fee",
}
_STATUSES = {
    Status.SUCCEEDED: "成功 交易成功 支付成功 已支付 已完成 完成 已入账 已结算 success succeeded"
    " successful ok completed complete paid settled captured approved booked",
    Status.PENDING: "处理中 待支付 进行中 未完成 pending processing inprogress open",
    Status.FAILED: "失败 交易失败 支付失败 failed failure error declined rejected",
    Status.CLOSED: "关闭 已关闭 交易关闭 已取消 取消 closed cancelled canceled expired",
    Status.REVERSED: "冲正 已冲正 已撤销 reversed voided void",
}
HEADINGS = {
    column: f"{_HEADINGS.get(column, '')} {other_words.HEADINGS.get(column, '')}"
    for column in {**_HEADINGS, **other_words.HEADINGS}
}
KINDS = {kind: f"{words} {other_words.KINDS.get(kind, '')}" for kind, words in _KINDS.items()}
_OTHER_KINDS = {
    word
    for kind, words in KINDS.items()
    for word in words.split()
    if kind not in (Kind.PAYMENT, Kind.TOP_UP) and len(word) > 1
}
_OTHER_IN_CHINESE = [word for word in _OTHER_KINDS if "\u3040" <= word[0] <= "\u9fff"]
STATUSES = {
    status: f"{words} {other_words.STATUSES.get(status, '')}" for status, words in _STATUSES.items()
}
POSITIVE = f"贷 贷方 收入 收 入 入账 + c cr credit in incoming {other_words.POSITIVE}"
NEGATIVE = f"借 借方 支出 支 出 出账 - d dr debit out outgoing {other_words.NEGATIVE}"
#: The first words of lines below the trades.
FOOTERS = (
    "合计", "总计", "总笔数", "总金额", "小计", "汇总", "本页", "共计", "笔数", "统计", "交易合计",
    "TOTAL", "Total", "total", "SUM", "Sum", "SUMMARY", "Summary", "summary", "Record",
    "Count", "count", "TRAILER", "Trailer", "TRL", "END", "End", "<END>", "EOF", "#", "---",
    "===", "***", *other_words.FOOTERS,
)  # fmt: skip

#: A word in Latin letters ends where they end: a trade with `Totalenergies` is no total.
_FOOTER = re.compile(
    "|".join(
        rf"{re.escape(word)}(?:s|en)?(?![^\W\d_])" if word[-1] < "\u0250" and word[-1].isalpha()
        else re.escape(word)
        for word in sorted(FOOTERS, key=len, reverse=True)
    )
)  # fmt: skip


def find_footer_word(text: str) -> str | None:
    """The word of `FOOTERS` that a text begins with, as it stands there; None without one."""
    match = _FOOTER.match(text)
    return match[0] if match else None


_CURRENCY = re.compile(rf"\s+(?:{'|'.join(MINOR_UNITS)})$")


def normalize_heading(text: str) -> str:
    """Normalizes a heading or word: removes text in brackets, blanks, marks and case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    bare = re.sub(r"[(\[<【].*?[)\]>】]", "", folded)
    return re.sub(r"[\W_]+", "", bare) or folded.strip()


def recognise_columns(
    headings: list[str], fits: Callable[[str, int], bool] = lambda column, at: True
) -> dict[str, int]:
    """Number of the heading (from 0) of each column; one column per heading, most certain first.

    `fits(column, at)` says whether the values under a heading can be those of a column.
    """
    bare = [_CURRENCY.sub("", heading) for heading in headings]
    # What brackets say counts where they tell two headings apart: 交易金额(收入), 交易金额(支出).
    names = [normalize_heading(heading) for heading in bare]
    names = [
        name if names.count(name) == 1 else normalize_heading(re.sub(r"[()（）]", "", heading))
        for name, heading in zip(names, bare, strict=True)
    ]
    ranked = sorted(
        (rank, at, column)
        for column, words in HEADINGS.items()
        for rank, word in enumerate(words.split())
        for at, name in enumerate(names)
        if name == word and names.count(name) == 1
    )
    out: dict[str, int] = {}
    for _, at, column in ranked:
        if column not in out and at not in out.values() and fits(column, at):
            out[column] = at
    return out


def code_of_word(text: str, words: dict[Kind, str] | dict[Status, str]) -> str | None:
    """The kind or status that a word in a file means; None if the word is not known.

    Our own codes are no exception: a provider's PAYOUT may be our SETTLEMENT.
    """
    for kind, known_words in words.items():
        if normalize_heading(text) in known_words.split():
            return str(kind.value)
    return None


def find_kind_word(text: str) -> str | None:
    """A known word in a text that means another kind than a payment or a top-up; None without."""
    words = {word.casefold() for word in re.findall(r"[^\W\d_]+", text)}
    known = [*(words & _OTHER_KINDS), *(word for word in _OTHER_IN_CHINESE if word in text)]
    return min(known, default=None)


def direction_of_word(text: str) -> int:
    """1 for a word that means incoming, -1 for outgoing, 0 for other words."""
    bare = text.strip() if text.strip() in ("+", "-") else normalize_heading(text)
    return (bare in POSITIVE.split()) - (bare in NEGATIVE.split())
