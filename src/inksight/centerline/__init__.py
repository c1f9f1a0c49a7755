"""The classical tracer: thin the ink, walk its graph, put the strokes in a natural order. Needs no model."""
