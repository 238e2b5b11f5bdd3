"""The browser and the product it looks at, for every test of this folder."""

from tests.e2e.browser import browser, context, page, product, watched

__all__ = ["browser", "context", "page", "product", "watched"]
