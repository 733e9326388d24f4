/** The section "Why was I refused?" of docs/authorization.md: its configuration, attempts, records and causes. */

import { readdirSync, readFileSync } from "node:fs";
import { errors } from "jose";
import { expect, test } from "vitest";
import type { RealmInput } from "../../../src/wamp/config/realm.ts";
import { AuthTestRealm, TLS } from "../authentication/auth-test-realm.ts";
import type { Client } from "../host/test-realm.ts";

const PAGE = readFileSync("docs/authorization.md", "utf8");
const SECTION = PAGE.split(/^## /m).find((text) => text.startsWith("Why was I refused?"))!;

function block(head: string): string {
  const found = new RegExp(`^\`\`\`${head}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(SECTION)?.[1];
  if (found === undefined) throw new Error(`the section has no block ${head}`);
  return found;
}

const [CONFIGURED] = (JSON.parse(block("json refusals")) as { realms: RealmInput[] }).realms;

/** Logs joe in with a ticket, right or wrong. */
async function logIn(realm: AuthTestRealm, ticket: string): Promise<Client> {
  const facts = { ...TLS, peer: "203.0.113.7" };
  const joe = await realm.sendHello({ authmethods: ["ticket"], authid: "joe" }, "joe", facts);
  await realm.sendFrom(joe, [5, ticket, {}]);
  return joe;
}

test("each attempt of the table has its answer, and each refusal its record", async () => {
  const realm = new AuthTestRealm({}, CONFIGURED);
  const joe = await logIn(realm, "joes-ticket");
  realm.take();
  const attempts = [...SECTION.matchAll(/^\| `(\[.+?\])` \| `?([\w.]+)`? \|/gm)];
  expect(attempts.length).toBe(8);
  const acknowledged: Readonly<Record<number, string>> = { 17: "PUBLISHED", 33: "SUBSCRIBED" };
  const answers = attempts.map(([, message = ""]) => {
    joe.send(JSON.parse(message));
    const [type, , , , uri] = realm.takeReply(joe);
    return acknowledged[type as number] ?? uri;
  });
  expect(answers).toStrictEqual(attempts.map(([, , answer]) => answer));
  const refused = answers.filter((answer) => String(answer).startsWith("wamp."));
  expect(realm.auditTrail.map(({ verdict }) => verdict)).toStrictEqual(refused);
  const { session, ...record } = JSON.parse(block("text record"));
  expect(realm.auditTrail[0]).toStrictEqual({ ...record, session: expect.any(Number) });
  expect(session).toBe(1);
});

test("the sentence of an ERROR is the one that the section shows", async () => {
  const realm = new AuthTestRealm({}, CONFIGURED);
  const joe = await logIn(realm, "joes-ticket");
  realm.take();
  joe.send([16, 1, { acknowledge: true }, "com.shop.prices"]);
  const [sentence = ""] = realm.takeReply(joe)[5] as string[];
  expect(SECTION).toContain(`\`${sentence}\``);
});

test("a refused login writes the line that the section shows", async () => {
  const realm = new AuthTestRealm({}, CONFIGURED);
  await logIn(realm, "another ticket");
  const { realm: name, ...line } = JSON.parse(block("text login"));
  expect(name).toBe(realm.realm.name);
  expect(JSON.parse(JSON.stringify(realm.logged))).toStrictEqual([line]);
});

test("the table has causes that the router or jose writes", () => {
  const table = SECTION.slice(SECTION.indexOf("| `cause` |"));
  const cells = [...table.matchAll(/^\| (`.+?) \|/gm)].slice(1);
  const causes = cells.flatMap(([, cell = ""]) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, cause = ""]) => cause));
  expect(causes.length).toBeGreaterThan(12);
  const names = readdirSync("src/wamp", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const sources = names.map((name) => readFileSync(`src/wamp/${name}`, "utf8")).join("\n");
  const codes = Object.values(errors).map((error) => error.code);
  expect(causes.filter((cause) => !sources.includes(`"${cause}"`) && !codes.includes(cause))).toStrictEqual([]);
});
