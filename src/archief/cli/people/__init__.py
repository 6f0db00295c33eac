"""Who takes part: the archive's founding, its keys, persons, roles and mandates."""
