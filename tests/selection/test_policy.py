"""Policy: hard rules exclude a candidate and are told, soft ones say how it runs, and a rule about what a request does
not say is told rather than guessed."""

from typing import Any

import pytest

from app.selection.candidates import Candidate, candidates_of
from app.selection.estimates import Estimate, estimate
from app.selection.policy import BACKGROUND_MS, PRODUCTION, background, not_evaluated, standing, takes_too_much
from app.selection.request import SelectionRequest
from app.selection.request_text import read_request
from tests.selection.tools import Offer, pattern, tool


def only(offer: Offer) -> Candidate:
    """The candidate of a tool with one pattern."""
    return next(candidates_of(offer))[0]


def candidate(**changes: Any) -> Candidate:
    """A candidate whose pattern says this."""
    return only(tool("nginx", reload=pattern(**changes)))


def under(**policy: Any) -> Candidate:
    """A candidate under this policy."""
    return candidate(policy=policy)


def request(**said: Any) -> SelectionRequest:
    """A request that says this."""
    return read_request({"intent": "reload nginx", **said})


def rule(candidate: Candidate, **said: Any) -> str | None:
    """The rule about what a candidate is that excludes it."""
    remark = standing(candidate, request(**said))
    return remark and remark.rule


def limit(candidate: Candidate, limits: dict[str, float] | None = None, **variables: float) -> str | None:
    """The limit a candidate exceeds."""
    remark = takes_too_much(candidate, request(limits=limits or {}), estimate(candidate.formulas, variables))
    return remark and remark.rule


def waiting(candidate: Candidate, **variables: float) -> str | None:
    """The rule for which a candidate runs in the background."""
    remark = background(candidate, estimate(candidate.formulas, variables))
    return remark and remark.rule


# What a candidate is.


@pytest.mark.parametrize("status", ["draft", "disabled", "deprecated", "testing"])
def test_a_tool_of_another_status_than_active_is_not_offered(status: str) -> None:
    remark = standing(only(tool("nginx", reload=pattern()).but(status=status)), request())
    assert remark is not None
    assert (remark.rule, remark.detail) == ("not_offered", f"nginx is {status}")


def test_a_tool_that_is_switched_off_is_not_offered() -> None:
    remark = standing(only(tool("nginx", reload=pattern()).but(enabled=False)), request())
    assert remark is not None
    assert (remark.rule, remark.detail) == ("not_offered", "nginx is disabled")


def test_a_tool_runs_on_its_platform_alone() -> None:
    linux = only(tool("systemctl", restart=pattern()).but(platform="linux"))
    assert rule(linux, platform="linux") is None
    assert rule(linux, platform="windows") == "platform"
    assert rule(linux) is None


def test_a_tool_of_many_platforms_runs_everywhere() -> None:
    everywhere = only(tool("ansible", restart=pattern()).but(platform="multi-platform"))
    assert {rule(everywhere, platform=name) for name in ("linux", "windows", "kubernetes")} == {None}


def test_what_needs_many_platforms_does_not_run_on_one() -> None:
    assert rule(only(tool("ip", show=pattern()).but(platform="linux")), platform="multi-platform") == "platform"


@pytest.mark.parametrize("environment", [*sorted(PRODUCTION), "Production", " PROD "])
def test_what_is_not_safe_for_production_is_not_used_there(environment: str) -> None:
    assert rule(under(production_safe=False), environment=environment) == "production_safe"
    assert rule(under(production_safe=True), environment=environment) is None


@pytest.mark.parametrize("environment", ["staging", "development", "preproduction"])
def test_what_is_not_safe_for_production_is_used_elsewhere(environment: str) -> None:
    assert rule(under(production_safe=False), environment=environment) is None


def test_a_policy_that_says_nothing_of_production_means_no() -> None:
    silent = {**pattern(), "policy": {}}
    assert rule(only(tool("nginx", reload=silent)), environment="production") == "production_safe"


def test_a_pattern_is_used_in_allowed_environments_alone() -> None:
    one = under(allowed_environments=["staging", "Test"])
    assert rule(one, environment="staging") is None
    assert rule(one, environment=" TEST") is None
    assert rule(one, environment="development") == "allowed_environments"


def test_the_words_for_production_mean_the_same_among_allowed_environments() -> None:
    assert rule(under(allowed_environments=["prod"]), environment="production") is None
    assert rule(under(allowed_environments=["prod"]), environment="staging") == "allowed_environments"


def test_being_allowed_in_production_does_not_make_it_safe_there() -> None:
    assert rule(under(production_safe=False, allowed_environments=["production"]), environment="production")


def test_a_pattern_allowed_nowhere_is_used_nowhere() -> None:
    assert rule(under(allowed_environments=[]), environment="staging") == "allowed_environments"


def test_every_required_permission_is_needed() -> None:
    one = under(required_permissions=["sudo", "restart"])
    assert rule(one, permissions=["restart", "sudo", "more"]) is None
    remark = standing(one, request(permissions=["restart"]))
    assert remark is not None
    assert (remark.rule, remark.detail) == ("required_permissions", "It needs sudo")


def test_who_may_do_nothing_may_use_what_needs_no_permission() -> None:
    assert rule(under(required_permissions=["sudo"]), permissions=[]) == "required_permissions"
    assert rule(under(), permissions=[]) is None


# What it takes.


def test_a_policys_cost_is_a_limit() -> None:
    one = candidate(cost_estimate="N", policy={"max_cost": 8})
    assert limit(one, N=8) is None
    assert limit(one, N=8.1) == "max_cost"


def test_a_policys_time_is_a_limit_in_seconds() -> None:
    one = candidate(time_estimate_ms="N", policy={"max_execution_time": 2})
    assert limit(one, N=2000) is None
    assert limit(one, N=2001) == "max_execution_time"


def test_a_limit_of_nothing_is_a_limit() -> None:
    one = candidate(cost_estimate="N", policy={"max_cost": 0})
    assert limit(one, N=0) is None
    assert limit(one, N=0.1) == "max_cost"
    assert limit(candidate(), {"max_cost": 0}) == "limits.max_cost"
    assert limit(candidate(), {"max_time_ms": 0}) == "limits.max_time_ms"


def test_the_requests_cost_is_a_limit() -> None:
    one = candidate(cost_estimate="N")
    assert limit(one, {"max_cost": 3}, N=3) is None
    assert limit(one, {"max_cost": 3}, N=3.1) == "limits.max_cost"


def test_the_requests_time_is_a_limit_in_milliseconds() -> None:
    one = candidate(time_estimate_ms="N")
    assert limit(one, {"max_time_ms": 300}, N=300) is None
    assert limit(one, {"max_time_ms": 300}, N=301) == "limits.max_time_ms"


def test_a_policys_own_limit_is_told_before_the_requests() -> None:
    one = candidate(cost_estimate="N", time_estimate_ms="N * 1000", policy={"max_cost": 5, "max_execution_time": 5})
    both = {"max_cost": 1, "max_time_ms": 1}
    assert limit(one, both, N=6) == "max_cost"
    assert limit(one, both, N=5) == "limits.max_cost"


def test_a_pattern_without_limits_may_take_anything() -> None:
    assert limit(candidate(cost_estimate=1e15, time_estimate_ms=1e15)) is None


def test_an_exceeded_limit_says_by_how_much() -> None:
    one = candidate(time_estimate_ms=90_000, policy={"max_execution_time": 30})
    remark = takes_too_much(one, request(), estimate(one.formulas, {}))
    assert remark is not None
    assert remark.detail == "It would take 1.5 min; its policy allows 30 s"


# How it runs.


def test_what_takes_over_5_seconds_runs_in_the_background() -> None:
    one = candidate(time_estimate_ms="N")
    assert BACKGROUND_MS == 5_000
    assert waiting(one, N=BACKGROUND_MS) is None
    assert waiting(one, N=BACKGROUND_MS + 1) == "time"


def test_what_meets_its_own_condition_runs_in_the_background() -> None:
    one = candidate(time_estimate_ms=10, policy={"requires_background_if": "N > 100"})
    assert waiting(one, N=100) is None
    assert waiting(one, N=101) == "requires_background_if"


def test_a_condition_is_told_by_the_usual_value_of_a_variable_not_said() -> None:
    one = candidate(time_estimate_ms=10, policy={"requires_background_if": "pages > 0"})
    assert waiting(one) == "requires_background_if"


def test_a_condition_that_cannot_be_told_counts_as_met() -> None:
    one = candidate(time_estimate_ms=10, policy={"requires_background_if": "1 / (N - 5) > 1"})
    remark = background(one, estimate(one.formulas, {"N": 5}))
    assert remark is not None
    assert remark.rule == "requires_background_if"
    assert "cannot be told" in remark.detail


def test_more_than_is_done_at_once_runs_in_the_background() -> None:
    one = candidate(time_estimate_ms=10, policy={"max_N_immediate": 50})
    assert waiting(one, N=50) is None
    assert waiting(one, N=51) == "max_N_immediate"
    assert estimate(one.formulas, {}).defaulted == ("N",)


def test_soft_rules_exclude_nothing() -> None:
    soft = under(requires_approval=True, requires_background_if="N > 0", max_N_immediate=0)
    assert rule(soft, environment="production", permissions=[]) is None
    assert limit(soft) is None


# What cannot be judged.


def untold(candidate: Candidate, **said: Any) -> list[str]:
    """The rules that say nothing of a candidate."""
    return [remark.rule for remark in not_evaluated(candidate, request(**said))]


def test_rules_about_the_environment_are_not_evaluated_without_one() -> None:
    one = under(production_safe=False, allowed_environments=["staging"])
    assert rule(one) is None
    assert untold(one) == ["production_safe", "allowed_environments"]
    assert untold(one, environment="staging") == []
    assert untold(under(production_safe=True)) == []


def test_rules_about_permissions_are_not_evaluated_without_any_said() -> None:
    one = under(required_permissions=["sudo"])
    assert rule(one) is None
    assert untold(one) == ["required_permissions"]
    assert untold(one, permissions=[]) == []


def test_an_estimate_says_nothing_of_what_a_policy_does_not_name() -> None:
    plain = candidate(time_estimate_ms="N")
    assert background(plain, Estimate(10, 0, {"N": 1e15}, ())) is None
