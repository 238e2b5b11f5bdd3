"""Onboarding: what is given, what must come back, and how it is read."""
