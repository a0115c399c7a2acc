"""Names that the match and the lake share where references are compared by hash."""

#: The column of a hash.
KEY = "bulk_key"
#: The hash of what has no reference.
NO_KEY = 0
