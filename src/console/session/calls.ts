/** What pages ask the realm: once, again on demand, or again and again while the tab is visible. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { type Fault, faultOf } from "./connection.ts";

/** The latest answer of a question, and why the last attempt failed. */
export interface Answer<T> {
  /** Undefined until the first answer has come. */
  readonly value: T | undefined;
  readonly fault: Fault | undefined;
  /** Asks again. */
  reload(): void;
}

/**
 * Asks when the page appears, when one of `inputs` changes, and every `intervalMs` milliseconds while the tab is visible.
 * An answer that comes after a newer question is dropped.
 */
export function useAnswer<T>(ask: () => Promise<T>, inputs: readonly unknown[], intervalMs?: number): Answer<T> {
  const [state, setState] = useState<{ readonly value?: T | undefined; readonly fault?: Fault | undefined }>({});
  const latest = useRef(0);
  const reload = useCallback(() => {
    const question = ++latest.current;
    ask().then(
      (value) => question === latest.current && setState({ value }),
      (error) => question === latest.current && setState(({ value }) => ({ value, fault: faultOf(error) })),
    );
  }, inputs);
  useEffect(() => {
    reload();
    const again = (): void => {
      if (document.visibilityState === "visible") reload();
    };
    const timer = intervalMs === undefined ? undefined : setInterval(again, intervalMs);
    return () => {
      clearInterval(timer);
      latest.current++;
    };
  }, [reload, intervalMs]);
  return { value: state.value, fault: state.fault, reload };
}
