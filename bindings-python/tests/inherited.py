"""What the server of multiprocessing's forkserver loads first, so that its children inherit it."""

from busy import Crowd

crowd = Crowd()
for cache in crowd.caches:
    cache.get_token()
