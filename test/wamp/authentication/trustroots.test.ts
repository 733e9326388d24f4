/** The authenticator of examples/trustroots: certificates of other implementations, each rule of a chain, and the sources of roots. */

import * as v from "valibot";
import { describe, expect, test, vi } from "vitest";
import { certificatesSchema } from "../../../examples/trustroots/certificate.ts";
import { judge, type Verdict } from "../../../examples/trustroots/certificate-chain.ts";
import type { Address } from "../../../examples/trustroots/eip712.ts";
import { trustroots } from "../../../examples/trustroots/trustroots.ts";
import { type Component, defineComponent } from "../../../src/wamp/local/component.ts";
import { HostedComponent } from "../../../src/wamp/local/hosted-component.ts";
import type { Dict } from "../../../src/wamp/protocol/values.ts";
import type { Line } from "../host/test-realm.ts";
import { AuthTestRealm, DENIED, type Extra, FAILED } from "./auth-test-realm.ts";
import {
  AGENT,
  authority,
  CONTRACT,
  DELEGATE,
  DEVICE,
  DEVICE_KEY,
  DEVICE_SEED,
  delegate,
  exampleChain,
  OWNER,
  REALM,
  ROOT,
  type SignedCertificate,
  STRANGER,
} from "./certificates.ts";
import { OTHER_KEY } from "./methods.ts";
import { SigningKey } from "./proofs.ts";

const KEY = new SigningKey(DEVICE_SEED);
/** A block after those of all certificates, and one before some. */
const BLOCK = 15_300_000;
const OLDER = 15_212_000;

const EXTRA = {
  role: "user",
  chain_id: 1,
  verifying_contract: CONTRACT,
  realm: REALM,
  block_number: BLOCK,
  trustroots: [ROOT],
};

/** What the delegate's certificate says here: JSON as Node writes it has no integers beyond 2^53. */
const BOOTED = { bootedAt: 1658765756680 };

/** A realm with the authenticator of the example. */
class TrustrootsTestRealm extends AuthTestRealm {
  constructor(extra: Extra = {}, others: Readonly<Record<string, Component<Dict>>> = {}, name = "realm1") {
    super({ cryptosign: { type: "dynamic", authenticator: "com.trustroots.authenticate" } }, { name });
    this.joinLocalSessions = (realm) => {
      const home = { realm, host: this, env: {}, keepAwake: () => {}, onLeave: () => {} };
      for (const [name, component] of Object.entries({ trustroots, ...others })) {
        const settings = Object.entries({ ...EXTRA, ...extra }).filter(([, value]) => value !== undefined);
        const config = { name, role: "admin", extra: Object.fromEntries(settings) };
        new HostedComponent(component, config, home).join();
      }
    };
    this.restart();
  }

  /** Logs in with certificates and a key; returns WELCOME or ABORT. */
  async logIn(certificates: unknown, trustroot: unknown = ROOT, key = KEY, details: Extra = {}): Promise<Line> {
    const authextra = { pubkey: key.publicKey, trustroot, certificates };
    const client = await this.sendHello({ authmethods: ["cryptosign"], authextra, ...details });
    await vi.waitUntil(() => client.peer.state.kind !== "authenticating");
    const reply = this.takeReply(client);
    if (reply[0] !== 4) return reply;
    await this.sendFrom(client, [5, key.signChallenge(reply[2] as Extra), {}]);
    return this.takeReply(client);
  }
}

function refusal(message: unknown): Line {
  return [3, { message }, "wamp.error.authentication_denied"];
}

const intermediate = (message = {}, signer = OWNER) =>
  authority({ subject: DELEGATE, capabilities: 12, ...message }, signer);
const root = authority;

/** Certificates of a delegate, an intermediate authority and the root. */
function goodChain(): SignedCertificate[] {
  return [delegate(BOOTED), intermediate(), root()];
}

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

describe("a standalone trustroot", () => {
  test("[CSG-14] that the realm does not trust is refused, even with a valid chain", async () => {
    const own = { issuer: STRANGER.address };
    const chain = [
      delegate(BOOTED),
      intermediate(own, STRANGER),
      root({ ...own, subject: STRANGER.address }, STRANGER),
    ];
    expect(await new TrustrootsTestRealm().logIn(chain, STRANGER.address)).toStrictEqual(
      refusal("the trustroot is not trusted here"),
    );
    expect(await new TrustrootsTestRealm().logIn(chain, ROOT)).toStrictEqual(
      refusal("the trustroot is not the root of the certificates"),
    );
    expect(
      (await new TrustrootsTestRealm({ trustroots: [ROOT, STRANGER.address] }).logIn(chain, STRANGER.address))[0],
    ).toBe(2);
  });

  test("[CSG-14] may be stored with all certificates above the delegate, which then sends only its own", async () => {
    const testRealm = new TrustrootsTestRealm({ trustroots: [root(), intermediate()] });
    expect((await testRealm.logIn([delegate(BOOTED)]))[0]).toBe(2);
    expect((await testRealm.logIn(goodChain()))[0]).toBe(2);
    expect(await new TrustrootsTestRealm().logIn([delegate(BOOTED)])).toStrictEqual(
      refusal("CCR-3: a delegate certificate must come first, and authority certificates after it"),
    );
    const other = delegate({ ...BOOTED, delegate: AGENT.address }, AGENT);
    expect(await testRealm.logIn([other])).toStrictEqual(refusal(expect.stringMatching(/^CCR-3: /)));
  });
});

describe("an on-chain trustroot", () => {
  /** A program that reads the blockchain: subject → certificate. */
  function blockchain(certificates: Readonly<Record<string, unknown>>, asked: unknown[] = []): Component<Dict> {
    const bySubject = new Map(Object.entries(certificates).map(([subject, it]) => [subject.toLowerCase(), it]));
    return defineComponent({
      onJoin(session) {
        session.register("com.ethereum.certificate", ([address]) => {
          asked.push(address);
          return bySubject.get(String(address).toLowerCase()) ?? null;
        });
        session.register("com.ethereum.block_number", () => BLOCK);
      },
    });
  }
  const ON_CHAIN = { trustroots: [], lookup: "com.ethereum.certificate", block_number: "com.ethereum.block_number" };

  test("[CSG-14] is looked up with the intermediate certificates for a delegate that sends only its own", async () => {
    const asked: unknown[] = [];
    const testRealm = new TrustrootsTestRealm(ON_CHAIN, {
      ethereum: blockchain({ [DELEGATE]: intermediate(), [ROOT]: root() }, asked),
    });
    const [type, , details] = await testRealm.logIn([delegate(BOOTED)]);
    expect([type, details]).toMatchObject([2, { authid: DELEGATE, authrole: "user" }]);
    expect(asked).toStrictEqual([DELEGATE, ROOT]);
  });

  test("[CSG-14] that is not there is refused, and so is one that has another name than it is said to have", async () => {
    const unknown = new TrustrootsTestRealm(ON_CHAIN, { ethereum: blockchain({ [DELEGATE]: intermediate() }) });
    expect(await unknown.logIn([delegate(BOOTED)])).toStrictEqual(refusal("CCR-4: the last certificate is no root"));
    const known = new TrustrootsTestRealm(ON_CHAIN, {
      ethereum: blockchain({ [DELEGATE]: intermediate(), [ROOT]: root() }),
    });
    expect(await known.logIn([delegate(BOOTED)], DEVICE.address)).toStrictEqual(
      refusal("the trustroot is not the root of the certificates"),
    );
  });

  test("[CSG-14] is not taken from the client, which must send a single certificate", async () => {
    const testRealm = new TrustrootsTestRealm(ON_CHAIN, { ethereum: blockchain({ [ROOT]: root() }) });
    expect(await testRealm.logIn(goodChain())).toStrictEqual(refusal("the trustroot is not trusted here"));
  });

  test("[CSG-13][CSG-14] has the rules of all others", async () => {
    const certificates = { [DELEGATE]: intermediate(), [ROOT]: root({}, STRANGER) };
    const testRealm = new TrustrootsTestRealm(ON_CHAIN, { ethereum: blockchain(certificates) });
    expect(await testRealm.logIn([delegate(BOOTED)])).toStrictEqual(refusal(expect.stringMatching(/^CCR-10: /)));
  });

  test("[CSG-14] with a circular chain is refused", async () => {
    const above = authority({ issuer: DELEGATE, subject: AGENT.address, capabilities: 14 }, DEVICE);
    const below = intermediate({ issuer: AGENT.address, capabilities: 14 }, AGENT);
    const asked: unknown[] = [];
    const certificates = { [DELEGATE]: below, [AGENT.address]: above };
    const testRealm = new TrustrootsTestRealm(ON_CHAIN, { ethereum: blockchain(certificates, asked) });
    expect(await testRealm.logIn([delegate(BOOTED)])).toStrictEqual(refusal(expect.stringMatching(/^CCR-4: /)));
    expect(asked).toHaveLength(7);
  });

  test.each<[string, Component<Dict> | undefined]>([
    ["cannot be asked for", undefined],
    ["is answered with nonsense", blockchain({ [DELEGATE]: "yes" })],
    ["is answered with a delegate", blockchain({ [DELEGATE]: delegate(BOOTED) })],
  ])("[CSG-14] that %s fails the attempt", async (_, ethereum) => {
    const testRealm = new TrustrootsTestRealm(ON_CHAIN, ethereum && { ethereum });
    expect(await testRealm.logIn([delegate(BOOTED)])).toStrictEqual(FAILED);
  });
});

describe("certificates of others", () => {
  const EXAMPLE = [
    "8fe06bb269110c6bc0e011ea2b7da07091c674f7fe67458c1805157157da702b70b56cdf662666dc386820ded0116b6b84151df1ed65210eeecd7e477cdb765b1b",
    "0c0eb60a108dbd72a204b41c1d18505358e4e7886b0c9787192a33ac9e0f94c92ce158f8de576fa9cccf28a8c9404ed66c2d355ea4ae7ee65cff0b73215b91bb1c",
    "be35c8d6ae735d3bd8b5e27b1e1a067eba53e6a1cb4ef0f607c4717435e8ffa676246e7d08dfb4e83c78ad26f423b727b5d2c90627bdf6c94c1dbdf01979c34b1c",
  ];
  // Signed by Autobahn|Python in its own tests, over texts in `meta`.
  const AUTOBAHN = [
    "70726dda677cac8f21366f8023d17203b2f4f9099e954f9bebb2134086e2ac291d80ce038a1342a7748d4b0750f06b8de491561d581c90c99f1c09c91cfa7e191c",
    "f031b2625ae7e32e7eec3a8fa09f4db3a43217f282b7695e5b09dd2e13c25dc679c1f3ce27b94a3074786f7f12183a2a275a00aea5a66b83c431281f1069bd841c",
    "c3bcd7a3c3c45ae45a24cd7745db3b39c4113e6b71a4220f943f0969282246b4083ef61277bd7ba9e92c9a07b79869ce63bc6206986480f9c5daddb27b91bebe1b",
  ];
  const meta = "QmNbMM6TMLAgqBKzY69mJKk5VKvpcTtAtwAaLC2FV4zC3G";
  const validFrom = 15139218;
  const autobahnChain = [
    delegate({ bootedAt: 1657781999086394759n, meta: "Qme7ss3ARVgxv6rXqVPiikMJ8u2NLgmgszg13pYrDKEoiu", validFrom }),
    intermediate({ meta, validFrom }),
    root({ meta, validFrom }),
  ];

  test.each<[string, SignedCertificate[], string[]]>([
    ["the specification's example 3", exampleChain(), EXAMPLE],
    ["Autobahn|Python's", autobahnChain, AUTOBAHN],
  ])("[CSG-12][CSG-13] %s keep all rules, with the signatures they were published with", (_, chain, signatures) => {
    const published = chain.map(([certificate], index) => [certificate, signatures[index]]);
    const verdict = verdictOn(published);
    expect(verdict).toMatchObject({ ok: true, trustroot: OWNER.address });
    // The keys are known, and signing is deterministic: the certificates of these tests are hashed as theirs.
    expect(chain.map(([, signature]) => signature)).toStrictEqual(signatures);
  });

  test("[CSG-13] the example does not survive the change of one digit in a number beyond 2^53", () => {
    const [first, ...others] = exampleChain();
    const [{ message, ...rest }, signature] = first as unknown as [{ message: object }, string];
    const changed = [{ ...rest, message: { ...message, bootedAt: 1658765756680628960n } }, signature];
    expect(verdictOn([changed, ...others])).toMatchObject({ ok: false, reason: expect.stringMatching(/^CCR-12: /) });
  });

  function verdictOn(chain: unknown): Verdict {
    return judge(v.parse(certificatesSchema, chain), {
      chainId: 1n,
      verifyingContract: CONTRACT.toLowerCase() as Address,
      realm: REALM.toLowerCase() as Address,
      blockNumber: BigInt(BLOCK),
    });
  }
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
