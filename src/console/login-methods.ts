/** The methods of authentication that the login page knows, with the fields of each. */

import type { Login } from "../client/login.ts";

/** A field of the form. */
export interface MethodFields {
  readonly name: string;
  readonly label: string;
  readonly type?: "text" | "password";
  readonly autocomplete?: string;
}

const AUTHID: MethodFields = { name: "authid", label: "Name (authid)", autocomplete: "username" };

/** A secret, which the browser shows as dots. */
function secret(name: string, label: string): MethodFields {
  return { name, label, type: "password", autocomplete: "current-password" };
}

/** Method of the realm's configuration → its title and its fields. */
export const METHODS: Readonly<Record<string, { readonly title: string; readonly fields: readonly MethodFields[] }>> = {
  anonymous: { title: "anonymous", fields: [] },
  ticket: { title: "ticket", fields: [AUTHID, secret("ticket", "Ticket")] },
  wampcra: { title: "WAMP-CRA (wampcra)", fields: [AUTHID, secret("secret", "Secret")] },
  scram: { title: "SCRAM (scram)", fields: [AUTHID, secret("password", "Password")] },
  cryptosign: {
    title: "Cryptosign (cryptosign)",
    fields: [AUTHID, secret("privateKey", "Private key, 32 bytes in hex")],
  },
  jwt: { title: "JSON Web Token (jwt)", fields: [secret("token", "Token")] },
  cookie: { title: "cookie of an earlier login", fields: [] },
};

/** Makes the login of a method from the texts of its fields. */
export function toLogin(method: string, fields: Readonly<Record<string, string>>): Login {
  const names = METHODS[method]?.fields.map(({ name }) => name) ?? [];
  const own = Object.fromEntries(names.map((name) => [name, (fields[name] ?? "").trim()]));
  // The fields of METHODS are those that the type asks for.
  return { method, ...own } as unknown as Login;
}
