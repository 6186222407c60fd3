"""Towers: pretrained encoders of titles and photos. Importing this package does not import TensorFlow."""

EFFICIENTNET, SMALL_CNN = IMAGE_TOWERS = ("efficientnet-lite0", "small-cnn")
BUILTIN = "builtin:use-multilingual"
"""The text tower that is built from a package's weights; any other is a SavedModel from outside."""
