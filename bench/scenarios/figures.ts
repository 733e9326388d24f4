/** The figures that scenarios report: their names in JSON, and their headings. */

/** Name → heading of a column. */
export const FIGURES = {
  calls_per_s: "calls/s",
  events_per_s: "events/s",
  publications_per_s: "publications/s",
  sessions_per_s: "sessions/s",
  subscriptions_per_s: "subscriptions/s",
  mb_per_s: "MB/s",
  cpu_us_per_call: "CPU µs/call",
  cpu_us_per_event: "CPU µs/event",
  cpu_us_per_publication: "CPU µs/publication",
  cpu_us_per_session: "CPU µs/session",
  cpu_us_per_subscription: "CPU µs/subscription",
  cpu_us_per_message: "CPU µs/message",
  p50_us: "p50 µs",
  p99_us: "p99 µs",
  last_p50_us: "last receiver p50 µs",
  first_event_us: "first event after idling µs",
  next_event_us: "next event µs",
  bytes_per_session: "RSS bytes/session",
  bytes_per_idle_session: "RSS bytes/idle session",
  heap_bytes_per_session: "JavaScript heap bytes/session",
  bytes_per_subscription: "RSS bytes/subscription",
  events_per_publication: "events/publication",
  idle_busy_pct: "busy while idle %",
  router_busy_pct: "router's core busy %",
  load_busy_pct: "load generator busy %",
  other_busy_pct: "others busy %",
  lost: "lost",
  errors: "errors",
} as const;

/** The name of a figure. */
export type FigureName = keyof typeof FIGURES;

/** What one run has measured; a figure that could not be measured is NaN. */
export type Figures = Readonly<Partial<Record<FigureName, number>>>;
