"""The catalog in the database, the snapshot of it in memory, and their faces."""
