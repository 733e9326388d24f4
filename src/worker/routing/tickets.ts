/** One-time tickets for the WebSockets that the router itself opens to a realm's object. */

import { toBase64Url } from "../../wamp/crypto/encoding.ts";
import type { Id } from "../../wamp/protocol/values.ts";
import type { Identity } from "../../wamp/session/session.ts";

/** What a ticket admits: a session of a role without HELLO, or the Worker that serves an INVOCATION. */
export type TicketHolder =
  | { readonly kind: "watcher"; readonly role: string }
  | { readonly kind: "callee"; readonly call: Id };

/** Random bytes of a ticket: as many as of a key, so that no client can guess one. */
const LENGTH = 16;
/** Milliseconds for which a ticket is valid; the Worker that gets it connects at once. */
const LIFETIME_MS = 60_000;

/**
 * Issues and redeems tickets. Only a ticket selects a role without HELLO; a client cannot do so by its URL or headers.
 * Tickets are in memory only: after a restart of the object the Worker has to request another one.
 */
export class Tickets<Holder> {
  /** Ticket → what the ticket admits, oldest first. */
  readonly #issued = new Map<string, { readonly holder: Holder; readonly expiresAt: number }>();

  /** Issues a ticket that admits `holder` once; `now` in milliseconds since the epoch. */
  issue(holder: Holder, now: number): string {
    for (const [ticket, { expiresAt }] of this.#issued) {
      if (expiresAt > now) break;
      this.#issued.delete(ticket);
    }
    const ticket = toBase64Url(crypto.getRandomValues(new Uint8Array(LENGTH)));
    this.#issued.set(ticket, { holder, expiresAt: now + LIFETIME_MS });
    return ticket;
  }

  /** Returns what the ticket admits; undefined if it is unknown, expired or used. */
  redeem(ticket: string, now: number): Holder | undefined {
    const issued = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    return issued !== undefined && issued.expiresAt > now ? issued.holder : undefined;
  }
}

/** Random bytes of an authid, as many as those of other anonymous sessions. */
const AUTHID_LENGTH = 18;

/** The identity of a session that a ticket opens (server-sent events): anonymous, with that role. */
export function watcherIdentity(authrole: string): Identity {
  const authid = toBase64Url(crypto.getRandomValues(new Uint8Array(AUTHID_LENGTH)));
  return { authid, authrole, authmethod: "anonymous", authprovider: "static" };
}
