/** The core of a realm with relays on the platform: its links lead to the objects of the relays. */

import { RelayCore } from "../../wamp/relay/core.ts";
import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import { type CarriedBatch, unpackBatch } from "../../wamp/relay/link/batch-codec.ts";
import type { ToCore, ToRelay } from "../../wamp/relay/link/messages.ts";
import { CORE, RelayIds } from "../../wamp/relay/link/relay-ids.ts";
import { relayObject } from "../routing/realm-stub.ts";
import { relayLabel, relayOfNumber, relaysOf } from "../routing/relay-names.ts";
import {
  DownLinkTable,
  LogOutTable,
  MovedSessionTable,
  NodeKeyTable,
  RelayEpochTable,
  RelayInterestTable,
  RelaySessionsTable,
  RoleVersionTable,
  StoredCountTable,
  ToldRelayTable,
} from "../storage/relay-tables.ts";
import { RemoteSessionTable } from "../storage/remote-session-table.ts";
import { Carrier } from "./carrier.ts";
import { deriveIdsSecret } from "./ids-secret.ts";
import { LinkedRole } from "./linked-role.ts";
import type { RoleContext, RolePorts } from "./realm-role.ts";

/** The role of the core. */
export class CoreRole extends LinkedRole {
  protected readonly part: RelayCore;
  readonly #object: RoleContext;
  protected readonly ids: RelayIds;
  /** relay → the way to it */
  readonly #carriers = new Map<number, Carrier<ToRelay>>();

  constructor(object: RoleContext, ports: RolePorts) {
    super(object, ports);
    this.#object = object;
    const { name, config, sql, tables } = object;
    this.ids = new RelayIds(deriveIdsSecret(ports.secret.draft()));
    const { numbers, writes } = this;
    this.part = new RelayCore(name, config, ports.host, {
      ids: this.ids,
      get boot() {
        return numbers.boot;
      },
      nextStream: () => numbers.nextStream(),
      carry: (relay, batch) => {
        this.countCarried(batch.messages);
        this.#carrier(relay).carry(batch);
      },
      interest: new RelayInterestTable(sql, tables, writes),
      told: new ToldRelayTable(sql, tables, writes),
      stored: new StoredCountTable(sql, tables, writes),
      nodeKeys: new NodeKeyTable(sql, tables, writes),
      sessions: new RemoteSessionTable(sql, tables, writes),
      epochs: new RelayEpochTable(sql, tables, writes),
      down: new DownLinkTable(sql, tables, writes),
      nameOf: (relay) => relayLabel(relayOfNumber(relay)!),
      relaySessions: new RelaySessionsTable(sql, tables, writes),
      moved: new MovedSessionTable(sql, tables, writes),
      roles: new RoleVersionTable(sql, tables, writes),
      logOuts: new LogOutTable(sql, tables, writes),
      relays: relaysOf(config.relays ?? {}).length,
    });
  }

  override takeBatch(relay: number, batch: CarriedBatch): BatchAnswer {
    return this.part.receive(relay, this.taken(unpackBatch<ToCore>(batch)));
  }

  override save(): void {
    super.save();
    this.part.flush();
  }

  #carrier(relay: number): Carrier<ToRelay> {
    const known = this.#carriers.get(relay);
    if (known !== undefined) return known;
    const { env, name, config } = this.#object;
    const connect = () => relayObject(env, name, config, relayOfNumber(relay)!);
    const carrier = new Carrier<ToRelay>(CORE, connect, {
      answered: (batch, answer) => this.inTurn(() => this.part.answered(relay, batch, answer)),
      lost: (batch) => this.inTurn(() => this.part.lost(relay, batch)),
    });
    this.#carriers.set(relay, carrier);
    return carrier;
  }
}
