/** A relay on the platform: its link leads to the object of the core. */

import type { BatchAnswer } from "../../wamp/relay/link/batch.ts";
import { type CarriedBatch, unpackBatch } from "../../wamp/relay/link/batch-codec.ts";
import type { ToCore, ToRelay } from "../../wamp/relay/link/messages.ts";
import { RelayIds } from "../../wamp/relay/link/relay-ids.ts";
import { Relay } from "../../wamp/relay/relay.ts";
import { realmObject } from "../routing/realm-stub.ts";
import { type RelayPlace, relayNumber, relaysOf } from "../routing/relay-names.ts";
import { CoolingTable, DownLinkTable, LogOutTable, NodeKeyTable, RoleVersionTable } from "../storage/relay-tables.ts";
import { Carrier } from "./carrier.ts";
import { LinkedRole } from "./linked-role.ts";
import type { RoleContext, RolePorts } from "./realm-role.ts";

/** The role of a relay. */
export class RelayRole extends LinkedRole {
  protected readonly part: Relay;
  protected readonly ids: RelayIds;
  readonly #isNewEpoch: boolean;

  /** Throws if the relay has no secret: it has sockets or a batch of the core only after it has got one. */
  constructor(object: RoleContext, place: RelayPlace, ports: RolePorts) {
    super(object, ports);
    const { env, name, config, sql, tables, hasSockets, idsSecret } = object;
    const secret = idsSecret.get();
    if (secret === undefined) throw new Error("the relay has no secret of its realm");
    this.ids = new RelayIds(secret);
    const cooling = new CoolingTable(sql, tables, this.writes);
    const { numbers } = this;
    this.#isNewEpoch = numbers.isOpen && !hasSockets;
    if (this.#isNewEpoch) {
      numbers.beginEpoch();
      cooling.clear();
    }
    const number = relayNumber(place);
    const roleVersions = new RoleVersionTable(sql, tables, this.writes);
    let [roleVersion] = roleVersions.all().map(({ version }) => version);
    const carrier = new Carrier<ToCore>(number, () => realmObject(env, name, config), {
      answered: (batch, answer) => this.inTurn(() => this.part.answered(batch, answer)),
      lost: (batch) => this.inTurn(() => this.part.lost(batch)),
    });
    this.part = new Relay(name, config, ports.host, {
      relay: number,
      ids: this.ids,
      get epoch() {
        return numbers.epoch;
      },
      setEpoch: (epoch) => numbers.setEpoch(epoch),
      get boot() {
        // The core may answer, and wake the relay, from now on.
        idsSecret.keep();
        return numbers.boot;
      },
      nextStream: () => numbers.nextStream(),
      carry: (batch) => {
        this.countCarried(batch.messages);
        carrier.carry(batch);
      },
      cooling,
      down: new DownLinkTable(sql, tables, this.writes),
      nodeKeys: new NodeKeyTable(sql, tables, this.writes),
      logOuts: new LogOutTable(sql, tables, this.writes),
      storedTopics: config.webhooks_out ?? [],
      roleVersion: {
        get: () => roleVersion,
        put: (version) => {
          roleVersion = version;
          if (version === undefined) roleVersions.delete(number);
          else roleVersions.put({ object: number, version });
        },
      },
      relays: relaysOf(config.relays ?? {}).length,
    });
  }

  override wake(): void {
    super.wake();
    if (this.#isNewEpoch) this.part.begin();
  }

  isCookieKnown(id: string): Promise<boolean> {
    return this.part.authentication.isCookieKnown(id);
  }

  override takeBatch(_core: number, batch: CarriedBatch): BatchAnswer {
    return this.part.receive(this.taken(unpackBatch<ToRelay>(batch)));
  }

  override save(): void {
    super.save();
    this.part.realm.flush();
    // Sessions that wait for their clients are stored now: that no socket outlasts the sleep is no crash.
    if (this.part.isIdle && this.part.hasOnlyParked) this.numbers.close();
    if (!this.part.isUnused) return;
    // The number of the relay may be in no configuration any more.
    this.part.close(() => {
      if (this.part.isUnused) this.numbers.close();
    });
  }
}
