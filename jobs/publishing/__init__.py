"""What goes out, and whose turn it is.

Reading order: ``plan`` (which content, by which connection, and whether now) · ``wording`` (what the
platform is told).
"""
