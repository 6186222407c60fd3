"""Settings: typed, frozen, checked as a whole before Spark starts."""

from kembar.config.load import add_settings_arguments, load_settings, settings_from
from kembar.config.settings import (
    BUILTIN,
    EFFICIENTNET,
    IMAGE_TOWERS,
    SMALL_CNN,
    BlockingSettings,
    EncodeSettings,
    GroupingSettings,
    ImageTowerSettings,
    ListingsSettings,
    LoggingSettings,
    ReportSettings,
    ScoringSettings,
    Settings,
    TextTowerSettings,
    TrainingSettings,
    TripletSettings,
)

__all__ = [
    "BUILTIN",
    "EFFICIENTNET",
    "IMAGE_TOWERS",
    "SMALL_CNN",
    "BlockingSettings",
    "EncodeSettings",
    "GroupingSettings",
    "ImageTowerSettings",
    "ListingsSettings",
    "LoggingSettings",
    "ReportSettings",
    "ScoringSettings",
    "Settings",
    "TextTowerSettings",
    "TrainingSettings",
    "TripletSettings",
    "add_settings_arguments",
    "load_settings",
    "settings_from",
]
