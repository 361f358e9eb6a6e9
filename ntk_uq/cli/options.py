"""Command-line options made from the fields of specifications."""

import argparse
from collections.abc import Iterable, Mapping
from typing import Any

from ntk_uq.base.fields import Choice, Spec, about, check_of, default_of
from ntk_uq.views.commands import option_of


def add_fields(
    parser: argparse.ArgumentParser,
    cls: type[Spec],
    names: Iterable[str],
    options: Mapping[str, str] | None = None,
) -> None:
    """Adds ``--field-name`` for each named field, with its help, default and allowed values;
    ``options`` has those that are called otherwise.

    Values stay text here: :func:`read` has the specification's own check read them, so that the
    command line says the same as every other place.
    """
    for name in names:
        check, default = check_of(cls, name), default_of(cls, name)
        shown = "none" if default is None else check.format(default)
        parser.add_argument(
            option_of(name, options),
            dest=name,
            metavar="|".join(check.options) if isinstance(check, Choice) else name[0].upper(),
            default=shown,
            help=f"{about(cls, name)} (default {shown})",
        )


def read(options: argparse.Namespace, cls: type[Spec], names: Iterable[str]) -> dict[str, Any]:
    """The values of the named fields, read from the options' text by the fields' own checks.

    Raises:
        SpecError: for text that is not of the field's kind, or a value out of its range.
    """
    checks = {name: check_of(cls, name) for name in names}
    return {n: check.check(n, check.parse(n, getattr(options, n))) for n, check in checks.items()}
