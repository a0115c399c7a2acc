"""Names that the match and the lake share where they compare references by hash."""

#: The column of a hash that stands alone in its frame.
HASH = "reference_hash"
#: The column of the hash of kind and our_ref by which a line and a transaction pair.
KEY = "pair_key"
#: The key of what has no reference.
NO_KEY = 0
#: The columns of today's hashes: of `our_ref`; a second one of it; of a line's `channel_ref` or a
#: transaction's `txn_id`.
OUR_HASH, SECOND_HASH, OTHER_HASH = HASHES = ("our_hash", "second_hash", "other_hash")
#: Whether a line takes no part in the match.
OUT_OF_SCOPE = "is_out_of_scope"
#: The `void_mark` of closed rows that a line of the other direction may void. Runs look it up.
VOID_MARK = 1
