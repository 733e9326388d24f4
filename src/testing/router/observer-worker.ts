/** A Worker that `startRouter` runs beside that of the project: calls procedures of a realm without a session. */

import type { Dict, List, Uri } from "../../wamp/protocol/values.ts";
import type { RealmRpc, RpcOutcome } from "../../worker/routing/realm-rpc.ts";

/** A call, as the body of a request. */
export interface Observation {
  readonly realm: Uri;
  readonly procedure: Uri;
  readonly args: List;
}

/** The outcome of a call, as the body of a response. */
export type Observed = RpcOutcome;

interface Env {
  readonly REALM: DurableObjectNamespace;
}

/** Has every permission (docs/authorization.md). A configuration cannot give this role to clients. */
const ROLE = "trusted";

export default {
  async fetch(request, { REALM }): Promise<Response> {
    const { realm, procedure, args } = await request.json<Observation>();
    const credentials = { kind: "role", role: ROLE, authid: ROLE, by: "testing" } as const;
    const options: Dict = {};
    // Until it is disposed of, the outcome would keep the realm's object in memory.
    using outcome = await rpcOf(REALM, realm).call(credentials, { uri: procedure, args, kwargs: {}, options });
    return Response.json(outcome satisfies Observed);
  },
} satisfies ExportedHandler<Env>;

/** The platform's types for RPC do not know the values that messages carry; all of them are plain values. */
function rpcOf(objects: DurableObjectNamespace, realm: Uri) {
  return objects.getByName(realm) as unknown as {
    call(...request: Parameters<RealmRpc["call"]>): Promise<RpcOutcome & Disposable>;
  };
}
