"""A client of Crossbar.io's HTTP bridge, written from its documentation with the standard library only."""

import base64
import datetime
import hashlib
import hmac
import json
import random
import sys
import urllib.error
import urllib.parse
import urllib.request


class Client:
    """Posts to one URL of the bridge; signs the requests if it has key and secret."""

    def __init__(self, url, key=None, secret=None):
        self.url = url
        self.key = key
        self.secret = secret
        self.sequence = 0

    def publish(self, topic, *args, options=None, **kwargs):
        body = {"topic": topic, "args": args, "kwargs": kwargs}
        if options is not None:
            body["options"] = options
        return self.post(body)

    def call(self, procedure, *args, **kwargs):
        return self.post({"procedure": procedure, "args": args, "kwargs": kwargs})

    def post(self, body):
        data = json.dumps(body, ensure_ascii=False).encode("utf8")
        request = urllib.request.Request(f"{self.url}?{self.query(data)}", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def query(self, data):
        if self.key is None:
            return ""
        self.sequence += 1
        now = datetime.datetime.now(datetime.timezone.utc)
        fields = {
            "key": self.key,
            "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "seq": str(self.sequence),
            "nonce": str(random.randint(0, 2**53)),
        }
        signed = hmac.new(self.secret.encode("utf8"), digestmod=hashlib.sha256)
        for name in ("key", "timestamp", "seq", "nonce"):
            signed.update(fields[name].encode("utf8"))
        signed.update(data)
        return urllib.parse.urlencode({**fields, "signature": base64.urlsafe_b64encode(signed.digest())})


def main(base, realm):
    def client(action, secret="s3cret"):
        return Client(f"{base}/{action}/{realm}", "shop", secret)

    steps = {
        "published": client("publish").publish("com.shop.ordered", "grüner Tee ☃", 2**53 - 1, cups=2),
        "excluded": client("publish").publish("com.shop.ordered", "hidden", options={"eligible": []}),
        "called": client("call").call("com.shop.add", 2, 3),
        "failed": client("call").call("com.shop.missing"),
        "forged": client("call", "guess").call("com.shop.add", 2, 3),
        "unsigned": Client(f"{base}/call/{realm}").call("com.shop.add", 2, 3),
    }
    print(json.dumps(steps))


main(*sys.argv[1:])
