"""The rows of old dates, which `tieout maintain --history` moves to a lake of their own."""
