"""Catalogues: reading and checking listings, their titles, people's decisions, and the submission."""
