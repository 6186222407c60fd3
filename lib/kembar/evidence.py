"""What the discriminator weighs, by name: for tables and messages that know no catalogue."""

import numpy as np

DISTANCES = ("image", "title", "word", "character", "hash")
EVIDENCE = (*DISTANCES, "gap")
"""What the discriminator weighs: the distances, and the gap to the best candidates (`kembar.discriminator`)."""

MODALITIES = ("image", "title", "hash")
MODALITY_OF = np.array([0, 1, 1, 1, 2])
"""For each of DISTANCES, which of MODALITIES both listings must have."""
