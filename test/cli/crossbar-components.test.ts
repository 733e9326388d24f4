/** Components of a Crossbar.io node, brought along: its bridge to HTTP becomes ours, programs are named. */

import { describe, expect, test } from "vitest";
import { importCrossbar } from "../../src/cli/crossbar/import.ts";
import { formatFaults, loadConfig } from "../../src/worker/config/load-config.ts";

const REALM = { name: "realm1", roles: [{ name: "anonymous" }, { name: "backend" }] };

/** The realm that comes out, which is right, and the notes about its components. */
function imported(components: readonly unknown[], type = "router") {
  const router = { type: "router", realms: [REALM], transports: [{ type: "websocket", endpoint: {} }] };
  const workers = type === "router" ? [{ ...router, components }] : [router, { type, components }];
  const { config, notes } = importCrossbar({ workers }, { hasPlainSecrets: false });
  const loaded = loadConfig({ module: config, env: { WEBHOOK_SECRET: "s" }, isDevelopment: false });
  expect(loaded.ok ? "" : formatFaults(loaded.faults)).toBe("");
  const [realm] = config.realms as Record<string, unknown>[];
  const lines = notes.map(({ path, reason }) => `${path}: ${reason}`);
  const own = lines.filter((line) => line.includes(".components")).map((line) => line.replace(/^workers\[\d\]\./, ""));
  return { callees: realm!.callees, webhooks_out: realm!.webhooks_out, notes: own };
}

describe.each(["router", "container"])("in a %s", (type) => {
  test("a RESTCallee becomes a callee of the realm", () => {
    const names = ["crossbar.bridge.rest.RESTCallee", "crossbar.adapter.rest.RESTCallee"];
    const callees = names.map((_, index) => ({ procedure: `com.shop.${index}`, baseurl: "https://api.shop.example/" }));
    const base = { type: "class", realm: "realm1", transport: {} };
    const components = names.map((classname, index) => ({ ...base, classname, extra: callees[index] }));
    expect(imported(components, type)).toEqual({ callees, webhooks_out: undefined, notes: [] });
  });

  test("a MessageForwarder becomes an outgoing webhook for each of its subscriptions", () => {
    const subscriptions = [
      { url: "https://shop.example/a", topic: "com.shop.a" },
      { url: "https://shop.example/b", topic: "com.shop.", match: "prefix", odd: 1 },
    ];
    const extra = { subscriptions, method: "PUT", expectedcode: 200, debug: true };
    const component = { type: "class", classname: "crossbar.bridge.rest.MessageForwarder", realm: "realm1", extra };
    const secret = { env: "WEBHOOK_SECRET" };
    expect(imported([{ ...component, role: "backend" }], type)).toEqual({
      callees: undefined,
      webhooks_out: [
        { name: "forwarder-1", uri: "com.shop.a", url: "https://shop.example/a", secret, role: "backend" },
        {
          name: "forwarder-2",
          uri: "com.shop.",
          match: "prefix",
          url: "https://shop.example/b",
          secret,
          role: "backend",
        },
      ],
      notes: [
        "components[0].extra.subscriptions[1].odd: has no counterpart",
        "components[0]: requests are signed: set WEBHOOK_SECRET; the receiver can verify the signature",
        "components[0].extra.method: is always POST",
        "components[0].extra.expectedcode: each 2xx status is a success; after any other the request is repeated",
        "components[0].extra.debug: the platform keeps the log",
      ],
    });
    const { webhooks_out, notes } = imported([component], type);
    expect(webhooks_out).toMatchObject([{ role: "anonymous" }, { role: "anonymous" }]);
    expect(notes[0]).toBe('components[0]: subscribes with the role "anonymous": check it');
  });

  test("programs and components without a realm are listed", () => {
    const classname = "crossbar.bridge.rest.RESTCallee";
    expect(imported([{ type: "class", classname: "shop.Backend" }, 7, { classname, realm: "other" }], type)).toEqual({
      notes: [
        "components[1]: is not an object",
        "components[0]: run it anywhere, it connects as a client; or write it as a hosted component",
        "components[1]: run it anywhere, it connects as a client; or write it as a hosted component",
        "components[2]: its realm is not in this configuration",
      ],
    });
  });
});
