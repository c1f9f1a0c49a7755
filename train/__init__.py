"""Training: data, rendering, network, losses, loop, export. Needs PyTorch; imports the package, never the reverse."""
