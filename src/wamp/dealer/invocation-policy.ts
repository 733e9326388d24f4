/** Chooses the callee of a call among those that share a registration (Shared Registration). */

import type { Random } from "../host/host.ts";
import { ownerOf } from "../matching/rendezvous.ts";
import type { Callee, InvocationPolicy, Registration } from "./registrations.ts";

/** True for a callee that must not get the call. */
export type Exclusion = (callee: Callee) => boolean;

type Policy = (candidates: readonly Callee[], registration: Registration, host: Random) => Callee | undefined;

const first: Policy = (candidates) => candidates[0];
const last: Policy = (candidates) => candidates[candidates.length - 1];

/**
 * The next in order of registration after the one that got the last call: a callee that leaves skips no other (SHR-11).
 */
const roundrobin: Policy = (candidates, { lastOrder }) =>
  candidates.find((callee) => callee.order > lastOrder) ?? candidates[0];

const random: Policy = (candidates, _registration, host) => candidates[host.randomId() % candidates.length];

const POLICIES: { readonly [policy in InvocationPolicy]: Policy } = { single: first, first, last, roundrobin, random };

/** The callee for the next call, one of `candidatesOf`; undefined if there is none. */
export function chooseCallee(
  registration: Registration,
  host: Random,
  key?: string,
  isExcluded?: Exclusion,
  callees: readonly Callee[] = registration.callees,
): Callee | undefined {
  if (key !== undefined) return ownerIfFree(key, isExcluded, callees);
  return POLICIES[registration.policy](freeCallees(callees, isExcluded), registration, host);
}

/**
 * The callees among which the policy chooses: those that are neither at their `concurrency` nor excluded. A call with a
 * key goes to the callee that owns the key among `callees`, whatever the policy, and waits while that one is busy.
 */
export function candidatesOf(
  { callees }: Registration,
  key: string | undefined,
  isExcluded: Exclusion | undefined,
): readonly Callee[] {
  if (key === undefined) return freeCallees(callees, isExcluded);
  const owner = ownerIfFree(key, isExcluded, callees);
  return owner === undefined ? [] : [owner];
}

function ownerIfFree(key: string, isExcluded: Exclusion | undefined, callees: readonly Callee[]): Callee | undefined {
  const owner = ownerOf(key, callees);
  return owner !== undefined && isFree(owner) && !isExcluded?.(owner) ? owner : undefined;
}

function freeCallees(callees: readonly Callee[], isExcluded: Exclusion | undefined): readonly Callee[] {
  const areAllFree = isExcluded === undefined && callees.every(isFree);
  return areAllFree ? callees : callees.filter((callee) => isFree(callee) && !isExcluded?.(callee));
}

function isFree(callee: Callee): boolean {
  return callee.running < callee.concurrency;
}
