"""kembar: product matching in marketplace catalogues, from photo, title and perceptual hash, on Apache Spark."""

__version__ = "0.1.0"
