/**
 * The router for one half of a realm: the process of the core, or that of the relays. Objects of the other half are
 * reached over a socket of Cap'n Proto between the processes.
 */

import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";
import router, { RealmObject as RouterObject } from "../../src/index.ts";
import type { BatchAnswer } from "../../src/wamp/relay/link/batch.ts";
import type { CarriedBatch } from "../../src/wamp/relay/link/batch-codec.ts";
import type { Env, ObjectNamespace } from "../../src/worker/platform/env.ts";

export { CalleeWorker, Control, LongPollObject, Wamp, WebhookObject } from "../../src/index.ts";

/** What an object takes from those of the other half. */
interface LinkStub {
  takeBatch(from: number, batch: CarriedBatch): Promise<BatchAnswer>;
  idsSecret(): Promise<Uint8Array>;
}

interface SplitEnv extends Env {
  readonly SIDE: "core" | "relays";
  /** The entrypoint `Peer` of the other process. Its result can be called before it has come. */
  readonly PEER: { link(object: string): LinkStub };
}

export default router;

/** An object of this half. */
export class RealmObject extends RouterObject {
  constructor(ctx: DurableObjectState, env: SplitEnv) {
    super(ctx, { ...env, REALM: namespaceOf(env) });
  }

  /** Returns a link to the object: calls of it go to the object itself, and through no other Worker. */
  link(): Link {
    return new Link(this);
  }
}

class Link extends RpcTarget {
  readonly #object: RealmObject;

  constructor(object: RealmObject) {
    super();
    this.#object = object;
  }

  takeBatch(from: number, batch: CarriedBatch): BatchAnswer | Promise<BatchAnswer> {
    return this.#object.takeBatch(from, batch);
  }

  idsSecret(): Uint8Array {
    return this.#object.idsSecret();
  }
}

/** Finds objects of this half for those of the other one. */
export class Peer extends WorkerEntrypoint<Env> {
  link(object: string): unknown {
    return (this.env.REALM.getByName(object) as unknown as { link(): unknown }).link();
  }
}

/** The objects of both halves by their names; those of relays have a `#`. */
function namespaceOf({ REALM, PEER, SIDE }: SplitEnv): ObjectNamespace {
  const getByName = (name: string): unknown => {
    return name.includes("#") === (SIDE === "relays") ? REALM.getByName(name) : PEER.link(name);
  };
  return { getByName } as ObjectNamespace;
}
