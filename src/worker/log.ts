/** Log lines: one JSON object each, so that the platform's logs can be searched by their keys. */

import type { LogLine } from "../wamp/log-line.ts";

/** Writes one line to the console of its level. */
export function writeLog(line: LogLine): void {
  console[line.level](JSON.stringify(line));
}
