"""Settings: typed, frozen, checked as a whole before Spark starts."""

from kembar.config.load import add_settings_arguments as add_settings_arguments
from kembar.config.load import load_settings as load_settings
from kembar.config.load import settings_from as settings_from
from kembar.config.settings import BUILTIN as BUILTIN
from kembar.config.settings import EFFICIENTNET as EFFICIENTNET
from kembar.config.settings import IMAGE_TOWERS as IMAGE_TOWERS
from kembar.config.settings import LEVELS as LEVELS
from kembar.config.settings import SMALL_CNN as SMALL_CNN
from kembar.config.settings import BlockingSettings as BlockingSettings
from kembar.config.settings import EncodeSettings as EncodeSettings
from kembar.config.settings import GroupingSettings as GroupingSettings
from kembar.config.settings import ImageTowerSettings as ImageTowerSettings
from kembar.config.settings import ListingsSettings as ListingsSettings
from kembar.config.settings import LoggingSettings as LoggingSettings
from kembar.config.settings import ReportSettings as ReportSettings
from kembar.config.settings import ScoringSettings as ScoringSettings
from kembar.config.settings import Settings as Settings
from kembar.config.settings import TextTowerSettings as TextTowerSettings
from kembar.config.settings import TrainingSettings as TrainingSettings
from kembar.config.settings import TripletSettings as TripletSettings
