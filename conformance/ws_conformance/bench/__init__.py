"""How fast the suite is, in memory, over TCP, from its start to its reports: ``python -m ws_conformance.bench``."""
