/** The works of `npm run bench -- table`, and the lines that each of them gives. */

import type { RelayName } from "../relay/relay-names.ts";
import type { FigureName } from "./figures.ts";
import { SCENARIOS } from "./scenarios.ts";
import { DEFAULTS, type Settings } from "./settings.ts";
import type { Work } from "./work.ts";

/** A line of the table. */
export interface Line {
  readonly title: string;
  readonly figure: FigureName;
  /** Shown behind the figure. */
  readonly beside?: FigureName;
}

/** One measurement of the table. */
export interface TableWork {
  readonly work: Work;
  /** The relays that are measured with it; ratios are taken to the last one. */
  readonly relays: readonly RelayName[];
  readonly lines: readonly Line[];
}

const LARGE = 65_536;
const HUGE = 524_288;

function measurement(
  scenario: string,
  serializer: string,
  relays: readonly RelayName[],
  lines: readonly Line[],
  settings: Partial<Settings> = {},
): TableWork {
  const [near = "", far = near] = serializer.split(":");
  const all = { ...DEFAULTS, ...SCENARIOS[scenario]!.settings, ...settings };
  return { work: { scenario, serializers: [near, far], settings: all }, relays, lines };
}

/** Calls of 64 bytes, 128 of them in flight. */
function calls(serializer: string, name: string, relays: readonly RelayName[]): TableWork {
  return measurement("rpc", serializer, relays, [
    { title: `RPC 32 × 4 in flight, 64 B, ${name}`, figure: "cpu_us_per_call" },
    { title: "… calls", figure: "calls_per_s", beside: "router_busy_pct" },
  ]);
}

function largeCalls(serializer: string, name: string, relays: readonly RelayName[], settings: Partial<Settings>) {
  return measurement(
    "large",
    serializer,
    relays,
    [
      { title: `RPC 4 × 1 in flight, ${name}`, figure: "cpu_us_per_call" },
      { title: "… payload of the calls", figure: "mb_per_s", beside: "router_busy_pct" },
    ],
    settings,
  );
}

/** All works, in the order of the table. */
export const WORKS: readonly TableWork[] = [
  calls("json", "JSON", ["relay", "relay-defer"]),
  measurement(
    "rpc",
    "json",
    ["relay", "relay-defer"],
    [
      { title: "One call in flight, JSON", figure: "p50_us", beside: "router_busy_pct" },
      { title: "… CPU", figure: "cpu_us_per_call" },
    ],
    { callers: 1, inFlight: 1 },
  ),
  calls("msgpack", "MessagePack", ["relay-defer"]),
  calls("json.batched", "JSON batched", ["relay-batch"]),
  calls("msgpack.batched", "MessagePack batched", ["relay-batch"]),
  calls("cbor.batched", "CBOR batched", ["relay-batch"]),
  calls("json:msgpack", "caller JSON, callee MessagePack", []),
  calls("msgpack:json", "caller MessagePack, callee JSON", []),
  calls("cbor:msgpack", "caller CBOR, callee MessagePack", []),
  measurement(
    "pubsub",
    "json",
    ["relay", "relay-defer"],
    [
      { title: "Pub/sub 4 × 8 under way to 10, JSON", figure: "cpu_us_per_event" },
      { title: "… events", figure: "events_per_s", beside: "router_busy_pct" },
    ],
  ),
  measurement(
    "fanout",
    "json",
    ["relay"],
    [
      { title: "Fan-out to 1000, JSON", figure: "cpu_us_per_event" },
      { title: "… last receiver", figure: "last_p50_us" },
    ],
  ),
  largeCalls("json", "64 KiB text, JSON", ["relay", "relay-parse"], { payload: LARGE }),
  measurement(
    "large",
    "json",
    [],
    [{ title: "… the same with default limits", figure: "mb_per_s", beside: "router_busy_pct" }],
    { payload: LARGE, unreadBytes: DEFAULTS.unreadBytes },
  ),
  largeCalls("json", "512 KiB text, JSON", ["relay", "relay-parse"], { payload: HUGE }),
  largeCalls("json", "64 KiB of small objects, JSON", ["relay", "relay-parse"], { payload: LARGE, shape: "objects" }),
  largeCalls("msgpack", "64 KiB text, MessagePack", ["relay"], { payload: LARGE }),
  largeCalls("cbor", "64 KiB text, CBOR", ["relay"], { payload: LARGE }),
  measurement(
    "topics",
    "json",
    [],
    [
      { title: "Publication, 10,000 subscriptions, 3 match", figure: "cpu_us_per_publication" },
      { title: "… a subscription", figure: "cpu_us_per_subscription" },
    ],
  ),
  measurement(
    "churn",
    "json",
    ["relay"],
    [
      { title: "Connect, HELLO, GOODBYE", figure: "cpu_us_per_session" },
      { title: "… sessions", figure: "sessions_per_s", beside: "router_busy_pct" },
    ],
  ),
  measurement(
    "idle",
    "json",
    ["relay"],
    [
      { title: "5,000 idle sessions: connect, SUBSCRIBE, REGISTER", figure: "cpu_us_per_session" },
      { title: "… memory of the process", figure: "bytes_per_idle_session" },
      { title: "… wake, first event", figure: "first_event_us" },
    ],
  ),
  measurement(
    "mixed",
    "json",
    ["relay-defer"],
    [
      { title: "RPC 8 × 4 in flight beside 4,000 idle sessions", figure: "cpu_us_per_call" },
      { title: "… calls", figure: "calls_per_s", beside: "router_busy_pct" },
    ],
  ),
  measurement(
    "long-poll",
    "json",
    [],
    [
      { title: "Long-poll, 16 callers", figure: "cpu_us_per_call" },
      { title: "… calls", figure: "calls_per_s", beside: "router_busy_pct" },
    ],
  ),
  measurement("bridge-call", "json", [], [{ title: "HTTP bridge, call", figure: "cpu_us_per_call" }]),
  measurement("bridge-publish", "json", [], [{ title: "HTTP bridge, publish", figure: "cpu_us_per_publication" }]),
];
