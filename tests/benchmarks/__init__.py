"""Benchmarks: they measure and print, they never fail on a time. ``make bench`` runs them."""
