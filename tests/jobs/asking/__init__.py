"""Asking from within a job: what attempts remember, and what people see."""
