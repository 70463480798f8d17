"""What Python's constructs outside the language are called, and what to write in their place."""

from __future__ import annotations

import ast

SYMBOLS: dict[type[ast.AST], str] = {
    ast.Div: "/",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.MatMult: "@",
    ast.BitXor: "^",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.Invert: "~",
    ast.UAdd: "+",
}
"""Operators the language does not have, or not everywhere."""

CONSTRUCTS: dict[type[ast.expr], tuple[str, str]] = {
    ast.Lambda: ("a lambda", "write a method"),
    ast.JoinedStr: ("an f-string", "messages are literal strings"),
    ast.ListComp: ("a list comprehension", "use all/any/sum, a set or a Seq"),
    ast.List: ("a list", "use a Seq field"),
    ast.Dict: ("a dict literal", "{k: value for k in T}"),
    ast.Await: ("await", "a step is atomic"),
    ast.NamedExpr: (":=", "assign in a statement of its own"),
    ast.Tuple: ("a tuple", "use a frozen dataclass"),
    ast.Starred: ("*", "pass arguments one by one"),
    ast.GeneratorExp: ("a generator", "use it inside all, any or sum"),
    ast.Slice: ("a slice", "take one item: seq[0], seq[-1]"),
}


def unknown_expression(node: ast.expr) -> tuple[str, str]:
    """What an expression outside the language is called, and what to write in its place."""
    if isinstance(node, ast.Constant):
        return f"the value {node.value!r}", "use bool, int, a member of an enum or None"
    if isinstance(node, ast.UnaryOp):
        return f"the operator {SYMBOLS[type(node.op)]}", "for integers: +, -, *, //, %"
    return CONSTRUCTS.get(type(node), (type(node).__name__, "see docs/reference/language.md"))


def unknown_statement(node: ast.stmt) -> tuple[str, str]:
    """What a statement outside the language is called, and what to write in its place."""
    match node:
        case ast.While():
            return "a while loop without yield", "loop with for over a finite type"
        case ast.Assign():
            return "assigning several targets at once", "one assignment a statement"
        case ast.AnnAssign():
            return "an annotation here", "fields are declared in the class body"
        case ast.Try() | ast.Raise():
            return "an exception", 'use fault("message") or require(condition)'
        case ast.With():
            return "with", "call acquire and release methods"
        case ast.Match():
            return "match", "use if and elif"
        case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
            return "a definition inside a method", "define it at the top of the file"
        case ast.Import() | ast.ImportFrom():
            return "an import inside a method", "import at the top of the file"
        case ast.Global() | ast.Nonlocal():
            return "a global variable", "make it a field of the model"
        case ast.Delete():
            return "del", "assign the value that means absent"
        case _:
            return type(node).__name__, "see docs/reference/language.md"
