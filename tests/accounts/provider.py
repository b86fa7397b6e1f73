"""A provider of OpenID Connect on a port of this machine, speaking the protocol; it can be told to misbehave."""

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "catalog", "a-secret-of-the-provider"


@dataclass(slots=True)
class Grant:
    """A code that was given out: for whom, and what must come with it."""

    nonce: str
    challenge: str
    redirect_uri: str


@dataclass(slots=True)
class Misbehaviour:
    """What the provider does wrong."""

    claims: dict[str, Any] = field(default_factory=dict)
    algorithm: str = "RS256"
    other_key: bool = False
    refuses: str | None = None
    status: int | None = None
    other_issuer: bool = False
    userinfo_subject: str | None = None


class Provider(ThreadingHTTPServer):
    """Signs in whoever comes, at once, as the person of these claims."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        self.key = RSAKey.generate_key(2048, {"kid": "first"})
        self.person: dict[str, Any] = {"sub": "42", "preferred_username": "ada", "groups": ["platform"]}
        self.userinfo: dict[str, Any] = {}
        self.wrong = Misbehaviour()
        self.codes: dict[str, Grant] = {}
        self.asked: list[str] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self.shutdown()
        self.server_close()
        self._thread.join()

    def rotate(self) -> None:
        """Sign with another key from now on."""
        self.key = RSAKey.generate_key(2048, {"kid": secrets.token_hex(4)})

    def discovery(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": "http://somebody.else" if self.wrong.other_issuer else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes next."""
        answer = {"state": asked["state"]}
        if self.wrong.refuses is not None:
            answer["error"] = self.wrong.refuses
        else:
            answer["code"] = secrets.token_urlsafe(16)
            self.codes[answer["code"]] = Grant(asked["nonce"], asked["code_challenge"], asked["redirect_uri"])
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        return f"{asked['redirect_uri']}?{urlencode(answer)}"

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """The tokens for a code; None: something about the request is not right."""
        grant = self.codes.pop(sent.get("code", ""), None)
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        verifier = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(verifier).rstrip(b"=").decode()
        if grant is None or authorization != f"Basic {known}":
            return None
        if (grant.challenge, grant.redirect_uri) != (challenge, sent.get("redirect_uri")):
            return None
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(grant.nonce)}

    def id_token(self, nonce: str) -> str:
        """What it says of who signed in, signed."""
        now = int(time.time())
        said = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        claims = {name: value for name, value in {**said, **self.wrong.claims}.items() if value is not None}
        if self.wrong.algorithm == "none":
            parts = [json.dumps(part).encode() for part in ({"alg": "none"}, claims)]
            return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        if self.wrong.algorithm == "HS256":
            shared = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": self.key.kid}, claims, shared, algorithms=["HS256"])
        key = RSAKey.generate_key(2048) if self.wrong.other_key else self.key
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, key)


class Handler(BaseHTTPRequestHandler):
    """One request to the provider."""

    server: Provider

    def do_GET(self) -> None:
        """Answer discovery, keys, authorization and userinfo."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append(parts.path)
        match parts.path:
            case "/.well-known/openid-configuration":
                self._tell(self.server.discovery())
            case "/jwks":
                self._tell({"keys": [self.server.key.as_dict(private=False)]})
            case "/authorize":
                self.send_response(302)
                self.send_header("Location", self.server.authorize(asked))
                self.end_headers()
            case "/userinfo":
                subject = self.server.wrong.userinfo_subject or self.server.person["sub"]
                self._tell({**self.server.userinfo, "sub": subject})

    def do_POST(self) -> None:
        """Answer a code with tokens."""
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        sent = {name: values[0] for name, values in parse_qs(text).items()}
        tokens = self.server.token(sent, self.headers.get("Authorization", ""))
        self._tell({"error": "invalid_grant"} if tokens is None else tokens, 400 if tokens is None else 200)

    def log_message(self, form: str, *values: Any) -> None:
        """Say nothing."""

    def _tell(self, said: dict[str, Any], status: int = 200) -> None:
        body = json.dumps(said).encode()
        self.send_response(self.server.wrong.status or status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
