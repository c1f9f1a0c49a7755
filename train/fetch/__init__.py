"""From the public downloads to the folder of data that train/README.md describes: python -m train.fetch DATA."""
