/** Audit records of authorization, and the log line of each session that ends. */

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

it("writes session.ended with the close code of the client, or that the connection was lost", async () => {
  const info = vi.spyOn(console, "info").mockImplementation(() => {});
  const lines = () => info.mock.calls.map(([line]) => JSON.parse(line));
  for (const [index, code] of [4000, undefined].entries()) {
    const ann = await join("accounted-1");
    ann.socket.close(code);
    await vi.waitFor(() => expect(lines()).toHaveLength(index + 1));
  }
  const line = {
    ...{ realm: "accounted-1", level: "info", event: "session.ended", session: expect.any(Number) },
    ...{
      authid: expect.any(String),
      authrole: "anonymous",
      authmethod: "anonymous",
      websocket_protocol: "wamp.2.json",
    },
    ...{ seconds: expect.any(Number), messages_received: 0, messages_sent: 1 },
    ...{ bytes_received: expect.any(Number), bytes_sent: expect.any(Number) },
  };
  expect(lines()).toStrictEqual([
    { ...line, cause: "closed by the client (4000)" },
    { ...line, cause: "closed by the client" },
  ]);
  info.mockRestore();
});
