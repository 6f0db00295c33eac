"""What can be looked at: a record, lists, search, SQL, reports, and the state they come from."""
