"""Words of the command line: ids that begin with a hyphen are ids, not options."""

import pytest

from jobs.cli.parser import build_parser


@pytest.mark.parametrize(
    ("words", "reference"),
    [(["-S123"], "-S123"), (["-123", "--lake", "other"], "-123"), (["--", "-123"], "-123"),
     (["--", "--123"], "--123")],
)  # fmt: skip
def test_explain_takes_a_reference_with_hyphens(words: list[str], reference: str) -> None:
    """One hyphen anywhere, two behind `--`."""
    assert build_parser("explain").parse_args(["--json", *words]).reference == reference


def test_decide_takes_ids_with_hyphens() -> None:
    """Also a reason and a name that begin with one."""
    parser = build_parser("decide")
    words = ["propose", "pair", "-5", "-L", "--by", "-ann", "--reason", "-1 fen"]
    parsed = parser.parse_args(words)
    assert (parsed.about, parsed.by, parsed.reason) == (["pair", "-5", "-L"], "-ann", "-1 fen")
    assert parser.parse_args(["propose", "accept", "--", "--5"]).about == ["accept", "--5"]
    assert build_parser("files").parse_args(["accept", "-3fa9c2e1"]).about == [
        "accept",
        "-3fa9c2e1",
    ]


@pytest.mark.parametrize("words", [["-lake", "x"], ["--lakes", "x"]])
def test_mistyped_option_is_refused(words: list[str]) -> None:
    """A command without ids takes no such word."""
    with pytest.raises(SystemExit, match="2"):
        build_parser("match").parse_args(words)
