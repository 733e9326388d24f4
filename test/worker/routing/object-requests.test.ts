/** WebSockets to a realm's object: only a ticket selects a role without HELLO. */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { connectClient, cookiePathIn, ticketIn, ticketRequest } from "../../../src/worker/routing/object-requests.ts";
import { Tickets } from "../../../src/worker/routing/tickets.ts";

const UPGRADE = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "wamp.2.json" };

/** The first message of a socket that subscribes without HELLO. */
async function answerWithoutHello(request: Request): Promise<unknown> {
  const { webSocket, status } = await env.REALM.getByName("watched-tickets").fetch(request);
  if (webSocket === null) return status;
  const answer = new Promise((resolve) => {
    webSocket.addEventListener("message", ({ data }) => resolve(JSON.parse(String(data))));
  });
  webSocket.accept();
  webSocket.send('[32,1,{},"news.today"]');
  const [type] = (await answer) as [number];
  webSocket.close();
  return type;
}

/** An object that keeps the requests it gets. */
function recordingObject() {
  const requests: Request[] = [];
  const fetch: Fetcher["fetch"] = async (...request) => {
    requests.push(new Request(...request));
    return new Response();
  };
  return { requests, object: { fetch } };
}

describe("a WebSocket to a realm's object", () => {
  it.each([
    ["a path", "https://realm/watch/trusted", {}],
    ["another path", "https://realm/callee/1", {}],
    ["a query", "https://realm/client?ticket=trusted&role=trusted&kind=watcher", {}],
    ["a header", "https://realm/client", { "X-Ticket": "trusted", Ticket: "trusted", Role: "trusted" }],
  ])("without HELLO has no session, whatever %s says", async (_, url, more) => {
    expect(await answerWithoutHello(new Request(url, { headers: { ...UPGRADE, ...more } }))).toBe(3);
  });

  it("with a ticket has the session of its role, once", async () => {
    const ticket = await env.REALM.getByName("watched-tickets").watcherTicket("watcher");
    expect(await answerWithoutHello(ticketRequest(ticket))).toBe(2);
    expect(await answerWithoutHello(ticketRequest(ticket))).toBe(410);
  });

  it.each(["", "trusted", "A".repeat(22)])("with the ticket %j, which was not issued, is refused", async (ticket) => {
    expect(await answerWithoutHello(ticketRequest(ticket))).toBe(410);
  });
});

describe("the upgrade request of a client", () => {
  it.each([
    "http://x/watch/trusted?/ws",
    "https://realm/ticket?ticket=guess",
    "http://x//ticket?ticket=guess#/ws",
    "https://realm/client?cookie_path=/&ticket=guess",
  ])("to %s keeps nothing of that URL but its scheme", async (url) => {
    const { requests, object } = recordingObject();
    await connectClient(object, new Request(url, { headers: UPGRADE }), "/ws/a?ticket=b");
    const request = requests[0]!;
    expect(request.url).toBe(`${new URL(url).protocol}//realm/client?cookie_path=%2Fws%2Fa%3Fticket%3Db`);
    expect(ticketIn(request)).toBe(undefined);
    expect(cookiePathIn(request)).toBe("/ws/a?ticket=b");
    expect(request.headers.get("Sec-WebSocket-Protocol")).toBe("wamp.2.json");
  });
});

describe("a ticket", () => {
  it("can be redeemed once, within a minute", () => {
    const tickets = new Tickets<string>();
    const [first, second, third] = [0, 1, 2].map((now) => tickets.issue(`holder ${now}`, now));
    expect(new Set([first, second, third]).size).toBe(3);
    expect(tickets.redeem(first!, 59_999)).toBe("holder 0");
    expect(tickets.redeem(first!, 59_999)).toBe(undefined);
    expect(tickets.redeem(second!, 60_001)).toBe(undefined);
    tickets.issue("holder 4", 60_002);
    expect(tickets.redeem(third!, 0)).toBe(undefined);
  });
});
