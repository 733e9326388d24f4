/** The authenticator of examples/trustroots: each rule of a chain, and invalid chains and settings. */

import { describe, expect, test } from "vitest";
import { DENIED, type Extra, FAILED } from "./auth-test-realm.ts";
import {
  AGENT,
  authority,
  DELEGATE,
  DEVICE_KEY,
  delegate,
  OWNER,
  REALM,
  ROOT,
  type SignedCertificate,
  STRANGER,
} from "./certificates.ts";
import { OTHER_KEY } from "./methods.ts";
import { SigningKey } from "./proofs.ts";
import {
  BOOTED,
  goodChain,
  intermediate,
  KEY,
  OLDER,
  refusal,
  root,
  TrustrootsTestRealm,
} from "./trustroots-test-realm.ts";

describe("a chain", () => {
  test("[CSG-12] of delegate, intermediate and root admits the delegate's key as the delegate", async () => {
    const welcome = { realm: "realm1", authid: DELEGATE, authrole: "user", authmethod: "cryptosign" };
    const [type, , details] = await new TrustrootsTestRealm().logIn(goodChain());
    expect([type, details]).toMatchObject([2, { ...welcome, authprovider: "dynamic" }]);
  });

  test("[CSG-12] gives the delegate its own authid, whatever HELLO says", async () => {
    const [, , details] = await new TrustrootsTestRealm().logIn(goodChain(), ROOT, KEY, {
      authid: "admin",
      authrole: "admin",
    });
    expect(details).toMatchObject({ authid: DELEGATE, authrole: "user" });
  });

  test("[CSG-12] may have the hash before each certificate that Autobahn writes there, and 0x before signatures", async () => {
    const chain = goodChain().map(([certificate, signature]) => [null, certificate, `0x${signature}`]);
    expect((await new TrustrootsTestRealm().logIn(chain))[0]).toBe(2);
  });

  test("[CSG-12] may be as long as there are authorities between", async () => {
    const middle = authority({ subject: AGENT.address, capabilities: 14 });
    const low = intermediate({ issuer: AGENT.address }, AGENT);
    expect((await new TrustrootsTestRealm().logIn([delegate(BOOTED), low, middle, root()]))[0]).toBe(2);
  });

  test("[CSG-14] of a delegate that owns the root has two certificates", async () => {
    const own = delegate({ ...BOOTED, delegate: ROOT }, OWNER);
    const [, , details] = await new TrustrootsTestRealm().logIn([own, root()]);
    expect(details).toMatchObject({ authid: ROOT });
  });

  test("[CSG-12] is for a realm with an address for its name without more words", async () => {
    expect((await new TrustrootsTestRealm({ realm: undefined }, {}, REALM).logIn(goodChain()))[0]).toBe(2);
    expect(await new TrustrootsTestRealm({ realm: undefined }, {}, DELEGATE).logIn(goodChain())).toStrictEqual(
      refusal(expect.stringMatching(/^CCR-2: /)),
    );
  });
});

describe("a rule", () => {
  test.each<[string, SignedCertificate[], string, Extra?]>([
    ["[CSG-13] of another blockchain", [delegate({ ...BOOTED, chainId: 5 }), intermediate(), root()], "CCR-1"],
    [
      "[CSG-13] for another contract",
      [delegate(BOOTED), intermediate({ verifyingContract: DELEGATE }), root()],
      "CCR-1",
    ],
    ["[CSG-13] a root that is not valid yet", goodChain(), "CCR-1", { block_number: OLDER }],
    ["[CSG-13] of another realm", [delegate(BOOTED), intermediate({ realm: DELEGATE }), root()], "CCR-2"],
    ["[CSG-13] for another realm", goodChain(), "CCR-2", { realm: DELEGATE }],
    ["[CSG-13] without a delegate", [intermediate(), root()], "CCR-3"],
    ["[CSG-13] with two delegates", [delegate(BOOTED), delegate(BOOTED), root()], "CCR-3"],
    ["[CSG-13] with the delegate last", [intermediate(), root(), delegate(BOOTED)], "CCR-3"],
    ["[CSG-13] with another last issuer", [delegate(BOOTED), intermediate({ issuer: AGENT.address }, AGENT)], "CCR-4"],
    ["[CSG-13] with a gap", [delegate(BOOTED), intermediate({ issuer: STRANGER.address }, STRANGER), root()], "CCR-5"],
    [
      "[CSG-13] with a root that came later",
      [delegate(BOOTED), intermediate(), root({ validFrom: 15212704 })],
      "CCR-6",
    ],
    ["[CSG-13] with a capability more", [delegate(BOOTED), intermediate({ capabilities: 64 }), root()], "CCR-7"],
    ["[CSG-13] about another account", [delegate(BOOTED), intermediate({ subject: AGENT.address }), root()], "CCR-8"],
    [
      "[CSG-13] with an early delegate",
      [delegate({ ...BOOTED, validFrom: 15212702 }), intermediate(), root()],
      "CCR-9",
    ],
    [
      "[CSG-13] whose root another account has signed",
      [delegate(BOOTED), intermediate(), root({}, STRANGER)],
      "CCR-10",
    ],
    [
      "[CSG-13] whose intermediate another account has signed",
      [delegate(BOOTED), intermediate({}, STRANGER), root()],
      "CCR-11",
    ],
    ["[CSG-13] whose delegate has not signed", [delegate(BOOTED, STRANGER), intermediate(), root()], "CCR-12"],
  ])("%s is refused by its number", async (_, chain, rule, extra) => {
    const [type, details, reason] = await new TrustrootsTestRealm(extra).logIn(chain);
    expect([type, reason]).toStrictEqual([3, "wamp.error.authentication_denied"]);
    expect((details as Extra).message).toMatch(new RegExp(`^${rule}: `));
  });

  test.each<[string, SignedCertificate[]]>([
    [
      "a delegate",
      [intermediate({ issuer: AGENT.address }, AGENT), authority({ subject: AGENT.address, capabilities: 12 }), root()],
    ],
    ["a root", [intermediate(), root({ capabilities: 62 })]],
  ])("[CSG-13] %s without the capability to issue issues nothing", async (_, authorities) => {
    const reply = await new TrustrootsTestRealm().logIn([delegate(BOOTED), ...authorities]);
    expect(reply).toStrictEqual(refusal(expect.stringMatching(/^Capabilities: /)));
  });

  test("[CSG-13] is broken by any change to what was signed", async () => {
    const chain = goodChain();
    const [certificate, signature] = chain[0]!;
    const message = { ...(certificate as { message: object }).message, meta: "x" };
    chain[0] = [{ ...certificate, message }, signature];
    expect(await new TrustrootsTestRealm().logIn(chain)).toStrictEqual(refusal(expect.stringMatching(/^CCR-12: /)));
  });

  test.each(["00".repeat(65), `${"ff".repeat(64)}1b`, `${"11".repeat(64)}00`])(
    "[CSG-13] is broken by the signature %s, which no key makes",
    async (signature) => {
      const chain = goodChain();
      chain[2] = [chain[2]![0], signature];
      expect(await new TrustrootsTestRealm().logIn(chain)).toStrictEqual(refusal(expect.stringMatching(/^CCR-10: /)));
    },
  );
});

describe("the certificates of another client", () => {
  test("[CSG-12] with the own key are refused", async () => {
    expect(await new TrustrootsTestRealm().logIn(goodChain(), ROOT, OTHER_KEY)).toStrictEqual(DENIED);
  });

  test("[CSG-12] with that client's key are refused, because the signature is missing", async () => {
    const thief = new SigningKey("33".repeat(32));
    const disguised = Object.assign(Object.create(thief), {
      publicKey: DEVICE_KEY,
      signChallenge: thief.signChallenge.bind(thief),
    });
    expect(await new TrustrootsTestRealm().logIn(goodChain(), ROOT, disguised)).toStrictEqual(DENIED);
  });
});

describe("an invalid chain", () => {
  const [certificate, signature] = delegate(BOOTED);

  test.each<[string, unknown, string]>([
    ["missing", undefined, "certificates"],
    ["null", null, "certificates"],
    ["empty", [], "certificates must not be empty"],
    ["too long", new Array(9).fill(root()), "certificates must be at most 8"],
    ["without signatures", [[certificate]], "certificates[0] must be a certificate and its signature"],
    ["with short signatures", [[certificate, signature.slice(2)]], "certificates[0][1] must be 65 bytes in hex"],
    [
      "of other types",
      [[{ ...certificate, primaryType: "Mail" }, signature]],
      "certificates[0][0].primaryType must be",
    ],
    [
      "with other addresses",
      [authority({ issuer: "0x1" })],
      "certificates[0][0].message.issuer must be 0x and 20 bytes",
    ],
    [
      "with negative numbers",
      [delegate({ bootedAt: 0, validFrom: -1 })],
      "certificates[0][0].message.validFrom must not",
    ],
  ])("[CSG-12] is refused where it is: %s", async (_, certificates, text) => {
    const [, details] = await new TrustrootsTestRealm().logIn(certificates);
    expect(String((details as Extra).message).slice(0, text.length)).toBe(text);
  });

  test.each([undefined, null, "owner", 7])("[CSG-12] is refused with the trustroot %j", async (trustroot) => {
    const reply = await new TrustrootsTestRealm().logIn(goodChain(), trustroot ?? null);
    expect(reply).toStrictEqual(refusal(expect.stringMatching(/^trustroot must be /)));
  });
});

test.each<[string, Extra]>([
  ["no role", { role: "" }],
  ["an unknown setting", { chain: 1 }],
  ["a trustroot that is none", { trustroots: ["owner"] }],
  ["a realm without an address", { realm: "realm1" }],
])("settings with %s refuse all clients, and the log has the cause", async (_, extra) => {
  const testRealm = new TrustrootsTestRealm(extra);
  const reply = testRealm.logIn(goodChain());
  await new Promise(setImmediate);
  // The authenticator is never registered.
  testRealm.advance(9_000);
  expect(await reply).toStrictEqual(FAILED);
  const faults = testRealm.logged.filter(({ event }) => event === "component.failed");
  expect(faults.map(({ cause }) => cause).join()).toContain(Object.keys(extra)[0]);
});
