"""People and programs that use the catalog: accounts, roles, teams, signing in, API tokens."""
