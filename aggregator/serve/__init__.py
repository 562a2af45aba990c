"""The published files over HTTP, and the health of the service. Reads, never writes."""
