"""Values to SQLite and back: the only SQL in the house, one writer."""
