/** Signed requests, with vectors from Crossbar.io's own code. */

import { expect, it } from "vitest";
import { checkSignature } from "../../../src/worker/bridge/signature.ts";

const TIMESTAMP = "2026-01-02T03:04:05.678Z";
const BODY = '{"topic": "com.test.messages", "args": [1]}';
const NOW = Date.parse(TIMESTAMP);

function check(key: string, secret: string | string[], seq: string, nonce: string, signature: string, body: string) {
  const query = new URLSearchParams({ timestamp: TIMESTAMP, seq, key, nonce, signature });
  return checkSignature(
    { key, secret: [secret].flat(), timestamp_delta_limit: 300, sign_route: false },
    query,
    new TextEncoder().encode(body),
    NOW,
    { action: "publish", realm: "realm1" },
  );
}

it.each([
  ["bazapp", "foobar", "1", "1234567890", "7fLLTi176AdqqwTX5V4zV6vNW_4J1CxKfuViU24ulNk=", BODY],
  ["bazapp", "foobar", "2", "3", "sBH_FAQ49u1_bCIBtMu-PDUbi4fLjqnpzWkmt9LVO3o=", BODY],
  [
    "myapp1",
    "kkjH68GiuUZ",
    "7",
    "9007199254740992",
    "e7kV-bIT9zz2i6N_j8YakJqIWh8GY6TSy8WZynal7Mo=",
    '{"procedure": "com.myapp.grüß", "args": ["☃"]}',
  ],
])("key %s, seq %s… is signed by %5$s", async (key, secret, seq, nonce, signature, body) => {
  const once = await check(key, secret, seq, nonce, signature, body);
  expect(once).toEqual({ id: signature, expiresAt: NOW + 300_000 });
  await expect(check(key, secret, seq, nonce, signature, `${body} `)).rejects.toMatchObject({ status: 401 });
});

it.each([
  "7fLLTi176AdqqwTX5V4zV6vNW_4J1CxKfuViU24ulNk",
  "7fLLTi176AdqqwTX5V4zV6vNW/4J1CxKfuViU24ulNk=",
  "7fLLTi176AdqqwTX5V4zV6vNW/4J1CxKfuViU24ulNk",
])("%s is the same signature in another Base64, and counts as the same", async (signature) => {
  const once = await check("bazapp", "foobar", "1", "1234567890", signature, BODY);
  expect(once?.id).toBe("7fLLTi176AdqqwTX5V4zV6vNW_4J1CxKfuViU24ulNk=");
});

it("a signature by any of several secrets is accepted, and identifies the request by itself", async () => {
  const signature = "7fLLTi176AdqqwTX5V4zV6vNW_4J1CxKfuViU24ulNk=";
  for (const secrets of [
    ["foobar", "other"],
    ["other", "foobar"],
  ]) {
    expect((await check("bazapp", secrets, "1", "1234567890", signature, BODY))?.id).toBe(signature);
  }
});

it("a signature by none of the secrets is refused, and every signature without a secret", async () => {
  const signature = "7fLLTi176AdqqwTX5V4zV6vNW_4J1CxKfuViU24ulNk=";
  for (const secrets of [["one", "other"], []]) {
    await expect(check("bazapp", secrets, "1", "1234567890", signature, BODY)).rejects.toMatchObject({ status: 401 });
  }
});
