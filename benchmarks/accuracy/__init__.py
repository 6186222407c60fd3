"""The parts of `bench_accuracy.py`: what is kept between runs, how catalogues are judged, and one module a table."""
