/** `schedules` and `queues`: accepted values, and the fault of each mistake. */

import { expect, it } from "vitest";
import { formatFaults, loadConfig } from "../../../src/worker/config/load-config.ts";

const SCHEDULE = { cron: "*/5 * * * *", realm: "a", role: "user", publish: "com.example.tick" };
const QUEUE = { queue: "orders", realm: "tenant-1", role: "user", topic: "com.example.order" };

function faultsOf(triggers: object): string {
  const roles = [{ name: "user" }];
  const module = {
    version: 1,
    realms: [
      { name: "a", roles },
      { name: "tenant-*", roles },
    ],
    ...triggers,
  };
  const loaded = loadConfig({ module, env: {}, isDevelopment: false });
  return loaded.ok ? "" : formatFaults(loaded.faults);
}

it.each([
  [SCHEDULE],
  [{ ...SCHEDULE, realm: "tenant-1", args: [1], kwargs: { a: 1 }, options: { acknowledge: true } }],
  [{ ...SCHEDULE, publish: undefined, call: "com.example.clean", cron: "0 17 * * sun#1" }],
])("a schedule may be %j", (schedule) => {
  expect(faultsOf({ schedules: [JSON.parse(JSON.stringify(schedule))] })).toBe("");
});

const CRON = 'schedules[0].cron must be five fields, as in "*/5 * * * *"';
it.each([
  [{ cron: "every day" }, CRON],
  [{ cron: "* * * * * *" }, CRON],
  [{ realm: "b" }, 'schedules[0].realm is "b", which the configuration does not have'],
  [{ realm: "tenant-*" }, "schedules[0].realm must be the name of one realm, not a pattern"],
  [{ role: "x" }, 'schedules[0].role is "x", a role this realm does not have'],
  [{ call: "com.example.clean" }, "schedules[0] needs either call or publish"],
  [{ publish: undefined }, "schedules[0] needs either call or publish"],
  [{ publish: "a b" }, "schedules[0].publish must be a valid URI"],
  [{ kwargs: [] }, "schedules[0].kwargs must be an object"],
])("a schedule may not have %j", (wrong, fault) => {
  expect(faultsOf({ schedules: [JSON.parse(JSON.stringify({ ...SCHEDULE, ...wrong }))] })).toBe(fault);
});

it("each queue occurs once", () => {
  expect(faultsOf({ queues: [QUEUE, { ...QUEUE, queue: "payments" }] })).toBe("");
  expect(faultsOf({ queues: [QUEUE, QUEUE] })).toBe("queues[1].queue is the same as that of entry 0");
});

it.each([
  [{ realm: "b" }, 'queues[0].realm is "b", which the configuration does not have'],
  [{ role: "x" }, 'queues[0].role is "x", a role this realm does not have'],
  [{ topic: "a b" }, "queues[0].topic must be a valid URI"],
  [{ queue: "" }, "queues[0].queue must not be empty"],
])("a queue may not have %j", (wrong, fault) => expect(faultsOf({ queues: [{ ...QUEUE, ...wrong }] })).toBe(fault));
