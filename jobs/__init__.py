"""What is done, day by day: files in, match, fees, exceptions out.

- `ingest`, `match`, `check_fees`, `export`, `run`, `explain`, `diff`: one module per command, thin.
- `cli`, `config`: arguments and YAML pages, every fault named at once.
- `session`: the only builder of a session; `lake`: the only reader and writer of tables;
  `archive`: received files by content; `quality`: shape checks and their pages.
- `statements/`: bytes of a file to canonical lines and declared totals, one module per dialect.
- `matching/`, `fees/`: the rules, pure.
- `lake_history`: tables as they were; `story/`: what is known of one reference, found and told.
"""

__version__ = "0.1.0"
