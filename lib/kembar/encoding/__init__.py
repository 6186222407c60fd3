"""From photos and titles to compact codes: opening photos, the encoders, and the ENCODED table."""
