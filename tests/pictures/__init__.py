"""The pictures of the product in README and docs: ``python -m tests.pictures`` takes them anew.

Reading order: ``kinds`` (what is seen at work) · ``filming`` (frames, one after the other) ·
``stills`` (pages with something on them) · ``__main__``.
"""
