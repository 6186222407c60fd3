"""The catalogue index: every listing's codes as arrays that many processes map, and the nearest ones."""
