"""Policy: which rule excludes a candidate, what it must only be done with, and which rules could not be evaluated."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.definitions.expressions import Condition, EvaluationError
from app.quantities import compact, duration
from app.selection.candidates import Candidate
from app.selection.estimates import Estimate
from app.selection.request import SelectionRequest

# What people write for the environment that `production_safe` is about.
PRODUCTION = frozenset({"production", "prod", "prd", "live"})
BACKGROUND_MS = 5_000


@dataclass(frozen=True, slots=True)
class Remark:
    """A rule and what it says of a candidate, in words."""

    rule: str
    detail: str


def standing(candidate: Candidate, request: SelectionRequest) -> Remark | None:
    """The rule about what a candidate is that excludes it; None when it may be used."""
    if candidate.off is not None:
        return Remark("not_offered", f"{candidate.tool_name} is {candidate.off}")
    platform = request.platform
    if platform is not None and not runs_on(candidate, platform):
        return Remark("platform", f"It runs on {candidate.platform or 'no platform that is known'}, not on {platform}")
    return _environment(candidate, request) or _permissions(candidate, request)


def takes_too_much(candidate: Candidate, request: SelectionRequest, estimate: Estimate) -> Remark | None:
    """The limit a candidate's estimate exceeds, its own policy's first; None when it keeps them all."""
    rules, limits = candidate.rules, request.limits
    time, cost = estimate.time_ms, estimate.cost
    if rules.max_cost is not None and cost > rules.max_cost:
        return Remark("max_cost", f"It would cost {compact(cost)}; its policy allows {compact(rules.max_cost)}")
    if rules.max_execution_time is not None and time > rules.max_execution_time * 1000:
        allowed = duration(rules.max_execution_time * 1000)
        return Remark("max_execution_time", f"It would take {duration(time)}; its policy allows {allowed}")
    if limits.max_cost is not None and cost > limits.max_cost:
        return Remark("limits.max_cost", f"It would cost {compact(cost)}; asked was at most {compact(limits.max_cost)}")
    if limits.max_time_ms is not None and time > limits.max_time_ms:
        asked = duration(limits.max_time_ms)
        return Remark("limits.max_time_ms", f"It would take {duration(time)}; asked was at most {asked}")
    return None


def runs_on(candidate: Candidate, platform: str) -> bool:
    """Whether a candidate's tool runs on a platform."""
    return candidate.platform in {platform, "multi-platform"}


def not_evaluated(candidate: Candidate, request: SelectionRequest) -> Iterator[Remark]:
    """The rules that say nothing, since the request does not say what they are about."""
    rules = candidate.rules
    if request.environment is None:
        if not rules.production_safe:
            yield Remark("production_safe", "Not for production; the request names no environment")
        if rules.allowed_environments is not None:
            allowed = ", ".join(rules.allowed_environments) or "none"
            yield Remark("allowed_environments", f"Only for {allowed}; the request names no environment")
    if request.permissions is None and rules.required_permissions:
        needed = ", ".join(rules.required_permissions)
        yield Remark("required_permissions", f"Needs {needed}; the request names no permissions")


def background(candidate: Candidate, estimate: Estimate) -> Remark | None:
    """Why a candidate runs in the background, though somebody waits; None when it need not."""
    rules = candidate.rules
    if rules.background_if is not None and (why := _holds(rules.background_if, estimate)) is not None:
        return Remark("requires_background_if", why)
    items = estimate.values.get("N")
    if rules.max_n_immediate is not None and items is not None and items > rules.max_n_immediate:
        told = f"N is {compact(items)}; at most {compact(rules.max_n_immediate)} are done while somebody waits"
        return Remark("max_N_immediate", told)
    if estimate.time_ms > BACKGROUND_MS:
        return Remark("time", f"It takes {duration(estimate.time_ms)}, more than {duration(BACKGROUND_MS)}")
    return None


def _holds(condition: Condition, estimate: Estimate) -> str | None:
    """Why a condition counts as met; one without a value does, since waiting in vain is worse."""
    try:
        return f"{condition.text} holds" if condition.holds(estimate.values) else None
    except EvaluationError as error:
        return f"{condition.text} cannot be told: {error}"


def _environment(candidate: Candidate, request: SelectionRequest) -> Remark | None:
    if request.environment is None:
        return None
    environment, rules = request.environment.strip().lower(), candidate.rules
    if environment in PRODUCTION and not rules.production_safe:
        return Remark("production_safe", "It is not safe for production")
    if rules.allowed_environments is not None and not any(
        _same_environment(environment, allowed) for allowed in rules.allowed_environments
    ):
        allowed = ", ".join(rules.allowed_environments) or "no environment"
        return Remark("allowed_environments", f"It is allowed in {allowed}, not in {request.environment}")
    return None


def _same_environment(environment: str, allowed: str) -> bool:
    other = allowed.strip().lower()
    return environment == other or (environment in PRODUCTION and other in PRODUCTION)


def _permissions(candidate: Candidate, request: SelectionRequest) -> Remark | None:
    if request.permissions is None:
        return None
    lacking = [needed for needed in candidate.rules.required_permissions if needed not in request.permissions]
    return Remark("required_permissions", f"It needs {', '.join(lacking)}") if lacking else None
