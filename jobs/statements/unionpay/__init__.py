"""UnionPay's ZM and ZME files."""
