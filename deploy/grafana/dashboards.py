"""The dashboards, out of panels/*.toml: `python deploy/grafana/dashboards.py` writes dashboards/*.json.

A panel is a title, a sentence, a unit, from where on it is red, and its queries by their legend: PromQL, in
which OF_REGION and OF_SERVICE stand for what is chosen above the panels. The queries are run against a real
Prometheus by tests/integration/test_dashboards.py, which also fails when the JSON is not what they say.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DATASOURCE = {"type": "prometheus", "uid": "wederdienst"}
OF_REGION = 'region=~"$region"'
OF_SERVICE = f'{OF_REGION}, service=~"$service"'
WIDTH, HIGH, LOW = 24, 8, 4


def as_json(name: str, dashboard: dict[str, Any]) -> dict[str, Any]:
    """A dashboard as Grafana reads it (schema 39), its panels laid out in rows of 24."""
    panels: list[dict[str, Any]] = []
    x = y = 0
    for number, panel in enumerate(dashboard["panels"], 1):
        size = LOW if panel.get("kind") == "stat" else HIGH
        if x + size > WIDTH:
            x, y = 0, y + panels[-1]["gridPos"]["h"]
        panels.append(_panel(panel, number, {"x": x, "y": y, "w": size, "h": size}))
        x += size
    return {
        "uid": f"wd-{name}",
        "title": dashboard["title"],
        "description": dashboard["says"],
        "tags": ["wederdienst"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [
            {"type": "dashboards", "tags": ["wederdienst"], "title": "Wederdienst", "asDropdown": True}
        ],
        "templating": {"list": [_variable(label) for label in dashboard.get("asks", ["region"])]},
        "panels": panels,
    }


def _variable(label: str) -> dict[str, Any]:
    of_region = f"{{{OF_REGION}}}" if label == "service" else ""
    return {
        "name": label,
        "label": {"region": "Regio", "service": "Dienst"}[label],
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": f"label_values(wd_leading{of_region}, {label})", "refId": label},
        "refresh": 2,
        "includeAll": True,
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        "sort": 1,
    }


def _panel(panel: dict[str, Any], number: int, place: dict[str, int]) -> dict[str, Any]:
    kind, red_from = panel.get("kind", "timeseries"), panel.get("red_from")
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if red_from is not None:
        steps.append({"color": "red", "value": red_from})
    unit = panel.get("unit", "short")
    shown: dict[str, Any] = {"unit": unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if kind == "timeseries":
        shown["min"] = 0
        if red_from is not None:
            shown["custom"] = {"thresholdsStyle": {"mode": "dashed"}}
    return {
        "id": number,
        "type": kind,
        "title": panel["title"],
        "description": panel["says"],
        "gridPos": place,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": shown, "overrides": []},
        "targets": [
            {
                "refId": chr(65 + n),
                "datasource": DATASOURCE,
                "expr": _filled_in(query),
                "legendFormat": legend,
            }
            for n, (legend, query) in enumerate(panel["queries"].items())
        ],
    }


def _filled_in(query: str) -> str:
    return query.replace("OF_REGION", OF_REGION).replace("OF_SERVICE", OF_SERVICE)


def written() -> dict[str, str]:
    """File name and text of every dashboard."""
    return {
        f"{source.stem}.json": json.dumps(
            as_json(source.stem, tomllib.loads(source.read_text(encoding="utf-8"))),
            indent=1,
            ensure_ascii=False,
        )
        + "\n"
        for source in sorted((HERE / "panels").glob("*.toml"))
    }


if __name__ == "__main__":
    for name, text in written().items():
        (HERE / "dashboards" / name).write_text(text, encoding="utf-8")
