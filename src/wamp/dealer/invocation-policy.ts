/** Which of the callees sharing a registration gets a call (Shared Registration). */

import type { Host } from "../host/host.ts";
import { ownerOf } from "../matching/rendezvous.ts";
import type { Callee, InvocationPolicy, Registration } from "./registrations.ts";

/** May the callee not get this call? */
export type Exclusion = (callee: Callee) => boolean;

type Policy = (candidates: readonly Callee[], registration: Registration, host: Host) => Callee | undefined;

const first: Policy = (candidates) => candidates[0];
const last: Policy = (candidates) => candidates[candidates.length - 1];

/** The next in order of registration after the one served last: who leaves shifts nobody's turn (SHR-11). */
const roundrobin: Policy = (candidates, { lastOrder }) =>
  candidates.find((callee) => callee.order > lastOrder) ?? candidates[0];

const random: Policy = (candidates, _registration, host) => candidates[host.randomId() % candidates.length];

const POLICIES: { readonly [policy in InvocationPolicy]: Policy } = { single: first, first, last, roundrobin, random };

/**
 * The callee for the next call, or none when each is at its `concurrency` or excluded. A call with a key is for the
 * callee that has the key among `callees`, whatever the policy; it is for no other even while that one is busy.
 */
export function chooseCallee(
  registration: Registration,
  host: Host,
  key?: string,
  isExcluded?: Exclusion,
  callees: readonly Callee[] = registration.callees,
): Callee | undefined {
  if (key !== undefined) {
    const owner = ownerOf(key, callees);
    return owner !== undefined && isFree(owner) && !isExcluded?.(owner) ? owner : undefined;
  }
  const isEverybody = isExcluded === undefined && callees.every(isFree);
  const candidates = isEverybody ? callees : callees.filter((callee) => isFree(callee) && !isExcluded?.(callee));
  return POLICIES[registration.policy](candidates, registration, host);
}

/** The callee gets a call, and the turn passes on. */
export function takeTurn(registration: Registration, callee: Callee): void {
  registration.lastOrder = callee.order;
  registration.turns++;
}

function isFree(callee: Callee): boolean {
  return callee.running < callee.concurrency;
}
