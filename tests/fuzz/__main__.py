"""`make fuzz`: reads damaged files of every dialect and judges the results.

`python -m tests.fuzz --files 2000 --seed 1` prints each fault with its seed; `--again SEED` repeats
one damage.
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
from tests.fuzz.judge import SECONDS_MAX, draw_damages, find_fault, load_subjects
from tests.support.golden import DAY

#: Address space of the whole run.
MEMORY_MAX_BYTES = 6 * 2**30


def main() -> int:
    """Returns 1 where a fault was found, else 0."""
    options = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    options.add_argument("--files", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", default="", help="only cases whose name contains this text")
    options.add_argument("--again", help="the seed of a fault; writes its damaged file to stdout")
    arguments = options.parse_args()
    chosen = [subject for subject in load_subjects() if arguments.only in subject.name]
    if arguments.again:
        name, damage_name = arguments.again.split(":")[2:]
        subject = next(subject for subject in chosen if subject.name == name)
        damage = getattr(damages, damage_name)
        sys.stderr.write(f"{find_fault(subject, damage, arguments.again) or 'right'}\n")
        sys.stdout.buffer.write(damage(Random(arguments.again), subject.good_file))
        return 0
    # Unbounded memory use becomes a MemoryError, and so a fault in the report.
    with contextlib.suppress(ValueError, OSError):  # not every system supports the limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
    start_time, counts, faults = time.monotonic(), Counter[str](), 0
    for subject, damage, seed in draw_damages(chosen, arguments.files, arguments.seed):
        # The alarm cannot stop a loop in native code; this can, and prints the stack.
        faulthandler.dump_traceback_later(SECONDS_MAX * 2, exit=True)
        fault = find_fault(subject, damage, seed)
        counts["wrong" if fault else "right"] += 1
        if fault:
            faults += 1
            sys.stdout.write(f"{seed}\n    {fault}\n")
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write(
        f"{counts.total()} damaged files of {len(chosen)} cases (statements of {DAY}):"
        f" {counts['right']} right, {faults} wrong, {time.monotonic() - start_time:.0f} s\n"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
