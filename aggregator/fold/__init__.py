"""Entries come in; `StoryUpdate` values go out, each with its reason and score. Pure."""
