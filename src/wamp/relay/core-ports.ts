/** The object of the core, as the core uses it. */

import type { RoleVersionStore } from "./authentication/core-roles.ts";
import type { LogOutStore } from "./authentication/log-outs.ts";
import type { InterestStore } from "./broker/interest-table.ts";
import type { NodeKeyStore } from "./broker/node-keys.ts";
import type { StoredCountStore } from "./broker/stored-publications.ts";
import type { ToldStore } from "./broker/told-topics.ts";
import type { RemoteSessionStore } from "./dealer/remote-session-rows.ts";
import type { Batch } from "./link/batch.ts";
import type { DownLinkStore } from "./link/down-links.ts";
import type { ToRelay } from "./link/messages.ts";
import type { RelayIds } from "./link/relay-ids.ts";
import type { EpochStore } from "./link/relay-links.ts";
import type { RelaySessionsStore } from "./meta/relay-sessions.ts";
import type { MovedStore } from "./resume/core-moves-ports.ts";

/** What the core asks of its object. */
export interface CorePorts {
  readonly ids: RelayIds;
  /**
   * See `Batch.boot`; larger than before each sleep and restart, and below 2^21. It is read first when a link is used,
   * so that the object may count then.
   */
  readonly boot: number;
  nextStream(): number;
  /** Hands a batch for a relay to the platform, which reports `answered` or `lost` for it later. */
  carry(relay: number, batch: Batch<ToRelay>): void;
  readonly interest: InterestStore;
  readonly told: ToldStore;
  readonly stored: StoredCountStore;
  readonly nodeKeys: NodeKeyStore;
  readonly sessions: RemoteSessionStore;
  readonly epochs: EpochStore;
  readonly down: DownLinkStore;
  readonly relaySessions: RelaySessionsStore;
  /** The name of a relay for operators. */
  nameOf(relay: number): string;
  readonly roles: RoleVersionStore;
  readonly logOuts: LogOutStore;
  readonly moved: MovedStore;
  /** The number of relays in the configuration. */
  readonly relays: number;
}
