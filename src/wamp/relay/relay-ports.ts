/** The object of a relay, as the relay uses it. */

import type { Pattern } from "../protocol/uri.ts";
import type { LogOutStore } from "./authentication/log-outs.ts";
import type { OwnRoleVersion } from "./authentication/relay-roles.ts";
import type { NodeKeyStore } from "./broker/node-keys.ts";
import type { CoolingStore } from "./broker/relay-interest.ts";
import type { Batch } from "./link/batch.ts";
import type { DownLinkStore } from "./link/down-links.ts";
import type { ToCore } from "./link/messages.ts";
import type { RelayIds } from "./link/relay-ids.ts";

/** What a relay asks of its object. */
export interface RelayPorts {
  /** The number of the relay. */
  readonly relay: number;
  readonly ids: RelayIds;
  /** See `Batch.epoch`. */
  readonly epoch: number;
  /** Stores a larger epoch, which `epoch` is from now on. */
  setEpoch(epoch: number): void;
  /** See `CorePorts.boot`. */
  readonly boot: number;
  nextStream(): number;
  /** Hands a batch for the core to the platform, which reports `answered` or `lost` for it later. */
  carry(batch: Batch<ToCore>): void;
  readonly cooling: CoolingStore;
  readonly down: DownLinkStore;
  readonly nodeKeys: NodeKeyStore;
  readonly logOuts: LogOutStore;
  /** The topics whose events the core stores beside those of the histories: those of webhooks. */
  readonly storedTopics: readonly Pattern[];
  readonly roleVersion: OwnRoleVersion;
  /** The number of relays in the configuration. */
  readonly relays: number;
}
