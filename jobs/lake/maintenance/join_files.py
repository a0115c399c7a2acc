"""Joins the data files of control tables.

A control table has no partitions, and each write adds a file of a row or two. A writer that finds
many files joins them: a read then costs on day 400 what it costs on day 1.
"""

from deltalake import DeltaTable

from jobs.lake.write_checks import is_conflict

#: A writer that finds so many data files joins them.
FILES_MAX = 16


def join_files(delta: DeltaTable, files_min: int | None = None) -> bool:
    """Joins the data files of a control table if it has so many, [FILES_MAX]; whether it did.

    The commit changes no row. If another writer is faster, the files stay as they are: the next
    writer joins them. Versions before it can still be read.
    """
    if len(delta.file_uris()) < (FILES_MAX if files_min is None else files_min):
        return False
    try:
        delta.optimize.compact()
    except Exception as fault:
        if not is_conflict(fault):
            raise
        return False
    return True
