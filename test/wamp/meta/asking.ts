/** What the tests of the meta API share: asking a procedure, and sessions with an identity of their own. */

import { denial } from "../authorization/denial.ts";
import type { Client, Entry } from "../host/recording-host.ts";
import { ANYTHING, Stage } from "../host/recording-host.ts";

/** A stage of several roles, all of which may do anything. */
export function stageOfRoles(): Stage {
  return new Stage({ roles: ["anonymous", "user", "admin"].map((name) => ({ name, permissions: [ANYTHING] })) });
}

/** Calls a meta procedure; tells what everybody receives because of it. What went before is forgotten. */
export function ask(stage: Stage, client: Client, procedure: string, args: unknown[] = [], kwargs: object = {}) {
  stage.take();
  client.send([48, 1, {}, procedure, args, kwargs]);
  return stage.take();
}

/** What the caller receives whose call was answered. */
export function answered(client: string, ...args: unknown[]): Entry[] {
  return [[client, args.length === 0 ? [50, 1, {}] : [50, 1, {}, args]]];
}

/** What the caller receives whose call was refused. */
export function refused(client: string, error: string, ...args: unknown[]): Entry[] {
  return [[client, args.length === 0 ? [8, 48, 1, {}, ...denial(error)] : [8, 48, 1, {}, error, args]]];
}

/** A session that authenticated as somebody; its record tells. */
export function joinAs(stage: Stage, name: string, authrole: string, authid = name): Client {
  const client = stage.join(name);
  client.alterSession({
    identity: { authid, authrole, authmethod: "ticket", authprovider: "static", authextra: { x: 1 } },
  });
  stage.sleepAndWake();
  return client;
}

/** Subscribes to each of the topics, numbered from request 1; the answers are forgotten. */
export function watch(stage: Stage, client: Client, ...topics: string[]): void {
  client.send(...topics.map((topic, index) => [32, index + 1, {}, topic]));
  stage.take();
}
