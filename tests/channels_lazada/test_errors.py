"""The error table: what each answer asks of us."""

from __future__ import annotations

from typing import Any

import pytest

from stockrecon.channels.lazada.errors import Remedy, trouble


@pytest.mark.parametrize(
    "document",
    [{"code": "0", "data": {}}, {"code": 0}, {"code": "0", "result": {"success": True}},
     {"code": "0", "success": "true"}, {"code": "0", "result": []}, {"code": "0", "detail": []}],
)  # fmt: skip
def test_success(document: dict[str, Any]) -> None:
    assert trouble(document) is None


@pytest.mark.parametrize(
    ("code", "message", "remedy", "wait"),
    [
        ("IllegalAccessToken", "The specified access token is invalid or expired", Remedy.REFRESH, None),
        ("IllegalRefreshToken", "", Remedy.AUTHORISE, None),
        ("InvalidCode", "", Remedy.AUTHORISE, None),
        ("AUTH_TYPE_UNSUPPORTED", "", Remedy.AUTHORISE, None),
        ("IncompleteSignature", "", Remedy.AUTHORISE, None),
        ("InvalidAppKey", "", Remedy.AUTHORISE, None),
        ("AppWhiteIpLimit", "", Remedy.AUTHORISE, None),
        ("InvalidApiPath", "", Remedy.FAIL, None),
        ("ApiCallLimit", "this ban will last 1 seconds", Remedy.THROTTLE, 1.0),
        ("AppApiCallLimit", "This ban will last 14229 seconds", Remedy.THROTTLE, 14229.0),
        ("SellerCallLimit", "", Remedy.THROTTLE, None),
        (901, "E901: The request is too frequent", Remedy.THROTTLE, None),
        ("E0901", "", Remedy.THROTTLE, None),
        ("1002", "", Remedy.THROTTLE, None),
        ("506", "E506: Get product failed", Remedy.RETRY, None),
        ("6", "E006: Unexpected internal error", Remedy.RETRY, None),
        ("6", "Invalid status filter", Remedy.FAIL, None),
        (1000, "", Remedy.RETRY, None),
        ("ServiceTimeout", "", Remedy.RETRY, None),
        ("SYSTEM", "", Remedy.RETRY, None),
        ("998", "this API service is disabled", Remedy.FAIL, None),
        ("14", "E014: Invalid Offset", Remedy.FAIL, None),
        ("SellerNotVerified", "", Remedy.FAIL, None),
        ("501", "E501: Update product failed", Remedy.SYNC, None),
        ("IllegalTimestamp", "", Remedy.CLOCK, None),
        ("17", "the timestamp is out of range", Remedy.CLOCK, None),
        ("NeverHeardOf", "what", Remedy.FAIL, None),
    ],
)
def test_codes(code: object, message: str, remedy: Remedy, wait: float | None) -> None:
    problem = trouble({"code": code, "message": message})
    assert problem is not None
    assert (problem.remedy, problem.wait) == (remedy, wait)
    assert problem.code == str(code)


@pytest.mark.parametrize(
    "document",
    [
        {"code": "0", "result": {"success": False, "error_code": "E1002", "error_msg": "flow"}},
        {"code": "0", "result": {"success": "false", "error_code": "E1002"}},
        {"code": "0", "success": False, "error_code": "E1002"},
        {"code": "0", "result": {"not_success": True, "error_code": "E1002"}},
    ],
)
def test_failures_inside_a_success(document: dict[str, Any]) -> None:
    problem = trouble(document)
    assert problem is not None
    assert (problem.remedy, problem.code) == (Remedy.THROTTLE, "E1002")


@pytest.mark.parametrize("document", [{}, {"data": {"products": []}}, {"error": "nope"}])
def test_an_answer_without_a_code_is_not_lazadas(document: dict[str, Any]) -> None:
    problem = trouble(document)
    assert problem is not None
    assert problem.remedy is Remedy.FAIL
