"""The life of breaks: when each opened, what closed it, who looks after it.

- `classes`: which rows of `outcomes` open a break, and of which class; `break_ids`: its id.
- `judge`: what a later row does to a break; `book`: all breaks, brought forward run by run.
- `gone`: breaks that no row supports any more; `rules`: who looks after one, until when.
- `linked`, `sources`: reads the rows that matter; `update`: reads, computes, writes.
- `notes`: what people write; `listing`, `text`: what `tieout breaks` shows.

Source: docs/reference/breaks.md.
"""
