"""Drafts of invented layouts of banks and providers of many countries, none of them a shipped page.

A draft is right at once, or it asks; it is never wrong without asking.
"""

import gzip
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

from jobs.cli.configuration import load_channel_page
from jobs.onboarding.draft import draft_page
from jobs.onboarding.file_names import file_pattern
from schemas.errors import ConfigurationError, FileRefused
from tests.fuzz.reading import read_statement

DAY = date(2026, 11, 16)


class Layout(NamedTuple):
    """A file, its encoding, and what it says: (kind, amount, fee, currency, day of the trade).

    `verdict` is `right`, or a piece of the question that must be asked.
    """

    text: str
    verdict: str
    lines: Sequence[tuple[Any, ...]] = ()
    encoding: str = "utf-8"
    name: str = "statement.csv"


def sale(amount: int, fee: int | None = None, code: str = "EUR", day: int = 16) -> tuple[Any, ...]:
    return ("PAYMENT", amount, fee, code, date(2026, 11, day))


def back(amount: int, fee: int | None = None, code: str = "EUR", day: int = 16) -> tuple[Any, ...]:
    return ("REFUND", amount, fee, code, date(2026, 11, day))


LAYOUTS = {
    "cn_shop": Layout(
        "交易时间,商户订单号,平台流水号,交易类型,交易状态,交易金额(元),手续费(元)\n"
        "2026-11-16 09:30:05,S1,P1,消费,成功,10.00,0.06\n"
        "2026-11-16 09:31:05,S2,P2,退款,成功,-4.00,-0.02\n合计,2,,,,6.00,0.04\n",
        "right", [sale(1000, 6, "CNY"), back(-400, -2, "CNY")], "gb18030",
    ),
    "cn_head_in_brackets": Layout(
        "出单日期[20261116]\t交易笔数[2]\t交易金额[30.00]\n"
        "交易时间\t银行流水号\t商户订单号\t订单状态\t交易金额\n"
        "2026-11-16 10:00:00\tB1\tS1\t成功\t10.00\n2026-11-16 11:00:00\tB2\tS2\t成功\t20.00\n",
        "right", [sale(1000, None, "CNY"), sale(2000, None, "CNY")],
    ),
    "cn_bank_balance": Layout(
        "交易日期,交易时间,流水号,借方发生额,贷方发生额,余额,摘要\n"
        "20261116,101201,F1,,100.00,1100.00,货款\n20261116,101301,F2,50.00,,1050.00,提现\n",
        "kind_by_sign", encoding="gb18030",
    ),
    "cn_two_amounts": Layout(
        "交易时间,商户订单号,交易流水号,订单金额,实付金额\n2026-11-16 10:00:00,S1,P1,10.00,9.00\n",
        "实付金额",
    ),
    "cn_refund_column": Layout(
        "交易时间,商户订单号,交易流水号,交易金额,退款金额\n2026-11-16 10:00:00,S1,P1,10.00,5.00\n",
        "退款金额",
    ),
    "cn_footer_differs": Layout(
        "交易时间,商户订单号,交易流水号,交易金额\n2026-11-16 10:00:00,S1,P1,10.00\n合计,,,60.00\n",
        "last line differs",
    ),
    "en_references_like_totals": Layout(
        "Order ID,Date,Transaction ID,Type,Status,Amount,Fee,Currency\n"
        "Endive-1,2026-11-16 10:00:00,T1,Payment,Completed,10.00,0.10,EUR\n"
        "Totalplan-2,2026-11-16 11:00:00,T2,Payment,Completed,20.00,0.20,EUR\n",
        "right", [sale(1000, 10), sale(2000, 20)],
    ),
    "de_provider": Layout(
        "Transaktionsdatum;Transaktionsnummer;Rechnungsnummer;Typ;Status;Betrag;Gebühr;Netto;"
        "Währung\n"
        "16.11.2026 10:00;T1;R1;Zahlung;abgeschlossen;1.250,00;12,50;1.237,50;EUR\n"
        "16.11.2026 11:00;T2;R2;Erstattung;abgeschlossen;-50,00;0,00;-50,00;EUR\n",
        "right", [sale(125000, 1250), back(-5000, 0)], "cp1252",
    ),
    "de_bank": Layout(
        "Buchungstag;Wertstellung;Umsatzart;Verwendungszweck;Referenz;Betrag (€);Saldo (€)\n"
        "02.11.2026;02.11.2026;Überweisung;Miete;R1;-1.000,00 €;1.234,56 €\n"
        "16.11.2026;16.11.2026;Gutschrift;Kunde;R2;89,90 €;1.324,46 €\n",
        "which kind these words mean", encoding="cp1252",
    ),
    "fr_provider": Layout(
        "Date de transaction;Numéro de transaction;Référence client;Type;Statut;Montant;Frais;"
        "Devise\n"
        "16/11/2026 10:00:00;T1;C1;Paiement;Réussi;1 250,00;12,50;EUR\n"
        "16/11/2026 11:00:00;T2;C2;Remboursement;Réussi;-50,00;0,00;EUR\n",
        "right", [sale(125000, 1250), back(-5000, 0)],
    ),
    "fr_narrow_blanks": Layout(
        "Date de transaction;Numéro de transaction;Type;Montant;Devise\n"
        "16/11/2026 10:00:00;T1;Paiement;1\u202f250,00;EUR\n",
        "right", [sale(125000)],
    ),
    "fr_bank": Layout(
        "Date opération;Libellé;Référence;Débit;Crédit;Solde\n"
        "16/11/2026;ABONNEMENT;R1;12,00;;88,00\n17/11/2026;CLIENT;R2;;40,00;128,00\n",
        "currency", encoding="cp1252",
    ),
    "nl_bank": Layout(
        "Datum;Omschrijving;Transactiereferentie;Af Bij;Bedrag (EUR)\n"
        "20261116;winkel;R1;Af;12,50\n20261116;klant;R2;Bij;40,00\n",
        "kind_by_sign",
    ),
    "es_provider": Layout(
        "Fecha de operación,Número de operación,Número de pedido,Tipo,Estado,Importe,Comisión,"
        "Moneda\n"
        '2026-11-16 10:00:00,T1,P1,Venta,Aprobada,"1.250,00","12,50",EUR\n'
        '2026-11-16 11:00:00,T2,P2,Devolución,Aprobada,"-50,00","0,00",EUR\n',
        "right", [sale(125000, 1250), back(-5000, 0)],
    ),
    "it_provider": Layout(
        "Data operazione;Numero transazione;Numero ordine;Tipo operazione;Stato;Importo;Divisa\n"
        "16/11/2026 10:00;T1;O1;Vendita;Eseguito;10,00;EUR\n"
        "16/11/2026 11:00;T2;O2;Storno;Eseguito;-4,00;EUR\n",
        "Storno",
    ),
    "br_provider": Layout(
        "Data da transação;Código da transação;Referência do comerciante;Tipo;Situação;Valor bruto;"
        "Taxa;Valor líquido;Moeda\n"
        "16/11/2026 10:00:00;T1;C1;Venda;Aprovada;1.250,00;12,50;1.237,50;BRL\n"
        "16/11/2026 11:00:00;T2;C2;Estorno;Aprovada;-50,00;0,00;-50,00;BRL\n",
        "right", [sale(125000, 1250, "BRL"), back(-5000, 0, "BRL")], "cp1252",
    ),
    "jp_cards": Layout(
        "取引日時,決済番号,加盟店管理番号,取引区分,取引状態,決済金額,手数料\n"
        "2026/11/16 10:00:00,T1,S1,売上,完了,1200,39\n"
        "2026/11/16 11:00:00,T2,S2,返金,完了,-400,-13\n",
        "right", [sale(1200, 39, "JPY"), back(-400, -13, "JPY")], "cp932",
    ),
    "jp_bank": Layout(
        "日付,お取引内容,お支払金額,お預り金額,差引残高\n"
        "2026/11/16,カード,1200,,8800\n2026/11/16,テスト,,400,9200\n",
        "kind_by_sign", encoding="cp932",
    ),
    "kr_thousands": Layout(
        "Transaction ID,Merchant Reference,Status,Created,Amount,Currency\n"
        'T1,S1,paid,2026-11-16 10:00:00,"12,500",KRW\nT2,S2,paid,2026-11-16 11:00:00,900,KRW\n',
        "right", [sale(12500, None, "KRW"), sale(900, None, "KRW")],
    ),
    "us_bank_day_or_month": Layout(
        "Date,Description,Reference,Amount,Currency\n11/06/2026,COFFEE,R1,-4.50,USD\n",
        "day or month",
    ),
    "us_provider_dated_name": Layout(
        "Transaction ID,Invoice Number,Transaction Date,Type,Status,Gross,Fee,Net,Currency\n"
        "T1,S1,11/06/2026 10:00:00 AM,Payment Received,Completed,100.00,-3.20,96.80,USD\n"
        "T2,S2,11/06/2026 11:00:00 PM,Payment Received,Completed,50.00,-1.75,48.25,USD\n",
        "right", [sale(10000, 320, "USD", 6), sale(5000, 175, "USD", 6)],
        name="activity_20261106.csv",
    ),
    "us_zone_column": Layout(
        "Date,Time,Time Zone,Type,Status,Transaction ID,Gross,Currency\n"
        "11/16/2026,07:22:17,EDT,Payment,Completed,T1,10.00,USD\n",
        "which zone",
    ),
    "uk_bank_in_and_out": Layout(
        "Date,Reference,Paid Out,Paid In,Balance\n16/11/2026,R1,10.00,,90.00\n"
        "16/11/2026,R2,,5.00,95.00\n",
        "currency",
    ),
    "ch_apostrophes": Layout(
        "Zeitpunkt;Referenznummer;Kundenreferenz;Betrag CHF\n16.11.2026 10:00:00;T1;K1;1'250.50\n"
        "16.11.2026 10:01:00;T2;K2;12.00\n",
        "right", [sale(125050, None, "CHF"), sale(1200, None, "CHF")],
    ),
    "se_unknown_headings": Layout(
        "Bokföringsdag;Belopp;Avsändare;Rubrik\n2026-11-16;-120,50;Butik AB;Kort\n"
        "2026-11-16;90,00;Kund AB;Faktura\n",
        "whether Belopp is the amount",
    ),
    "no_headings": Layout(
        "2026-11-16 10:00:00|T1|10.00|CNY\n2026-11-16 11:00:00|T2|20.00|CNY\n", "what each column",
    ),
    "unknown_states": Layout(
        "id,status,created_at,amount,currency\n"
        "T1,capture_succeeded,2026-11-16T10:00:00Z,10.00,USD\n"
        "T2,authorization_declined,2026-11-16T11:00:00Z,20.00,USD\n",
        "which status these words mean",
    ),
    "state_under_another_name": Layout(
        "id,outcome,created_at,amount,currency\nT1,paid,2026-11-16T10:00:00Z,10.00,USD\n"
        "T2,declined,2026-11-16T11:00:00Z,20.00,USD\n",
        "outcome",
    ),
    "cents_or_not": Layout(
        "id,status,created_at,amount,currency\nT1,paid,2026-11-16T10:00:00Z,1000,USD\n", "in cents",
    ),
    "dot_thousands": Layout(
        "Date;Transaction ID;Currency;Amount\n2026-11-16 10:00:00;T1;EUR;1.000\n"
        "2026-11-16 11:00:00;T2;EUR;2.500\n",
        "in thousands",
    ),
    "comma_thousands": Layout(
        'Date;Transaction ID;Currency;Amount\n2026-11-16 10:00:00;T1;EUR;1,000\n'
        "2026-11-16 11:00:00;T2;EUR;2,500\n",
        "in thousands",
    ),
    "mostly_without_our_number": Layout(
        "Transaction ID,Merchant Reference,Created,Amount,Currency\n"
        + "".join(f"T{n},{'S1' if n == 0 else ''},2026-11-16 10:0{n}:00,1.50,EUR\n"
                  for n in range(5)),
        "4 of 5 lines have none",
    ),
    "text_for_a_number": Layout(
        "Date,Reference,Amount,Currency\n2026-11-16 10:00:00,Thank you for the fish,1.50,EUR\n"
        "2026-11-16 10:00:01,With many greetings,2.50,EUR\n",
        "free text",
    ),
    "two_dates": Layout(
        "Started Date,Completed Date,Transaction ID,Amount,Currency\n"
        "2026-11-16 10:00:00,2026-11-17 10:00:00,T1,1.50,EUR\n",
        "Started Date, Completed Date",
    ),
    "numbers_in_the_head": Layout(
        "Report 7\nTransaction ID,Created,Amount,Currency\nT1,2026-11-16 10:00:00,1.50,EUR\n",
        "what 7 in line 1 of the head",
    ),
    "net_that_is_something_else": Layout(
        "Transaction ID,Created,Amount,Fee,Net,Currency\n"
        "T1,2026-11-16 10:00:00,9.50,0.50,8.00,EUR\n",
        "what Net holds",
    ),
    "brackets_below_zero": Layout(
        "Transaction ID,Created,Type,Amount,Currency\nT1,2026-11-16 10:00:00,Sale,9.50,EUR\n"
        "T2,2026-11-16 10:00:00,Refund,(4.50),EUR\n",
        "right", [sale(950), back(-450)],
    ),
}  # fmt: skip


def judge(layout: Layout, folder: Path) -> tuple[str, list[str], list[tuple[Any, ...]]]:
    """`right`, `asks` or `wrong`; what the draft asks and its faults; the lines of its page."""
    statement, page = folder / layout.name, folder / "shop.yaml"
    content = layout.text.encode(layout.encoding)
    statement.write_bytes(content)
    draft = draft_page(statement, "shop", {})
    page.write_text(draft.text, "utf-8")
    assert YAML(typ="safe").load(draft.text)["channel"] == "shop"
    try:
        profile = load_channel_page(str(page))
    except ConfigurationError as error:
        return "asks", [*draft.questions, *error.faults], []
    day = file_pattern(layout.name, "shop")[1] or DAY
    result = read_statement(content, profile, day, layout.name)
    lines = [
        (row["kind"], row["amount"], row["fee"], row["currency"],
         row["traded_at"].date() if row["traded_at"] else None)
        for row in result.lines if row["status"] == "SUCCEEDED"
    ]  # fmt: skip
    if draft.questions:
        return "asks", draft.questions, lines
    is_right = result.is_accepted and lines == [*layout.lines]
    return "right" if is_right else "wrong", [result.verdict], lines


@pytest.mark.parametrize("name", LAYOUTS)
def test_draft_is_right_or_asks(tmp_path: Path, name: str) -> None:
    """What cannot be known is asked; what is not asked is right."""
    layout = LAYOUTS[name]
    verdict, said, lines = judge(layout, tmp_path)
    assert verdict != "wrong", (said, lines)
    if layout.verdict == "right":
        assert (verdict, said, lines) == ("right", ["ACCEPTED"], [*layout.lines])
    else:
        assert verdict == "asks"
        assert any(layout.verdict in text for text in said), said


def test_collection_is_large_enough() -> None:
    """At least 25 layouts, and not only such as make a draft ask."""
    verdicts = [layout.verdict for layout in LAYOUTS.values()]
    assert len(verdicts) >= 25
    assert verdicts.count("right") >= 12


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<?xml version='1.0'?><Invoice xmlns='x'><Total>1</Total></Invoice>", "XML (Invoice / "),
        (gzip.compress(b"<Document><BkToCstmrX><A>"), "camt message (Document / BkToCstmrX)"),
        (b":25:NL00BANK0000000000\r\n:61:2611161116D1,00NTRF\r\n:86:x\r\n", "it lacks :60:, :62:"),
        (b"02,A,B,1,261116,,EUR,2/\n03,1,EUR,015,100,,/\n16,195,100,,,/\n", "record 01"),
        (b'{"id": 1, "amount": 2}', "JSON"),
        (b"%PDF-1.7 ...", "PDF"),
    ],
)
def test_file_of_another_format_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    """What is no table says what it looks like, also in an archive."""
    statement = tmp_path / "statement.dat"
    statement.write_bytes(content)
    with pytest.raises(FileRefused, match=re.escape(said)) as refused:
        draft_page(statement, "shop", {})
    assert refused.value.code == "NOT_RECOGNISED"
