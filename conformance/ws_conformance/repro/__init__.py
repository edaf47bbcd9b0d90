"""Stand-alone scripts that play one case of a run again, with the same bytes, and need nothing of the suite."""
