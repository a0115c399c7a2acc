"""The configuration: all faults together, in the order of lines, without faults that follow."""

from pathlib import Path

import pytest

from jobs.cli.configuration import load_channel_page, load_configuration
from schemas.business_calendar import Calendar
from schemas.errors import ConfigurationError

WRONG = """\
channel: wechat
dialect: wechat_bill
zone: Asia/Nowhere
first_date: 2026-11-01
files:
  pattern: "wechat/{business_date:%Y-%m-%d}/{part}.csv"
  colour: red
match:
  passes:
    - our_ref
    - {name: near, on: [amount], within_seconds: -1}
    - {name: far, on: [amount, currency], colour: red}
  window: {internal: two}
"""


def faults_of(root: Path, page: str) -> list[str]:
    """Faults of a configuration with this channel page."""
    (root / "channels").mkdir(parents=True)
    (root / "channels" / "wechat.yaml").write_text(page)
    (root / "fee_schedules").mkdir()
    (root / "fee_schedules" / "wechat.yaml").write_text("channel: wechat\nentries: []\n")
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(str(root), ["wechat"])
    return str(caught.value).replace(f"{root}/channels/wechat.yaml:", "").splitlines()


def test_faults_behind_other_faults_are_reported(tmp_path: Path) -> None:
    """Pydantic checks missing parts and the currency of `near` only if each value is right. Both
    are reported, and nothing about the keys that were removed for it. The fee page is not blamed
    for a channel whose own page cannot be read.
    """
    faults = [
        line.split(": ", 1) for line in faults_of(tmp_path, WRONG) if "fee_schedules" not in line
    ]
    assert [line for line, _ in faults] == ["3", "5", "7", "11", "11", "12", "13"]
    assert [text.split(": ")[0].split(";")[0] for _, text in faults] == [
        "zone",
        "files",
        "files.colour",
        "match.passes[1].within_seconds",
        "match.passes[1]",
        "match.passes[2].colour",
        "match.window.internal",
    ]


def test_page_with_one_fault_reports_one(tmp_path: Path) -> None:
    """One fault is reported once."""
    right = WRONG.replace("Nowhere", "Shanghai").replace("  colour: red\n", "")
    right = right.replace("{part}", "day").replace(": -1", ": 1").replace(", colour: red", "")
    right = right.replace("two", "2")
    (only,) = [line for line in faults_of(tmp_path, right) if "fee_schedules" not in line]
    assert only.startswith("10: match.passes[1]: near names amount without currency")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("on: [currency, amount, currency], within_seconds: 1", "near names currency twice"),
        ("on: [amount, amount]", "names amount twice; name each once; near names amount without"),
        ("on: [amount, currency], within_seconds: 1000000000000", "less than or equal to 31622400"),
    ],
)
def test_invalid_pass_is_refused(tmp_path: Path, wrong: str, said: str) -> None:
    """A column named twice, and a time distance that is too large for an engine."""
    right = WRONG.replace("Nowhere", "Shanghai").replace("  colour: red\n", "")
    right = right.replace("{part}", "day").replace(", colour: red", "").replace("two", "2")
    page = right.replace("on: [amount], within_seconds: -1", wrong)
    (only,) = [line for line in faults_of(tmp_path, page) if "fee_schedules" not in line]
    assert only.startswith("10: match.passes[1]") and said in only


def fault_lines(root: Path, **pages: str) -> list[str]:
    """The faults of a configuration folder of these pages, by `folder_name`."""
    for name, text in pages.items():
        folder, _, page = name.partition("__")
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / page.replace("_yaml", ".yaml").replace("_yml", ".yml")).write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        load_configuration(str(root))
    return [fault.replace(f"{root}/", "") for fault in caught.value.faults]


BANK = "channel: bank\nzone: UTC\nfirst_date: 2026-11-01\nstatement: none\n"
FEES = "channel: bank\nentries:\n  - {name: all, rate: '0.006'}\n"


def test_page_and_its_channel_have_one_name(tmp_path: Path) -> None:
    """Of a channel, of a rate card, and two pages of one channel."""
    shop = fault_lines(tmp_path / "a", channels__shop_yaml=f"# ours\n{BANK}")
    assert shop == [
        "channels/shop.yaml:2: channel bank stands in shop.yaml; the file and its channel have one"
        " name: rename the file to bank.yaml, or the channel to shop"
    ]
    fees = fault_lines(tmp_path / "b", channels__bank_yaml=BANK, fee_schedules__card_yaml=FEES)
    assert [fault.split(";")[0] for fault in fees] == [
        "fee_schedules/card.yaml:1: channel bank stands in card.yaml"
    ]
    pages = {"channels__bank_yaml": BANK, "fee_schedules__bank_yaml": FEES}
    twice = fault_lines(tmp_path / "c", **pages, fee_schedules__bank_yml=FEES)
    assert twice == ["fee_schedules/bank.yml:1: another page has channel bank already"]


def test_faults_are_in_our_words(tmp_path: Path) -> None:
    """Unknown keys with the nearest known one, missing keys, values of another type."""
    page = """channel: bank
dialect: delimited
zone: UTC
first_date: soon
mach: {}
files: {patern: x, shrink_max: much}
references: {our_ref: {cutt: 3}}
layout: {columns: [a]}
wechat: {amount: gross, merchants: 7}
match: {passes: our_ref, lookback: 1.5, "zzz": 1}
"""
    faults = fault_lines(tmp_path, channels__bank_yaml=page)
    texts = {fault.split(": ", 1)[1].split(": ")[0]: fault for fault in faults}
    for key, line, said in (
        ("first_date", 4, "'soon' is not a date, such as 2026-11-22"),
        ("mach", 5, "there is no such key; did you mean match?"),
        ("files.patern", 6, "there is no such key; did you mean pattern?"),
        ("files.pattern", 6, "this key is missing; add it"),
        ("files.shrink_max", 6, "'much' is not a number"),
        ("references.our_ref.cutt", 7, "there is no such key; did you mean cut?"),
        ("layout.columns", 8, "['a'] is not a mapping of keys to values"),
        ("wechat.amount", 9, "'gross' is not one of 'settlement', 'order'"),
        ("wechat.merchants", 9, "7 is not a list"),
        ("match.lookback", 10, "1.5 is not a whole number"),
        (
            "match.zzz",
            10,
            "there is no such key; known keys are authority, authority_limit,",
        ),
    ):
        assert texts[key].startswith(f"channels/bank.yaml:{line}: {key}: {said}"), texts[key]
    for word in ("Input should", "Extra inputs", "Field required", "pydantic"):
        assert not any(word in fault for fault in faults)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("scope: " + "[" * 5000 + "]" * 5000, ":12: more than 50 brackets within each other"),
        ("scope:\n" + "".join("  " * at + "-\n" for at in range(1, 700)), "nested too deeply"),
        ("references: {our_ref: {cut: 100000000000000000000}}", "less than or equal to 1000"),
        ("references: {our_ref: {cut: " + "9" * 5000 + "}}", "not valid YAML: "),
        ("scope: {our_ref: 2026-13-45}", "not valid YAML: month must be"),
        ("scope: {our_ref: '(a+)+'}", ":12: scope.our_ref: '(a+)+': a repetition stands within"),
        ("match: {window: {internal: 100000000000000000000}}", "match.window.internal: "),
        ("match: {lookback: 3661, late: 3661}", "match.late: "),
    ],
)
def test_page_that_no_one_writes_is_a_named_fault(tmp_path: Path, wrong: str, said: str) -> None:
    """Nesting, numbers and expressions without a bound: a fault with its line, never a crash."""
    page = """channel: bank
dialect: delimited
zone: Asia/Shanghai
first_date: 2026-11-16
files:
  pattern: "{business_date}"
layout:
  columns: {our_ref: our_ref, channel_ref: channel_ref, amount: amount, traded_at: traded_at}
  constants: {kind: PAYMENT, status: SUCCEEDED, currency: CNY}
internal:
  amount_unit: major
"""
    path = tmp_path / "bank.yaml"
    path.write_text(page, encoding="utf-8")
    assert load_channel_page(str(path)).channel == "bank"
    path.write_text(f"{page}{wrong}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_channel_page(str(path))
    assert any(fault.startswith(str(path)) and said in fault for fault in refused.value.faults)


SETTLES = """channel: {name}
zone: UTC
first_date: {first}
statement: none
settlement:
  batch_by: batch_ref
  due: {{after: 1, days: business, calendar: {calendar}}}
  bank: {bank}
  find: [{{payer: "{payer}"}}]
"""


def test_settlement_names_what_other_pages_have(tmp_path: Path) -> None:
    """A bank account that is no channel, a calendar without a page, one that ends too early, and
    two channels at one bank with one payer; at another bank, or longer, the payer is no fault.
    """

    def page(name: str, **other: str) -> str:
        values = {"bank": "bank", "calendar": "cn", "payer": name, "first": "2026-11-01"}
        return SETTLES.format(name=name, **(values | other))

    faults = fault_lines(
        tmp_path,
        channels__bank_yaml=BANK,
        channels__other_yaml=BANK.replace("bank", "other"),
        calendars__cn_yaml="country: CN\n",
        channels__a_yaml=page("a", bank="icbc"),
        channels__b_yaml=page("b", calendar="de"),
        channels__c_yaml=page("c", first="2198-01-01"),
        channels__d_yaml=page("d", payer="Pay"),
        channels__e_yaml=page("e", payer=" pay"),
        channels__f_yaml=page("f", payer="pay ltd"),
        channels__g_yaml=page("g", payer="pay", bank="other"),
    )  # fmt: skip
    assert [fault.split(";")[0] for fault in faults] == [
        "channels/a.yaml:5: settlement.bank: icbc is no channel",
        "channels/b.yaml:5: settlement.due.calendar: there is no calendars/de.yaml",
        f"channels/c.yaml:5: settlement.due.calendar: cn ends on {Calendar(country='CN').last_day},"
        " before first_date 2198-01-01",
        "channels/e.yaml:5: settlement.find: channel d has the payer rule 'PAY', too",
    ]


def test_wrong_calendar_is_reported_with_its_line(tmp_path: Path) -> None:
    faults = fault_lines(
        tmp_path,
        channels__bank_yaml=BANK,
        calendars__cn_yaml="country: CN\nholliday: [2026-01-01]\n",
    )
    assert faults == ["calendars/cn.yaml:2: holliday: there is no such key; did you mean holidays?"]


def test_calendars_are_loaded_by_name(tmp_path: Path) -> None:
    (tmp_path / "channels").mkdir()
    (tmp_path / "calendars").mkdir()
    (tmp_path / "channels" / "bank.yaml").write_text(BANK)
    (tmp_path / "calendars" / "cn.yaml").write_text("country: CN\nworkdays: [2026-11-14]\n")
    calendars = load_configuration(str(tmp_path)).calendars
    assert [str(day) for day in calendars["cn"].workdays] == ["2026-11-14"]
