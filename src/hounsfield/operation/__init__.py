"""An archive as a service: its configuration, its logs, and what runs."""

from hounsfield.operation.configuration import Configuration, read_configuration
from hounsfield.operation.service import Service

__all__ = ["Configuration", "Service", "read_configuration"]
