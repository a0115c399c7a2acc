"""A fault made by hand: a small replacement of source text that some test must catch."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Fault:
    """One fault: in `file`, the text `old` stands exactly once and becomes `new`.

    `effect` says what is wrong then; `first_test` names the file of tests/contract to run first.
    """

    name: str
    file: str
    old: str
    new: str
    effect: str
    first_test: str

    def apply(self, root: Path) -> str:
        """The text of the file below `root` with the fault in it.

        Raises:
            ValueError: the old text is not in the file, or more than once.
        """
        text = (root / self.file).read_text("utf-8")
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.name}: its text stands {count} times in {self.file}")
        return text.replace(self.old, self.new)


def list_faults(module: str, first_test: str, *faults: tuple[str, str, str, str]) -> list[Fault]:
    """Faults in one module of jobs, each given as name, old text, new text, effect."""
    file = f"jobs/{module}.py"
    return [Fault(name, file, old, new, effect, first_test) for name, old, new, effect in faults]
