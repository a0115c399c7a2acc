"""XML needs bounded memory, whatever it holds: measured as the peak of a process of its own.

Each document is small on disk when it is zipped and large when it is read. It must be read, or be
refused by name, within `GROWTH_MAX_MB` more memory than an empty document needs.
"""

import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.workbooks import MAIN, Sheet, build_workbook

GROWTH_MAX_MB = 260
UNPACKED = 20 * 2**20
ACCOUNT = "<Acct><Id><IBAN>DE00</IBAN></Id></Acct>"
ENTRY = (
    "<Ntry><Amt Ccy='EUR'>1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>"
    "<BookgDt><Dt>2026-11-16</Dt></BookgDt>{}</Ntry>"
)
DETAIL = "<TxDtls><Refs><EndToEndId>E{}</EndToEndId></Refs><Amt Ccy='EUR'>1.00</Amt></TxDtls>"
ATTRIBUTES = " ".join(f"b{at}=''" for at in range(1000))
SPACES = " ".join(f"xmlns:b{at}='c'" for at in range(100))
READ_CAMT = """
import sys
from dataclasses import replace
from pathlib import Path
from jobs.statements import DIALECTS
from jobs.statements.parser import Sample
from schemas.errors import FileRefused
from schemas.profile.channel import Profile
dialect, path = DIALECTS["camt053"], Path(sys.argv[1])
profile = Profile.model_validate({"channel": "bank", "dialect": "camt053", "zone": "UTC",
    "first_date": "2026-11-01", "files": {"pattern": "{business_date}"}})
count = 0
try:
    with path.open("rb") as source:
        plan = dialect.plan(Sample("f.xml", 1, source.read(65536), b""), profile)
        plan = replace(plan, file_name="f.xml")
        source.seek(0)
        for block in dialect.read(source, plan, profile):
            count += len(block.lines.columns["line_no"])
    print(count)
except FileRefused as fault:
    print(fault)
"""
READ_SHEET = """
import sys
from jobs.statements.xlsx.workbook_zip import Workbook
from schemas.errors import FileRefused
try:
    with open(sys.argv[1], "rb") as source:
        print(sum(block.count(b"\\n") for block in Workbook(source, "f.xlsx", 2**40).read_lines(1)))
except FileRefused as fault:
    print(fault)
"""
#: The kernel's count of the process itself; `ru_maxrss` begins with the memory of its parent.
PEAK = """
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(int(status["VmHWM"].split()[0]) // 1024)
"""


def read_in_a_process(program: str, path: Path) -> tuple[str, int]:
    """Reads a file in a new process: what it prints, and its peak memory in MB."""
    done = subprocess.run(
        [sys.executable, "-c", program + PEAK, str(path)],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    *printed, peak = done.stdout.splitlines()
    return "\n".join(printed), int(peak)


def fill(piece: str, size: int = UNPACKED) -> Iterator[str]:
    """A piece again and again, about `size` bytes of it, in portions."""
    portion = piece * max(1, 2**20 // len(piece))
    for _ in range(max(1, size // len(portion))):
        yield portion


def write_message(path: Path, *parts: str | Iterator[str]) -> Path:
    """Writes a camt.053 message with one statement that holds these parts."""
    with path.open("w", encoding="utf-8") as out:
        out.write(f"<Document><BkToCstmrStmt><Stmt>{ACCOUNT}")
        for part in parts:
            out.writelines([part] if isinstance(part, str) else part)
        out.write("</Stmt></BkToCstmrStmt></Document>")
    return path


CAMT: dict[str, Callable[[], tuple[str | Iterator[str], ...]]] = {
    "elements that nobody reads": lambda: (fill("<a/>"),),
    "elements behind an entry": lambda: (ENTRY.format(""), fill("<a/>")),
    "elements within an entry": lambda: ("<Ntry>", fill("<a/>"), "</Ntry>"),
    "elements between transactions": lambda: (
        "<Ntry>", fill("<NtryDtls>" + DETAIL.format(1) + "</NtryDtls>" + "<a/>" * 100), "</Ntry>",
    ),
    "elements around transactions of no entry": lambda: (
        "<X>", fill("<NtryDtls><TxDtls/></NtryDtls><a/><a/>"), "</X>",
    ),
    "attributes": lambda: (fill(f"<a {ATTRIBUTES}/>"),),
    "names of spaces": lambda: (fill(f"<a {SPACES}/>"),),
    "texts": lambda: (fill(f"<a>{'x' * 900_000}</a>"),),
}  # fmt: skip


@pytest.fixture(scope="module")
def camt_base(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The peak of reading a message of one entry, in MB."""
    path = write_message(tmp_path_factory.mktemp("camt") / "f.xml", ENTRY.format(""))
    printed, peak = read_in_a_process(READ_CAMT, path)
    assert printed == "1"
    return peak


@pytest.mark.nightly
@pytest.mark.parametrize("name", CAMT)
def test_camt_of_anything_is_refused_in_bounded_memory(
    name: str, camt_base: int, tmp_path: Path
) -> None:
    """20 MB of what no bank sends."""
    path = write_message(tmp_path / "f.xml", *CAMT[name]())
    printed, peak = read_in_a_process(READ_CAMT, path)
    assert printed.startswith("BAD_XML: f.xml"), printed[:200]
    assert peak - camt_base < GROWTH_MAX_MB


def test_camt_without_a_statement_is_refused_in_bounded_memory(
    camt_base: int, tmp_path: Path
) -> None:
    """The name of the message stands in a comment; no element of it comes."""
    path = tmp_path / "f.xml"
    path.write_text(f"<Document><!-- BkToCstmrStmt -->{''.join(fill('<a/>'))}</Document>")
    printed, peak = read_in_a_process(READ_CAMT, path)
    assert printed.startswith("BAD_XML: f.xml")
    assert peak - camt_base < GROWTH_MAX_MB


def test_batch_of_many_transactions_is_read_in_bounded_memory(
    camt_base: int, tmp_path: Path
) -> None:
    """A batch entry of 60,000 transactions with long references: 25 MB, and every one a line."""
    count = 60_000
    batch = ENTRY.replace("1.00", f"{count}.00", 1).replace("{}", "")
    head, tail = batch.split("</Ntry>")[0], "</Ntry>"
    details = (DETAIL.format(f"{at}-{'x' * 300}") for at in range(count))
    path = write_message(tmp_path / "f.xml", head, "<NtryDtls>", details, "</NtryDtls>", tail)
    printed, peak = read_in_a_process(READ_CAMT, path)
    assert printed == str(count)
    assert peak - camt_base < GROWTH_MAX_MB


def replace_part(workbook: bytes, part: str, head: str, body: Iterator[str], tail: str) -> bytes:
    """The workbook with another part of this name, packed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook)) as old, zipfile.ZipFile(out, "w", 8) as new:
        for entry in old.infolist():
            if entry.filename != part:
                new.writestr(entry.filename, old.read(entry.filename))
                continue
            with new.open(part, "w", force_zip64=True) as target:
                for portion in (head, *body, tail):
                    target.write(portion.encode())
    return out.getvalue()


TEXTS, SHEET = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
SST = f'<sst xmlns="{MAIN}"><si><t>a</t></si>'
START = f'<worksheet xmlns="{MAIN}">'
ROWS = f"{START}<sheetData>"
END = "</sheetData></worksheet>"
#: A part, and its start, the piece that is repeated, and its end.
SHEETS: dict[str, tuple[str, str, str, str]] = {
    "elements of a text": (TEXTS, f"{SST}<si>", "<a/>", "</si></sst>"),
    "texts within others": (TEXTS, SST, "<x><si/></x>", "</sst>"),
    "long texts": (TEXTS, SST, f"<si><t>{'x' * 900_000}</t></si>", "</sst>"),
    "elements of a row": (SHEET, f"{ROWS}<row>", "<a/>", f"</row>{END}"),
    "rows within others": (SHEET, ROWS, "<x><row/></x>", END),
    "elements above the rows": (SHEET, START, "<a/>", "<sheetData/></worksheet>"),
    "styles": ("xl/styles.xml", f'<styleSheet xmlns="{MAIN}">', "<a/>", "</styleSheet>"),
    "merged areas": (SHEET, f"{ROWS}</sheetData>", '<mergeCell ref="A1:B2"/>', "</worksheet>"),
}


@pytest.fixture(scope="module")
def workbook() -> bytes:
    """A workbook with one row of texts."""
    return build_workbook(Sheet("one", {1: ["a", "b"]}))


@pytest.fixture(scope="module")
def sheet_base(workbook: bytes, tmp_path_factory: pytest.TempPathFactory) -> int:
    """The peak of reading it, in MB."""
    path = tmp_path_factory.mktemp("xlsx") / "f.xlsx"
    path.write_bytes(workbook)
    printed, peak = read_in_a_process(READ_SHEET, path)
    assert printed == "1"
    return peak


@pytest.mark.parametrize("name", SHEETS)
def test_workbook_of_anything_is_refused_in_bounded_memory(
    name: str, workbook: bytes, sheet_base: int, tmp_path: Path
) -> None:
    """20 MB of XML in less than 200 KB of archive."""
    part, head, piece, tail = SHEETS[name]
    content = replace_part(workbook, part, head, fill(piece), tail)
    path = tmp_path / "f.xlsx"
    path.write_bytes(content)
    assert len(content) < 200_000
    printed, peak = read_in_a_process(READ_SHEET, path)
    assert printed.startswith(("BAD_XML: f.xlsx", "BAD_WORKBOOK: f.xlsx")), printed[:200]
    assert peak - sheet_base < GROWTH_MAX_MB


@pytest.mark.nightly
def test_many_shared_texts_wait_in_a_file(workbook: bytes, sheet_base: int, tmp_path: Path) -> None:
    """120 MB of shared texts: 32 MB of them in memory; the cells get theirs from both places."""
    texts = (f"<si><t>{at:06}{'x' * 30_000}</t></si>" for at in range(4_000))
    content = replace_part(workbook, TEXTS, f'<sst xmlns="{MAIN}">', texts, "</sst>")
    cells = "".join(f'<row><c t="s"><v>{at}</v></c></row>' for at in (0, 999, 1_200, 3_999, 1_300))
    sheet = (f"{ROWS}{cells}{END}", iter(()), "")
    content = replace_part(content, SHEET, *sheet)
    path = tmp_path / "f.xlsx"
    path.write_bytes(content)
    program = READ_SHEET.replace(
        'print(sum(block.count(b"\\n") for block in ', "print([line[:6] for line in b''.join("
    ).replace(".read_lines(1)))", ".read_lines(1)).split()])")
    printed, peak = read_in_a_process(program, path)
    assert printed == "[b'000000', b'000999', b'001200', b'003999', b'001300']"
    assert peak - sheet_base < 150
