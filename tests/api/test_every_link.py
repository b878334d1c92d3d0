"""Every link of the OpenAPI document, followed once: what an answer says is enough to ask the next operation."""

import shutil
from pathlib import Path

import pytest

from serving.access import LOCAL
from serving.backup.saving import copy_sqlite, sqlite_file
from serving.demand.datasets import register_base
from serving.links import LINKS
from tests.api.link_sources import BODIES, SOURCES, source_of
from tests.api.tenant_seeds import SEEDS
from tests.api.visitor import Visitor
from tests.homes import copy_home
from tests.services import bearer, client_of, make_key, make_platform

FOLLOWED = [
    (operation, status, target)
    for operation, answers in LINKS.items()
    for status, targets in answers.items()
    for target in targets
]


class Begin:
    """A seeded service that can be put back to its beginning, as often as there are links."""

    def __init__(self, home: Path, context, shop: Path) -> None:
        self.platform = make_platform(home, context=context)
        register_base(self.platform, shop)
        places: dict[str, str] = {}
        for seed in SEEDS:
            places |= seed(self.platform, LOCAL)
        headers = bearer(make_key(self.platform))
        self.visitor = Visitor(client_of(self.platform, **headers), BODIES, places)
        self.own, self.kept = sqlite_file(self.platform.database), home.with_suffix(".db")
        copy_sqlite(self.own, self.kept)

    def again(self) -> Visitor:
        self.platform.database.close()
        for side in ("-wal", "-shm"):
            self.own.with_name(self.own.name + side).unlink(missing_ok=True)
        shutil.copyfile(self.kept, self.own)
        return self.visitor


@pytest.fixture(scope="module")
def begin(context, shop, trained_home, tmp_path_factory):
    home = tmp_path_factory.mktemp("links") / "home"
    copy_home(trained_home, home)
    return Begin(home, context, shop)


@pytest.fixture
def visitor(begin):
    return begin.again()


def test_every_link_of_the_document_is_followed_below(visitor):
    found = {
        (operation["operationId"], status, name)
        for _, _, operation in visitor.operations.values()
        for status, answer in operation["responses"].items()
        for name in answer.get("links", {})
    }
    assert found == set(FOLLOWED)
    assert {" ".join(link[:2]) for link in FOLLOWED} >= {" ".join(name.split()[:2]) for name in SOURCES}


@pytest.mark.parametrize(("operation", "status", "target"), FOLLOWED, ids=[" ".join(link) for link in FOLLOWED])
def test_a_link_leads_to_what_it_says(visitor, operation, status, target):
    answer = source_of(operation, status, target)(visitor)
    assert str(answer.status_code) == status, answer.text
    link = visitor.operations[operation][2]["responses"][status]["links"][target]
    followed = visitor.follow(link, answer)
    assert followed.is_success, followed.text
    assert str(followed.status_code) in visitor.operations[target][2]["responses"]
