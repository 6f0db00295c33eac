"""The words of the archive: one frozen struct an event type, grouped by subject (design.md §3)."""
