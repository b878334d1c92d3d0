"""The OpenAPI document is a promise: versions, names, examples, and a problem for every error."""

import pytest

from serving.api import create_api
from serving.schemas import ForecastRequest, PlanRequest
from tests.services import make_platform

OPERATIONS = {
    ("post", "/v1/forecasts"): "createForecast",
    ("post", "/v1/plans"): "createPlan",
    ("get", "/v1/products"): "listProducts",
    ("get", "/v1/models/champion"): "getChampion",
    ("get", "/v1/datasets"): "listDatasets",
    ("get", "/v1/datasets/{dataset}"): "getDataset",
    ("put", "/v1/datasets/{dataset}"): "putDataset",
    ("get", "/v1/datasets/{dataset}/versions"): "listDatasetVersions",
    ("get", "/v1/datasets/{dataset}/tables/{table}"): "listRows",
    ("post", "/v1/datasets/{dataset}/tables/{table}"): "uploadTable",
    ("get", "/v1/datasets/{dataset}/uploads/{upload_id}"): "getUpload",
    ("get", "/v1/datasets/{dataset}/uploads/{upload_id}/errors"): "getUploadErrors",
    ("post", "/v1/forecasts/percentiles"): "createPercentileForecast",
    ("post", "/v1/forecasts/business-central"): "createBusinessCentralForecast",
    ("get", "/v1/issued-forecasts"): "listIssuedForecasts",
    ("get", "/v1/issued-forecasts/{forecast_id}"): "getIssuedForecast",
    ("get", "/v1/forecast-accuracy"): "getForecastAccuracy",
    ("get", "/v1/overrides"): "listOverrides",
    ("post", "/v1/overrides"): "createOverride",
    ("get", "/v1/overrides/{override_id}"): "getOverride",
    ("patch", "/v1/overrides/{override_id}"): "patchOverride",
    ("delete", "/v1/overrides/{override_id}"): "deleteOverride",
    ("get", "/v1/scenarios"): "listScenarios",
    ("post", "/v1/scenarios"): "createScenario",
    ("get", "/v1/scenarios/{scenario_id}"): "getScenario",
    ("delete", "/v1/scenarios/{scenario_id}"): "deleteScenario",
    ("post", "/v1/scenarios/{scenario_id}/promote"): "promoteScenario",
    ("get", "/v1/models"): "listModels",
    ("get", "/v1/models/{version}"): "getModel",
    ("post", "/v1/models/{version}/promote"): "promoteModel",
    ("post", "/v1/models/rollback"): "rollBackModel",
    ("post", "/v1/plan-runs"): "createPlanRun",
    ("get", "/v1/plan-runs"): "listPlanRuns",
    ("get", "/v1/plan-runs/{run_id}"): "getPlanRun",
    ("get", "/v1/plan-runs/{run_id}/lines"): "listPlanRunLines",
    ("get", "/v1/proposals"): "listProposals",
    ("get", "/v1/proposals/{proposal_id}"): "getProposal",
    ("patch", "/v1/proposals/{proposal_id}"): "editProposal",
    ("post", "/v1/proposals/approve"): "approveProposals",
    ("post", "/v1/proposals/{proposal_id}/approve"): "approveProposal",
    ("post", "/v1/proposals/{proposal_id}/reject"): "rejectProposal",
    ("post", "/v1/proposals/{proposal_id}/snooze"): "snoozeProposal",
    ("post", "/v1/proposals/{proposal_id}/reopen"): "reopenProposal",
    ("post", "/v1/purchase-order-drafts"): "createPurchaseOrderDrafts",
    ("get", "/v1/purchase-order-drafts"): "listPurchaseOrderDrafts",
    ("get", "/v1/purchase-order-drafts/{draft_id}"): "getPurchaseOrderDraft",
    ("post", "/v1/purchase-order-drafts/{draft_id}/export"): "exportPurchaseOrderDraft",
    ("get", "/v1/purchase-order-drafts/{draft_id}/files/{form}"): "getPurchaseOrderDraftFile",
    ("post", "/v1/purchase-order-drafts/{draft_id}/confirm"): "confirmPurchaseOrderDraft",
    ("post", "/v1/purchase-order-drafts/{draft_id}/close"): "closePurchaseOrderDraft",
    ("post", "/v1/purchase-order-drafts/{draft_id}/cancel"): "cancelPurchaseOrderDraft",
    ("post", "/v1/jobs/train"): "createTrainingJob",
    ("post", "/v1/jobs/forecast"): "createForecastJob",
    ("post", "/v1/jobs/plan"): "createPlanJob",
    ("post", "/v1/jobs/amazon-report"): "createAmazonReportJob",
    ("post", "/v1/jobs/amazon-stock"): "createAmazonStockJob",
    ("post", "/v1/jobs/amazon-feed"): "createAmazonFeedJob",
    ("post", "/v1/jobs/reconcile"): "createReconciliationJob",
    ("post", "/v1/jobs/backtest"): "createBacktestJob",
    ("post", "/v1/jobs/tune"): "createTuningJob",
    ("post", "/v1/jobs/weekly-report"): "createWeeklyReportJob",
    ("post", "/v1/jobs/safety-stock-review"): "createReviewJob",
    ("get", "/v1/jobs"): "listJobs",
    ("get", "/v1/jobs/{job_id}"): "getJob",
    ("get", "/v1/jobs/{job_id}/errors"): "listJobErrors",
    ("get", "/v1/jobs/{job_id}/result"): "getJobResult",
    ("get", "/v1/jobs/{job_id}/result/{file}"): "getJobResultFile",
    ("delete", "/v1/jobs/{job_id}"): "cancelJob",
    ("post", "/v1/schedules"): "createSchedule",
    ("get", "/v1/schedules"): "listSchedules",
    ("get", "/v1/schedules/{name}"): "getSchedule",
    ("delete", "/v1/schedules/{name}"): "deleteSchedule",
    ("get", "/v1/alerts"): "listAlerts",
    ("get", "/v1/alert-rules"): "listAlertRules",
    ("put", "/v1/alert-rules"): "putAlertRules",
    ("get", "/v1/notification-routes"): "listNotificationRoutes",
    ("put", "/v1/notification-routes"): "putNotificationRoutes",
    ("post", "/v1/alerts/evaluations"): "evaluateAlerts",
    ("get", "/v1/alerts/{alert_id}"): "getAlert",
    ("post", "/v1/alerts/{alert_id}/snooze"): "snoozeAlert",
    ("post", "/v1/alerts/{alert_id}/draft"): "draftAlertAction",
    ("get", "/v1/action-drafts"): "listActionDrafts",
    ("post", "/v1/action-drafts/{draft_id}/decision"): "decideActionDraft",
    ("get", "/v1/health-score"): "getHealthScore",
    ("get", "/v1/reports/weekly"): "getWeeklyReport",
    ("get", "/v1/reports/closed-loop"): "getClosedLoop",
    ("post", "/v1/webhooks"): "createWebhook",
    ("get", "/v1/webhooks"): "listWebhooks",
    ("get", "/v1/webhooks/{endpoint_id}"): "getWebhook",
    ("patch", "/v1/webhooks/{endpoint_id}"): "patchWebhook",
    ("delete", "/v1/webhooks/{endpoint_id}"): "deleteWebhook",
    ("post", "/v1/webhooks/{endpoint_id}/secret"): "rotateWebhookSecret",
    ("post", "/v1/webhooks/{endpoint_id}/test"): "testWebhook",
    ("get", "/v1/webhooks/{endpoint_id}/deliveries"): "listWebhookDeliveries",
    ("get", "/v1/webhooks/{endpoint_id}/deliveries/{message_id}/attempts"): "listWebhookAttempts",
    ("post", "/v1/webhooks/{endpoint_id}/deliveries/{message_id}/replay"): "replayWebhook",
    ("get", "/v1/keys"): "listKeys",
    ("delete", "/v1/keys/{key_id}"): "revokeKey",
    ("get", "/v1/audit"): "listAudit",
    ("get", "/v1/fees"): "listFees",
    ("get", "/v1/unit-economics"): "listUnitEconomics",
    ("get", "/v1/suppliers"): "getSuppliers",
    ("get", "/v1/returns"): "getReturns",
    ("post", "/v1/returns/inspections"): "inspectReturn",
    ("post", "/v1/returns/missing-credits"): "findMissingCredits",
    ("get", "/v1/import-kinds"): "listImportKinds",
    ("post", "/v1/imports"): "createImport",
    ("get", "/v1/imports"): "listImports",
    ("get", "/v1/imports/{import_id}"): "getImport",
    ("get", "/v1/imports/{import_id}/errors"): "getImportErrors",
    ("get", "/v1/imports/{import_id}/tables/{table}"): "getImportTable",
    ("post", "/v1/movements"): "recordMovements",
    ("get", "/v1/movements"): "listMovements",
    ("get", "/v1/positions"): "listPositions",
    ("get", "/v1/lots"): "listLots",
    ("post", "/v1/channels"): "createChannel",
    ("get", "/v1/channels"): "listChannels",
    ("put", "/v1/channels/{channel}/listings"): "putListings",
    ("put", "/v1/channels/{channel}/pause"): "setPause",
    ("post", "/v1/channels/{channel}/orders"): "acceptChannelOrder",
    ("post", "/v1/channels/{channel}/orders/{order_id}/ship"): "shipChannelOrder",
    ("post", "/v1/channels/{channel}/orders/{order_id}/cancel"): "cancelChannelOrder",
    ("post", "/v1/channels/{channel}/reconciliations"): "reconcileChannel",
    ("get", "/v1/channels/{channel}/reconciliations"): "listReconciliations",
    ("get", "/v1/channels/{channel}/reconciliations/{report_id}"): "getReconciliation",
    ("get", "/v1/channels/{channel}/health"): "getChannelHealth",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory):
    return create_api(make_platform(tmp_path_factory.mktemp("openapi"))).openapi()


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")


def test_operation_ids_are_stable(document):
    found = {
        (method, path): operation["operationId"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    assert found == OPERATIONS


def test_every_request_body_has_examples_that_are_valid(document):
    for name, model in (("ForecastRequest", ForecastRequest), ("PlanRequest", PlanRequest)):
        examples = document["components"]["schemas"][name]["examples"]
        assert examples
        for example in examples:
            model.model_validate(example)


def test_every_error_is_documented_as_a_problem(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert {"500", "503"} <= set(refusals)
            for answer in refusals.values():
                assert list(answer["content"]) == ["application/problem+json"]


def test_every_operation_says_what_it_does(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            assert len(operation["description"]) > 10
            assert operation["tags"]


def test_requests_refuse_what_they_do_not_know(document):
    for name in ("ForecastRequest", "PlanRequest", "WhatIf", "SeriesKey"):
        assert document["components"]["schemas"][name]["additionalProperties"] is False


def test_every_link_leads_to_an_operation_and_names_parameters_that_it_has(document):
    found = {
        operation["operationId"]: {(item["in"], item["name"]) for item in operation.get("parameters", ())}
        for operations in document["paths"].values()
        for operation in operations.values()
    }
    links = [
        link
        for operations in document["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 90
    for link in links:
        for name in link["parameters"]:
            place, _, bare = name.rpartition(".")
            names = {known for where, known in found[link["operationId"]] if place in ("", where)}
            assert (bare if place else name) in names, link
    led_to = {link["operationId"] for link in links}
    by_name = {name for name, parameters in found.items() if any(where == "path" for where, _ in parameters)}
    assert by_name - led_to == {"putDataset", "uploadTable", "promoteModel", "revokeKey"}, "nothing leads there"
