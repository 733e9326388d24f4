/** A realm that accepts JSON Web Tokens, for the tests of tokens and of their keys. */

import { expect } from "vitest";
import { type Auth, AuthTestRealm, type Extra } from "./auth-test-realm.ts";

/** Settings of the method `jwt`. */
export type Settings = Partial<Omit<Extract<NonNullable<Auth["jwt"]>, object>, "type">>;

/** Makes a realm with the method `jwt`, and maybe others. */
export function testRealmFor(settings: Settings, others: Auth = {}): AuthTestRealm {
  return new AuthTestRealm({ jwt: { type: "static", ...settings }, ...others });
}

/** Logs in with a token; returns WELCOME.Details, or the whole ABORT. */
export async function outcome(realm: AuthTestRealm, text: string, details: Extra = {}): Promise<unknown> {
  const client = await realm.sendHello({ authmethods: ["jwt"], ...details });
  expect(realm.takeReply(client).slice(1)).toStrictEqual([(details.authmethods as string[])?.[0] ?? "jwt", {}]);
  await realm.sendFrom(client, [5, text, {}]);
  return realm.takeWelcome(client);
}
