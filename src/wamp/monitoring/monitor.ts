/** What a realm knows of its own traffic, for the procedures of the console; all of it is in memory. */

import type { Clock, Metering } from "../host/host.ts";
import { CallLatency } from "./call-latency.ts";
import { ConnectionLog } from "./connection-log.ts";
import { Counters } from "./counters.ts";
import { Taps } from "./taps.ts";
import { UnheardUris } from "./unheard-uris.ts";

/** The parts of a realm count and record here; the procedures of the console read it. */
export class Monitor {
  readonly host: Clock & Metering;
  readonly counters: Counters;
  readonly latency: CallLatency;
  readonly connections: ConnectionLog;
  readonly unheard: UnheardUris;
  readonly taps: Taps;

  constructor(host: Clock & Metering) {
    this.host = host;
    this.counters = new Counters(host);
    this.latency = new CallLatency(host);
    this.connections = new ConnectionLog(host);
    this.unheard = new UnheardUris(host);
    this.taps = new Taps(host);
  }
}
