"""Tests of what is made of a text that was written down as it came to mind."""
