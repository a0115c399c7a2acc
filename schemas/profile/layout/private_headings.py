"""Column headings that say that a column holds numbers or names of people.

Such a column may be bound to `account_tail` or `payer_name`, which tieout masks, or to `private`;
as a further column (`extra`) it would stand in the tables in clear. Source:
docs/reference/private-data.md.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping

#: Whose account, name or address a heading may say: a person's, not a shop's.
_PERSON = (
    r"(?:payer|payee|customer|counter ?party|beneficiary|debtor|creditor|buyer|shopper|sender|"
    r"recipient|remitter|holder|client|guest|passenger)"
)
_PRIVATE = re.compile(
    r"(?:账号|帐号|卡号|户号|户名|姓名|持卡人|付款人|收款人|身份证号?码?|证件号码?|手机号?码?|"
    r"电话号?码?|邮箱|住址|口座番号|氏名|名義人?)$"
    r"|\biban\b|\bpan\b|\bssn\b|\bpassport\b|\bdate of birth\b"
    rf"|\b{_PERSON}s? ?(?:account|acct|name|iban|e ?mail|phone|address)\b"
    r"|\b(?:first|last|family|given|account|acct|card) ?name\b"
    r"|\b(?:account|acct|card) ?(?:no|nr|num|number|holder)\b"
    r"|\b(?:e ?mail|phone|mobile|telephone)(?: ?(?:address|no|nr|number))?$"
    r"|konto ?(?:nummer|nr\b|inhaber)|\bauftraggeber\b|\bzahlungspflichtiger?\b|\bkarteninhaber\b"
    r"|\brekening ?nummer\b|\btegenrekening\b|\b(?:titulaire|titular|intestatario)\b"
    r"|\b(?:numero|num|no) (?:de |di |del |du )?(?:compte|cuenta|conto|conta)\b"
)
#: A shop's own account or name is nobody's private data.
_SHOP = re.compile(r"商户|商家|门店|机构|\bmerchant\b|\bshop\b|\bstore\b|\bterminal\b")


def is_private_heading(heading: str) -> bool:
    """Whether a heading, or a name for a column, says that people's data stand below it."""
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", heading) if not unicodedata.combining(char)
    )
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    words = re.sub(r"[\s_./()'’°º#:-]+", " ", split).strip().casefold()
    return bool(_PRIVATE.search(words)) and not _SHOP.search(words)


def iterate_extra_faults(headings: Mapping[str, str | int | None]) -> Iterator[str]:
    """Yields a fault for each further column that holds people's numbers or names.

    `headings` are the columns by the name that `extra` gives them; a number, or none, says nothing.
    """
    for name, heading in headings.items():
        private = [text for text in (heading, name) if text and is_private_heading(str(text))]
        if private:
            yield (
                f"extra.{name}: {str(private[0])!r} is a column of people's numbers or names, and "
                "`extra` stands in clear; bind it to account_tail or payer_name, or list it in "
                "`private`"
            )
