"""The tests: each folder mirrors a package; `e2e` starts real processes and a real browser."""
