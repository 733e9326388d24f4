/** Taps the realm for a page, until the page stops it or the router ends it. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ChannelSession } from "../../client/channel-session.ts";
import { type Fault, faultOf } from "./connection.ts";
import type { TapMessage, TapSelection, TapStart, TapSummary } from "./tap-message.ts";

/** Minutes after which the router ends a tap. */
export const TAP_MINUTES = 10;

/** How far a tap is. */
export type TapState =
  | { readonly kind: "idle" }
  /** The router has not said yet that the tap runs. */
  | { readonly kind: "starting" }
  /** `endsAt`: milliseconds since the epoch. */
  | { readonly kind: "running"; readonly endsAt: number }
  | { readonly kind: "stopped" }
  | { readonly kind: "ended"; readonly summary: TapSummary }
  | { readonly kind: "failed"; readonly fault: Fault };

/** A tap of the page. */
export interface TapControl {
  readonly state: TapState;
  /** Starts a tap; one that runs is stopped. */
  start(selection: TapSelection): void;
  stop(): void;
}

/** Gives `take` each message. The tap ends with the component that uses it. */
export function useTap(session: ChannelSession, take: (message: TapMessage) => void): TapControl {
  const [state, setState] = useState<TapState>({ kind: "idle" });
  const running = useRef<AbortController | undefined>(undefined);
  const stop = (): void => {
    running.current?.abort();
    running.current = undefined;
  };
  useEffect(() => stop, [session]);
  const start = (selection: TapSelection): void => {
    stop();
    const controller = new AbortController();
    const { signal } = controller;
    running.current = controller;
    setState({ kind: "starting" });
    // A tap that was replaced by another one tells nothing any more.
    const change = (next: TapState): void => {
      if (running.current === controller) setState(next);
    };
    // Messages that were under way when the page stopped the tap come before its end.
    const onProgress = ([given]: readonly unknown[]): void => {
      if (signal.aborted) return;
      const message = given as TapMessage | TapStart;
      if ("started" in message) change({ kind: "running", endsAt: Date.now() + TAP_MINUTES * 60_000 });
      else take(message);
    };
    const end = (next: TapState): void => {
      change(next);
      if (running.current === controller) running.current = undefined;
    };
    session.call("wamp.edge.tap", [], { ...selection, duration: TAP_MINUTES * 60 }, { onProgress, signal }).then(
      ({ args }) => end({ kind: "ended", summary: args[0] as TapSummary }),
      (error) => end({ kind: "failed", fault: faultOf(error) }),
    );
  };
  return {
    state,
    start,
    stop: () => {
      stop();
      setState({ kind: "stopped" });
    },
  };
}

const HINTS: Readonly<Record<string, string>> = {
  "wamp.error.not_authorized": 'A tap needs a role with "console": true.',
  "wamp.error.canceled": "The realm was restarted, or the connection was lost. Start the tap again.",
  "wamp.error.no_such_procedure": "A tap needs a realm with enable_meta_api.",
  "wamp.edge.error.limit_exceeded": "Wait until another tap of the realm has ended.",
};

/** What to do about a tap that failed. */
export function tapHint({ uri }: Fault): string | undefined {
  return HINTS[uri];
}
