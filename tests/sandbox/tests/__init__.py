"""Lets the tests find each other from whatever folder unittest is told to begin in."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
