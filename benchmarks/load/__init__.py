r"""Catalogues for load: as many listings as wanted, as codes alone or with photos.

Codes are drawn so that distances (`kembar.model.distances`) are near those of `mall-dev`, 1,499 real titles with
photos of other goods joined to them, encoded with the shipped bundle. 10th, 50th and 90th percentile, real | drawn, at
1,500 listings:
| distance | of true pairs | to each listing's nearest non-match |
|---|---|---|
| image | 0.00 0.49 0.91 \| 0.00 0.39 0.83 | 0.33 0.61 0.73 \| 0.40 0.61 0.76 |
| title | 0.08 0.31 0.57 \| 0.10 0.29 0.56 | 0.31 0.48 0.62 \| 0.34 0.52 0.64 |
| word | 0.13 0.46 0.79 \| 0.15 0.43 0.72 | 0.54 0.75 0.85 \| 0.64 0.79 0.86 |
| character | 0.11 0.40 0.73 \| 0.13 0.38 0.67 | 0.48 0.70 0.81 \| 0.62 0.75 0.82 |
| hash | 0.00 1.00 1.00 \| 0.00 1.00 1.00 | 0.42 0.67 0.75 \| 0.42 0.75 0.83 |

38 % of the true pairs have hashes within 20 bits, real and drawn; 0.753 of a listing's true twins are among its 30
nearest by photo really, 0.834 drawn; by title 0.965 and 0.965. One thing is harder here: what looks alike also reads
alike, since both follow the niche, and every listing has 4 non-matches above odds of 1 : 7 by the first look where
`mall-dev`, whose photos were given to groups by chance, has one.

Products with photos (`PhotoPlan`) are drawn, not placed: of 70,000 listings true pairs are 0.02 0.19 0.61 apart by
photo and 0.08 0.27 0.53 by title, nearest non-matches 0.17 0.25 0.32 and 0.26 0.36 0.44. Drawn pictures are more alike
than photos are, and what they show has nothing to do with the title.

As a catalogue grows, nearest non-matches stay about where they are (at 30,000 listings the medians are 0.63 by photo,
0.52 by title and 0.73 by word), since niches grow in number and not in size. Real ones come nearer for a while: from
half of `mall-dev` to all of it 0.65 to 0.60, 0.52 to 0.48 and 0.78 to 0.75.
"""

from load.codes import write_codes
from load.photos import PhotoPlan, write_photos
from load.plan import EVEN, SKEWED, LoadPlan, Skew

__all__ = ["EVEN", "SKEWED", "LoadPlan", "PhotoPlan", "Skew", "write_codes", "write_photos"]
