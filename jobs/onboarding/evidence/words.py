"""Words of headings, kinds and statuses in European languages and Japanese, folded.

Words whose direction or meaning depends on who writes them, such as Überweisung, Auszahlung or
Rücklastschrift, are left out on purpose: the draft asks for them.
"""

from schemas.vocabulary import Kind, Status

#: Headings by column, beside those in Chinese and English.
HEADINGS = {
    "our_ref": "invoicenumber invoiceno invoice orderreference customerreference externalid"
    " merchantorderreference externalreference händlerreferenz rechnungsnummer kundenreferenz"
    " référencemarchand référenceclient numérodefacture factuurnummer klantreferentie"
    " referenciadelcomercio númerodefactura riferimentoesercente numerofattura"
    " referênciadocomerciante númerodafatura 加盟店管理番号 請求番号",
    "channel_ref": "transaktionsid transaktionsnummer transaktionscode referenz referenznummer"
    " vorgangsnummer iddetransaction numérodetransaction référence référencedelatransaction"
    " transactieid transactienummer transactiereferentie referentie iddetransacción"
    " númerodetransacción referencia númerodeoperación idtransazione numerotransazione riferimento"
    " codiceoperazione iddatransação códigodatransação referência 取引番号 決済番号 取引id"
    " 伝票番号",
    "order_ref": "bestellnummer auftragsnummer numérodecommande ordernummer númerodepedido"
    " numeroordine númerodopedido pedido 注文番号",
    "amount": "betrag umsatz bruttobetrag brutto montant montantbrut bedrag brutobedrag bruto"
    " importe monto importebruto importo importolordo lordo valor valorbruto 金額 取引金額 決済金額"
    " 売上金額 利用金額",
    "incoming": "haben gutschriften crédit bij abono haber ingreso accredito entrate avere crédito"
    " entrada 入金 入金額 お預り金額 お預入金額 預入金額",
    "outgoing": "soll belastung débit af cargo debe débito addebito uscite dare saída 出金 出金額"
    " お支払金額 お引出金額 引出金額",
    "fee": "gebühr gebühren provision entgelt frais commissie transactiekosten comisión comisiones"
    " tarifa commissione commissioni taxa comissão 手数料 決済手数料",
    "net": "net netamount netto nettobetrag montantnet nettobedrag importeneto neto importonetto"
    " valorlíquido líquido 净额 实收净额 结算净额 差引金額",
    "balance": "balance runningbalance accountbalance saldo kontostand solde saldocontabile 余额"
    " 账户余额 本次余额 残高 差引残高",
    "currency": "währung waehrung devise monnaie valuta munt moneda divisa moeda 通貨",
    "kind": "typ art transaktionstyp umsatzart transaktionsart vorgang typedetransaction"
    " typedopération soort transactietype mutatiesoort tipo tipodetransacción tipodeoperación"
    " tipooperazione tipodetransação 取引種別 種別 取引区分 区分",
    "status": "zustand transaktionsstatus statut état estado stato estadodatransação situação 状態"
    " ステータス 決済状態 取引状態",
    "sign": "sollhaben sollhabenkennzeichen shkennzeichen afbij debehaber sens daravere 入出金区分",
    "traded_at": "zeitpunkt transaktionszeit transaktionsdatum datumuhrzeit erstelltam"
    " datedetransaction dateheure transactiedatum datumtijd fechadeoperación fechahora fechayhora"
    " fechadelatransacción datatransazione dataoperazione dataora datadatransação datahora 取引日時"
    " 決済日時 売上日時 日時 uhrzeit heure tijd hora ora 時刻",
    "date": "datum buchungsdatum buchungstag dateopération datecomptable datedopération boekdatum"
    " boekingsdatum fecha fechacontable datacontabile data datalançamento 日付 取引日 お取引日"
    " 利用日",
    "settlement_date": "wertstellung wertstellungsdatum valutadatum datedevaleur datevaleur"
    " rentedatum fechavalor datavaluta datavalor valuta 起算日 入金予定日 支払日",
    "account_tail": "gegenkonto kontonummer tegenrekening cuentacontraria 口座番号",
    "payer_name": "auftraggeber zahlungspflichtiger zahlungsbeteiligter naam tegenpartij nom nombre"
    " ordenante ordinante pagador お客様名 氏名 振込人名",
    "product": "zahlungsart zahlungsmethode moyendepaiement betaalmethode métododepago"
    " metododipagamento métododepagamento 決済方法 paymentmethod",
    "card_type": "kartenart kartentyp typedecarte kaartsoort tipodetarjeta tipocarta tipodecartão"
    " カード種別 cardbrand",
    "text": "description details narrative memo remark remarks note purpose 备注 摘要 附言 用途"
    " verwendungszweck beschreibung buchungstext libellé omschrijving mededelingen concepto"
    " descripción descrizione causale descrição histórico お取引内容 内容 備考",
}
KINDS = {
    Kind.PAYMENT: "zahlung verkauf kauf kartenzahlung paiement vente achat betaling verkoop pago"
    " venta compra pagamento vendita acquisto venda 売上 決済 paymentreceived cardpayment",
    Kind.TOP_UP: "aufladung recharge opwaardering recarga ricarica チャージ",
    Kind.REFUND: "erstattung rückerstattung remboursement terugbetaling reembolso devolución"
    " rimborso estorno 返金 返品",
    Kind.CHARGEBACK: "rückbuchung contracargo チャージバック",
    Kind.FEE: "gebühr frais kosten comisión commissione tarifa 手数料",
}
STATUSES = {
    Status.SUCCEEDED: "erfolgreich abgeschlossen gebucht bezahlt ausgeführt réussi réussie terminé"
    " validé payé exécuté geslaagd voltooid betaald uitgevoerd completado completada pagado"
    " aprobado aprobada completato completata pagato riuscito eseguito concluído concluída"
    " pago aprovado aprovada 完了 決済完了 売上確定",
    Status.PENDING: "ausstehend inbearbeitung vorgemerkt enattente inbehandeling pendiente inattesa"
    " pendente 処理中 保留",
    Status.FAILED: "fehlgeschlagen abgelehnt échoué refusé mislukt geweigerd fallido rechazado"
    " rechazada fallito rifiutato falhou recusado 失敗 エラー",
    Status.CLOSED: "storniert abgebrochen annulé geannuleerd cancelado anulado annullato"
    " キャンセル",
    Status.REVERSED: "rückgängig teruggeboekt",
}
POSITIVE = "h haben bij abono haber crédit crédito avere 入金"
NEGATIVE = "s soll af cargo debe débit débito dare 出金"
#: The first words of lines below the trades.
FOOTERS = (
    "Summe", "Gesamt", "Anzahl", "Endsaldo", "Somme", "Nombre", "Totaal", "Aantal", "Suma",
    "Número de", "Totale", "Numero ", "Soma", "Quantidade", "合計", "件数", "小計",
)  # fmt: skip
