/** Redirects that other servers answer with: the router follows none. */

export const NOT_FOLLOWED = "redirects are not followed; configure the address that it leads to";

/**
 * Whether a status asks to try another address. The router sends requests only to addresses of its configuration: a
 * redirect could lead them into the private network that a self-hosted router is in, and takes secrets along.
 */
export function isRedirect(status: number): boolean {
  return status >= 300 && status < 400 && status !== 304;
}
