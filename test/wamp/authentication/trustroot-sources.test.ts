/** The trustroots of examples/trustroots: in the settings, stored, and on a blockchain. */

import { describe, expect, test } from "vitest";
import { type Component, defineComponent } from "../../../src/wamp/local/component.ts";
import type { Dict } from "../../../src/wamp/protocol/values.ts";
import { FAILED } from "./auth-test-realm.ts";
import { AGENT, authority, DELEGATE, DEVICE, delegate, ROOT, STRANGER } from "./certificates.ts";
import { BLOCK, BOOTED, goodChain, intermediate, refusal, root, TrustrootsTestRealm } from "./trustroots-test-realm.ts";

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
