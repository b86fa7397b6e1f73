"""Reading the audit log, and proving that nobody changed it. Writing it is part of every change, in `app.catalog`."""
