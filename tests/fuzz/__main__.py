"""`make fuzz`: damaged files of every dialect, each read and judged; faults are shown with seeds.

`python -m tests.fuzz --files 2000 --seed 1`; `--again SEED` does one once more, as it was drawn.
"""

import argparse
import contextlib
import faulthandler
import resource
import sys
import time
from collections import Counter
from random import Random

from tests.fuzz import damage as damages
from tests.fuzz.judge import SECONDS_MAX, drawn, fault_of, subjects
from tests.support.golden import DAY

#: Address space of the whole run.
MEMORY_MAX_BYTES = 6 * 2**30


def main() -> int:
    """The number of faults is the exit status, 1 at most."""
    options = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    options.add_argument("--files", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="", help="cases whose name holds this")
    options.add_argument("--again", help="one seed as a fault shows it; its file goes to stdout")
    asked = options.parse_args()
    chosen = [each for each in subjects() if asked.only in each.name]
    if asked.again:
        name, way = asked.again.split(":")[2:]
        subject = next(each for each in chosen if each.name == name)
        how = getattr(damages, way)
        sys.stderr.write(f"{fault_of(subject, how, asked.again) or 'right'}\n")
        sys.stdout.buffer.write(how(Random(asked.again), subject.good))
        return 0
    # What grows without bound becomes a MemoryError, and so a fault that is shown.
    with contextlib.suppress(ValueError, OSError):  # not every system sets it
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    began, seen, faults = time.monotonic(), Counter[str](), 0
    for subject, how, seed in drawn(chosen, asked.files, asked.seed):
        # The alarm cannot end a loop outside of Python; this can, and shows where it was.
        faulthandler.dump_traceback_later(SECONDS_MAX * 2, exit=True)
        fault = fault_of(subject, how, seed)
        seen["wrong" if fault else "right"] += 1
        if fault:
            faults += 1
            sys.stdout.write(f"{seed}\n    {fault}\n")
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(
        f"{seen.total()} damaged files of {len(chosen)} cases (statements of {DAY}):"
        f" {seen['right']} right, {faults} wrong, {time.monotonic() - began:.0f} s\n"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
