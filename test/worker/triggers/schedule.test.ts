/** Schedules: calls and publications by cron trigger. */

import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { scheduled } from "../../../src/worker/triggers/triggers.ts";
import { join } from "../socket.ts";

const REALM = "bridged-triggered";

/** Runs a cron trigger as the platform does. */
function trigger(cron: string): Promise<void> {
  return scheduled(createScheduledController({ cron, scheduledTime: new Date() }), env);
}

it("publishes with the role's permissions, and runs no schedule of another cron", async () => {
  const subscriber = await join(REALM);
  subscriber.send([32, 1, { match: "prefix" }, "com.tick"]);
  await subscriber.next();
  await trigger("0 * * * *");
  await trigger("*/5 * * * *");
  expect((await subscriber.next()).slice(3)).toEqual([{ topic: "com.tick.hourly" }, [1], { unit: "h" }]);
  expect((await subscriber.next()).slice(3)).toEqual([{ topic: "com.tick.often" }]);
});

it("a call that fails makes the schedule fail", async () => {
  const callee = await join(REALM);
  callee.send([64, 1, {}, "com.clean"]);
  await callee.next();
  const run = trigger("0 3 * * *");
  const [, request, , , args] = await callee.next();
  expect(args).toEqual(["all"]);
  callee.send([8, 68, request, {}, "com.error.busy"]);
  await expect(run).rejects.toThrow("schedule 0 3 * * *: com.clean in bridged-triggered: com.error.busy");
});

it("a refused request makes the invocation fail, after all other schedules have run", async () => {
  const subscriber = await join(REALM);
  subscriber.send([32, 1, {}, "com.tick.mixed"]);
  await subscriber.next();
  const fault = "schedule 1 1 1 1 *: org.forbidden in bridged-triggered: wamp.error.not_authorized";
  await expect(trigger("1 1 1 1 *")).rejects.toThrow(fault);
  expect((await subscriber.next())[0]).toBe(36);
});

it("a cron that no schedule has does nothing", async () => {
  await expect(trigger("2 2 2 2 *")).resolves.toBeUndefined();
});
