"""Reports in Dutch out of the projections: what an auditor asks, each figure with the records and entries behind it."""
