"""The dashboards, in one small source: `python deploy/grafana/dashboards.py` writes dashboards/*.json.

A panel is a title, a sentence, a unit and its queries. The queries are run against a real Prometheus
by tests/integration/test_dashboards.py, which also fails when the JSON is not what this file says.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "dashboards"
DATASOURCE = {"type": "prometheus", "uid": "wederdienst"}
OF_REGION = 'region=~"$region"'
OF_SERVICE = f'{OF_REGION}, service=~"$service"'
FROM_MEMORY = f'{OF_SERVICE}, found="memory"'
WIDTH = 24


@dataclass(frozen=True)
class Panel:
    """`queries`: legend and PromQL. `kind` as Grafana calls it; `unit` likewise."""

    title: str
    says: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    wide: int = 8
    red_from: float | None = None


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    says: str
    panels: tuple[Panel, ...]
    asks: tuple[str, ...] = field(default=("region",))


def rate(metric: str, by: str, where: str = OF_SERVICE) -> str:
    return f"sum by ({by}) (rate({metric}{{{where}}}[$__rate_interval]))"


def p99(metric: str, by: str, where: str = OF_SERVICE) -> str:
    return f"histogram_quantile(0.99, {rate(f'{metric}_bucket', f'le, {by}', where)})"


def sum_of(metric: str, by: str, where: str = OF_SERVICE) -> str:
    return f"sum by ({by}) ({metric}{{{where}}})"


def worst(metric: str, by: str, where: str = OF_SERVICE) -> str:
    return f"max by ({by}) ({metric}{{{where}}})"


ANY_TROUBLE = (
    f"count(max by (service) (wd_leading{{{OF_REGION}}}) == 0) or vector(0)",
    f"sum(wd_parked{{{OF_REGION}}}) or vector(0)",
)

REGION = Dashboard(
    "wd-region",
    "Wederdienst: regio",
    "Hoe het de mensen gaat: wat wacht, wat loopt, wat niet aankomt.",
    (
        Panel(
            "Diensten zonder leider",
            "0 is goed: elke dienst heeft een proces dat schrijft.",
            {"zonder leider": ANY_TROUBLE[0]},
            kind="stat",
            wide=4,
            red_from=1,
        ),
        Panel(
            "Geparkeerd",
            "Gebeurtenissen die niet verwerkt konden worden.",
            {"geparkeerd": ANY_TROUBLE[1]},
            kind="stat",
            wide=4,
            red_from=1,
        ),
        Panel(
            "Oudste dringende vraag",
            "Zo lang wacht de oudste dringende hulpvraag op een helper.",
            {"wacht": f"max(wd_urgent_oldest_seconds{{{OF_REGION}}})"},
            unit="s",
            kind="stat",
            wide=4,
            red_from=86400,
        ),
        Panel(
            "Werk over de termijn",
            "Wat een coördinator al had moeten doen.",
            {"over termijn": f'sum(wd_work{{{OF_REGION}, term="over"}})'},
            kind="stat",
            wide=4,
            red_from=10,
        ),
        Panel(
            "Som van alle saldi",
            "Altijd 0.",
            {"minuten": f"sum(wd_ledger_sum_minutes{{{OF_REGION}}})"},
            kind="stat",
            wide=4,
            red_from=1,
        ),
        Panel(
            "Oudste bericht",
            "Zo lang wacht het oudste bericht dat meteen weg mag.",
            {"wacht": f"max(wd_messages_oldest_seconds{{{OF_REGION}}})"},
            unit="s",
            kind="stat",
            wide=4,
            red_from=3600,
        ),
        Panel(
            "Hulpvragen zonder helper",
            "Naar hoe lang zij wachten.",
            {"{{age}}": sum_of("wd_requests_waiting", "age", OF_REGION)},
        ),
        Panel(
            "Werk voor coördinatoren",
            "Zoals in Vandaag, over alle gebieden.",
            {"{{kind}}": sum_of("wd_work", "kind", OF_REGION)},
        ),
        Panel(
            "Helpers en hun week",
            "Bijna vol is vanaf 85 %. Zij die vol zijn worden niet voorgesteld.",
            {"{{room}}": sum_of("wd_helpers", "room", OF_REGION)},
        ),
        Panel(
            "Koppelingen",
            "Naar hoe ver zij zijn. Gereserveerd hoort kort te duren.",
            {"{{status}}": sum_of("wd_matches", "status", OF_REGION)},
        ),
        Panel(
            "Gereserveerde uren",
            "Wat op rekeningen apart staat voor hulp die komt.",
            {"minuten": f"sum(wd_holds_minutes{{{OF_REGION}}})"},
            unit="m",
        ),
        Panel(
            "Rekeningen",
            "Wie veel tegoed heeft of veel meer kreeg dan gaf, hoort dat, en een coördinator ook.",
            {"{{balance}}": sum_of("wd_accounts", "balance", OF_REGION)},
        ),
        Panel(
            "Deelnemers",
            "Naar status.",
            {"{{status}}": sum_of("wd_members", "status", OF_REGION)},
        ),
        Panel(
            "Berichten",
            "Wat wacht, en wat door een mens gebracht wordt.",
            {
                "{{status}}": f"sum by (status) (wd_messages{{{OF_REGION}, "
                'status=~"queued|handed_over|escalated|failed"})'
            },
        ),
        Panel(
            "Mail",
            "Verzonden en mislukt, per seconde.",
            {"{{outcome}}": rate("wd_mails_total", "outcome", OF_REGION)},
            unit="ops",
        ),
        Panel(
            "Webhooks",
            "Pogingen om een sociaal team te antwoorden, per seconde.",
            {"{{outcome}}": rate("wd_webhooks_total", "outcome", OF_REGION)},
            unit="ops",
        ),
        Panel(
            "Oudste webhook",
            "Zo lang wacht de oudste bij een adres dat aan staat.",
            {"wacht": f"max(wd_webhooks_oldest_seconds{{{OF_REGION}}})"},
            unit="s",
            red_from=3600,
        ),
        Panel(
            "Website en API",
            "Verzoeken per seconde, naar afloop.",
            {"{{status}}": rate("wd_http_seconds_count", "status", OF_REGION)},
            unit="reqps",
        ),
        Panel(
            "Wachten op de website",
            "99 van de 100 verzoeken zijn sneller.",
            {"p99": p99("wd_http_seconds", "region", OF_REGION)},
            unit="s",
            red_from=0.2,
        ),
        Panel(
            "Drukste adressen",
            "Verzoeken per seconde, de tien drukste.",
            {
                "{{method}} {{route}}": "topk(10, "
                f"{rate('wd_http_seconds_count', 'method, route', OF_REGION)})"
            },
            unit="reqps",
        ),
    ),
)

SERVICES = Dashboard(
    "wd-services",
    "Wederdienst: diensten",
    "Per dienst: verkeer, fouten, wachttijd, drukte; en waar het log is.",
    (
        Panel(
            "Leidt",
            "1 per dienst: precies één proces schrijft.",
            {"{{service}}": sum_of("wd_leading", "service")},
        ),
        Panel(
            "Niet gereed",
            "Processen die op iets wachten: zie /readyz.",
            {"{{service}} {{instance}}": f"1 - wd_ready{{{OF_SERVICE}}}"},
        ),
        Panel(
            "Opdrachten",
            "Per seconde, naar afloop.",
            {"{{service}} {{outcome}}": rate("wd_command_seconds_count", "service, outcome")},
            unit="ops",
        ),
        Panel(
            "Wachten op een antwoord",
            "99 van de 100 opdrachten zijn sneller.",
            {"{{service}}": p99("wd_command_seconds", "service")},
            unit="s",
            red_from=0.5,
        ),
        Panel(
            "Vragen",
            "Per seconde, naar afloop.",
            {"{{service}} {{outcome}}": rate("wd_query_seconds_count", "service, outcome")},
            unit="ops",
        ),
        Panel(
            "Traagste opdrachten",
            "p99 van de tien traagste soorten.",
            {"{{command}}": f"topk(10, {p99('wd_command_seconds', 'command')})"},
            unit="s",
        ),
        Panel(
            "Schrijven",
            "Hoe lang één commit duurt (p99).",
            {"{{service}}": p99("wd_commit_seconds", "service")},
            unit="s",
        ),
        Panel(
            "Per commit",
            "Hoeveel opdrachten samen geschreven worden, gemiddeld.",
            {
                "{{service}}": f"{rate('wd_commit_batch_size_sum', 'service')} "
                f"/ {rate('wd_commit_batch_size_count', 'service')}"
            },
        ),
        Panel(
            "Wachtrij",
            "Wat op de commit loop wacht, en wat geweigerd werd omdat zij vol was.",
            {
                "{{service}}": worst("wd_queue", "service"),
                "{{service}} geweigerd": rate("wd_busy_total", "service"),
            },
        ),
        Panel(
            "Kop van het log",
            "De positie van de laatste gebeurtenis.",
            {"{{service}}": worst("wd_log_head", "service")},
        ),
        Panel(
            "Relay achter",
            "Gebeurtenissen die JetStream nog niet bevestigd heeft.",
            {"{{service}}": worst("wd_relay_lag", "service")},
            red_from=1000,
        ),
        Panel(
            "Volgers achter",
            "Gebeurtenissen van een bron die nog niet verwerkt zijn.",
            {"{{service}} volgt {{source}}": worst("wd_follower_lag", "service, source")},
            red_from=1000,
        ),
        Panel(
            "Geparkeerd",
            "Gebeurtenissen die niet verwerkt konden worden; de rest gaat door.",
            {"{{service}}": worst("wd_parked", "service")},
            red_from=1,
        ),
        Panel(
            "Wekkers te laat",
            "Hoe laat de wekker is die het eerst had moeten afgaan.",
            {"{{service}}": worst("wd_timers_overdue_seconds", "service")},
            unit="s",
            red_from=60,
        ),
        Panel(
            "Meldingen in het log",
            "Waarschuwingen en fouten per seconde.",
            {
                "{{service}} {{level}}": rate(
                    "wd_log_lines_total", "service, level", f'{OF_SERVICE}, level=~"warning|error"'
                )
            },
        ),
        Panel(
            "Processor",
            "Kernen die een proces gebruikt.",
            {
                "{{service}} {{instance}}": "rate(process_cpu_seconds_total"
                f"{{{OF_SERVICE}}}[$__rate_interval])"
            },
        ),
        Panel(
            "Geheugen",
            "Van elk proces.",
            {"{{service}} {{instance}}": f"process_resident_memory_bytes{{{OF_SERVICE}}}"},
            unit="bytes",
        ),
        Panel(
            "Te laat aan de beurt",
            "Hoe lang het proces zelf op zich liet wachten.",
            {"{{service}} {{instance}}": f"wd_loop_delay_seconds{{{OF_SERVICE}}}"},
            unit="s",
            red_from=0.2,
        ),
    ),
    asks=("region", "service"),
)

NATS = Dashboard(
    "wd-nats",
    "Wederdienst: NATS",
    "Vervoer, geen waarheid: JetStream kan altijd opnieuw gevuld worden.",
    (
        Panel(
            "Verbonden",
            "1 per proces.",
            {"{{service}} {{instance}}": f"wd_nats_connected{{{OF_SERVICE}}}"},
        ),
        Panel(
            "Opnieuw verbonden",
            "Keren in het laatste uur.",
            {"{{service}}": f"sum by (service) (increase(wd_nats_reconnects{{{OF_SERVICE}}}[1h]))"},
        ),
        Panel(
            "Berichten per seconde",
            "Van en naar de diensten.",
            {"{{service}} {{direction}}": rate("wd_nats_messages", "service, direction")},
            unit="ops",
        ),
        Panel(
            "Berichten in de streams",
            "Zoveel dagen als nats.stream_days zegt.",
            {"{{stream}}": worst("wd_stream_messages", "stream")},
        ),
        Panel(
            "Grootte van de streams",
            "Op de schijf van NATS.",
            {"{{stream}}": worst("wd_stream_bytes", "stream")},
            unit="bytes",
        ),
        Panel(
            "Lezers van de streams",
            "Elke volger is er een.",
            {"{{stream}}": worst("wd_stream_consumers", "stream")},
        ),
        Panel(
            "Nog te brengen",
            "Berichten die JetStream nog naar een volger moet brengen.",
            {"{{service}} volgt {{source}}": worst("wd_consumer_pending", "service, source")},
        ),
        Panel(
            "Gebracht, niet bevestigd",
            "Hoort dicht bij 0 te blijven.",
            {"{{service}} volgt {{source}}": worst("wd_consumer_unacknowledged", "service, source")},
        ),
        Panel(
            "Opnieuw gebracht",
            "Meer dan eens gebracht; het watermerk zorgt dat het één keer telt.",
            {"{{service}} volgt {{source}}": worst("wd_consumer_redelivered", "service, source")},
        ),
    ),
    asks=("region", "service"),
)

POSTGRES = Dashboard(
    "wd-postgres",
    "Wederdienst: PostgreSQL",
    "De waarheid: één database per dienst.",
    (
        Panel(
            "Grootte",
            "Van elke database.",
            {"{{service}}": worst("wd_database_bytes", "service")},
            unit="bytes",
        ),
        Panel(
            "Verbindingen",
            "Naar wat zij doen. Open in een transactie hoort heel kort te duren.",
            {"{{service}} {{state}}": worst("wd_database_connections", "service, state")},
        ),
        Panel(
            "Verbindingen in gebruik",
            "Van wat de server toelaat.",
            {
                "deel": f"sum by (region) (wd_database_connections{{{OF_REGION}}}) "
                f"/ max by (region) (wd_database_connections_max{{{OF_REGION}}})"
            },
            unit="percentunit",
            red_from=0.8,
        ),
        Panel(
            "Transacties",
            "Per seconde, naar hoe zij eindigden.",
            {"{{service}} {{ended}}": rate("wd_database_transactions", "service, ended")},
            unit="ops",
        ),
        Panel(
            "Uit het geheugen",
            "Deel van de blokken dat niet van schijf kwam.",
            {
                "{{service}}": f"{rate('wd_database_blocks', 'service', FROM_MEMORY)} "
                f"/ {rate('wd_database_blocks', 'service')}"
            },
            unit="percentunit",
        ),
        Panel(
            "Langste transactie",
            "Wat nu het langst loopt.",
            {"{{service}}": worst("wd_database_longest_seconds", "service")},
            unit="s",
            red_from=10,
        ),
        Panel(
            "Deadlocks",
            "In het laatste uur.",
            {"{{service}}": f"sum by (service) (increase(wd_database_deadlocks{{{OF_SERVICE}}}[1h]))"},
            red_from=1,
        ),
        Panel(
            "Schrijven",
            "Hoe lang één commit duurt (p99).",
            {"{{service}}": p99("wd_commit_seconds", "service")},
            unit="s",
        ),
        Panel(
            "Epoche",
            "Gaat alleen omhoog na een herstel uit een oudere kopie.",
            {"{{service}}": worst("wd_log_epoch", "service")},
        ),
    ),
    asks=("region", "service"),
)

NETWORK = Dashboard(
    "wd-network",
    "Wederdienst: netwerk",
    "Alle regio's naast elkaar, en hun verbindingen.",
    (
        Panel(
            "Regio's die weg zijn",
            "Wat voor hen is, wacht veilig; de hulp gaat gewoon door.",
            {"{{region}}": 'sum by (region) (wd_link_peers{state="away"})'},
            red_from=1,
        ),
        Panel(
            "Langst weg",
            "Zo lang is de regio weg die het langst niet bereikt werd.",
            {"{{region}}": "max by (region) (wd_link_away_seconds)"},
            unit="s",
            red_from=3600,
        ),
        Panel(
            "Brieven die wachten",
            "Wat andere regio's nog niet hebben.",
            {"{{region}}": "sum by (region) (wd_link_letters_waiting)"},
        ),
        Panel(
            "Diensten zonder leider",
            "Per regio; 0 is goed.",
            {"{{region}}": "sum by (region) (1 - max by (region, service) (wd_leading))"},
            red_from=1,
        ),
        Panel("Geparkeerd", "Per regio.", {"{{region}}": "sum by (region) (wd_parked)"}, red_from=1),
        Panel(
            "Fouten",
            "Antwoorden van de website en de API die aan ons liggen, per seconde.",
            {
                "{{region}}": 'sum by (region) (rate(wd_http_seconds_count{status="5xx"}[$__rate_interval])) '
                "or sum by (region) (wd_leading * 0)"
            },
            unit="reqps",
        ),
        Panel(
            "Hulpvragen zonder helper",
            "Langer dan een week.",
            {"{{region}}": 'sum by (region) (wd_requests_waiting{age="longer"})'},
        ),
        Panel(
            "Koppelingen",
            "Bevestigd, nog niet afgerond.",
            {"{{region}}": 'sum by (region) (wd_matches{status="confirmed"})'},
        ),
        Panel(
            "Helpers bijna vol of vol",
            "Deel van alle helpers.",
            {
                "{{region}}": 'sum by (region) (wd_helpers{room!="free"}) '
                "/ clamp_min(sum by (region) (wd_helpers), 1)"
            },
            unit="percentunit",
        ),
        Panel(
            "Gebeurtenissen",
            "Per seconde, alle diensten samen.",
            {"{{region}}": "sum by (region) (rate(wd_log_head[$__rate_interval]))"},
            unit="ops",
        ),
        Panel(
            "Wachten op de website",
            "p99 per regio.",
            {"{{region}}": p99("wd_http_seconds", "region", "")},
            unit="s",
            red_from=0.2,
        ),
        Panel(
            "Grootte",
            "Alle databases van een regio.",
            {"{{region}}": "sum by (region) (wd_database_bytes)"},
            unit="bytes",
        ),
    ),
    asks=(),
)

DASHBOARDS = (REGION, NETWORK, SERVICES, NATS, POSTGRES)


def as_json(dashboard: Dashboard) -> dict[str, Any]:
    """A dashboard as Grafana reads it (schema 39), its panels laid out in rows of 24."""
    panels, x, y = [], 0, 0
    for number, panel in enumerate(dashboard.panels, 1):
        height = 4 if panel.kind == "stat" else 8
        if x + panel.wide > WIDTH:
            x, y = 0, y + panels[-1]["gridPos"]["h"]
        panels.append(_panel(panel, number, {"x": x, "y": y, "w": panel.wide, "h": height}))
        x += panel.wide
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.says,
        "tags": ["wederdienst"],
        "timezone": "browser",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [
            {"type": "dashboards", "tags": ["wederdienst"], "title": "Wederdienst", "asDropdown": True}
        ],
        "templating": {"list": [_variable(name) for name in dashboard.asks]},
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


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if panel.red_from is not None:
        steps.append({"color": "red", "value": panel.red_from})
    shown: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.kind == "timeseries":
        shown["min"] = 0
        if panel.red_from is not None:
            shown["custom"] = {"thresholdsStyle": {"mode": "dashed"}}
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "gridPos": place,
        "datasource": DATASOURCE,
        "fieldConfig": {"defaults": shown, "overrides": []},
        "targets": [
            {"refId": chr(65 + n), "datasource": DATASOURCE, "expr": query, "legendFormat": legend}
            for n, (legend, query) in enumerate(panel.queries.items())
        ],
    }


def written() -> dict[str, str]:
    """File name and text of every dashboard."""
    return {
        f"{dashboard.uid.removeprefix('wd-')}.json": json.dumps(
            as_json(dashboard), indent=1, ensure_ascii=False
        )
        + "\n"
        for dashboard in DASHBOARDS
    }


if __name__ == "__main__":
    for name, text in written().items():
        (HERE / name).write_text(text, encoding="utf-8")
