/** What `--login ticket` changes in the template: one user with a password in place of clients without a login. */

const ANONYMOUS = 'auth: { anonymous: { type: "static", role: "anonymous" } },';
const TICKET =
  'auth: { ticket: { type: "static", principals: { alice: { ticket: { env: "ALICE_TICKET" }, role: "user" } } } },';

const TEST_REALM = "testRealm(config, { components })";
const TEST_REALM_WITH_TICKET = 'testRealm(config, { components, env: { ALICE_TICKET: "secret" } })';

const CLIENT = 'const wampy = new Wampy("ws://127.0.0.1:8787/ws/realm1", { realm: "realm1", ws });';
const CLIENT_OF_ALICE = `const wampy = new Wampy("ws://127.0.0.1:8787/ws/realm1", {
  realm: "realm1",
  ws,
  authid: "alice",
  authmethods: ["ticket"],
  onChallenge: () => process.env.ALICE_TICKET,
});`;

/** The part of the README that tells how to do what these edits do. */
const STEPS = /(?<=^## Log in users\n\n).*?(?=Before the first deployment run)/ms;
const DONE = `The user \`alice\` logs in with a password, which WAMP calls a ticket. \`.dev.vars\` has it in the variable \`ALICE_TICKET\`; git ignores that file.
For another user add an entry beside that of \`alice\` in \`src/realm.ts\`, with a variable of its own.

`;

/** Edits in their order: file of the template, text, replacement. */
export const TICKET_EDITS: readonly (readonly [path: string, from: string | RegExp, to: string])[] = [
  ["src/realm.ts", ANONYMOUS, TICKET],
  ["src/realm.ts", 'name: "anonymous"', 'name: "user"'],
  ["test/app.test.ts", 'role: "anonymous"', 'role: "user"'],
  ["test/app.test.ts", TEST_REALM, TEST_REALM_WITH_TICKET],
  ["README.md", STEPS, DONE],
  ["README.md", CLIENT, CLIENT_OF_ALICE],
  ["README.md", "`node client.mjs` prints", "`node --env-file=.dev.vars client.mjs` prints"],
  ["README.md", '"anonymous"', '"user"'],
  ["README.md", TEST_REALM, TEST_REALM_WITH_TICKET],
];
