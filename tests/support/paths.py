"""Where things lie: the project, its golden files, and real samples beside the project."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
#: Real statement files, read in place where they are present.
SAMPLES = ROOT.parent / "shared" / "samples"
#: Small inputs with what must hold, read in place where they are present.
CASES = ROOT.parent / "shared" / "cases" / "matching"
