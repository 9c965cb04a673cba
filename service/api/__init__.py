"""How do programs ask over HTTP? `create_app` builds the REST door and the pages around a running engine."""

from service.api.app import create_app

__all__ = ["create_app"]
