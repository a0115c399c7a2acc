"""A fault made by hand: a small replacement of text that some test must catch."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Mutation:
    """One fault: in `file`, `old` stands exactly once and becomes `new`.

    `breaks` says what is wrong then, `asked` which file of tests/contract is run first.
    """

    name: str
    file: str
    old: str
    new: str
    breaks: str
    asked: str

    def made_in(self, root: Path) -> str:
        """The text of the file below `root` with the fault.

        Raises:
            ValueError: the old text is not there, or more than once.
        """
        text = (root / self.file).read_text("utf-8")
        found = text.count(self.old)
        if found != 1:
            raise ValueError(f"{self.name}: its text stands {found} times in {self.file}")
        return text.replace(self.old, self.new)


def faults_in(module: str, asked: str, *faults: tuple[str, str, str, str]) -> list[Mutation]:
    """Faults in one module of jobs: name, old text, new text, what it breaks."""
    file = f"jobs/{module}.py"
    return [Mutation(name, file, old, new, breaks, asked) for name, old, new, breaks in faults]
