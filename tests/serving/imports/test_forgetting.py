"""Files of old imports go, what they answered stays, and nobody else's file is touched."""

import os

from serving.imports.committing import import_folder
from serving.imports.forgetting import KEPT, forget_imports
from tests.serving.imports.test_import_routes import URL, send

TEXT = "charged_date\tcountry_code\tstorage_type\tcharged_fee_amount\n2024-07-01\tUS\tStandard\t12.50\n"


def test_files_of_an_import_go_after_ninety_days_and_its_account_stays(client, key, platform, clock):
    sent = send(client, key, "overage-fees", TEXT).json()
    href = next(table["href"] for table in sent["tables"] if table["table"] == "charges")
    clock.forward(days=KEPT.days)
    assert forget_imports(platform) == 0
    assert client.get(href).status_code == 200
    clock.forward(seconds=1)
    assert (forget_imports(platform), forget_imports(platform)) == (1, 0)
    gone = client.get(href)
    assert (gone.status_code, "kept for 90 days" in gone.json()["detail"]) == (404, True)
    assert client.get(f"{URL}/{sent['import_id']}").json()["rows"] == sent["rows"]


def test_a_folder_that_no_import_names_goes_after_a_day_and_not_before(platform, clock):
    folder = import_folder(platform.settings, "acme", "0" * 32)
    folder.mkdir(parents=True)
    moment = clock().timestamp()
    os.utime(folder, (moment, moment))
    assert forget_imports(platform) == 0
    clock.forward(days=1, seconds=1)
    assert forget_imports(platform) == 1
    assert not folder.exists()
    assert platform.settings.home.exists()
