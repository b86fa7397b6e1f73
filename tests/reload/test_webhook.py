"""The signed webhook: who knows the secret may ask for a reload, nobody else."""

import base64
import time
from collections.abc import Callable, Mapping

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.config import SettingError
from app.errors import NotFound
from app.reload.history import HistoryQuery, count
from app.reload.webhook import TOLERANCE_S, NotSigned, check_signature, signature
from tests.catalog.caller import Caller
from tests.reload import behind
from tests.reload.serving import Serving

Start = Callable[..., Serving]
WEBHOOK = "/api/v1/tools/reload/webhook"
SECRET = "a secret of letters, and é"
BODY = b'{"tool_name": "grep"}'
NOW = 1_731_705_121.0


def signed(
    body: bytes = BODY, *, secret: str = SECRET, identity: str = "msg_1", timestamp: str = str(int(NOW))
) -> dict[str, str]:
    """The headers of a webhook."""
    own = signature(secret, identity, timestamp, body)
    return {"Webhook-Id": identity, "Webhook-Timestamp": timestamp, "Webhook-Signature": own}


def fresh(body: bytes = BODY, **signing: str) -> dict[str, str]:
    """The headers of a webhook that is sent now."""
    return signed(body, timestamp=str(int(time.time())), **signing)


def send(one: Serving, body: bytes = BODY, headers: Mapping[str, str] | None = None) -> TestResponse:
    """Send a webhook, signed as it must be but for the headers given."""
    told = {**fresh(body), **(headers or {})}
    return one.client.post(WEBHOOK, data=body, headers=told, content_type="application/json")


def test_the_signature_is_that_of_the_standard() -> None:
    # The worked example of https://github.com/standard-webhooks/standard-webhooks.
    secret, identity, body = "whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", b'{"event_type":"ping",'
    body += b'"data":{"success":true}}'
    wanted = "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="
    assert signature(secret, identity, "1731705121", body) == wanted
    headers = {"Webhook-Id": identity, "Webhook-Timestamp": "1731705121", "Webhook-Signature": wanted}
    check_signature(secret, headers, body, now=NOW)


PLAIN = st.text(min_size=1).filter(lambda text: not text.startswith("whsec_"))


@given(secret=PLAIN, body=st.binary(), identity=st.text(min_size=1))
def test_what_was_signed_is_taken_and_nothing_else(secret: str, body: bytes, identity: str) -> None:
    headers = signed(body, secret=secret, identity=identity)
    check_signature(secret, headers, body, now=NOW)
    changes: list[tuple[str, dict[str, str], bytes]] = [
        (secret + "!", headers, body),
        (secret, headers, body + b"!"),
        (secret, {**headers, "Webhook-Id": identity + "!"}, body),
        (secret, {**headers, "Webhook-Timestamp": str(int(NOW) + 1)}, body),
    ]
    for other, sent, told in changes:
        with pytest.raises(NotSigned, match="does not fit"):
            check_signature(other, sent, told, now=NOW)


def test_a_secret_may_be_text_or_base64_after_a_mark() -> None:
    text = "thirty-two characters of secret!"
    marked = "whsec_" + base64.b64encode(text.encode()).decode()
    assert signature(text, "1", "2", BODY) == signature(marked, "1", "2", BODY)
    check_signature(marked, signed(secret=text), BODY, now=NOW)


def test_of_several_signatures_one_must_fit() -> None:
    right, wrong = signed()["Webhook-Signature"], signed(secret="old")["Webhook-Signature"]
    for several in (f"{wrong} {right}", f"{right} {wrong}", f"v1a,xyz  {right}", f"{right} é"):
        check_signature(SECRET, {**signed(), "Webhook-Signature": several}, BODY, now=NOW)
    for several in (f"{wrong} {wrong}", f"{right},{wrong}", right.removeprefix("v1,"), right + "=", "é", "v1,"):
        with pytest.raises(NotSigned):
            check_signature(SECRET, {**signed(), "Webhook-Signature": several}, BODY, now=NOW)


@pytest.mark.parametrize("away", [0, TOLERANCE_S, -TOLERANCE_S])
def test_a_clock_may_be_a_little_off(away: int) -> None:
    check_signature(SECRET, signed(), BODY, now=NOW + away)


@pytest.mark.parametrize("away", [TOLERANCE_S + 1, -TOLERANCE_S - 1, 86_400, -NOW])
def test_what_was_signed_long_ago_or_will_be_is_refused(away: float) -> None:
    with pytest.raises(NotSigned, match="5 minutes away"):
        check_signature(SECRET, signed(), BODY, now=NOW + away)


ODD = ["١٧٣١٧٠٥١٢١", "1731705121²", "-1731705121", "+1731705121", "1731705121.0", "1e9", "now", " 1731705121", "9" * 13]


@pytest.mark.parametrize("timestamp", [*ODD, "9" * 5_000])
def test_a_time_that_is_no_number_of_seconds_is_refused(timestamp: str) -> None:
    with pytest.raises(NotSigned, match="is no time"):
        check_signature(SECRET, signed(timestamp=timestamp), BODY, now=NOW)


@pytest.mark.parametrize("name", ["Webhook-Id", "Webhook-Timestamp", "Webhook-Signature"])
@pytest.mark.parametrize("instead", [{}, {"": ""}])
def test_every_header_must_be_there(name: str, instead: dict[str, str]) -> None:
    headers = signed()
    del headers[name]
    if instead:
        headers[name] = ""
    with pytest.raises(NotSigned, match="Send Webhook-Id"):
        check_signature(SECRET, headers, BODY, now=NOW)


def test_without_a_secret_there_is_no_webhook(client: FlaskClient) -> None:
    with pytest.raises(NotFound, match="RELOAD_WEBHOOK_SECRET"):
        check_signature("", signed(secret=""), BODY, now=NOW)
    answer = client.post(WEBHOOK, data=BODY, headers=fresh(secret=""))
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def test_a_signed_webhook_reloads_in_every_process(caller: Caller, serving: Start) -> None:
    caller.create()
    asked, other = serving(reload_webhook_secret=SECRET), serving()
    behind.describe_silently("grep", "By hand")
    told = send(asked).get_json()
    known = ("trigger", "triggered_by", "tool_name", "success", "error")
    assert [told[name] for name in known] == ["webhook", "webhook msg_1", "grep", True, None]
    event = other.event(lambda event: event.request == told["request"])
    assert (event.trigger, event.triggered_by, event.tool_name) == ("webhook", "webhook msg_1", "grep")
    assert [one.caller.read()["description"] for one in (asked, other)] == ["By hand"] * 2


@pytest.mark.parametrize("body", [b"", b"{}", b'{"tool_name": null}'])
def test_a_webhook_that_names_no_tool_reloads_everything(serving: Start, body: bytes) -> None:
    told = send(serving(reload_webhook_secret=SECRET), body).get_json()
    assert (told["success"], told["tool_name"], told["tool_names"]) == (True, None, None)


def test_a_sender_with_a_long_name_is_cut_short(serving: Start) -> None:
    told = send(serving(reload_webhook_secret=SECRET), headers=fresh(identity="x" * 500)).get_json()
    assert told["triggered_by"] == f"webhook {'x' * 192}"


UNSIGNED = {
    "another secret": {"Webhook-Signature": fresh(secret="another")["Webhook-Signature"]},
    "another body": {"Webhook-Signature": fresh(b'{"tool_name": "find"}')["Webhook-Signature"]},
    "no signature": {"Webhook-Signature": ""},
    "no id": {"Webhook-Id": ""},
    "another id": {"Webhook-Id": "msg_2"},
    "another time": {"Webhook-Timestamp": str(int(time.time()) - 7)},
    "a time long ago": signed(timestamp="1"),
    "no time": {"Webhook-Timestamp": "-1"},
}


@pytest.mark.parametrize("wrong", UNSIGNED)
def test_a_webhook_that_is_not_signed_does_nothing(serving: Start, wrong: str) -> None:
    one = serving(reload_webhook_secret=SECRET)
    answer = send(one, headers=UNSIGNED[wrong])
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    assert answer.get_json()["type"].endswith(":not-signed")
    assert SECRET not in answer.text
    one.service.stop()
    assert (count(HistoryQuery()), count(HistoryQuery("startup"))) == (1, 1)


@pytest.mark.parametrize(
    "body", [b'{"tool": "grep"}', b'{"tool_name": 7}', b"[]", b"{", b'{"tool_name": "' + b"x" * 101]
)
def test_a_webhook_that_says_something_else_is_refused_in_words(serving: Start, body: bytes) -> None:
    answer = send(serving(reload_webhook_secret=SECRET), body)
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["detail"]


def test_what_is_wrong_with_a_body_is_told_to_who_signed_it_only(serving: Start) -> None:
    one = serving(reload_webhook_secret=SECRET)
    assert send(one, b"{", headers={"Webhook-Signature": "v1,wrong"}).status_code == 401
    parameters = one.client.post(f"{WEBHOOK}?tool_name=grep", data=BODY, headers=fresh())
    assert parameters.status_code == 400


@pytest.mark.parametrize("secret", ["whsec_", "whsec_!!!!", "whsec_abc", "whsec_" + "YWJj" * 5, "fifteen letters"])
def test_a_secret_that_anybody_could_guess_is_refused_at_the_start(app_with: Callable[..., Flask], secret: str) -> None:
    with pytest.raises(SettingError, match="RELOAD_WEBHOOK_SECRET"):
        app_with(reload_webhook_secret=secret)
