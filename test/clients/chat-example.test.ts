/** examples/chat, with Autobahn|JS: clients do not notice when the realm sleeps. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import autobahn, { type Connection, type Session } from "autobahn";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { createTestHarness } from "wrangler";

// Autobahn warns of every closed connection.
autobahn.log.warn = () => {};

const root = join(import.meta.dirname, "../..");
const server = createTestHarness({ root, workers: [{ configPath: "examples/chat/wrangler.toml" }] });
let url: URL;

beforeAll(async () => {
  ({ url } = await server.listen());
});
afterAll(() => server.close());

const sleep = () => server.getWorker("chat").evictDurableObject("RealmObject", { name: "chat" });

async function enter(name: string): Promise<{ session: Session; connection: Connection }> {
  const connection = new autobahn.Connection({
    url: `ws://${url.host}/ws/chat`,
    realm: "chat",
    authmethods: ["ticket"],
    authid: name,
    onchallenge: () => `${name}'s secret`,
    max_retries: 0,
  });
  const session = await new Promise<Session>((resolve, reject) => {
    connection.onopen = resolve;
    connection.onclose = (reason) => {
      reject(new Error(reason));
      return true;
    };
    connection.open();
  });
  onTestFinished(() => {
    if (connection.isOpen) connection.close();
  });
  return { session, connection };
}

test("guests talk, list guests and read the history, while the realm sleeps between any two messages", async () => {
  const { session: ann } = await enter("ann");
  const events: unknown[] = [];
  await ann.subscribe("com.chat.said", (_args, kwargs) => void events.push(kwargs));
  await ann.subscribe("com.chat.came", ([who]) => void events.push(`${who} came`));
  await ann.subscribe("com.chat.left", ([who]) => void events.push(`${who} left`));
  await sleep();
  const { session: ben, connection } = await enter("ben");
  await sleep();
  expect(await ben.call("com.chat.say", ["hello"])).toBe(null);
  await sleep();
  expect(await ann.call("com.chat.present")).toEqual(["ann", "ben"]);
  await sleep();
  await ann.call("com.chat.say", ["hi ben"]);
  await sleep();
  connection.close();
  const hello = { who: "ben", text: "hello" };
  const hi = { who: "ann", text: "hi ben" };
  await vi.waitFor(() => expect(events).toEqual(["ben came", hello, hi, "ben left"]));
  await sleep();
  expect(await ann.call("com.chat.history")).toEqual([hello, hi]);
  expect(await ann.call("com.chat.history", [1])).toEqual([hi]);
});

test("an argument that is not text is refused with the component's own error", async () => {
  const { session } = await enter("ann");
  const refused = { error: "com.chat.error.no_text", args: ["say something in 1000 characters"] };
  await expect(session.call("com.chat.say", [4711])).rejects.toMatchObject(refused);
  await expect(session.call("com.chat.say", ["x".repeat(1001)])).rejects.toMatchObject(refused);
});

test("only the component may publish for the room", async () => {
  const { session } = await enter("ann");
  const forged = session.publish("com.chat.said", [], { who: "ben", text: "forged" }, { acknowledge: true });
  await expect(forged).rejects.toMatchObject({ error: "wamp.error.not_authorized" });
});

test("it has fewer than 50 lines", () => {
  expect(readFileSync(join(root, "examples/chat/chat.ts"), "utf8").split("\n").length).toBeLessThan(50);
});
