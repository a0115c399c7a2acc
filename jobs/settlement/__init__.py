"""Settlement: did the channel pay out what it owes, all of it, on the day it should. Pure rules;
nothing here reads or writes a table.

`settle(day, batches of the day, credits of the day, ...)` is a fold over dates, in plain Python: it
sees one row per batch, however many lines a batch has.

- `inputs`, `state`, `rows`: what a run reads, hands to the next one, and says.
- `vocabulary`: results and reasons.
- `terms`: a channel's settlement rules with their calendar.
- `books`: the state while a run changes it.
- `batches`, `payouts`: step 1, the lines of the date enter their batches; `payouts` where a batch
  is what one SETTLEMENT line closes.
- `carrying`: step 2, what is decided and what is carried.
- `recognition`: which channel a bank line belongs to, and which batch it names.
- `credits`: step 3, bank lines and batches find each other.
- `results`: step 4, the rows of a run.
- `balances`: step 5, what the channel owes us, and the checks.
- `bridge`: from our books to what each batch expects.
- `settle`: the steps in order.
- `table_rows`: rows of tables from what a run gives, and the state back from its table.

Source: docs/reference/settlement.md.
"""
