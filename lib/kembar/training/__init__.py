"""Training: heads and discriminator as one Siamese network on product triplets."""
