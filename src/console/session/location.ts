/** The place in the console, in the fragment of the URL: `#sessions?realm=realm1&filter=joe`. It never has credentials. */

import { useEffect, useState } from "preact/hooks";

/** A page and its state. */
export interface Place {
  readonly page: string;
  readonly params: URLSearchParams;
}

/** Reads the place from the address of the page. */
export function readPlace(): Place {
  const [page = "", query = ""] = location.hash.slice(1).split("?", 2);
  return { page, params: new URLSearchParams(query) };
}

/** Returns the link to a page in the same realm; undefined and empty parameters are left out. */
export function linkTo(page: string, params: Readonly<Record<string, string | undefined>> = {}): string {
  const all = new URLSearchParams();
  const realm = readPlace().params.get("realm");
  for (const [name, value] of Object.entries({ ...(realm !== null && { realm }), ...params }))
    if (value !== undefined && value !== "") all.set(name, value);
  const query = String(all);
  return `#${page}${query === "" ? "" : `?${query}`}`;
}

/** Goes to a page, with an entry in the browser's history. */
export function goTo(page: string, params: Readonly<Record<string, string | undefined>> = {}): void {
  location.hash = linkTo(page, params);
}

/** Changes parameters of the page without an entry in the history. */
export function setParams(params: Readonly<Record<string, string | undefined>>): void {
  const { page, params: former } = readPlace();
  history.replaceState(null, "", linkTo(page, { ...Object.fromEntries(former), ...params }));
  dispatchEvent(new HashChangeEvent("hashchange"));
}

/** The place, now and whenever it changes. */
export function usePlace(): Place {
  const [place, setPlace] = useState(readPlace);
  useEffect(() => {
    const onChange = (): void => setPlace(readPlace());
    addEventListener("hashchange", onChange);
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return place;
}
