/** Opens a session of each kind that has no client. */

import { InternalCaller } from "../../../src/wamp/dealer/internal-caller.ts";
import type { Transport } from "../../../src/wamp/host/transport.ts";
import { HostedComponent } from "../../../src/wamp/local/hosted-component.ts";
import { LocalSession } from "../../../src/wamp/local/local-session.ts";
import type { RouterMessage } from "../../../src/wamp/protocol/message.ts";
import { MessageType } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import type { CallOutcome } from "../../../src/wamp/session/pending-requests.ts";
import type { Session } from "../../../src/wamp/session/session.ts";
import { ALL_ROLES, type TestRealm } from "../host/test-realm.ts";

export type Request = "call" | "publish" | "subscribe" | "register";

/** Makes requests of one session; each resolves to "ok" or the URI of the error. */
export interface TestSession extends Partial<Record<Request, (uri: string) => Promise<string>>> {
  readonly isOpen: boolean;
  /** Undefined where the realm's table does not have it. */
  readonly session?: Session;
  end?(): void;
}

export type Open = (testRealm: TestRealm, authrole: string) => TestSession;

export const TIMEOUT_MS = 1000;

export const openRpcSession: Open = (testRealm, authrole) => {
  const identity = { authid: "shop", authrole, authmethod: "internal", authprovider: "bridge" };
  const open = () => new LocalSession(testRealm.realm, testRealm, { identity, roles: ALL_ROLES });
  return {
    isOpen: true,
    call: (uri) => open().call(uri, Payload.NONE, {}).then(uriOf),
    publish: (uri) => open().publish(uri, Payload.NONE, {}).then(uriOf),
  };
};

export const openConfiguredSession: Open = (testRealm, authrole) => {
  const { realm } = testRealm;
  const configured: LocalSession = new LocalSession(realm, testRealm, {
    name: "callees",
    identity: { authid: "callees", authrole, authmethod: "internal", authprovider: "static" },
    roles: ALL_ROLES,
    onMessage: ([type]) => {
      const goodbye = [MessageType.GOODBYE, {}, "wamp.close.goodbye_and_out"];
      if (type === MessageType.GOODBYE) queueMicrotask(() => configured.submit(goodbye));
    },
  });
  return {
    isOpen: true,
    session: configured.session,
    subscribe: async (uri) => {
      configured.subscribeConfigured(uri, "exact");
      return "ok";
    },
    register: async (uri) => (configured.registerConfigured(uri, "exact") === undefined ? "taken" : "ok"),
    end: () => realm.sessions.kill(configured.session, "wamp.close.killed"),
  };
};

export const openComponent: Open = (testRealm, authrole) => {
  const { realm } = testRealm;
  const home = { realm, host: testRealm, env: {}, onLeave: () => {}, keepAwake: () => {} };
  const component = new HostedComponent({ onJoin: () => {} }, { name: "c", role: authrole, extra: {} }, home);
  const session = realm.sessions.byId.get(component.id)!;
  return {
    isOpen: true,
    session,
    call: (uri) => settled(component.call(uri)),
    publish: (uri) => settled(component.publish(uri)),
    subscribe: (uri) => settled(component.subscribe(uri, () => {})),
    register: (uri) => settled(component.register(uri, () => {})),
    end: () => realm.sessions.kill(session, "wamp.close.killed"),
  };
};

export const openEventStream: Open = (testRealm, authrole) => {
  const { realm } = testRealm;
  const sent: RouterMessage[] = [];
  const transport: Transport = { send: (message) => void sent.push(message), close: () => {}, save: () => {} };
  const identity = { authid: "x", authrole, authmethod: "anonymous", authprovider: "static" };
  const peer = realm.sessions.connectAs(transport, identity, { subscriber: {}, caller: {} });
  const session = peer.state.kind === "open" ? peer.state.session : undefined;
  const request = async (...message: unknown[]): Promise<string> => {
    sent.length = 0;
    if (session === undefined) return "no session";
    realm.receive(peer, message);
    // An ERROR of a call or subscription that the realm holds back comes later.
    await new Promise(setImmediate);
    const error = sent.find(([type]) => type === MessageType.ERROR);
    return error === undefined ? "ok" : (error[4] as string);
  };
  return {
    isOpen: session !== undefined,
    ...(session && { session }),
    call: (uri) => request(48, 1, {}, uri, Payload.NONE),
    subscribe: (uri) => request(32, 2, {}, uri),
    end: () => realm.sessions.disconnect(peer),
  };
};

export const openInternalCaller: Open = (testRealm, authrole) => {
  const { dealer, access } = testRealm.realm;
  const caller = new InternalCaller(dealer, access.authorization, testRealm, authrole);
  return { isOpen: true, call: (uri) => caller.call(uri, [], TIMEOUT_MS).then(uriOf) };
};

export function uriOf(outcome: CallOutcome): string {
  return outcome.ok ? "ok" : outcome.uri;
}

export function settled(request: Promise<unknown>): Promise<string> {
  return request.then(
    () => "ok",
    (error: { readonly uri: string }) => error.uri,
  );
}

export const OPEN = {
  "an RPC session": openRpcSession,
  "a configured session": openConfiguredSession,
  "a component": openComponent,
  "an event stream": openEventStream,
  "the internal caller": openInternalCaller,
} satisfies Record<string, Open>;
