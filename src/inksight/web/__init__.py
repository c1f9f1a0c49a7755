"""The playground: one static page and a thin server over the library (extra `web`). `server.serve` starts it."""
