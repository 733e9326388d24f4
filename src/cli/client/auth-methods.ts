/** The authentication methods of the command line, with what the secret of each is. */

/** Method → its secret; anonymous has none. */
export const SECRETS = {
  anonymous: undefined,
  ticket: "ticket",
  jwt: "token",
  wampcra: "password",
  scram: "password",
  "wamp-scram": "password",
  cryptosign: "private key",
} as const;

/** One of the methods. */
export type AuthMethod = keyof typeof SECRETS;
export const AUTH_METHODS = Object.keys(SECRETS) as AuthMethod[];
