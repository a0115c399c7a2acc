"""The daily reconciliation: ingest files, match, check fees, export exceptions.

The modules of this folder are commands: each parses its arguments, calls one room and reports.
The folders are rooms:

- `cli`: arguments, help, configuration, exit status.
- `ingestion`, `reconcile`, `exports`, `reports`, `quality`, `timeline`, `decisions`, `onboarding`:
  the stages of a day and what people ask about it.
- `statements`, `matching`, `fees`: the rules, pure.
- `lake`, `storage`, `engine`: tables, files, sessions.
- `analysis`: what notebooks import.
"""

import os

# Arrow's allocator reads this when it is loaded. It then keeps the memory of one block for the next
# block for 3 seconds: to ask the system for it again costs more than to parse the block.
os.environ.setdefault("MIMALLOC_PURGE_DELAY", "3000")

__version__ = "0.1.0"
