"""The hardware side: protocol drivers, the virtual cabinet, the ledger."""
