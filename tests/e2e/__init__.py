"""The product as its users meet it: real processes, real servers, a real browser."""
