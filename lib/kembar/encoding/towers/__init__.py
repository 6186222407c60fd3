"""Towers: pretrained encoders of titles and photos. Importing this package does not import TensorFlow."""
