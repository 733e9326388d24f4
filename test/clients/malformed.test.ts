/** Thousands of malformed messages, each of which ends only the session that sent it (Protocol Errors). */

import { describe, expect, test } from "vitest";
import { useRouter } from "./black-box.ts";
import { type Malformed, malformedFrames } from "./malformed-messages.ts";
import { ALL_ROLES, ID, RawClient } from "./raw-client.ts";
import { type RealmUnderTest, RouterUnderTest } from "./router-under-test.ts";
import type { Subprotocol } from "./wire.ts";

const router = useRouter();

const SEED = 20_261_123;
const MESSAGES = 1500;
// Open sockets: enough for overlap, and within the limit of file descriptors.
const AT_ONCE = 32;

describe("broken clients", () => {
  test.concurrent.each(["wamp.2.json", "wamp.2.msgpack", "wamp.2.cbor"] as const)(
    `[MSG-15][SES-24][WS-12] %s: ${MESSAGES} malformed messages (seed ${SEED}) end their sessions and no other`,
    async (subprotocol) => {
      using realm = new RouterUnderTest(router, { subprotocol, evict: false }).newRealm();
      const calls = await startCalls(realm);
      const faults: string[] = [];
      const queue = malformedFrames(subprotocol, MESSAGES, SEED).entries();
      await Promise.all(Array.from({ length: AT_ONCE }, () => breakAll(realm, subprotocol, queue, faults)));
      expect(faults).toStrictEqual([]);
      expect(await calls.stop()).toBeGreaterThan(100);
    },
    180_000,
  );
});

/**
 * Sends the frames of the shared queue; adds a line to `faults` for each session that ends differently than expected.
 */
async function breakAll(
  realm: RealmUnderTest,
  subprotocol: Subprotocol,
  queue: Iterable<[number, Malformed]>,
  faults: string[],
): Promise<void> {
  for (const [number, malformed] of queue) {
    const outcome = await breakOne(realm, subprotocol, malformed);
    const wanted = `ABORT wamp.error.protocol_violation, ${malformed.closeCode}`;
    if (outcome !== wanted) faults.push(`#${number} ${describeFrame(malformed)}: ${outcome} instead of ${wanted}`);
  }
}

/** Sends one frame in a session of its own, and returns how the session ends. */
async function breakOne(realm: RealmUnderTest, subprotocol: Subprotocol, malformed: Malformed): Promise<string> {
  const client = await RawClient.connect(router().realmUrl(realm.name), subprotocol);
  try {
    if (malformed.inSession) await client.join(realm.name, { roles: ALL_ROLES });
    await client.sendFrame(malformed.frame);
    const answers: string[] = [];
    const [code, , uri] = await client.next();
    answers.push(code === 3 ? `ABORT ${uri}` : `message ${code}`);
    const end = await Promise.race([client.closed, client.next()]).catch(() => client.closed);
    answers.push("code" in end ? String(end.code) : `message ${end[0]}`);
    return answers.join(", ");
  } catch (fault) {
    return (fault as Error).message;
  } finally {
    client.socket.terminate();
  }
}

/** Calls a procedure of another session, one call after the other, until `stop`; checks every answer. */
async function startCalls(realm: RealmUnderTest): Promise<{ stop(): Promise<number> }> {
  const [caller, callee] = await realm.pair();
  await callee.send([64, 1, {}, "com.app.echo"]);
  const [, , registration] = await callee.expect([65, 1, ID]);
  let isStopped = false;
  const done = (async () => {
    let number = 0;
    while (!isStopped) {
      number += 1;
      await caller.send([48, number, {}, "com.app.echo", [number]]);
      await callee.expect([68, number, registration, {}, [number]]);
      await callee.send([70, number, {}, [number]]);
      await caller.expect([50, number, {}, [number]]);
    }
    return number;
  })();
  return {
    stop() {
      isStopped = true;
      return done;
    },
  };
}

function describeFrame({ frame, inSession }: Malformed): string {
  const text = typeof frame === "string" ? JSON.stringify(frame) : Buffer.from(frame).toString("hex");
  return `${inSession ? "" : "first frame "}${text.slice(0, 100)}`;
}
