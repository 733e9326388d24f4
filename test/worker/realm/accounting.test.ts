/** Audit records of authorization. */

import { expect, it, vi } from "vitest";
import { join } from "../socket.ts";

it("writes one line of JSON per authorization, and none in a realm without accounting [AZ-16]", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  for (const realm of ["accounted-1", "unaccounted-1"]) {
    const ann = await join(realm);
    ann.send([48, 1, {}, "com.a"]);
    expect((await ann.next())[4]).toBe("wamp.error.no_such_procedure");
    ann.send([64, 2, {}, "wamp.a"]);
    expect((await ann.next())[4]).toBe("wamp.error.invalid_uri");
  }
  const principal = {
    realm: "accounted-1",
    session: expect.any(Number),
    authid: expect.any(String),
    authrole: "anonymous",
  };
  expect(log.mock.calls.map(([line]) => JSON.parse(line))).toStrictEqual([
    { ...principal, action: "call", uri: "com.a", match: "exact", verdict: "allowed" },
    { ...principal, action: "register", uri: "wamp.a", match: "exact", verdict: "wamp.error.invalid_uri" },
  ]);
  log.mockRestore();
});
