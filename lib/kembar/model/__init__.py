"""The decision about a pair: distances, discriminator, heads, and the bundle that holds them."""

from kembar.model.bundle import Bundle, trusted_text_tower
from kembar.model.bundle_files import load_bundle, publish_bundle
from kembar.model.fingerprints import require_finished

__all__ = ["Bundle", "load_bundle", "publish_bundle", "require_finished", "trusted_text_tower"]
