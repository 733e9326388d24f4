/** A WAMP ERROR as components and callers of the service throw and catch it. */

import type { Dict, List, Uri } from "../protocol/values.ts";

/** `message` begins with the URI. */
export class ApplicationError extends Error {
  readonly uri: Uri;
  readonly args: List;
  readonly kwargs: Dict;

  constructor(uri: Uri, args: List = [], kwargs: Dict = {}, options?: ErrorOptions) {
    super(typeof args[0] === "string" ? `${uri}: ${args[0]}` : uri, options);
    this.name = "ApplicationError";
    this.uri = uri;
    this.args = args;
    this.kwargs = kwargs;
  }
}
