"""Servers, virtual hosts and sections: from the expanded tree to the configuration that holds."""

from apacheconf.model.bind import bind
from apacheconf.model.bound import Bound, Directive
from apacheconf.model.build import build, diagnose
from apacheconf.model.types import Address, Model, Section, Server

__all__ = ["Address", "Bound", "Directive", "Model", "Section", "Server", "bind", "build", "diagnose"]
