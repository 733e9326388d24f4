/** A publication as it travels between the objects of a realm, with all that its receivers are chosen by. */

import type { Payload } from "../protocol/payload.ts";
import type { Dict, Id, Uri } from "../protocol/values.ts";

/** One publication. */
export interface Publication {
  readonly id: Id;
  readonly topic: Uri;
  /** Those of PUBLISH: lists of receivers, keys of shards. */
  readonly options: Dict;
  /** Those that all EVENTs share, see `publicationDetails`. */
  readonly details: Dict;
  /** As the publisher encoded it. */
  readonly payload: Payload;
}
