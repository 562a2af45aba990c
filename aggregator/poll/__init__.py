"""A due feed comes in; an outcome and the next due time go out.

`fetch` is the only place that opens a connection to the outside. Nothing here reads a body's
meaning or touches the database; only `fetch` and `connect` look at a clock, for the deadline.
"""
