"""InkSight: from a picture of handwriting to digital ink."""

__version__ = "0.1.0"
