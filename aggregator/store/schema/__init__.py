"""The database's shape: its tables and the steps from one version to the next."""
