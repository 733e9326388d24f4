/** Opening of sessions with a ticket (Ticket-based Authentication; Sessions). */

import { describe, expect, test } from "vitest";
import { ALL_ROLES, ID, type RawClient } from "../raw-client.ts";
import type { RealmUnderTest, RouterUnderTest } from "../router-under-test.ts";

const AS_JOE = { roles: ALL_ROLES, authid: "joe", authmethods: ["ticket"] };

/** Tests of ticket authentication. */
export function tickets(underTest: RouterUnderTest): void {
  describe("opening a session with a ticket", () => {
    test("[WEL-04][WEL-05][WEL-06][WEL-07] WELCOME names the principal", async () => {
      using realm = underTest.newRealm("ticket");
      const client = await challenged(realm);
      await client.send([5, "secret!!!", {}]);
      const [, , details] = await client.expect([2, ID, expect.any(Object)]);
      expect(details).toMatchObject({ authid: "joe", authrole: "user", authmethod: "ticket", authprovider: "static" });
    });

    test("[SES-12] HELLO instead of AUTHENTICATE is a protocol error", async () => {
      using realm = underTest.newRealm("ticket");
      const client = await challenged(realm);
      await client.send([1, realm.name, AS_JOE]);
      await client.expectAbort("wamp.error.protocol_violation", 1002);
    });

    test("[SES-14][SES-01] GOODBYE or a request instead of AUTHENTICATE is a protocol error", async () => {
      using realm = underTest.newRealm("ticket");
      for (const message of [
        [6, {}, "wamp.close.close_realm"],
        [48, 1, {}, "com.app.procedure"],
      ]) {
        const client = await challenged(realm);
        await client.send(message);
        await client.expectAbort("wamp.error.protocol_violation", 1002);
      }
    });

    test("[PUB-09][SES-28] an event reaches the other session of the publisher's principal", async () => {
      using realm = underTest.newRealm("ticket");
      const [publisher, subscriber] = [await challenged(realm), await challenged(realm)];
      for (const client of [publisher, subscriber]) {
        await client.send([5, "secret!!!", {}]);
        await client.expect([2, ID, expect.any(Object)]);
      }
      await subscriber.send([32, 1, {}, "com.app.topic"]);
      const [, , subscription] = await subscriber.expect([33, 1, ID]);
      await publisher.send([16, 1, {}, "com.app.topic", ["from joe to joe"]]);
      await subscriber.expect([36, subscription, ID, {}, ["from joe to joe"]]);
    });
  });
}

/** Opens a client that has received the CHALLENGE for joe's ticket. */
async function challenged(realm: RealmUnderTest): Promise<RawClient> {
  const client = await realm.connect();
  await client.send([1, realm.name, AS_JOE]);
  await client.expect([4, "ticket", {}]);
  return client;
}
