/** Some thousand sessions that wait, and a few that call. */

import type { Figures } from "./figures.ts";
import { openIdleSessions } from "./idle-sessions.ts";
import { measureCalls, rpc } from "./rpc.ts";
import { type RunContext, type Scenario, uniqueUri } from "./scenario.ts";

/** The scenario `mixed`. */
export const mixed: Scenario = {
  ...rpc,
  description: "sessions that wait, beside a few callers with calls in flight",
  settings: { sessions: 4000, callers: 8 },
  heeds: ["sessions", "parallel", ...rpc.heeds],
  run: measureCallsBesideIdleSessions,
};

async function measureCallsBesideIdleSessions(context: RunContext): Promise<Figures> {
  const { far, settings } = context;
  const sessions = await openIdleSessions(far, uniqueUri("mixed"), settings.sessions, settings.parallel);
  const figures = await measureCalls(context);
  for (const connection of sessions) connection.destroy();
  return figures;
}
