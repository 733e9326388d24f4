/** Many sessions that wait: what they cost to open and to keep, and how long the realm takes to wake. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import type { Connection } from "../client/connection.ts";
import { Template } from "../client/template.ts";
import { startMeter, usageOf } from "../measuring/meter.ts";
import { spreadOf } from "../measuring/statistics.ts";
import type { Figures } from "./figures.ts";
import { openIdleSessions, topicOf } from "./idle-sessions.ts";
import { pause, type RunContext, type Scenario, uniqueUri } from "./scenario.ts";

/** Sessions that are opened before the router's memory is read, so that its code and pools are in it. */
const FIRST_SESSIONS = 50;
/** Milliseconds for the router to come to rest before its memory is read. */
const REST_MS = 2000;
/** Sessions that get an event after the idle time, one after the other. */
const WOKEN = 10;
/** Milliseconds for an event. */
const EVENT_TIMEOUT_MS = 10_000;

/** The scenario `idle`. */
export const idle: Scenario = {
  description: "sessions that are opened, wait until the realm sleeps, and get an event",
  heeds: ["sessions", "idleMs", "parallel"],
  columns: [
    "cpu_us_per_session",
    "sessions_per_s",
    "bytes_per_session",
    "bytes_per_idle_session",
    "first_event_us",
    "next_event_us",
    "idle_busy_pct",
    "load_busy_pct",
    "errors",
  ],
  relays: ["relay"],
  needsFreshProcess: true,
  run: measureIdleSessions,
};

async function measureIdleSessions({ near, far, router, settings }: RunContext): Promise<Figures> {
  const prefix = uniqueUri("idle");
  const first = await openIdleSessions(near, `${prefix}.first`, FIRST_SESSIONS, settings.parallel);
  await pause(REST_MS);
  const bytesBefore = router.residentBytes();
  const readOpening = startMeter(router);
  const sessions = await openIdleSessions(far, prefix, settings.sessions, settings.parallel);
  const opening = readOpening();
  await pause(REST_MS);
  const bytesOpen = router.residentBytes();
  const readIdling = startMeter(router);
  await pause(settings.idleMs);
  const idling = readIdling();
  const bytesIdle = router.residentBytes();
  const latencies = await wakeSessions(first[0]!, near, prefix, sessions);
  for (const connection of [...first, ...sessions]) connection.destroy();
  return {
    sessions_per_s: settings.sessions / opening.seconds,
    cpu_us_per_session: opening.routerUs / settings.sessions,
    bytes_per_session: (bytesOpen - bytesBefore) / settings.sessions,
    bytes_per_idle_session: (bytesIdle - bytesBefore) / settings.sessions,
    first_event_us: latencies[0] ?? Number.NaN,
    next_event_us: spreadOf(latencies.slice(1))?.median ?? Number.NaN,
    ...usageOf(opening),
    idle_busy_pct: usageOf(idling).router_busy_pct,
  };
}

/** Publishes to some of the sessions; returns the microseconds until each has its event. */
async function wakeSessions(
  publisher: Connection,
  { format }: RunContext["near"],
  prefix: string,
  sessions: readonly Connection[],
): Promise<readonly number[]> {
  const latencies: number[] = [];
  for (let count = 0; count < WOKEN; count++) {
    const index = Math.floor((sessions.length * (count + 0.5)) / WOKEN);
    const publish = new Template(format, MessageType.PUBLISH, [{}, topicOf(prefix, index), ["wake"]]);
    const start = performance.now();
    const arrived = nextEvent(sessions[index]!);
    publisher.send(publish, publisher.nextId());
    await arrived;
    latencies.push((performance.now() - start) * 1000);
  }
  return latencies;
}

function nextEvent(subscriber: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("an idle session does not get its event")), EVENT_TIMEOUT_MS);
    subscriber.onMessage = (type) => {
      if (type !== MessageType.EVENT) return false;
      clearTimeout(timer);
      resolve();
      return true;
    };
  });
}
