/** The callees of authorizers, as the access control of a relay knows them: the core has the registrations. */

import type { CalleeLookup, CalleeView } from "../../authorization/callee-lookup.ts";
import type { Dealer } from "../../dealer/dealer.ts";
import type { Id, Uri } from "../../protocol/values.ts";
import type { Session } from "../../session/session.ts";

/** A callee: its session, and the count of the REGISTER that made it one. */
export type RemoteCallee = readonly [session: Id, order: number];

interface View extends CalleeView {
  readonly id: Id;
  readonly order: number;
}

/**
 * The core tells the callees of a procedure when it is asked to call it, and when they change. They are in memory, as the
 * decisions that they void are.
 */
export class RemoteCallees implements CalleeLookup {
  readonly registrations = { best: (procedure: Uri) => this.#byProcedure.get(procedure) };
  readonly #byProcedure = new Map<Uri, { readonly callees: readonly View[] }>();
  readonly #dealer: Dealer;
  readonly #sessions: () => ReadonlyMap<Id, Session>;

  /** `sessions` returns those of the relay. */
  constructor(dealer: Dealer, sessions: () => ReadonlyMap<Id, Session>) {
    this.#dealer = dealer;
    this.#sessions = sessions;
  }

  /** Takes the callees of an authorizer; the view of one that was known before stays the same. */
  set(procedure: Uri, callees: readonly RemoteCallee[]): void {
    const known = this.#byProcedure.get(procedure)?.callees ?? [];
    const views = callees.map(([id, order]) => {
      return known.find((view) => view.id === id && view.order === order) ?? this.#view(id, order);
    });
    if (views.length > 0) this.#byProcedure.set(procedure, { callees: views });
    else this.#byProcedure.delete(procedure);
  }

  /** The relay does not know the procedures of its invocations: any may be the answer of an authorizer. */
  invocationsOf(callee: Session): ReadonlyMap<Id, { readonly procedure: Uri }> {
    for (const [procedure, { callees }] of this.#byProcedure) {
      if (!callees.some(({ session }) => session === callee)) continue;
      const { invocations = [] } = this.#dealer.tables.remote?.recordOf(callee) ?? {};
      return new Map(invocations.map(({ request }) => [request, { procedure }]));
    }
    return NONE;
  }

  isOpenCall(caller: Session, request: Id): boolean {
    return this.#dealer.isOpenCall(caller, request);
  }

  isFurtherInput(caller: Session, request: Id): boolean {
    return this.#dealer.isFurtherInput(caller, request);
  }

  #view(id: Id, order: number): View {
    const sessions = this.#sessions;
    return {
      id,
      order,
      get session() {
        return sessions().get(id);
      },
    };
  }
}

const NONE: ReadonlyMap<Id, never> = new Map<Id, never>();
