/** How a WebSocket finds its realm: by the path, or by the HELLO at /ws (WebSocket Transport). */

import { describe, expect, onTestFinished, test } from "vitest";
import { useRouter } from "./black-box.ts";
import { anonymousRealm, freshRealm, startRouter } from "./harness.ts";
import { ALL_ROLES, ID, RawClient } from "./raw-client.ts";
import { type RealmUnderTest, RouterUnderTest } from "./router-under-test.ts";
import { SUBPROTOCOLS, type Subprotocol } from "./wire.ts";

const router = useRouter();

/**
 * Bytes of the longest message; the platform closes the WebSocket at longer ones (platform: WebSocket message size).
 */
const LARGEST_MESSAGE_BYTES = 33_554_432;

describe("the realm of a WebSocket", () => {
  test("[SES-08] an unknown realm in the URL is refused by ABORT, since clients do not see HTTP errors", async () => {
    for (const subprotocol of SUBPROTOCOLS) {
      using realm = realmOf(subprotocol);
      const client = await realm.connect({ url: `${router().origin}/ws/nope` });
      await client.send([1, "nope", { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.no_such_realm");
    }
  });

  test("[SES-01] a request before HELLO is a protocol error also with an unknown realm in the URL", async () => {
    using realm = realmOf("wamp.2.json");
    const client = await realm.connect({ url: `${router().origin}/ws/nope` });
    await client.send([32, 1, {}, "com.app.topic"]);
    await client.expectAbort("wamp.error.protocol_violation", 1002);
  });

  test.each(SUBPROTOCOLS)(
    "[SES-02][SES-27] %s: at /ws the HELLO names the realm, and realms are isolated",
    async (subprotocol) => {
      using realm = realmOf(subprotocol);
      const url = `${router().origin}/ws`;
      const [piped, direct] = [await realm.connect({ url }), await realm.join()];
      await piped.join(realm.name);
      await direct.send([64, 1, {}, "com.app.procedure"]);
      const [, , registration] = await direct.expect([65, 1, ID]);
      await piped.send([48, 1, {}, "com.app.procedure", ["through the pipe"]]);
      await direct.expect([68, 1, registration, {}, ["through the pipe"]]);
      await direct.send([70, 1, {}, ["and back"]]);
      await piped.expect([50, 1, {}, ["and back"]]);
      const elsewhere = await realm.connect({ url });
      await elsewhere.join(freshRealm());
      await elsewhere.expectNothing();
    },
  );

  test("[SES-08][SES-10][SES-01] at /ws an unknown realm, or a request before HELLO, is refused", async () => {
    using realm = realmOf("wamp.2.json");
    const url = `${router().origin}/ws`;
    for (const name of ["nope", ""]) {
      const client = await realm.connect({ url });
      await client.send([1, name, { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.no_such_realm");
    }
    const client = await realm.connect({ url });
    await client.send([48, 1, {}, "com.app.procedure"]);
    await client.expectAbort("wamp.error.protocol_violation", 1002);
  });

  test.each(["/ws", "/ws/test-uri"])(
    "[URI-07] %s: a realm that is not a URI is refused with invalid_uri",
    async (path) => {
      using realm = realmOf("wamp.2.json");
      const client = await realm.connect({ url: router().origin + path });
      await client.send([1, "bad realm", { roles: ALL_ROLES }]);
      await client.expectAbort("wamp.error.invalid_uri");
    },
  );

  test("[WS-13][WS-14] a piped socket forwards closes and protocol errors", async () => {
    using realm = realmOf("wamp.2.json");
    const url = `${router().origin}/ws`;
    const [piped, observer] = [await realm.connect({ url }), await realm.join()];
    await piped.join(realm.name);
    await realm.vanish(piped, observer, () => piped.socket.terminate());
    const violator = await realm.connect({ url });
    await violator.join(realm.name);
    await violator.send([99]);
    await violator.expectAbort("wamp.error.protocol_violation", 1002);
  });

  test("[WS-14] a piped client that violates the WebSocket protocol leaves the realm", async () => {
    using realm = realmOf("wamp.2.json");
    const [piped, observer] = [await realm.connect({ url: `${router().origin}/ws` }), await realm.join()];
    await piped.join(realm.name);
    await realm.vanish(piped, observer, () => piped.socket.send(Buffer.alloc(LARGEST_MESSAGE_BYTES + 1)));
  });

  test("[SES-21] at /ws an ABORT instead of HELLO is not answered", async () => {
    using realm = realmOf("wamp.2.json");
    const client = await realm.connect({ url: `${router().origin}/ws` });
    await client.send([3, {}, "com.app.giving_up"]);
    await client.closed;
    expect(client.unread).toStrictEqual([]);
  });

  test("[SES-02] with a single realm in the configuration /ws connects to its object", async () => {
    const single = await startRouter({ version: 1, realms: [anonymousRealm("only")] });
    onTestFinished(() => single.close());
    const client = await RawClient.connect(`${single.origin}/ws`, "wamp.2.json");
    onTestFinished(() => client.socket.terminate());
    await client.join("only");
    // Only a hibernatable socket of the object survives eviction (platform: Hibernation).
    await single.evict("only");
    await client.expectNothing();
  });
});

/** Opens a fresh realm whose clients speak `subprotocol`. */
function realmOf(subprotocol: Subprotocol): RealmUnderTest {
  return new RouterUnderTest(router, { subprotocol, evict: false }).newRealm();
}
