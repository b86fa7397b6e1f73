"""Which texts are expressions: a whitelist between what an author typed and the evaluator.

Nothing is evaluated here, and nothing that passes can run long, fill memory or reach beyond numbers: only doubles,
variables, arithmetic, comparisons and the listed functions, all bounded in number.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import TypeAlias

MAX_CHARACTERS = 500
MAX_NODES = 100
MAX_DEPTH = 50
LARGEST = 1e15
"""The largest size of a number in an expression, and the largest result."""

ARITY: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "min": (2, 9),
        "max": (2, 9),
        "ceil": (1, 1),
        "floor": (1, 1),
        "round": (1, 2),
        "abs": (1, 1),
        "sqrt": (1, 1),
        "log": (1, 2),
        "log2": (1, 1),
        "log10": (1, 1),
        "exp": (1, 1),
        "pow": (2, 2),
    }
)
"""The functions an expression may call, with the fewest and the most arguments they take."""

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)
_FOREIGN = re.compile(r"[^A-Za-z0-9_ \t+\-*/%().,<>=!]")
# A number with a letter right after it: Python reads `1if` with a mere warning, and `2N` not at all.
GLUED = re.compile(
    r"(?<![\w.])(?>0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?[jJ]?)(?=[A-Za-z_])"
)


class ExpressionError(ValueError):
    """Something is wrong with an expression.

    Attributes:
        code: stable and short; what programs match on.
        message: a sentence for the author; positions in it count from 1.
        position: the 0-based offset in the text; None when no single place is to blame.
        suggestion: the whole text mended, itself a legal expression; None when there is no good guess.
    """

    def __init__(self, code: str, message: str, position: int | None = None, suggestion: str | None = None) -> None:
        super().__init__(code, message, position, suggestion)
        self.code = code
        self.message = message
        self.position = position
        self.suggestion = suggestion

    def __str__(self) -> str:
        return self.message


class InvalidExpression(ExpressionError):
    """The text is no expression, so it is refused when written.

    Codes: empty, length, charset, syntax, node, operator, constant, function, arity, name, complexity.
    """


class Kind(Enum):
    """What a text, or a place in it, has to be."""

    NUMBER = auto()
    CONDITION = auto()
    TEST = auto()
    """The place between `if` and `else`."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A legal expression or condition: its tree, with every constant a float, and the variables in it."""

    tree: ast.expr
    variables: frozenset[str]


_Parts: TypeAlias = list[tuple[ast.expr, Kind]]


def checked_text(text: object) -> str:
    """Return the text if an expression could be written so.

    Raises:
        InvalidExpression: it is no text, too long, empty, or has a character that no expression has.
    """
    if not isinstance(text, str):
        raise InvalidExpression("syntax", f"An expression is a text, not {type(text).__name__}")
    if len(text) > MAX_CHARACTERS:
        raise InvalidExpression("length", f"An expression has at most {MAX_CHARACTERS} characters, not {len(text)}")
    if not text.strip():
        raise InvalidExpression("empty", "There is no expression here")
    if foreign := _FOREIGN.search(text):
        at = foreign.start()
        raise InvalidExpression("charset", f"The character {text[at]!r} at position {at + 1} is not allowed", at)
    return text


def read_formula(text: str, kind: Kind) -> Formula:
    """Read a text that `checked_text` returned.

    Raises:
        InvalidExpression: it is not an expression (for Kind.NUMBER) or not a condition (for Kind.CONDITION).
    """
    tree = _parsed(text)
    _check_size(tree)
    return Formula(tree, frozenset(_checked_names(tree, kind)))


def unbalanced_bracket(text: str) -> int | None:
    """Return the offset of the first bracket that closes nothing, else of the innermost never closed, else None."""
    opened: list[int] = []
    for position, character in enumerate(text):
        if character == "(":
            opened.append(position)
        elif character == ")":
            if not opened:
                return position
            opened.pop()
    return opened[-1] if opened else None


def _parsed(text: str) -> ast.expr:
    """Return the tree, the columns of its nodes being offsets in the text."""
    if glued := GLUED.search(text):
        at = glued.end()
        raise InvalidExpression("syntax", f"Something is missing between {glued[0]!r} and {text[at]!r}", at)
    indent = len(text) - len(text.lstrip())
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as failure:
        raise _syntax_refusal(text, indent, failure) from None
    except ValueError as failure:
        raise InvalidExpression("syntax", f"This cannot be read as an expression: {failure}") from None
    except (RecursionError, MemoryError):
        raise InvalidExpression("complexity", "The expression is nested too deeply") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            node.col_offset += indent
    return tree


def _syntax_refusal(text: str, indent: int, failure: SyntaxError) -> InvalidExpression:
    bracket = unbalanced_bracket(text)
    if bracket is not None:
        fate = (
            "opened at position {} is never closed"
            if text[bracket] == "("
            else "closed at position {} was never opened"
        )
        return InvalidExpression("syntax", f"A bracket {fate.format(bracket + 1)}", bracket)
    end = len(text.rstrip()) - 1
    if text[end] in "+-*/%<>=!,.":
        return InvalidExpression("syntax", f"Something is missing after {text[end]!r}", end)
    position = min(indent + max((failure.offset or 1) - 1, 0), end)
    return InvalidExpression("syntax", f"This is not an expression: {failure.msg}", position)


def _check_size(tree: ast.expr) -> None:
    nodes, depth, level = 0, 0, [tree]
    while level:
        nodes, depth = nodes + len(level), depth + 1
        if nodes > MAX_NODES or depth > MAX_DEPTH:
            what = f"at most {MAX_NODES} parts, nested at most {MAX_DEPTH} deep"
            raise InvalidExpression("complexity", f"The expression is too complex: {what}, are allowed")
        level = [part for node in level for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]


def _checked_names(tree: ast.expr, kind: Kind) -> Iterator[str]:
    """Walk the whole tree from left to right, refusing what is not on the whitelist; yield the variables."""
    calls: list[ast.Call] = []
    waiting: _Parts = [(tree, kind)]
    while waiting:
        node, kind = waiting.pop()
        waiting.extend(reversed(_parts(node, kind)))
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Call):
            calls.append(node)
    for call in calls:
        _check_arity(call)


def _parts(node: ast.expr, kind: Kind) -> _Parts:
    """Return what a node is made of and what each part has to be."""
    if kind is Kind.CONDITION:
        return _condition_parts(node)
    match node:
        case ast.Compare() if kind is Kind.TEST:
            return _compared(node)
        case ast.Compare():
            raise _refusal("node", "A comparison is no number: use it as in `5 if N > 100 else 1`", node)
        case ast.BoolOp():
            raise _refusal(
                "node", "`and` and `or` are for conditions; here, put one `a if c else b` into another", node
            )
        case ast.UnaryOp(op=ast.Not()):
            raise _refusal("operator", "`not` is for conditions; here, swap the sides of `a if c else b`", node)
        case _:
            return _number_parts(node)


def _condition_parts(node: ast.expr) -> _Parts:
    match node:
        case ast.Compare():
            return _compared(node)
        case ast.BoolOp():
            return [(value, Kind.CONDITION) for value in node.values]
        case ast.UnaryOp(op=ast.Not()):
            return [(node.operand, Kind.CONDITION)]
        case _:
            raise _refusal("node", "A condition compares, as in `N > 100`", node)


def _number_parts(node: ast.expr) -> _Parts:
    match node:
        case ast.Constant():
            node.value = _checked_constant(node)
            return []
        case ast.Name():
            _check_variable(node)
            return []
        case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
            return [(node.operand, Kind.NUMBER)]
        case ast.BinOp():
            _check_operator(node, node.op, _ARITHMETIC)
            return [(node.left, Kind.NUMBER), (node.right, Kind.NUMBER)]
        case ast.IfExp():
            return [(node.body, Kind.NUMBER), (node.test, Kind.TEST), (node.orelse, Kind.NUMBER)]
        case ast.Call():
            _check_function(node)
            return [(argument, Kind.NUMBER) for argument in node.args]
        case ast.Tuple():
            raise _refusal("node", "A comma only stands between the arguments of a function; 1.5 has a point", node)
        case _:
            raise _refusal("node", f"`{ast.unparse(node)}` is no arithmetic", node)


def _compared(node: ast.Compare) -> _Parts:
    for operator in node.ops:
        _check_operator(node, operator, _COMPARISONS)
    return [(part, Kind.NUMBER) for part in (node.left, *node.comparators)]


def _check_operator(
    node: ast.expr, operator: ast.operator | ast.cmpop, allowed: tuple[type[ast.operator | ast.cmpop], ...]
) -> None:
    if not isinstance(operator, allowed):
        raise _refusal("operator", "These operators are allowed: + - * / // % ** and < <= > >= == !=", node)


def _checked_constant(node: ast.Constant) -> float:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refusal("constant", f"{value!r} is no number that an expression can use", node)
    if not abs(value) <= LARGEST:
        raise _refusal("constant", f"Numbers go up to {LARGEST:.0e}", node)
    return float(value)


def _check_variable(node: ast.Name) -> None:
    if node.id in ARITY:
        raise _refusal("name", f"{node.id} is a function: write {node.id}(…)", node)
    if node.id.startswith("__"):
        raise _refusal("name", "The name of a variable does not begin with two underscores", node)


def _check_function(call: ast.Call) -> None:
    if not isinstance(call.func, ast.Name):
        raise _refusal("function", f"Only these can be called: {', '.join(ARITY)}", call.func)
    name = call.func.id
    if name not in ARITY:
        raise _refusal("function", f"There is no function {name}; there are {', '.join(ARITY)}", call.func)
    if call.keywords:
        raise _refusal("function", f"{name} takes its arguments without names", call.func)


def _check_arity(call: ast.Call) -> None:
    name = ast.unparse(call.func)
    fewest, most = ARITY[name]
    if not fewest <= len(call.args) <= most:
        wanted = str(fewest) if fewest == most else f"{fewest} to {most}"
        raise _refusal("arity", f"{name} takes {wanted} arguments, not {len(call.args)}", call.func)


def _refusal(code: str, message: str, node: ast.expr) -> InvalidExpression:
    return InvalidExpression(code, message, node.col_offset)
