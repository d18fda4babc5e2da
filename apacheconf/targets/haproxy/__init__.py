"""The HAProxy target: see ../__init__.py for what it shares with others."""
