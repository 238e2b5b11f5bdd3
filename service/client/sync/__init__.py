"""The synchronous client, made from ``service.client.aio`` by ``service.twin``."""
