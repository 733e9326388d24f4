/** A reader of server-sent events inside workerd, over the Worker's own fetch handler. */

import { exports } from "cloudflare:workers";

/** One block of the stream: its fields, or the comment it is. */
export type Block = Readonly<Record<string, string>>;

export interface EventReader {
  readonly response: Response;
  /** The next block that is no heartbeat; undefined at the end of the stream. */
  next(): Promise<Block | undefined>;
  /** The next block, heartbeats (`{ "": "" }`) included. */
  nextOfAny(): Promise<Block | undefined>;
  /** Goes away. */
  cancel(): Promise<void>;
}

/** GET of the events of a realm. */
export function getEvents(realm: string, query: string, headers: HeadersInit = {}): Promise<Response> {
  return exports.default.fetch(`http://router.test/realms/${realm}/events?${query}`, { headers });
}

/** Opens a stream and reads its first block, which tells how soon to come back. */
export async function watch(realm: string, query: string, lastEventId?: string): Promise<EventReader> {
  const headers: HeadersInit = lastEventId === undefined ? {} : { "Last-Event-ID": lastEventId };
  const response = await getEvents(realm, query, headers);
  if (response.status !== 200) throw new Error(`no events but ${response.status}: ${await response.text()}`);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const nextOfAny = async (): Promise<Block | undefined> => {
    while (!text.includes("\n\n")) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      text += value;
    }
    const end = text.indexOf("\n\n");
    const lines = text.slice(0, end).split("\n");
    text = text.slice(end + 2);
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
    );
  };
  const next = async (): Promise<Block | undefined> => {
    const block = await nextOfAny();
    return block !== undefined && "" in block ? next() : block;
  };
  const first = await next();
  if (first?.retry !== "3000") throw new Error(`no retry but ${JSON.stringify(first)}`);
  return { response, next, nextOfAny, cancel: () => reader.cancel() };
}
