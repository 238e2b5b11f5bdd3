"""The browser and the product it looks at, for every test of this folder."""

from tests.e2e.browser import browser, context, page, product, watched
from tests.e2e.client_page import between, open_page
from tests.e2e.tour import tour

__all__ = ["between", "browser", "context", "open_page", "page", "product", "tour", "watched"]
