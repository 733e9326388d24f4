/** Reads the SQLite files of a router that has ended: no row of a session may be left when all sessions have. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Session } from "./session.ts";
import { REALM } from "./workload.ts";

/** What outlasts all sessions: numbers, stored events and roles, and the deliveries of webhooks. */
const LASTING: ReadonlySet<string> = new Set([
  ...["schema_version", "link_number"],
  ...["retained_event", "history_log", "history_batch", "role"],
  ...["pending", "topic", "settled", "gap", "dead"],
]);

/** Milliseconds for which a relay's interest outlasts its last subscriber, and the rest that the objects need after it. */
const AT_REST_MS = 45_000;
const MOST_TRIES = 50;

/** Opens a session at each relay, and ends them all; resolves when the objects are at rest. */
export async function useAndLeave(url: string, relays: Readonly<Record<string, number>>): Promise<void> {
  const wanted = Object.entries(relays).flatMap(([region, count]) => {
    return Array.from({ length: count }, (_, index) => `${region}.${index}`);
  });
  const sessions: Session[] = [];
  for (const [region] of Object.entries(relays)) {
    const ofRegion = wanted.filter((relay) => relay.startsWith(region));
    const used = new Set<string>();
    for (let tries = 0; used.size < ofRegion.length; tries++) {
      if (tries === MOST_TRIES) throw new Error(`only ${[...used]} of ${ofRegion} have sessions`);
      const session = await Session.join(url, REALM, region);
      sessions.push(session);
      const [stats] = (await session.call("wamp.edge.stats", [])) as [{ objects: { object: string }[] }];
      for (const { object } of stats.objects) if (ofRegion.includes(object)) used.add(object);
    }
  }
  // Subscriptions to the same topic everywhere, so that the cool-down of each relay's interest takes part.
  for (const session of sessions) await session.ask(32, {}, "chaos.last");
  for (const session of sessions) session.close();
  await new Promise((resolve) => setTimeout(resolve, AT_REST_MS));
}

/** Returns the tables with rows that no session can have any more, one line each; the router must have ended. */
export function leftRows(data: string): string[] {
  const files = readdirSync(data, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  return files.flatMap((file) => {
    const database = new DatabaseSync(join(data, file));
    try {
      const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all();
      return tables.flatMap(({ name }) => {
        if (/^(_cf_|sqlite_)/.test(String(name)) || LASTING.has(String(name))) return [];
        // The core's own version of the roles has no session.
        const condition = name === "role_version" ? "WHERE object > 0" : "";
        const rows = database.prepare(`SELECT * FROM "${name}" ${condition}`).all();
        return rows.length === 0
          ? []
          : [`${file}: ${name} has ${rows.length} rows, such as ${JSON.stringify(rows[0])}`];
      });
    } finally {
      database.close();
    }
  });
}
