"""What the RFCs ask of an endpoint, one requirement each, and what a departure is worth."""

from .load import (
    CatalogueError,
    Grade,
    Level,
    Requirement,
    Untestable,
    catalogue_digest,
    grade,
    load_catalogue,
    read_catalogue,
)

__all__ = [
    "CatalogueError",
    "Grade",
    "Level",
    "Requirement",
    "Untestable",
    "catalogue_digest",
    "grade",
    "load_catalogue",
    "read_catalogue",
]
