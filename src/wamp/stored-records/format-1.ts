/**
 * The steps from format 1, that of release 0.1.0, to format 2; their results are checked like any record of format 2.
 */

type Tuple = readonly unknown[];
type Dict = Readonly<Record<string, unknown>>;

/** `{ kind, facts, … }` */
export function peerFromFormat1(json: unknown): Dict {
  const { kind, facts, deadline, hadSession, attempt, memo, session } = json as Dict;
  return {
    ...{ k: kind, f: factsFrom(facts), d: deadline, h: hadSession, m: memo },
    a: attempt === undefined ? undefined : attemptFrom(attempt as Dict),
    s: session === undefined ? undefined : sessionFrom(session as Dict),
  };
}

/** `{ facts, deadline, first, isLost, session }` */
export function parkedFromFormat1(json: unknown): Dict {
  const { facts, deadline, first, isLost, session } = json as Dict;
  return { f: factsFrom(facts), d: deadline, n: first, l: isLost, s: sessionFrom(session as Dict) };
}

/** `[[head, payload], …]` */
export function messagesFromFormat1(json: unknown): Dict {
  const messages = json as readonly (readonly [head: unknown, payload?: Tuple])[];
  return { m: messages.map(([head, payload]) => ({ h: head, p: payload && payloadFrom(payload) })) };
}

/** `{ owner, testaments: [[scope, topic, options, ...payload], …] }` */
export function testamentFromFormat1(json: unknown): Dict {
  const { owner, testaments } = json as { readonly owner: unknown; readonly testaments: readonly Tuple[] };
  const all = testaments.map(([scope, topic, options, ...payload]) => {
    return { s: scope, u: topic, o: options, p: payloadFrom(payload) };
  });
  return { owner, all };
}

/** The role, or null for one that was removed. */
export function roleFromFormat1(json: unknown): Dict {
  return json === null ? {} : { role: json };
}

/** `[publication, time, topic, details, lists or 0, ...payload]` */
export function eventFromFormat1(json: unknown): Dict {
  const [publication, time, topic, details, lists, ...payload] = json as Tuple;
  return { i: publication, t: time, u: topic, d: details, l: lists || undefined, p: payloadFrom(payload) };
}

/** `[[publication, at, details, lists or 0, excluded, ...payload], …]` */
export function retainedFromFormat1(json: unknown): Dict {
  const events = (json as readonly Tuple[]).map(([publication, at, details, lists, excluded, ...payload]) => {
    return { i: publication, t: at, d: details, l: lists || undefined, x: excluded, p: payloadFrom(payload) };
  });
  return { e: events };
}

/** `[digest of the body, publication]` */
export function answerFromFormat1(json: unknown): Dict {
  const [body, publication] = json as Tuple;
  return { b: body, i: publication };
}

/** `{ kind: "admitted", identity, expiresAt }`, as in format 2. */
export function cookieFromFormat1(json: unknown): unknown {
  return json;
}

/** `{ subprotocol, terminator, record or storageKey }` */
export function attachmentFromFormat1(json: unknown): Dict {
  const { subprotocol, terminator, record, storageKey } = json as Dict;
  return { subprotocol, t: terminator, p: record, k: storageKey };
}

function sessionFrom(session: Dict): Dict {
  const { id, identity, features, agent, addedDetails, expiresAt, resume, lastInvocation, lastRequest } = session;
  const { abandoned, endedInputs } = session;
  const { waitingCalls, subscriptions, registrations, calls } = session as Readonly<Record<string, readonly Tuple[]>>;
  return {
    ...{ i: id, w: identityFrom(identity as Dict), f: features, a: agent, d: addedDetails, e: expiresAt },
    ...{ n: lastInvocation, q: lastRequest, b: abandoned, o: endedInputs },
    l: resume === undefined ? undefined : lifelineFrom(resume as Dict),
    v: waitingCalls?.map(waitingCallFrom),
    s: subscriptions!.map(([i, m, t, c, k]) => ({ i, m, t, c, k })),
    g: registrations!.map(registrationFrom),
    c: calls!.map(callFrom),
  };
}

function identityFrom({ authid, authrole, authmethod, authprovider, authextra }: Dict): Dict {
  return { i: authid, r: authrole, m: authmethod, p: authprovider, x: authextra };
}

function lifelineFrom({ token, sent }: Dict): Dict {
  return { t: token, n: sent };
}

function attemptFrom({ id, features, agent, method, wish }: Dict): Dict {
  return { i: id, f: features, a: agent, m: method, w: wish === undefined ? undefined : wishFrom(wish as Dict) };
}

function wishFrom({ session, token, received }: Dict): Dict {
  return { s: session, t: token, r: received };
}

function factsFrom(facts: unknown): Dict | undefined {
  if (facts === undefined) return undefined;
  const { peer, is_secure, websocket_protocol, http_headers_received, http_cbtid, client_cert } = facts as Dict;
  const http = { h: http_headers_received, c: http_cbtid };
  return { p: peer, s: is_secure, w: websocket_protocol, ...http, t: client_cert };
}

function registrationFrom(record: Tuple): Dict {
  const [i, m, u, p, c, o, d, f, concurrency, t, l] = record;
  return { i, m, u, p, c, o, d, f, n: concurrency ?? undefined, t, l };
}

function callFrom(record: Tuple): Dict {
  const [c, e, q, i, u, d, p, t, l, o, k, reroute] = record;
  return { c, e, q, i, u, d, p, t, l, o, k, r: reroute === undefined ? undefined : rerouteFrom(reroute as Tuple) };
}

function rerouteFrom([options, payload, permission, tried]: Tuple): Dict {
  return { o: options, p: payloadFrom(payload as Tuple), a: permissionFrom(permission as Dict), t: tried };
}

function waitingCallFrom(record: Tuple): Dict {
  const [c, o, u, payload, permission, i, n, l] = record;
  return { c, o, u, p: payloadFrom(payload as Tuple), a: permissionFrom(permission as Dict), i, n, l };
}

function permissionFrom({ allow, disclose, isGrantable, trustlevel }: Dict): Dict {
  return { a: allow, d: disclose, g: isGrantable, t: trustlevel };
}

function payloadFrom([serializer, length, raw]: Tuple): Dict {
  return { s: serializer, n: length, r: raw };
}
