import time
from tests.catalog.caller import Caller
from tests.definition import definition, PATTERN
from flask.testing import FlaskClient
from app.selection import decisions

def test_try(client: FlaskClient) -> None:
    caller = Caller(client)
    caller.create()
    slow = {"text_search": {"description": "Search text", "patterns": {"search_files": {**PATTERN, "time_estimate_ms": 20000, "cost_estimate": 4}}}}
    caller.create("sed", capabilities=slow)
    for _ in range(3):
        answer = client.post("/api/v1/select", json={"intent": "find text in files password=hunter2"})
    print(answer.json["because"], [c["tool_name"] for c in answer.json["candidates"]])
    decisions.decision_log().flush()
    print(decisions.recent())
    body = {"name": "Find text", "request": {"intent": "find text in files"}, "expected": {"tool_name": "grep", "pattern_name": "search_files"}, "must_hold": True}
    answer = client.post("/api/v1/select/cases", json=body)
    print(answer.status_code, answer.json)
    print(client.get("/api/v1/select/cases").json)
    worse = definition(capabilities={"text_search": {"description": "Search text", "patterns": {"search_files": {**PATTERN, "time_estimate_ms": 50000, "cost_estimate": 5}}}})
    del worse["version"]
    print(client.post("/api/v1/tools/grep/impact", json=worse).json)
    answer = client.put("/api/v1/tools/grep", json=worse)
    print(answer.status_code, answer.json)
    answer = client.put("/api/v1/tools/grep?waive=because", json=worse)
    print(answer.status_code, answer.json.get("version"))
    print(client.get("/api/v1/audit?limit=3").json)
    answer = client.get("/select/cases")
    print(answer.status_code)
    for path in ("/select/cases/new", "/select/cases/Find%20text/edit", "/select/cases/Find%20text/delete"):
        print(client.get(path).status_code)
