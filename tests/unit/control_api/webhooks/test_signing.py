import base64
import hashlib
import hmac

from control_api.webhooks import signing

_KEY = b"k" * 32


def test_a_receiver_can_check_a_body_with_the_secret_alone() -> None:
    secret = signing.secret_of(_KEY, "endpoint-1", "salt")
    sent = signing.headers(secret, "msg-1", 1_700_000_000, '{"a":"ä"}')
    assert sent["webhook-id"] == "msg-1"
    assert sent["webhook-timestamp"] == "1700000000"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = hmac.new(key, 'msg-1.1700000000.{"a":"ä"}'.encode(), hashlib.sha256).digest()
    assert sent["webhook-signature"] == f"v1,{base64.b64encode(wanted).decode()}"


def test_the_example_of_the_standard_is_signed_as_it_says() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, its reference implementation's test
    sent = signing.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        '{"test": 2432232314}',
    )
    assert sent["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_endpoint_has_its_own_secret() -> None:
    secrets = {signing.secret_of(_KEY, one, salt) for one in ("a", "b") for salt in ("x", "y")}
    assert len(secrets) == 4
