/** Measures what router, load generator and machine did in a span of time. */

import { cpus } from "node:os";
import { traffic } from "../client/traffic.ts";
import type { RouterProcess } from "./router-process.ts";

/** What happened since a meter was started. CPU figures of the router are NaN where they cannot be read. */
export interface Span {
  readonly seconds: number;
  /** Microseconds of user and system time. */
  readonly routerUs: number;
  readonly loadUs: number;
  /** Microseconds that all other processes of the machine took. */
  readonly otherUs: number;
  /** WAMP messages to and from the router. */
  readonly messages: number;
}

/** Starts a meter; the returned function reads it, as often as wanted. */
export function startMeter(router: RouterProcess): () => Span {
  const start = read(router);
  return () => {
    const end = read(router);
    const routerUs = end.routerUs - start.routerUs;
    const loadUs = end.loadUs - start.loadUs;
    return {
      seconds: (end.atMs - start.atMs) / 1000,
      routerUs,
      loadUs,
      otherUs: Math.max(0, end.machineUs - start.machineUs - routerUs - loadUs),
      messages: end.messages - start.messages,
    };
  };
}

/** The figures that every scenario reports about a span. */
export function usageOf({ seconds, routerUs, loadUs, otherUs, messages }: Span) {
  const percent = (microseconds: number): number => microseconds / seconds / 10_000;
  return {
    cpu_us_per_message: routerUs / messages,
    router_busy_pct: percent(routerUs),
    load_busy_pct: percent(loadUs),
    other_busy_pct: percent(otherUs),
  };
}

function read(router: RouterProcess) {
  // The slow part first: the other figures then belong to one moment.
  const routerUs = router.cpuUs();
  const { user, system } = process.cpuUsage();
  return {
    atMs: performance.now(),
    routerUs,
    loadUs: user + system,
    machineUs: machineUs(),
    messages: traffic.sent + traffic.received,
  };
}

/** Microseconds in which the cores of the machine were not idle, since it started. */
function machineUs(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) * 1000;
}
