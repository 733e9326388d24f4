import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { join } from "../socket.ts";

it("the details of a session name its subprotocol, before and after the realm's sleep [MS-06][SES-30]", async () => {
  const client = await join("meta-1");
  client.send([48, 1, {}, "wamp.session.list"]);
  const [session] = ((await client.next()) as [number, number, object, number[][]])[3][0]!;
  const result = [50, 2, {}, [expect.objectContaining({ session, transport: { websocket_protocol: "wamp.2.json" } })]];
  client.send([48, 2, {}, "wamp.session.get", [session]]);
  expect(await client.next()).toEqual(result);
  await evictDurableObject(env.REALM.getByName("meta-1"));
  client.send([48, 2, {}, "wamp.session.get", [session]]);
  expect(await client.next()).toEqual(result);
});
