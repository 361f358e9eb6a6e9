"""What tests of commands share."""

import pytest

from ntk_uq.cli import main


@pytest.fixture
def run(capsys):
    def call(*arguments):
        code = main(arguments)
        out, error = capsys.readouterr()
        return code, out, error

    return call
