"""A sample catalogue: drawn product pictures and seller-style titles, in the competition's layout, any size, seeded."""

from kembar.synthetic.catalogue import SampleSummary, write_catalogue

__all__ = ["SampleSummary", "write_catalogue"]
