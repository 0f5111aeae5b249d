"""litwatch watches the medical literature on a rare disease for those who treat and study it."""

__version__ = "0.1.0"
