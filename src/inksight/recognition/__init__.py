"""A word's ink in, its strokes and text out: the network, how it is decoded, and how what comes out is checked."""
