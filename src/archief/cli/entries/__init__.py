"""``append`` and ``events``: any event of the catalogue, one by one or in bulk."""
