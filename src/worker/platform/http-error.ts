/** The error that refuses a request to the HTTP bridge. */

import type { List } from "../../wamp/protocol/values.ts";

/** Thrown when a check fails; becomes the response. `error` is a sentence of Crossbar.io's, or an error URI. */
export class HttpError extends Error {
  readonly status: number;
  readonly args: List;

  constructor(status: number, error: string, args: List = []) {
    super(error);
    this.status = status;
    this.args = args;
  }
}
