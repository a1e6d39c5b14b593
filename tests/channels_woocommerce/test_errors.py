"""What answers mean: the recorded refusals of a real WooCommerce 11.0.1, and what hosts answer in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stockrecon.channels.woocommerce.answers import document_of
from stockrecon.channels.woocommerce.errors import NO_PRODUCT, Refused, judge_for, judge_write
from stockrecon.errors import AuthFault, ReadFault
from stockrecon.rest import Answer, BadAnswer, Verdict, VerdictKind

from .fakes import error, page_of_html, said

FOLDER = Path(__file__).parent / "recorded"
FAIL, RETRY, OK, THROTTLED = VerdictKind.FAIL, VerdictKind.RETRY, VerdictKind.OK, VerdictKind.THROTTLED


def recorded(name: str) -> Answer:
    told = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))["response"]
    headers = {key.lower(): value for key, value in told["headers"].items()}
    return Answer(told["status"], headers, json.dumps(told["body"]).encode())


def read(answer: Answer) -> Verdict:
    return judge_for("woo", "products")(answer)


def wrote(answer: Answer) -> Verdict:
    return judge_write("woo", "products/batch")(answer)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: str(path.stem))
def test_every_recorded_answer_is_understood(path: Path) -> None:
    """Good where the shop did what was asked, a fault with the shop's own words where it did not."""
    answer = recorded(path.stem)
    verdict = read(answer)
    assert verdict.kind is (OK if answer.status < 300 else FAIL)
    if verdict.error is not None:
        document = document_of(answer)
        assert isinstance(document, dict)
        assert document["code"] in str(verdict.error)


@pytest.mark.parametrize("name", ["01-no-auth", "02-bad-secret", "03-bad-key", "04-basic-without-tls",
                                  "32-readonly-write"])  # fmt: skip
def test_a_refused_key_is_for_people_and_wrote_nothing(name: str) -> None:
    """Each with a way on."""
    for verdict in (read(recorded(name)), wrote(recorded(name))):
        assert isinstance(verdict.error, AuthFault)
        assert verdict.error.way_on


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("18-per-page-101", "rest_invalid_param"),
        ("22-set-stock-fraction", "rest_invalid_param"),
        ("31-batch-101", "woocommerce_rest_request_entity_too_large"),
        ("33-not-found", "woocommerce_rest_product_invalid_id"),
    ],
)
def test_a_refusal_is_told_by_its_code(name: str, code: str) -> None:
    """Never sent again, and a write that gets one was refused as a whole."""
    for verdict in (read(recorded(name)), wrote(recorded(name))):
        assert isinstance(verdict.error, Refused)
        assert verdict.error.code == code
    assert (name == "33-not-found") is (code in NO_PRODUCT)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_fault_of_the_host_passes(status: int) -> None:
    """A read is repeated; what a write did nobody knows."""
    for answer in (error("internal_server_error", "<p>critical</p>", status), said({"oops": 1}, status)):
        assert read(answer).kind is RETRY
        assert wrote(answer).kind is RETRY


def test_too_many_requests_were_not_let_in() -> None:
    for judge in (read, wrote):
        assert judge(error("too_many", "slow down", 429)).kind is THROTTLED
        assert judge(said({"message": "slow down"}, 429)).kind is THROTTLED


@pytest.mark.parametrize("judge", [read, wrote])
def test_a_page_is_no_answer(judge: object) -> None:
    """Whatever its status says."""
    for status in (200, 403, 404, 503):
        with pytest.raises(BadAnswer):
            judge(page_of_html(status))  # type: ignore[operator]


def test_an_error_that_comes_as_a_success_is_one() -> None:
    """Plug-ins answer so; its own status counts where it has one."""
    gone = {"code": "woocommerce_rest_cannot_view", "message": "No.", "data": {"status": 401}}
    assert isinstance(read(said(gone)).error, AuthFault)
    assert isinstance(read(said({"code": "x", "message": "No."})).error, Refused)
    assert read(said({"code": "x", "message": "No.", "data": {"status": 503}})).kind is RETRY
    assert wrote(said({"code": "x", "message": "No.", "data": {"status": 400}})).kind is FAIL


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (said({"update": []}), OK),
        (said([]), RETRY),
        (said("done"), RETRY),
        (said({"message": "forbidden"}, 403), RETRY),
        (said({}, 404), RETRY),
    ],
)
def test_what_neither_is_a_batchs_answer_nor_refuses_by_name_says_nothing(answer: Answer, kind: VerdictKind) -> None:
    """Of a write, RETRY means that nobody knows what it did."""
    assert wrote(answer).kind is kind


def test_a_message_is_one_line_without_entities() -> None:
    """The shop's words are the outside's."""
    refused = read(error("x", "use &lt;id&gt;\n\x1b[31m", 400)).error
    assert isinstance(refused, ReadFault)
    assert refused.what == "products: x: use <id>  [31m"
