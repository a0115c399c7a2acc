"""Bank statements: MT940, camt and BAI2, each to entries and balances."""
