/** What an event tells besides its payload (Publisher Identification; Publication Trust Levels; Payload Passthru Mode). */

import { describe, expect, test } from "vitest";
import { denial } from "../authorization/denial-errors.ts";
import { ALL_ROLES, ANYTHING, TestRealm, violated } from "../host/test-realm.ts";

/** Two subscribers and a publisher under one rule. */
function scene(rule: object = {}) {
  const realm = new TestRealm({ roles: [{ name: "anonymous", permissions: [{ ...ANYTHING, ...rule }] }] });
  const [sub, other, pub] = realm.joinAll("sub", "other", "pub");
  sub.send([32, 1, {}, "a.b"]);
  other.send([32, 1, { match: "prefix" }, "a."]);
  realm.take();
  return { realm, pub };
}

const WHO = { publisher: 3, publisher_authid: "AwMDAwMDAwMDAwMDAwMDAwMD", publisher_authrole: "anonymous" };

describe("publisher identification", () => {
  test("[PID-01][PID-02][PID-06] with disclose_me every subscriber learns session, authid and authrole", () => {
    const { realm, pub } = scene();
    pub.send([16, 1, { disclose_me: true }, "a.b", ["x"]]);
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 4, 6, WHO, ["x"]]],
      ["other", [36, 5, 6, { ...WHO, topic: "a.b" }, ["x"]]],
    ]);
  });

  test("[PID-05][PUB-15] without, none of the keys appears, nor any other option", () => {
    const { realm, pub } = scene();
    pub.send([16, 1, { disclose_me: false, foo: 1 }, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, {}]]);
  });

  test("[PID-03] if the rule says never, disclose_me is refused and nothing is published", () => {
    const { realm, pub } = scene({ disclose: { publisher: false } });
    pub.send([16, 1, { disclose_me: true }, "a.b"], [16, 2, { disclose_me: true, acknowledge: true }, "a.b"]);
    expect(realm.take()).toStrictEqual([
      ["pub", [8, 16, 2, {}, ...denial("wamp.error.option_disallowed.disclose_me")]],
    ]);
  });

  test("[PID-04] if the rule says always, the publisher is disclosed without asking", () => {
    const { realm, pub } = scene({ disclose: { publisher: true } });
    pub.send([16, 1, {}, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, WHO]]);
  });
});

describe("publication trust levels", () => {
  test("[PTL-01][PTL-02] every receiver sees the rule's level, whatever the publisher claims", () => {
    const { realm, pub } = scene({ trustlevel: 2 });
    pub.send([16, 1, { trustlevel: 9 }, "a.b", ["x"]]);
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 4, 6, { trustlevel: 2 }, ["x"]]],
      ["other", [36, 5, 6, { trustlevel: 2, topic: "a.b" }, ["x"]]],
    ]);
  });

  test("[PTL-02] a level of 0 is a level; without a rule there is none", () => {
    const { realm, pub } = scene({ trustlevel: 0 });
    pub.send([16, 1, {}, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, { trustlevel: 0 }]]);
  });
});

describe("a payload passed through", () => {
  const FEATURES = { ...ALL_ROLES, publisher: { features: { payload_passthru_mode: true } } };
  const PPT = { ppt_scheme: "wamp", ppt_serializer: "cbor", ppt_cipher: "xsalsa20poly1305", ppt_keyid: "k" };

  test("[PPT-01][PPT-02][PPT-04][PPT-09][PPT-11] reaches subscribers with its keys, whether they announced it or not", () => {
    const { realm } = scene();
    realm.join("sealed", FEATURES).send([16, 1, PPT, "a.b", ["\u0000AAEC"]]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 7, PPT, ["\u0000AAEC"]]]);
  });

  test("[PPT-05] from a publisher that did not announce it breaks the protocol", () => {
    const { realm, pub } = scene();
    pub.send([16, 1, PPT, "a.b", ["\u0000AAEC"]]);
    const message = "ppt_scheme from a publisher that did not announce payload_passthru_mode";
    expect(realm.take()).toStrictEqual(violated("pub", message));
  });

  test.each([[[1]], [["text"]], [["\u0000AAEC", 2]], [[], { a: 1 }]])(
    "[PPT-03] is one binary argument, not %j",
    (...payload) => {
      const { realm } = scene();
      realm.join("sealed", FEATURES).send([16, 1, PPT, "a.b", ...payload]);
      expect(realm.take()).toStrictEqual(violated("sealed", "payload passthru takes one binary argument"));
    },
  );
});

describe("what links and clients with extensions send", () => {
  test("[R2R-02] forward_for from an ordinary client is dropped, of the wrong type it breaks the protocol", () => {
    const { realm, pub } = scene();
    pub.send([16, 1, { forward_for: [{ session: 1, authid: "x", authrole: "y" }] }, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, {}]]);
    pub.send([16, 2, { forward_for: "hello" }, "a.b"]);
    expect(realm.take()).toStrictEqual(violated("pub", "PUBLISH: invalid forward_for"));
  });

  test("[ACK-01] EVENT_RECEIVED is no message of this router", () => {
    const { realm, pub } = scene();
    pub.send([337, 1]);
    expect(realm.take()).toStrictEqual(violated("pub", "unknown message type 337"));
  });
});

test("[EXC-03][FEAT-01][PPT-06] WELCOME announces what these tests prove", () => {
  const realm = new TestRealm();
  realm.connect("joe").send([1, "realm1", { roles: ALL_ROLES }]);
  const details = realm.take()[0]?.[1][2] as unknown as { roles: { broker: { features: object } } };
  expect(details.roles.broker.features).toMatchObject({
    publisher_identification: true,
    publisher_exclusion: true,
    subscriber_blackwhite_listing: true,
    pattern_based_subscription: true,
    publication_trustlevels: true,
    payload_passthru_mode: true,
  });
});
