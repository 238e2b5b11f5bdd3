"""Programs of their own, run as scripts: the peers' queues and workers, a bare route, the load.

Each stands beside the others on its own path, so that no checkout that is measured has to have them.
"""
