/** Sessions that come and go: connect, HELLO, WELCOME, GOODBYE, GOODBYE, close. */

import { MessageType } from "../../src/wamp/protocol/message.ts";
import { Connection } from "../client/connection.ts";
import { CLOSE, maskedFrame } from "../client/frame.ts";
import { messageFrame } from "../client/template.ts";
import { usageOf } from "../measuring/meter.ts";
import type { Figures } from "./figures.ts";
import { LoopLoad } from "./loop-load.ts";
import { measureLoad } from "./measure-load.ts";
import { latenciesOf, type RunContext, type Scenario } from "./scenario.ts";
import { TIMES } from "./settings.ts";

/** Close code 1000. */
const NORMAL = Buffer.of(0x03, 0xe8);
/** Milliseconds after which a session that is not closed is given up. */
const TIMEOUT_MS = 3000;

/** The scenario `churn`. */
export const churn: Scenario = {
  description: "sessions that connect, join, leave and close",
  settings: { parallel: 16 },
  heeds: ["parallel", ...TIMES],
  columns: ["cpu_us_per_session", "sessions_per_s", "router_busy_pct", "p50_us", "p99_us", "load_busy_pct", "errors"],
  relays: ["relay"],
  run: measureSessions,
};

async function measureSessions(context: RunContext): Promise<Figures> {
  const { near, settings } = context;
  const goodbye = messageFrame(near.format, [MessageType.GOODBYE, {}, "wamp.close.close_realm"]);
  const load = new LoopLoad(settings.parallel, async () => {
    const connection = await Connection.open(near);
    await leave(connection, goodbye);
    connection.destroy();
  });
  const { span, done } = await measureLoad(context, load);
  return {
    sessions_per_s: done / span.seconds,
    cpu_us_per_session: span.routerUs / done,
    ...latenciesOf(load.latencies),
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
