"""Keeping every serving process current: what wakes it, what it does then, its record, and the feed of changes."""
