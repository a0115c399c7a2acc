"""Options of the dialects, one module per family, and the names of all dialects."""

#: Every dialect that a profile can name; the readers are in jobs/statements.
DIALECT_NAMES = (
    "wechat_bill",
    "wechat_fund_flow",
    "alipay_account",
    "alipay_bill",
    "bai2",
    "camt053",
    "mt940",
    "stripe_balance",
    "adyen_settlement",
    "paypal_settlement",
    "delimited",
    "xlsx",
    "fixed_width",
    "unionpay_zm",
    "unionpay_zme",
)
