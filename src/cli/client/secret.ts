/** Finds the secret of a login: in the environment, in a file, or by asking. */

import type { Login } from "../../client/login.ts";
import { readText } from "../project/text-file.ts";
import { UserError } from "../project/user-error.ts";
import { type AuthMethod, SECRETS } from "./auth-methods.ts";
import type { SecretReference } from "./context-file.ts";
import { readExistingPassword } from "./password-prompt.ts";

/** The variable that is read where nothing names another place. */
const VARIABLE = "WAMP_SECRET";

/** Returns the secret: where `reference` says, or in WAMP_SECRET, or what a terminal answers. Rejects with UserError. */
export async function readSecret(
  method: AuthMethod,
  authid: string | undefined,
  reference: SecretReference | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const kind = SECRETS[method];
  if (reference !== undefined && "file" in reference) return readText(reference.file).trim();
  const name = reference?.env ?? VARIABLE;
  const value = env[name];
  if (value) return value;
  if (reference !== undefined) throw new UserError(`the variable ${name} has no ${kind}; set it`);
  if (process.stdin.isTTY !== true) {
    throw new UserError(
      `a login by ${method} needs its ${kind}: set ${VARIABLE}, or give --secret-env NAME or --secret-file FILE`,
    );
  }
  const question = `${kind?.[0]?.toUpperCase()}${kind?.slice(1)}${authid === undefined ? "" : ` of ${authid}`}: `;
  return readExistingPassword(process.stdin, (text) => process.stderr.write(text), question);
}

/** 32 bytes. */
const PRIVATE_KEY = /^[\da-f]{64}$/i;

/** Makes the credentials of a method. Throws UserError for a private key that is none. */
export function credentialsOf(method: AuthMethod, secret: string): Login {
  switch (method) {
    case "anonymous":
      return { method };
    case "ticket":
      return { method, ticket: secret };
    case "jwt":
      return { method, token: secret };
    case "wampcra":
      return { method, secret };
    case "scram":
    case "wamp-scram":
      return { method, password: secret };
    case "cryptosign":
      if (!PRIVATE_KEY.test(secret)) {
        throw new UserError('the private key must be 64 hex digits, as "wamp-edge principal cryptosign" prints them');
      }
      return { method, privateKey: secret };
  }
}
