"""Reports on conformance runs: the run record, and pure functions that turn it into text.

Everything here works from a record alone, whoever produced it. Import the module you need: ``record`` holds
the types, ``events`` the crash-safe form, ``escape`` the one way in which a target's text becomes harmless,
``console`` is the view that a terminal shows, and ``formats`` has the others by name.
"""
