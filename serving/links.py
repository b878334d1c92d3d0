"""OpenAPI links: how what one operation answers leads to the next one, for programs that follow the contract."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["LINKS", "add_links"]

ETAG = {"header.If-Match": "$response.header.ETag"}
JOB = {"job_id": "$response.body#/id"}
RUN = {"run_id": "$response.body#/run_id"}
FIRST = "$response.body#/items/0/"


def _asked(name: str) -> str:
    """Return the expression for a parameter of the request's path."""
    return f"$request.path.{name}"


def _dataset_of() -> dict[str, str]:
    return {"dataset": _asked("dataset")}


def _to(targets: Iterable[str], parameters: Mapping[str, str]) -> dict[str, Mapping[str, str]]:
    return dict.fromkeys(targets, parameters)


_PROPOSAL = {"proposal_id": "$response.body#/proposal_id"}
_DRAFT = {"draft_id": "$response.body#/draft_id"}
_OVERRIDE = {"override_id": "$response.body#/override_id"}
_SCENARIO = {"scenario_id": "$response.body#/scenario_id"}
_ENDPOINT = {"endpoint_id": "$response.body#/id"}
_CHANNEL = {"channel": "$response.body#/channel"}
_TABLE = _dataset_of() | {"table": _asked("table")}
_UPLOAD = _dataset_of() | {"upload_id": "$response.body#/upload_id"}
_DECISIONS = ("editProposal", "approveProposal", "rejectProposal", "snoozeProposal", "reopenProposal")
_MOVES = (
    "exportPurchaseOrderDraft",
    "confirmPurchaseOrderDraft",
    "closePurchaseOrderDraft",
    "cancelPurchaseOrderDraft",
)
_WEBHOOK = ("getWebhook", "deleteWebhook", "rotateWebhookSecret", "testWebhook", "listWebhookDeliveries")
_MESSAGE = {"endpoint_id": _asked("endpoint_id"), "message_id": FIRST + "message_id"}
_RESULT_FILE = "{$response.body#/tables/0/table}.{$response.body#/tables/0/files/0/format}"
_UPLOADED = _to(("getUpload", "getUploadErrors"), _UPLOAD) | _to(("listRows",), _TABLE)
_DATASET = _to(("getDataset", "listDatasetVersions"), _dataset_of())
_TO_JOB = _to(("getJob", "cancelJob"), JOB)
_IMPORT = {"import_id": "$response.body#/import_id"}
_IMPORTED = _to(("getImport", "getImportErrors"), _IMPORT) | _to(
    ("getImportTable",), _IMPORT | {"table": "$response.body#/tables/0/table"}
)

LINKS: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "createForecast": {
        "201": _to(("getIssuedForecast",), {"forecast_id": "$response.body#/forecast_id"}),
        "202": _TO_JOB,
    },
    "createPlanRun": {
        "200": _to(("getPlanRun", "listPlanRunLines"), RUN),
        "201": _to(("getPlanRun", "listPlanRunLines"), RUN) | _to(("listProposals",), {"run_id": RUN["run_id"]}),
        "202": _TO_JOB,
    },
    "listPlanRuns": {"200": _to(("getPlanRun", "listPlanRunLines"), {"run_id": FIRST + "run_id"})},
    "listProposals": {"200": _to(("getProposal",), {"proposal_id": FIRST + "proposal_id"})},
    "getProposal": {"200": _to(_DECISIONS, _PROPOSAL | ETAG)},
    "editProposal": {"200": _to(("approveProposal", "rejectProposal"), _PROPOSAL | ETAG)},
    "approveProposal": {"200": _to(("reopenProposal", "rejectProposal"), _PROPOSAL | ETAG)},
    "createPurchaseOrderDrafts": {"201": _to(("getPurchaseOrderDraft",), {"draft_id": FIRST + "draft_id"})},
    "listPurchaseOrderDrafts": {"200": _to(("getPurchaseOrderDraft",), {"draft_id": FIRST + "draft_id"})},
    "getPurchaseOrderDraft": {"200": _to(_MOVES, _DRAFT | ETAG)},
    "exportPurchaseOrderDraft": {
        "200": _to(("getPurchaseOrderDraftFile",), _DRAFT | {"form": "$response.body#/format"})
        | _to(("confirmPurchaseOrderDraft",), _DRAFT | ETAG)
    },
    "createOverride": {
        "201": _to(("getOverride",), _OVERRIDE) | _to(("patchOverride", "deleteOverride"), _OVERRIDE | ETAG)
    },
    "getOverride": {"200": _to(("patchOverride", "deleteOverride"), _OVERRIDE | ETAG)},
    "createScenario": {"201": _to(("getScenario", "promoteScenario", "deleteScenario"), _SCENARIO)},
    "promoteScenario": {"201": _to(("getPlanRun", "listPlanRunLines"), RUN)},
    "listModels": {"200": _to(("getModel",), {"version": FIRST + "version"})},
    "promoteModel": {"202": _TO_JOB},
    "listIssuedForecasts": {"200": _to(("getIssuedForecast",), {"forecast_id": FIRST + "forecast_id"})},
    "putDataset": {"200": _DATASET},
    "uploadTable": {"200": _UPLOADED, "201": _UPLOADED | _DATASET, "202": _TO_JOB, "207": _UPLOADED},
    "createImport": {"200": _IMPORTED, "201": _IMPORTED, "202": _TO_JOB, "207": _IMPORTED},
    "listImports": {"200": _to(("getImport", "getImportErrors"), {"import_id": FIRST + "import_id"})},
    "createTrainingJob": {"202": _TO_JOB},
    "createForecastJob": {"202": _TO_JOB},
    "createPlanJob": {"202": _TO_JOB},
    "createBacktestJob": {"202": _TO_JOB},
    "createTuningJob": {"202": _TO_JOB},
    "createWeeklyReportJob": {"202": _TO_JOB},
    "createReviewJob": {"202": _TO_JOB},
    "listJobs": {"200": _to(("getJob",), {"job_id": "$response.body#/jobs/0/id"})},
    "getJob": {"200": _to(("getJobResult", "listJobErrors", "cancelJob"), JOB)},
    "getJobResult": {"200": _to(("getJobResultFile",), {"job_id": "$response.body#/job", "file": _RESULT_FILE})},
    "createSchedule": {"201": _to(("getSchedule", "deleteSchedule"), {"name": "$response.body#/name"})},
    "createAmazonReportJob": {"202": _TO_JOB},
    "createAmazonStockJob": {"202": _TO_JOB},
    "createAmazonFeedJob": {"202": _TO_JOB},
    "createReconciliationJob": {"202": _TO_JOB},
    "createChannel": {"201": _to(("putListings", "setPause", "reconcileChannel", "getChannelHealth"), _CHANNEL)},
    "putListings": {"200": _to(("acceptChannelOrder", "reconcileChannel"), _CHANNEL)},
    "getChannelHealth": {"200": _to(("listReconciliations",), _CHANNEL)},
    "reconcileChannel": {"201": _to(("getReconciliation",), _CHANNEL | {"report_id": "$response.body#/id"})},
    "listReconciliations": {
        "200": _to(("getReconciliation",), {"channel": FIRST + "channel", "report_id": FIRST + "id"})
    },
    "acceptChannelOrder": {
        "201": _to(("shipChannelOrder", "cancelChannelOrder"), _CHANNEL | {"order_id": "$response.body#/order_id"})
    },
    "listAlerts": {"200": _to(("getAlert", "draftAlertAction"), {"alert_id": FIRST + "alert_id"})},
    "getAlert": {"200": _to(("snoozeAlert",), {"alert_id": "$response.body#/alert/alert_id"} | ETAG)},
    "draftAlertAction": {"201": _to(("decideActionDraft",), _DRAFT | ETAG)},
    "createWebhook": {"201": _to(_WEBHOOK, _ENDPOINT) | _to(("patchWebhook",), _ENDPOINT | ETAG)},
    "getWebhook": {"200": _to(("patchWebhook",), _ENDPOINT | ETAG)},
    "listWebhookDeliveries": {"200": _to(("listWebhookAttempts", "replayWebhook"), _MESSAGE)},
}
"""Operation → status of its answer → operations that follow → their parameters, as OpenAPI runtime expressions."""


def add_links(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Write the links into the paths of a document."""
    for operations in paths.values():
        for operation in operations.values():
            for status, targets in LINKS.get(operation.get("operationId", ""), {}).items():
                links = operation["responses"][status].setdefault("links", {})
                for target, parameters in targets.items():
                    links[target] = {"operationId": target, "parameters": dict(parameters)}
