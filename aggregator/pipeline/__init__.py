"""Joins the rooms: read_batch (fetch and read), take_in (one transaction), publish."""
