"""What is done, day by day: files in, match, fees, exceptions out.

- `ingest`, `match`, `check_fees`, `export`, `run`, `explain`, `diff`: one module per command, thin.
- `cli`, `config`: arguments and YAML pages, every fault named at once.
- `session`: the only builder of a session; `lake`: the only reader and writer of tables;
  `archive`: received files by content; `quality`: shape checks and their pages.
- `statements/`: bytes of a file to canonical lines and declared totals, one module per dialect.
- `matching/`, `fees/`: the rules, pure.
- `decide`, `decisions`: what persons decided about a row, an input of the match.
- `lake_marks`: today's references as numbers, counted; `lake_sieve`: rows with one of many marks,
  found where they lie; `bits`: a filter of marks; `workers`: work on files that Python does.
- `data_file`: how tasks write Parquet by themselves; `lake_query`: a few rows by what stands in
  them, without a session.
- `lake_history`: tables as they were; `story/`: what is known of one reference, found and told.
"""

import os

# Read by Arrow's allocator as it is loaded: memory that is let go of between two blocks is kept for
# the next one for a while, as asking the system for it anew costs more than parsing what goes in.
os.environ.setdefault("MIMALLOC_PURGE_DELAY", "3000")

__version__ = "0.1.0"
