/** Clients whose sessions can be resumed. */

import { expect } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import type { Client, Entry, Line } from "../host/test-realm.ts";
import { ALL_ROLES, type TestRealm } from "../host/test-realm.ts";

export const TIME = 60_000;
export const RESUMING: Partial<RealmInput> = { options: { resume: { time: TIME / 1000 } } };
export const BOUNDED: Partial<RealmInput> = {
  options: { resume: { time: TIME / 1000, buffer: { messages: 3, bytes: 2_000 } } },
};

/** A session that can be resumed, as its client knows it. */
export interface ResumableClient {
  readonly client: Client;
  readonly id: number;
  readonly token: string;
}

/** The details of WELCOME about resumption. */
export function takeOffer(
  realm: TestRealm,
  name: string,
): { id: number; token: string; resumed: unknown; resumable: unknown } {
  const index = realm.recording.findLastIndex(([receiver, line]) => receiver === name && line[0] === 2);
  if (index < 0) throw new Error(`no WELCOME but ${JSON.stringify(realm.recording)}`);
  const [[, line]] = realm.recording.splice(index, 1) as [Entry];
  const [, id, details] = line as unknown as [number, number, Record<string, unknown>];
  return { id, token: details.resume_token as string, resumed: details.resumed, resumable: details.resumable };
}

/** Joins and asks for a session that can be resumed; drops the replies. */
export function joinResumable(realm: TestRealm, name: string, roles: object = ALL_ROLES): ResumableClient {
  const client = realm.connect(name);
  client.send([1, "realm1", { roles, resumable: true }]);
  const { id, token, resumed, resumable } = takeOffer(realm, name);
  expect([resumed, resumable]).toEqual([false, true]);
  return { client, id, token };
}

/** Resumes on a new transport; the messages after WELCOME stay in the recording. */
export function resumeSession(
  realm: TestRealm,
  { id, token }: Pick<ResumableClient, "id" | "token">,
  details: object = {},
  name = "a",
) {
  const client = realm.connect(name);
  const wish = { roles: ALL_ROLES, resumable: true, "resume-session": id, "resume-token": token };
  client.send([1, "realm1", { ...wish, ...details }]);
  return { client, ...takeOffer(realm, name) };
}

/** The client's own request, and its answer: not recorded. */
export function ask(realm: TestRealm, client: Client, line: Line): Line {
  client.send(line);
  const index = realm.recording.findIndex(([receiver]) => receiver === client.name);
  return realm.recording.splice(index, 1)[0]![1] as Line;
}

/** Events of the object that may happen at any time. */
export const INTERLUDES = [
  ["awake", () => {}],
  ["asleep between all steps", (realm: TestRealm) => realm.sleepAndWake()],
] as const;
