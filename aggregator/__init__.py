"""Newsfold: one feed, every story once."""

__version__ = "0.1.0"
