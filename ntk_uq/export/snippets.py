"""How to get a view's numbers again: Python and the command line."""

import json
import shlex
import textwrap
from dataclasses import fields
from typing import Any

import ntk_uq
from ntk_uq.base.fields import Spec, check_of
from ntk_uq.datasets import fetching, own
from ntk_uq.views.commands import COMMANDS, Options, spelt

_LINE = 88


def python_of(spec: Spec, indent: int = 0, before: int = 0) -> str:
    """The constructor call that makes a specification, with what is not the default.

    Such as ``ntk_uq.CurveSpec(data=ntk_uq.DataSpec("mnist", n_test=1000), draws=3)``. A first
    field that is a word stands without its name.

    Args:
        spec: any specification.
        indent: columns by which lines after the first are indented.
        before: characters that stand before it on its first line, besides the indentation.
    """
    home = "ntk_uq" if type(spec).__name__ in ntk_uq.__all__ else type(spec).__module__
    if home.startswith("ntk_uq."):
        home = ".".join(home.split(".")[:2])  # the package that offers it, not the file it is in
    name = f"{home}.{type(spec).__name__}"
    parts = _arguments(spec, indent + 4)
    line = f"{name}({', '.join(parts)})"
    if indent + before + len(line) <= _LINE and "\n" not in line:
        return line
    inner = "".join(f"{' ' * (indent + 4)}{part},\n" for part in parts)
    return f"{name}(\n{inner}{' ' * indent})"


def _arguments(spec: Spec, indent: int) -> list[str]:
    parts = []
    for place, item in enumerate(fields(spec)):  # type: ignore[arg-type]
        value = getattr(spec, item.name)
        if value == _default(item):
            continue
        bare = place == 0 and isinstance(value, str)
        name = "" if bare else f"{item.name}="
        if isinstance(value, Spec):
            text = python_of(value, indent, len(name) + 1)
        else:
            text = _literal(value, indent, len(name) + 1)
        parts.append(f"{name}{text}")
    return parts


def _default(item: Any) -> Any:
    """A field's default; what equals nothing where it has none."""
    return item.default_factory() if callable(item.default_factory) else item.default


def _literal(value: Any, indent: int, before: int) -> str:
    if isinstance(value, str):
        return json.dumps(value)  # with the quotes that the code has, and the same escapes
    text = repr(value)
    if isinstance(value, tuple) and indent + before + len(text) > _LINE:
        inner = " " * (indent + 4)
        numbers = ", ".join(map(repr, value)) + ","
        filled = textwrap.fill(numbers, _LINE, initial_indent=inner, subsequent_indent=inner)
        return f"(\n{filled}\n{' ' * indent})"
    return text


def modules_of(code: str) -> tuple[str, ...]:
    """The modules that a script has to import for what :func:`python_of` wrote in it."""
    names = ("ntk_uq.specs", "ntk_uq.views")
    return ("ntk_uq", *(name for name in names if f"{name}." in code))


def shell_of(command: str, *specs: Spec) -> str:
    """The command that computes a specification, with the options that are not the defaults.

    Args:
        command: a key of :data:`ntk_uq.views.commands.COMMANDS`, such as ``curve``.
        specs: what it computes, and further ones with options of theirs (a view with its window
            of the fits). Fields are looked for in them, and in what they hold.
    """
    found: dict[type[Spec], Spec] = {}
    for part in (part for spec in specs for part in _parts(spec)):
        found.setdefault(type(part), part)  # the first one is what is computed
    words = ["python", "-m", "ntk_uq", *command.split()]
    for options in COMMANDS[command]:
        if options.cls in found:
            words += _options(options, found[options.cls])
    return shlex.join(words)


def _options(options: Options, spec: Spec) -> list[str]:
    words = []
    for name in spelt(options, spec):
        value = getattr(spec, name)
        words += [options.option(name), check_of(options.cls, name).format(value)]
    return words


def _parts(spec: Spec) -> list[Spec]:
    """A specification and all that it holds."""
    values = (getattr(spec, item.name) for item in fields(spec))  # type: ignore[arg-type]
    return [spec, *(part for value in values if isinstance(value, Spec) for part in _parts(value))]


def needed(dataset: str) -> str:
    """What has to be done before a snippet about a data set runs elsewhere; "" for nothing."""
    if own.is_own(dataset):
        return (
            f"{dataset} is a data file of your own, kept where this was made; elsewhere add the "
            "same file with the same columns first, and it has the same name: "
            "python -m ntk_uq data add FILE"
        )
    if dataset in fetching.SOURCES:
        return f"needs the files of {dataset}: python -m ntk_uq data fetch {dataset}"
    return ""


def commented(sentence: str) -> tuple[str, ...]:
    """A sentence as a comment of Python or the shell; nothing for none."""
    return (f"# {sentence}",) if sentence else ()
