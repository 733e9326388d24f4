/** Which of the callees sharing a registration gets a call (Shared Registration). */

import type { Host } from "./host.ts";
import type { Callee, InvocationPolicy, Registration } from "./registration.ts";
import type { Session } from "./session.ts";

type Policy = (candidates: readonly Callee[], registration: Registration, host: Host) => Callee | undefined;

const first: Policy = (candidates) => candidates[0];
const last: Policy = (candidates) => candidates[candidates.length - 1];

/** The next in order of registration after the one served last: who leaves shifts nobody's turn (SHR-11). */
const roundrobin: Policy = (candidates, { lastOrder }) =>
  candidates.find((callee) => callee.order > lastOrder) ?? candidates[0];

const random: Policy = (candidates, _registration, host) => candidates[host.randomId() % candidates.length];

const POLICIES: { readonly [policy in InvocationPolicy]: Policy } = { single: first, first, last, roundrobin, random };

/** The callee for the next call, or none when each is at its `concurrency` or was tried before. */
export function chooseCallee(
  registration: Registration,
  host: Host,
  tried?: ReadonlySet<Session>,
): Callee | undefined {
  const { callees } = registration;
  const candidates = callees.every(isFree) && tried === undefined ? callees : callees.filter(isCandidate);
  const chosen = POLICIES[registration.policy](candidates, registration, host);
  if (chosen !== undefined) registration.lastOrder = chosen.order;
  return chosen;

  function isCandidate(callee: Callee): boolean {
    return isFree(callee) && !tried?.has(callee.session);
  }
}

function isFree(callee: Callee): boolean {
  return callee.running < callee.concurrency;
}
