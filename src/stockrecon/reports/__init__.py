"""Views of one run result; each returns text."""
