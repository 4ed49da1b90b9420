"""A host that lets programs out only through a proxy names it in its environment, as for any other program."""

import pytest

from app.carriers.base import Action, CarrierError, Outgoing
from app.carriers.twilio.account import Account
from app.carriers.twilio.carrier import Twilio
from models.lines import Channel
from tests.fake_twilio import FakeTwilio
from tests.fakes import ACCOUNT, LINE, PUBLIC, TOKEN
from tests.world import ANA

FAR = "http://api.example.org"  # no such host answers here; a proxy takes what is for it


@pytest.mark.parametrize(
    ("variable", "scheme"), [("http_proxy", "http://"), ("http_proxy", ""), ("all_proxy", "http://")]
)
def test_texts_leave_by_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, scheme: str
) -> None:
    for other in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(other, raising=False)
    with FakeTwilio(told=lambda words: []) as behind:
        monkeypatch.setenv(variable, behind.url.replace("http://", scheme))
        monkeypatch.setenv("no_proxy", "localhost")
        send(FAR)
        assert [fields["To"] for fields in behind.asked] == [ANA]


def test_but_not_where_it_says_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeTwilio(told=lambda words: []) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        with pytest.raises(CarrierError) as refused:
            send("http://127.0.0.1:9")  # the port that discards: nobody listens
        assert refused.value.action is Action.AWAY
        assert proxy.asked == []


def send(api: str) -> None:
    carrier = Twilio(Account(ACCOUNT, (TOKEN,), api, PUBLIC))
    try:
        carrier.send(Outgoing(1, Channel.SMS, LINE, ANA, "hello"))
    finally:
        carrier.close()
