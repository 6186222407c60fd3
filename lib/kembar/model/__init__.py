"""The decision about a pair: distances, discriminator, heads, and the bundle that holds them."""
