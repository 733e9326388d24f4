/** Why the bridge does not serve a request. */

import type { List } from "../../wamp/protocol/values.ts";

/** Thrown where a check fails; becomes the answer. `error` is a sentence of Crossbar.io's, or a URI. */
export class HttpError extends Error {
  readonly status: number;
  readonly args: List;

  constructor(status: number, error: string, args: List = []) {
    super(error);
    this.status = status;
    this.args = args;
  }
}
