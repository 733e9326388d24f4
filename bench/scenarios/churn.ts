/** Sessions that come and go: connect, HELLO, WELCOME, GOODBYE, GOODBYE, close. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { Connection } from "../client/connection.ts";
import { CLOSE, maskedFrame } from "../client/frame.ts";
import { Histogram } from "../client/histogram.ts";
import { messageFrame } from "../client/template.ts";
import { noteFailure } from "../client/traffic.ts";
import { startMeter, usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { latenciesOf, pause, type RunContext, type Scenario } from "./scenario.ts";

/** Close code 1000. */
const NORMAL = Buffer.of(0x03, 0xe8);
/** Milliseconds after which a session that is not closed is given up. */
const TIMEOUT_MS = 3000;
/** Milliseconds before the next try, where a session could not be opened. */
const RETRY_MS = 20;

/** The scenario `churn`. */
export const churn: Scenario = {
  description: "sessions that connect, join, leave and close",
  settings: { parallel: 16 },
  heeds: ["parallel"],
  columns: ["cpu_us_per_session", "sessions_per_s", "router_busy_pct", "p50_us", "p99_us", "load_busy_pct", "errors"],
  relays: ["relay"],
  run: measureSessions,
};

async function measureSessions({ near, router, settings }: RunContext): Promise<Figures> {
  const latencies = new Histogram();
  const goodbye = messageFrame(near.format, [MessageType.GOODBYE, {}, "wamp.close.close_realm"]);
  let ended = 0;
  let isStopped = false;
  const joinAndLeave = async (): Promise<void> => {
    while (!isStopped) {
      const start = performance.now();
      const connection = new Connection(near);
      try {
        await connection.join();
        await leave(connection, goodbye);
        latencies.add((performance.now() - start) * 1000);
        ended++;
      } catch (error) {
        noteFailure((error as Error).message);
        await pause(RETRY_MS);
      }
      connection.destroy();
    }
  };
  const loops = Array.from({ length: settings.parallel }, joinAndLeave);
  await pause(settings.warmupMs);
  latencies.reset();
  const read = startMeter(router);
  const before = ended;
  await pause(settings.durationMs);
  const span = read();
  const sessions = ended - before;
  isStopped = true;
  await Promise.all(loops);
  return {
    sessions_per_s: sessions / span.seconds,
    cpu_us_per_session: span.routerUs / sessions,
    ...latenciesOf(latencies),
    ...usageOf(span),
  };
}

/** Says GOODBYE, closes after the answer, and resolves when the router has closed, too. */
function leave(connection: Connection, goodbye: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the router does not close a session")), TIMEOUT_MS);
    connection.onClose = () => {
      clearTimeout(timer);
      resolve();
    };
    connection.onMessage = (type) => {
      if (type !== MessageType.GOODBYE) return false;
      connection.end(maskedFrame(CLOSE, NORMAL));
      return true;
    };
    connection.write(goodbye);
  });
}
