"""Accounts: from a file for each tenant, from the environment for the local one; secrets are never told."""

import pytest

from core.errors import ConfigurationError
from core.settings import Settings
from serving.marketplace.account import account_of

SECRET = "the-secret"
FACTS = {
    "client_id": "c",
    "client_secret": SECRET,
    "refresh_token": SECRET,
    "seller_id": "S",
    "marketplace_ids": "ATVPDKIKX0DER, A2EUQ1WTGCTBG2",
}
ENVIRONMENT = {f"FILLRATE_AMAZON_{name.upper()}": value for name, value in FACTS.items()}
FILE = (
    "\n".join(f'{name} = "{value}"' for name, value in FACTS.items() if name != "marketplace_ids")
    + '\nmarketplace_ids = ["A1PA6795UKMFR9"]\nregion = "EU"\n'
)


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"FILLRATE_HOME": str(tmp_path)})


def test_the_environment_states_the_local_tenants_account(settings) -> None:
    account = account_of(settings, "local", ENVIRONMENT)
    assert account.marketplace_ids == ("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2")
    assert account.endpoint == "https://sellingpartnerapi-na.amazon.com"


def test_a_tenant_has_the_file_of_its_own_home_and_never_the_environments_account(settings) -> None:
    home = settings.home / "tenants" / "acme"
    home.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="has no client_id, client_secret"):
        account_of(settings, "acme", ENVIRONMENT)
    (home / "amazon.toml").write_text(FILE)
    account = account_of(settings, "acme", ENVIRONMENT)
    assert account.marketplace_ids == ("A1PA6795UKMFR9",)
    assert account.endpoint == "https://sellingpartnerapi-eu.amazon.com"


def test_the_environment_goes_before_the_file(settings) -> None:
    (settings.home / "amazon.toml").write_text(FILE)
    account = account_of(settings, "local", {"FILLRATE_AMAZON_SELLER_ID": "T", "FILLRATE_AMAZON_REGION": "fe"})
    assert (account.seller_id, account.client_id) == ("T", "c")
    assert account.endpoint == "https://sellingpartnerapi-fe.amazon.com"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"client_secret = '{SECRET}", "cannot be read"),
        (FILE + f"password = '{SECRET}'", "'password', which is not known"),
        (FILE.replace('seller_id = "S"', "seller_id = 7"), "seller_id in amazon.toml is no text"),
        (FILE.replace('["A1PA6795UKMFR9"]', "[7]"), "marketplace_ids"),
        (FILE.replace('"EU"', '"MARS"'), "region of the Amazon account is 'MARS'"),
        ("region = 'NA'", "has no client_id"),
    ],
)
def test_what_is_wrong_is_named_without_the_secret(settings, text, told) -> None:
    (settings.home / "amazon.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=told) as error:
        account_of(settings, "local", {})
    assert SECRET not in str(error.value)


def test_a_shown_account_hides_its_secrets(settings) -> None:
    assert SECRET not in repr(account_of(settings, "local", ENVIRONMENT))
