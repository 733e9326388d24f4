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

interface State<T> {
  readonly value?: T | undefined;
  readonly fault?: Fault | undefined;
}

/**
 * Asks when the page appears, when one of `inputs` changes, and every `intervalMs` milliseconds while the tab is visible
 * and no question is open. An answer that comes after a newer question is dropped.
 */
export function useAnswer<T>(ask: () => Promise<T>, inputs: readonly unknown[], intervalMs?: number): Answer<T> {
  const [state, setState] = useState<State<T>>({});
  const latest = useRef(0);
  const answered = useRef(0);
  const reload = useCallback(() => {
    const question = ++latest.current;
    const take = (next: (former: State<T>) => State<T>): void => {
      if (question !== latest.current) return;
      answered.current = question;
      setState(next);
    };
    ask().then(
      (value) => take(() => ({ value })),
      (error) => take(({ value }) => ({ value, fault: faultOf(error) })),
    );
  }, inputs);
  useEffect(() => {
    reload();
    const again = (): void => {
      // A question that takes longer than the interval would never be answered.
      if (document.visibilityState === "visible" && answered.current === latest.current) reload();
    };
    const timer = intervalMs === undefined ? undefined : setInterval(again, intervalMs);
    return () => {
      clearInterval(timer);
      latest.current++;
    };
  }, [reload, intervalMs]);
  return { value: state.value, fault: state.fault, reload };
}
