"""The whole product on one machine: embedded servers, and the stack that `make run` starts.

Read in this order: `stack`, then `postgres_server` and `redis_server`, then `child`; `sandbox` plays the
outside world.
"""
