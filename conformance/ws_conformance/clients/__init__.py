"""Clients under test: the ways in which they are made to connect, and the runs in which they are judged."""
