/** URLs of routers, as people write them. */

import { describe, expect, it } from "vitest";
import { realmUrl } from "../../../src/cli/client/router-url.ts";
import { UserError } from "../../../src/cli/project/user-error.ts";

describe("realmUrl", () => {
  it.each([
    ["ws://127.0.0.1:8787/ws/", "ws://127.0.0.1:8787/ws/realm1"],
    ["ws://127.0.0.1:8787/ws", "ws://127.0.0.1:8787/ws/realm1"],
    ["http://127.0.0.1:8787", "ws://127.0.0.1:8787/ws/realm1"],
    ["https://example.com/", "wss://example.com/ws/realm1"],
    ["wss://example.com/ws/other", "wss://example.com/ws/other"],
    ["wss://example.com/wamp?token=1", "wss://example.com/wamp?token=1"],
    ["example.com", "wss://example.com/ws/realm1"],
    ["localhost:8787", "ws://localhost:8787/ws/realm1"],
    ["127.0.0.1:8787", "ws://127.0.0.1:8787/ws/realm1"],
    ["[::1]:8787", "ws://[::1]:8787/ws/realm1"],
  ])("makes %s the URL %s", (text, url) => {
    expect(realmUrl(text, "realm1")).toBe(url);
  });

  it("encodes the name of the realm", () => {
    expect(realmUrl("localhost", "a b/ü")).toBe("ws://localhost/ws/a%20b%2F%C3%BC");
  });

  it.each(["ftp://example.com", "http://", "ws://user:password@example.com"])("refuses %s", (text) => {
    expect(() => realmUrl(text, "realm1")).toThrow(UserError);
  });
});
