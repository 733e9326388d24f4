/** What a realm knows of its own traffic, for the procedures of the console; all of it is in memory. */

import type { Clock, Metering } from "../host/host.ts";
import { Counters } from "./counters.ts";

/** The parts of a realm count and record here; `wamp.edge.stats` and its like read it. */
export class Monitor {
  readonly host: Clock & Metering;
  readonly counters: Counters;

  constructor(host: Clock & Metering) {
    this.host = host;
    this.counters = new Counters(host);
  }
}
