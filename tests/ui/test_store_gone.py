"""Pages whose store is moved away say so, and go on when it is back."""

import pytest
from helpers.pages_driver import open_page, texts


@pytest.mark.parametrize("page", ["scaling_curves", "runs"])
def test_it_is_said_and_it_goes_on(store, tmp_path, page):
    app = open_page(page)
    assert not app.error
    store.directory.rename(tmp_path / "elsewhere")
    app.run()
    assert not app.exception
    assert "the store was deleted or moved while this program used it" in texts(app.error)
    assert not store.directory.exists()
    (tmp_path / "elsewhere").rename(store.directory)
    app.run()
    assert not app.error
