/** Details of EVENT (Publisher Identification; Publication Trust Levels; Payload Passthru Mode). */

import { describe, expect, test } from "vitest";
import { routerError } from "../host/router-errors.ts";
import { ALL_ROLES, ANYTHING, TestRealm, violated } from "../host/test-realm.ts";

/** Two subscribers and a publisher under one rule. */
function testRealmWithRule(rule: object = {}) {
  const realm = new TestRealm({ roles: [{ name: "anonymous", permissions: [{ ...ANYTHING, ...rule }] }] });
  const [sub, other, pub] = realm.joinAll("sub", "other", "pub");
  sub.send([32, 1, {}, "a.b"]);
  other.send([32, 1, { match: "prefix" }, "a."]);
  realm.take();
  return { realm, pub };
}

const PUBLISHER_DETAILS = {
  publisher: 3,
  publisher_authid: "AwMDAwMDAwMDAwMDAwMDAwMD",
  publisher_authrole: "anonymous",
};

describe("publisher identification", () => {
  test("[PID-01][PID-02][PID-06] an event with disclose_me carries the publisher's session id, authid and authrole to every subscriber", () => {
    const { realm, pub } = testRealmWithRule();
    pub.send([16, 1, { disclose_me: true }, "a.b", ["x"]]);
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 4, 6, PUBLISHER_DETAILS, ["x"]]],
      ["other", [36, 5, 6, { ...PUBLISHER_DETAILS, topic: "a.b" }, ["x"]]],
    ]);
  });

  test("[PID-05][PUB-15] an event without disclose_me carries no publisher details and no other option", () => {
    const { realm, pub } = testRealmWithRule();
    pub.send([16, 1, { disclose_me: false, foo: 1 }, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, {}]]);
  });

  test("[PID-03] PUBLISH with disclose_me is refused and not delivered if a rule forbids disclosure", () => {
    const { realm, pub } = testRealmWithRule({ disclose: { publisher: false } });
    pub.send([16, 1, { disclose_me: true }, "a.b"], [16, 2, { disclose_me: true, acknowledge: true }, "a.b"]);
    expect(realm.take()).toStrictEqual([
      ["pub", [8, 16, 2, {}, ...routerError("wamp.error.option_disallowed.disclose_me")]],
    ]);
  });

  test("[PID-04] an event carries the publisher details without disclose_me if a rule requires disclosure", () => {
    const { realm, pub } = testRealmWithRule({ disclose: { publisher: true } });
    pub.send([16, 1, {}, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, PUBLISHER_DETAILS]]);
  });
});

describe("publication trust levels", () => {
  test("[PTL-01][PTL-02] every receiver gets the trust level of the rule, whatever the publisher sends", () => {
    const { realm, pub } = testRealmWithRule({ trustlevel: 2 });
    pub.send([16, 1, { trustlevel: 9 }, "a.b", ["x"]]);
    expect(realm.take()).toStrictEqual([
      ["sub", [36, 4, 6, { trustlevel: 2 }, ["x"]]],
      ["other", [36, 5, 6, { trustlevel: 2, topic: "a.b" }, ["x"]]],
    ]);
  });

  test("[PTL-02] an event carries the trust level 0 if a rule sets it", () => {
    const { realm, pub } = testRealmWithRule({ trustlevel: 0 });
    pub.send([16, 1, {}, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, { trustlevel: 0 }]]);
  });
});

describe("payload passthru mode in PUBLISH", () => {
  const FEATURES = { ...ALL_ROLES, publisher: { features: { payload_passthru_mode: true } } };
  const PPT = { ppt_scheme: "wamp", ppt_serializer: "cbor", ppt_cipher: "xsalsa20poly1305", ppt_keyid: "k" };

  test("[PPT-01][PPT-02][PPT-04][PPT-09][PPT-11] a passthru payload reaches every subscriber with its ppt_* keys, announced or not", () => {
    const { realm } = testRealmWithRule();
    realm.join("sealed", FEATURES).send([16, 1, PPT, "a.b", ["\u0000AAEC"]]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 7, PPT, ["\u0000AAEC"]]]);
  });

  test("[PPT-05] PUBLISH with ppt_scheme from a publisher that did not announce the feature breaks the protocol", () => {
    const { realm, pub } = testRealmWithRule();
    pub.send([16, 1, PPT, "a.b", ["\u0000AAEC"]]);
    const message = "ppt_scheme from a publisher that did not announce payload_passthru_mode";
    expect(realm.take()).toStrictEqual(violated("pub", message));
  });

  test.each([[[1]], [["text"]], [["\u0000AAEC", 2]], [[], { a: 1 }]])(
    "[PPT-03] PUBLISH in passthru mode with the payload %j breaks the protocol: it must be one binary argument",
    (...payload) => {
      const { realm } = testRealmWithRule();
      realm.join("sealed", FEATURES).send([16, 1, PPT, "a.b", ...payload]);
      expect(realm.take()).toStrictEqual(violated("sealed", "payload passthru takes one binary argument"));
    },
  );
});

describe("options and messages of extensions", () => {
  test("[R2R-02] forward_for from an ordinary client is dropped; of the wrong type it breaks the protocol", () => {
    const { realm, pub } = testRealmWithRule();
    pub.send([16, 1, { forward_for: [{ session: 1, authid: "x", authrole: "y" }] }, "a.b"]);
    expect(realm.take()[0]).toStrictEqual(["sub", [36, 4, 6, {}]]);
    pub.send([16, 2, { forward_for: "hello" }, "a.b"]);
    expect(realm.take()).toStrictEqual(violated("pub", "PUBLISH: invalid forward_for"));
  });

  test("[ACK-01] EVENT_RECEIVED is an unknown message type and breaks the protocol", () => {
    const { realm, pub } = testRealmWithRule();
    pub.send([337, 1]);
    expect(realm.take()).toStrictEqual(violated("pub", "unknown message type 337"));
  });
});

test("[EXC-03][FEAT-01][PPT-06] WELCOME announces the broker features", () => {
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
