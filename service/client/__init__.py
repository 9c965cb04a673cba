"""How does a Python program use a samestory that runs elsewhere? `Client` asks its REST API; nothing of the
engine is imported.

    from service.client import Client

    with Client("http://127.0.0.1:8420") as samestory:
        samestory.submit({"outlet": "Example Daily", "text": text} for text in texts)
        for story in samestory.stories(lang="ar", min_outlets=3):
            print(story["title"], story["outlet_count"])

Answers are the API's JSON as it comes; `service.client.documents` gives its types.
"""

from service.client.client import Client
from service.client.submitting import Submitted

__all__ = ["Client", "Submitted"]
