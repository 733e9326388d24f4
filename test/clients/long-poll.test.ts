/** Autobahn|JS from npm over its long-poll transport. */

import autobahn, { type Connection, type Dict, type Session } from "autobahn";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { useRouter } from "./black-box.ts";
import { freshRealm } from "./harness.ts";
import { RawClient } from "./raw-client.ts";
import { XmlHttpRequest } from "./xml-http-request.ts";

autobahn.log.warn = () => {};

beforeAll(() => {
  vi.stubGlobal("XMLHttpRequest", XmlHttpRequest);
});

const router = useRouter();

test("[LP-01][LP-05][LP-07] sessions call, register, publish and subscribe", async () => {
  const { session, realm } = await open();
  const other = (await open(realm)).session;
  await other.register("com.app.add", ([a, b]) => (a as number) + (b as number));
  expect(await session.call("com.app.add", [23, 19])).toBe(42);
  await expect(session.call("com.app.missing")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
  const { promise, resolve } = Promise.withResolvers<unknown[]>();
  await session.subscribe("com.app.news", (args) => resolve(args));
  await other.publish("com.app.news", ["hello", { deep: ["ü"] }], {}, { acknowledge: true });
  expect(await promise).toEqual(["hello", { deep: ["ü"] }]);
});

test("[LP-05] a burst of events of a WebSocket client arrives complete and in order", async () => {
  const { session, realm } = await open();
  const numbers: unknown[] = [];
  await session.subscribe("com.app.count", ([number]) => numbers.push(number));
  const publisher = await RawClient.connect(router().realmUrl(realm), "wamp.2.json");
  onTestFinished(() => publisher.socket.terminate());
  await publisher.join(realm);
  for (let i = 1; i <= 90; i++) await publisher.send([16, i, {}, "com.app.count", [i]]);
  await expect.poll(() => numbers.length, { timeout: 15_000 }).toBe(90);
  expect(numbers).toEqual(Array.from({ length: 90 }, (_, i) => i + 1));
});

test("[LP-07] 40 calls at the same time are all answered", async () => {
  const { session, realm } = await open();
  const callee = (await open(realm)).session;
  await callee.register("com.app.echo", ([value]) => value);
  const calls = Array.from({ length: 40 }, (_, i) => session.call("com.app.echo", [i]));
  expect(await Promise.all(calls)).toEqual(Array.from({ length: 40 }, (_, i) => i));
});

test("[LP-06] an idle session stays open beyond the time-out of one poll", { timeout: 40_000 }, async () => {
  const { session, closed } = await open();
  const end = await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 13_000))]);
  expect(end).toBe(undefined);
  await expect(session.call("com.app.missing")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
});

test("[LP-08] the client leaves with GOODBYE and closes the transport", async () => {
  const { session, connection, closed, realm } = await open();
  await session.register("com.app.here", () => "here");
  const other = (await open(realm)).session;
  expect(await other.call("com.app.here")).toBe("here");
  connection.close();
  expect(await closed).toMatchObject({ reason: "closed", details: { reason: "wamp.close.goodbye_and_out" } });
  await expect(other.call("com.app.here")).rejects.toMatchObject({ error: "wamp.error.no_such_procedure" });
});

test("the client authenticates by challenge", async () => {
  const realm = freshRealm("ticket");
  const { session } = await open(realm, { authid: "joe", authmethods: ["ticket"], onchallenge: () => "secret!!!" });
  expect(session.id).toBeGreaterThan(0);
});

interface Opened {
  readonly session: Session;
  readonly connection: Connection;
  readonly closed: Promise<{ reason: string; details: Dict }>;
  readonly realm: string;
}

/** Opens a session that closes with the test. */
function open(realm = freshRealm(), options: object = {}): Promise<Opened> {
  const url = `${router().origin.replace(/^ws/, "http")}/lp/${realm}`;
  const connection = new autobahn.Connection({ transports: [{ type: "longpoll", url }], realm, ...options });
  const { promise: closed, resolve: close } = Promise.withResolvers<{ reason: string; details: Dict }>();
  onTestFinished(() => {
    if (connection.isOpen) connection.close();
  });
  return new Promise((resolve, reject) => {
    connection.onopen = (session) => resolve({ session, connection, closed, realm });
    connection.onclose = (reason, details) => {
      close({ reason, details });
      reject(new Error(`${reason}: ${JSON.stringify(details)}`));
      return true;
    };
    connection.open();
  });
}
