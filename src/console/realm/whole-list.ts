/** Reads a list of the realm to its end, page by page, and shows what has come so far. */

import { useCallback, useEffect, useState } from "preact/hooks";
import type { Id, Uri } from "../../wamp/protocol/values.ts";
import { type Fault, faultOf } from "../session/connection.ts";
import type { Listed } from "./meta.ts";

/** Entries that a page keeps; a realm with more is searched by its own means. */
const MOST_ENTRIES = 6_000;

/** The entries so far, by URI. */
export interface WholeList<T> {
  /** Undefined until the first page has come. */
  readonly entries: readonly T[] | undefined;
  readonly fault: Fault | undefined;
  /** Has the whole list come? */
  readonly isComplete: boolean;
  reload(): void;
}

/** Reads the list when the page appears, when `input` changes, and by `reload`. */
export function useWholeList<T extends { readonly uri: Uri }>(
  read: (after: Id | undefined) => Promise<Listed<T>>,
  input: unknown,
): WholeList<T> {
  const [state, setState] = useState<Omit<WholeList<T>, "reload">>({
    entries: undefined,
    fault: undefined,
    isComplete: false,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isCurrent = true;
    const readAll = async (): Promise<void> => {
      let entries: T[] = [];
      let after: Id | undefined;
      do {
        const page = await read(after);
        if (!isCurrent) return;
        entries = [...entries, ...page.entries].sort((a, b) => (a.uri < b.uri ? -1 : 1));
        after = page.next;
        setState({ entries, fault: undefined, isComplete: after === undefined || entries.length >= MOST_ENTRIES });
      } while (after !== undefined && entries.length < MOST_ENTRIES);
    };
    readAll().catch((error) => {
      if (isCurrent) setState(({ entries }) => ({ entries, fault: faultOf(error), isComplete: true }));
    });
    return () => {
      isCurrent = false;
    };
  }, [turn, input]);
  return { ...state, reload: useCallback(() => setTurn((former) => former + 1), []) };
}
