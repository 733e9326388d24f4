/** The metrics of Prometheus that the router has, with their descriptions (docs/monitoring.md). */

/** Metric → its description. Each one has the label `realm`, a name of the configuration. */
export const FAMILIES: Readonly<Record<string, string>> = {
  wamp_edge_awake_realms: "Realms that reported within two minutes",
  wamp_edge_report_age_seconds: "Age of the oldest of these reports",
  wamp_edge_sessions: "Sessions",
  wamp_edge_parked_sessions: "Sessions that wait to be resumed",
  wamp_edge_handshakes: "Connections without a session",
  wamp_edge_subscriptions: "Subscriptions",
  wamp_edge_registrations: "Registrations",
  wamp_edge_open_calls: "Calls that a callee works on",
  wamp_edge_queued_calls: "Calls that wait for a callee",
  wamp_edge_messages_total: "WAMP messages",
  wamp_edge_bytes_total: "Bytes of WebSocket messages",
  wamp_edge_frames_received_total: "WebSocket messages of clients",
  wamp_edge_rows_written_total: "Rows written to storage",
  wamp_edge_wakes_total: "Times that a realm woke",
  wamp_edge_errors_total: "ERRORs and ABORTs; * has all URIs that are not predefined",
  wamp_edge_logins_total: "Logins",
  wamp_edge_limits_total: "Times that a limit refused or ended something",
};

/** The type of a metric. */
export function typeOf(family: string): "counter" | "gauge" {
  return family.endsWith("_total") ? "counter" : "gauge";
}
