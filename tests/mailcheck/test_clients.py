"""caniemail: what the digest asks of a mail client that lacks it is known, with the reason."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from mailcheck.checks import unsupported, write_pages
from mailcheck.conftest import needs
from mailcheck.mails import Sample, damaged

pytestmark = pytest.mark.mail_check

REVIEWED = tomllib.loads((Path(__file__).parent / "unsupported.toml").read_text(encoding="utf-8"))


def differences(found: Mapping[str, Sequence[str]], reviewed: Mapping[str, object]) -> list[str]:
    """What is unsupported and not reviewed, and what is reviewed and does not occur."""
    now = {(feature, client) for feature, clients in found.items() for client in clients}
    known = {
        (feature, client)
        for feature, entry in reviewed.items()
        if isinstance(entry, dict)
        for client in entry["clients"]
    }
    new = [f"new: {client} does not support {feature}" for feature, client in now - known]
    gone = [f"gone: {feature} in {client}" for feature, client in known - now]
    return sorted(new + gone)


def test_every_feature_that_a_client_lacks_is_reviewed(pages: Sequence[Path]) -> None:
    needs("node", "caniemail")

    assert differences(unsupported(pages), REVIEWED) == []


def test_every_reviewed_feature_has_its_reason() -> None:
    assert all(entry["reason"].endswith(".") for entry in REVIEWED.values())


def test_the_check_sees_a_new_feature(rich: Sample, tmp_path: Path) -> None:
    needs("node", "caniemail")
    page = damaged(rich, "<h1 style=", '<div style="display: grid">x</div><h1 style=')

    found = differences(unsupported(write_pages([page], tmp_path)), REVIEWED)

    assert "new: outlook.windows does not support display:grid" in found


def test_the_check_sees_a_reviewed_feature_that_is_gone(pages: Sequence[Path]) -> None:
    needs("node", "caniemail")
    old = {"position": {"clients": ["gmail.ios"], "reason": "It is gone."}}

    assert "gone: position in gmail.ios" in differences(unsupported(pages), REVIEWED | old)
