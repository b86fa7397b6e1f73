"""What is kept of a request holds no secret, and still asks for the same."""

import pytest

from app.selection.scrub import GONE, scrubbed

SECRETS = {
    "login with password=hunter2 to web-01": "hunter2",
    "login with password: hunter2": "hunter2",
    "log in, the password is hunter2 as always": "hunter2",
    'run it with "password": "open sesame!" please': "open sesame!",
    "PASSWORD='s3cr3t word' backup": "s3cr3t word",
    "use passwd hunter22": "hunter22",
    "mysql --password hunter2 dump": "hunter2",
    "mysql --db-password=hunter2 dump": "hunter2",
    "curl -u admin:hunter2 http://web-01/": "hunter2",
    "curl --user=admin:hunter2 http://web-01/": "hunter2",
    "set the api key to api_key=abc123": "abc123",
    "x-api-key: 0a1b2c3d": "0a1b2c3d",
    "with token Tr0ub4dor&3 restart": "Tr0ub4dor&3",
    "token=abc": "abc",
    "secret => squirrel": "squirrel",
    "Authorization: Bearer abc.def-1": "abc.def-1",
    "call it with bearer a1b2c3": "a1b2c3",
    "Authorization: Basic dXNlcjpwYXNz": "dXNlcjpwYXNz",
    "fetch https://bob:hunter2@example.org/x": "hunter2",
    "fetch postgresql://app:pa:ss@db:5432/x": "pa:ss",
    "fetch https://example.org/x?sig=abcdef&exp=1": "abcdef",
    "use AKIAIOSFODNN7EXAMPLE for s3": "AKIAIOSFODNN7EXAMPLE",
    "use wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "bPxRfiCYEXAMPLEKEY",
    "use ghp_16C7e42F292c6912E7710c838347Ae178B4a": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "use glpat-aBcDeFgHiJkLmNoPqRsT": "aBcDeFgHiJkLmNoPqRsT",
    "use sk-proj-abcdefghijklmnop": "abcdefghijklmnop",
    "post to slack as xoxb-123456789012-abcdefghijkl": "xoxb-123456789012-abcdefghijkl",
    "use tcat_abcdefghijklmnopqrst": "tcat_abcdefghijklmnopqrst",
    "use eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmN": "dozjgNryP4J3jVmN",
    "check d41d8cd98f00b204e9800998ecf8427e": "d41d8cd98f00b204e9800998ecf8427e",
    "check DA39A3EE5E6B4B0D3255BFEF95601890AFD80709": "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
    "kill session 3f2504e0-4f89-11d3-9a0c-0305e82c3301": "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    "trust 16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48": "ac:a5:76:28",
    "mail the log to jane.doe+ops@mail.example.org": "jane.doe",
    "add -----BEGIN PRIVATE KEY----- MIIEvQ -----END PRIVATE KEY----- to web-01": "MIIEvQ",
    "cookie: session=abc": "session=abc",
    "unlock with pin 1234": "1234",
}
HARMLESS = (
    "restart nginx on web-01.prod.example.org",
    "find files larger than 10 MB in /var/log/nginx",
    "rotate the passwords of all users",
    "reset the password of a user",
    "list expired tokens",
    "renew the API key of a service",
    "check which secrets are about to expire",
    "capture packets on eth0 for 60 seconds",
    "copy https://example.org/releases/tool-1.2.3.tar.gz to /tmp",
    "Get-CimInstance Win32_OperatingSystem on 10.1.2.3 port 443",
    "compare kubernetes-deployment-production-eu-west with its template",
    "stop container 3fa9c1 quickly, basic information only",
    "Invoke-WebRequestWithRetryAndTimeout für alle Rechner",
    "the digest of yesterday",
)


@pytest.mark.parametrize("text", SECRETS)
def test_no_secret_is_left(text: str) -> None:
    assert SECRETS[text] in text
    left = scrubbed(text)
    assert SECRETS[text] not in left
    assert GONE in left


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrubbed(text) == text


@pytest.mark.parametrize("text", [*SECRETS, *HARMLESS])
def test_a_scrubbed_text_stays_as_it_is(text: str) -> None:
    assert scrubbed(scrubbed(text)) == scrubbed(text)


def test_what_is_asked_for_is_still_there() -> None:
    left = scrubbed("restart nginx with password=hunter2 as root@web-01.example.org on port 80")
    assert left == "restart nginx with password=… as … on port 80"


@pytest.mark.parametrize("part", ["-----BEGIN ", "a@", "password ", "://", "a.", "-x-", "aA0", "token=", "AKIA", "'"])
def test_no_text_takes_long(part: str) -> None:
    assert len(scrubbed(part * (2_000 // len(part)))) <= 4_000
