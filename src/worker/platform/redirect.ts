/** Recognizes redirects of other servers, which the router does not follow. */

/** Tells the operator what to do about a redirect. */
export const NOT_FOLLOWED = "redirects are not followed; configure the address that it leads to";

/**
 * Whether a status is a redirect. The router sends requests only to addresses of its configuration: a redirect could
 * lead them into the private network of a self-hosted router, and would carry secrets along.
 */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}
