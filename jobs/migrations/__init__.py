"""Numbered changes of the schema; ``jobcast migrate`` applies them."""
