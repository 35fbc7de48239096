"""A virtual NEMA controller: rings, coordination and the NTCIP objects of a real one.

Written for tests and for hardware in the loop; it drives no lamp of a street.
"""

from __future__ import annotations

from .controller import Controller, Inputs
from .database import database_of
from .rings import Lamp
from .values import Values

__all__ = ["Controller", "Inputs", "Lamp", "Values", "database_of"]
