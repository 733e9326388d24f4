/** What `testRealm` says to a configuration that it cannot run. */

import { expect, test } from "vitest";
import type { ConfigInput } from "wamp-edge";
import { testRealm } from "wamp-edge/testing";

const REALM = {
  name: "realm1",
  roles: [{ name: "user", permissions: [] }],
  auth: { anonymous: { type: "static", role: "user" } },
} as const;

function withRealms(...realms: object[]): ConfigInput {
  return { version: 1, realms } as unknown as ConfigInput;
}

test("every fault of the configuration is named with its path", async () => {
  const components = [{ name: "greeter", role: "missing" }];
  const config = withRealms({ ...REALM, colour: "red", location: "moon", components });
  const message = await testRealm(config).then(String, ({ message }) => message);
  expect(message.split("\n")).toEqual([
    "the configuration is faulty:",
    expect.stringMatching(/^realms\[0\]\.location /),
    expect.stringMatching(/^realms\[0\]\.colour /),
    expect.stringMatching(/^realms\[0\]\.components\[0\]\.role /),
    expect.stringMatching(/^realms\[0\]\.components\[0\]\.name is not in the registry/),
  ]);
});

test("a component that is not given is a fault with its path", async () => {
  const config = withRealms({ ...REALM, components: [{ name: "greeter", role: "user" }] });
  await expect(testRealm(config, { components: {} })).rejects.toThrow("realms[0].components[0].name is not in");
});

test("a secret that env does not have is a fault with its path", async () => {
  const auth = { ticket: { type: "static", principals: { joe: { ticket: { env: "JOE" }, role: "user" } } } };
  const config = withRealms({ ...REALM, auth });
  await expect(testRealm(config)).rejects.toThrow("realms[0].auth.ticket.principals.joe.ticket needs the binding JOE");
  await using realm = await testRealm(config, { env: { JOE: "joes-ticket" } });
  expect((await realm.login({ method: "ticket", authid: "joe", ticket: "joes-ticket" })).authid).toBe("joe");
});

test("of several realms one has to be named, of a pattern a name that fits", async () => {
  const config = withRealms({ ...REALM, name: "main" }, { ...REALM, name: "tenant-*" });
  await expect(testRealm(config)).rejects.toThrow("the option realm must name one of the realms main, tenant-*");
  await expect(testRealm(config, { realm: "other" })).rejects.toThrow("has no realm other; it has main, tenant-*");
  await using realm = await testRealm(config, { realm: "tenant-acme" });
  expect(realm.name).toBe("tenant-acme");
});

test("a role that the realm does not have is refused with those that it has", async () => {
  await using realm = await testRealm(withRealms(REALM));
  await expect(realm.join({ role: "admin" })).rejects.toThrow("the realm realm1 has no role admin; it has user");
});

test("what needs a server is named in the log", async () => {
  const callees = [{ procedure: "com.example.weather", url: "https://api.example/weather" }];
  const topic = { uri: "com.example.news", match: "exact" };
  const webhooks_out = [{ name: "chat", ...topic, url: "https://chat.example/", secret: "s".repeat(32), role: "user" }];
  await using realm = await testRealm(withRealms({ ...REALM, callees, webhooks_out }));
  expect(realm.logs).toMatchObject([
    { level: "warn", event: "callee.unserved", procedure: "com.example.weather" },
    { level: "warn", event: "webhook.unserved", webhook: "chat" },
  ]);
});
