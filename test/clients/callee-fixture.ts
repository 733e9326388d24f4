/** A Worker with the procedures that tests of callees call. */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Callee, CalleeInvocation } from "../../src/public/service.ts";

const waiting = new Set<unknown>();
const over = new Set<unknown>();

const PROCEDURES: Readonly<Record<string, (invocation: CalleeInvocation, end: () => void) => unknown>> = {
  echo: ({ args, kwargs }) => ({ args, kwargs }),
  inspect: ({ procedure, details }) => ({ procedure, details }),
  bytes: () => new Uint8Array([0, 1, 255]),
  nothing: () => undefined,
  refuse: () => {
    throw Object.assign(new Error("no"), { uri: "com.example.error.no", args: ["no", 7], kwargs: { why: "so" } });
  },
  fail: () => {
    throw new TypeError("broken");
  },
  die: (_invocation, end) => end(),
  count: async ({ progress }) => {
    await progress?.([1]);
    await progress?.([2], { half: true });
    return 3;
  },
  authenticate: ({ args }) => {
    const [, authid, { ticket }] = args as [realm: string, authid: string, details: { ticket: string }];
    if (authid === "ali" && ticket === "sesame") return { role: "user" };
    throw Object.assign(new Error("no"), { uri: "com.example.error.closed" });
  },
  wait: async (invocation) => {
    const [name] = invocation.args;
    waiting.add(name);
    await invocation.over();
    waiting.delete(name);
    over.add(name);
  },
  waiting: () => [...waiting],
  over: () => [...over],
};

/** Runs the procedure that the last component of the URI names. */
export class Fixture extends WorkerEntrypoint implements Callee {
  call(invocation: CalleeInvocation): unknown {
    const name = invocation.procedure.split(".").at(-1)!;
    return PROCEDURES[name]!(invocation, () => this.ctx.abort("dead"));
  }
}

export default { fetch: () => new Response("not found", { status: 404 }) };
