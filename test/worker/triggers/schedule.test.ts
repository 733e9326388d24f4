/** Schedules: what a cron trigger of the platform makes the Worker do. */

import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { scheduled } from "../../../src/worker/triggers/triggers.ts";
import { join } from "../socket.ts";

const REALM = "bridged-triggered";

/** The platform's cron trigger. */
function ring(cron: string): Promise<void> {
  return scheduled(createScheduledController({ cron, scheduledTime: new Date() }), env);
}

it("an event is published under the role's permissions, and nothing that another cron is for", async () => {
  const subscriber = await join(REALM);
  subscriber.send([32, 1, { match: "prefix" }, "com.tick"]);
  await subscriber.next();
  await ring("0 * * * *");
  await ring("*/5 * * * *");
  expect((await subscriber.next()).slice(3)).toEqual([{ topic: "com.tick.hourly" }, [1], { unit: "h" }]);
  expect((await subscriber.next()).slice(3)).toEqual([{ topic: "com.tick.often" }]);
});

it("a procedure is called, and has to answer", async () => {
  const callee = await join(REALM);
  callee.send([64, 1, {}, "com.clean"]);
  await callee.next();
  const run = ring("0 3 * * *");
  const [, request, , , args] = await callee.next();
  expect(args).toEqual(["all"]);
  callee.send([8, 68, request, {}, "com.error.busy"]);
  await expect(run).rejects.toThrow("schedule 0 3 * * *: com.clean in bridged-triggered: com.error.busy");
});

it("what is refused makes the invocation fail, after everything else due is done", async () => {
  const subscriber = await join(REALM);
  subscriber.send([32, 1, {}, "com.tick.mixed"]);
  await subscriber.next();
  const fault = "schedule 1 1 1 1 *: org.forbidden in bridged-triggered: wamp.error.not_authorized";
  await expect(ring("1 1 1 1 *")).rejects.toThrow(fault);
  expect((await subscriber.next())[0]).toBe(36);
});

it("a cron that no schedule has does nothing", async () => {
  await expect(ring("2 2 2 2 *")).resolves.toBeUndefined();
});
