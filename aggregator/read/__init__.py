"""Bytes come in; `Entry` values go out. Pure: no network, no database, no clock."""
