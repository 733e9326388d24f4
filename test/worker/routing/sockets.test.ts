/** Upgrade requests: which realm a URL names, and what other requests to that URL are answered. */

import { exports } from "cloudflare:workers";
import { expect, it } from "vitest";
import { realmOfSocket } from "../../../src/worker/routing/sockets.ts";
import { connect } from "../socket.ts";

const UPGRADE = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };

it.each(["sockets-1", "sockets%2D1", "s%6fckets-1", "sockets-1?query=/ws/other"])(
  "the URL /ws/%s leads to the same realm",
  async (path) => {
    const client = await connect(path);
    client.send([1, "sockets-1", { roles: { caller: {} } }]);
    expect((await client.next())[0]).toBe(2);
    client.socket.close();
  },
);

it.each([
  ["GET", "/ws/", {}, 426],
  ["GET", "/ws/sockets-1", {}, 426],
  ["HEAD", "/ws/sockets-1", {}, 426],
  ["POST", "/ws/sockets-1", {}, 426],
  ["GET", "/ws/sockets-1", { Upgrade: "websocket" }, 400],
  ["GET", "/ws/sockets-1/", { Upgrade: "websocket" }, 400],
  ["GET", "/ws/sockets-1/more", UPGRADE, 404],
])("%s %s with the headers %j is answered with %d", async (method, path, headers, status) => {
  expect((await exports.default.fetch(`http://router.test${path}`, { method, headers })).status).toBe(status);
});

it.each([
  ["https://router.test/ws/realm1", "realm1"],
  ["http://router.test:8080/ws/com.example-a_b~c?x=/ws/b", "com.example-a_b~c"],
  ["http://router.test/ws/a%20b", undefined],
  ["http://router.test/ws/a/b", undefined],
  ["http://router.test/ws/", undefined],
  ["http://router.test/other/ws/realm1", undefined],
  ["http://router.test/?/ws/realm1", undefined],
])("%s names the realm %s", (url, realm) => {
  expect(realmOfSocket(new Request(url))).toBe(realm);
});
