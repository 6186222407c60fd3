"""Augmentation: photos and titles as another seller of the same product would list them."""
