/** A router that is ready to be measured. */

/** What a run needs to know about it. */
export interface RunningRouter {
  readonly name: string;
  /** `ws:` URL of a realm. */
  readonly socketUrl: (realm: string) => string;
  /** The same for callees and subscribers, where they join elsewhere. */
  readonly farSocketUrl?: (realm: string) => string;
  /** The HTTP address, where the router has the endpoints of this project. */
  readonly origin: string | undefined;
  /** Its process on this machine. */
  readonly pid: number | undefined;
  readonly serializers: ReadonlySet<string>;
  /** Ends it if the benchmark started it; a router given by URL goes on. */
  close(): Promise<void>;
}
