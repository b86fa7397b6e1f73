"""How often somebody may ask: counted over all processes, in the database, and never at the cost of a read."""
