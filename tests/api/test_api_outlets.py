"""Can a person say over HTTP which outlets are one, and do the counts follow?"""

from __future__ import annotations

from pathlib import Path

from reports import FERRY_COURIER, FERRY_LEDGER, REPORTS
from serving import served


def test_outlets_are_described_listed_and_forgotten(tmp_path: Path) -> None:
    with served(tmp_path) as service:
        service.post_articles(REPORTS)
        story = service.client.get(f"/v1/articles/{FERRY_COURIER['id']}").json()["story_id"]
        path = f"/v1/outlets/{FERRY_LEDGER['outlet'].replace(' ', '%20')}"
        said = {"alias_of": FERRY_COURIER["outlet"], "owner": ""}
        assert service.client.put(path, json=said).json() == {"name": FERRY_LEDGER["outlet"], **said}
        assert service.client.get(f"/v1/stories/{story}").json()["outlet_count"] == 1
        assert service.client.get("/v1/outlets").json()["outlets"] == [
            {"name": FERRY_LEDGER["outlet"], **said}
        ]
        assert service.client.put(path, json={"alias_of": FERRY_LEDGER["outlet"]}).status_code == 422
        assert service.client.delete(path).status_code == 204
        assert service.client.delete(path).status_code == 404
        assert service.client.get(f"/v1/stories/{story}").json()["outlet_count"] == 2
