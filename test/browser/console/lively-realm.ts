/** A realm with traffic, for the console to look at: devices, a shop with procedures, a slow client, wrong logins. */

import { ChannelSession } from "../../../src/client/channel-session.ts";
import type { Login } from "../../../src/client/login.ts";
import { openWebSocket } from "../../../src/client/web-socket-channel.ts";
import { ApplicationError } from "../../../src/wamp/local/application-error.ts";

/** A name that would do harm where it became markup. */
export const MARKUP = '<img src=x onerror="document.title=1">';

/** A URI without spaces, which is valid, that would do harm where it became markup. */
export const MARKUP_TOPIC = 'com.shop.<img/src="x"/onerror="document.title=1">';

const EVERYTHING = {
  uri: "",
  match: "prefix",
  allow: { call: true, register: true, publish: true, subscribe: true },
  disclose: { caller: true, publisher: true },
};

/** HS256, of the tokens of the realm. */
export const TOKEN_KEY = "a key of thirty-two bytes, or so.";
/** 32 bytes in hex, and its public key. */
export const PRIVATE_KEY = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
const PUBLIC_KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/** One realm with every method of authentication; `ops` may use the console, `joe` may not. */
export const CONFIG = {
  version: 1,
  realms: [
    {
      name: "shop",
      roles: [
        {
          name: "operator",
          console: true,
          permissions: [
            EVERYTHING,
            ...["list", "get"].map((name) => ({ uri: `wamp.edge.role.${name}`, allow: { call: true } })),
          ],
        },
        { name: "device", permissions: [EVERYTHING] },
        { name: "guest", permissions: [{ uri: "com.shop.public.", match: "prefix", allow: { call: true } }] },
      ],
      auth: {
        anonymous: { type: "static", role: "guest" },
        ticket: {
          type: "static",
          principals: {
            ops: { ticket: "ops-ticket", role: "operator" },
            joe: { ticket: "joes-ticket", role: "device" },
            [MARKUP]: { ticket: "markup-ticket", role: "device" },
            ...Object.fromEntries(range(6).map((n) => [`sensor-${n}`, { ticket: "sensor-ticket", role: "device" }])),
            billing: { ticket: "billing-ticket", role: "device" },
          },
        },
        wampcra: { type: "static", users: { ann: { secret: "anns-secret", role: "operator" } } },
        cryptosign: { type: "static", principals: { eve: { authorized_keys: [PUBLIC_KEY], role: "operator" } } },
        jwt: { type: "static", key: TOKEN_KEY, algorithms: ["HS256"], "default-role": "operator" },
      },
      store: { "event-history": [{ uri: "com.shop.order", match: "exact", limit: 100 }] },
    },
  ],
} as const;

/** What plays in the realm until it is stopped. */
export interface LivelyRealm {
  stop(): Promise<void>;
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1);
}

/** Joins a realm at a WebSocket origin; `path` is its name, and may have a query. */
export function join(origin: string, login: Login, path = "shop"): Promise<ChannelSession> {
  return ChannelSession.open(
    {
      realm: path.split("?")[0]!,
      agent: "wamp-edge/test",
      connect: openWebSocket.bind(undefined, `${origin}/ws/${path}`),
      onThrown: (error) => {
        throw error;
      },
    },
    login,
  );
}

/** Joins as a principal of the method `ticket`. */
export function joinAs(
  origin: string,
  authid: string,
  ticket = `${authid}-ticket`,
  path?: string,
): Promise<ChannelSession> {
  return join(origin, { method: "ticket", authid, ticket }, path);
}

/** Starts devices that publish, a shop that answers calls, customers that call, and a few that log in wrongly. */
export async function startLivelyRealm(origin: string, intervalMs = 50): Promise<LivelyRealm> {
  const billing = await joinAs(origin, "billing");
  await billing.register("com.shop.invoice.create", ([order]) => ({ order, total: 42.5 }));
  await billing.register("com.shop.invoice.cancel", () => {
    throw new ApplicationError("com.shop.error.already_paid", ["the invoice is paid"]);
  });
  await billing.register("com.shop.search", async ([word]) => [`tea ${word}`, `cup ${word}`], { invoke: "roundrobin" });
  const joe = await joinAs(origin, "joe", "joes-ticket");
  await joe.register("com.shop.search", ([word]) => [`pot ${word}`], { invoke: "roundrobin" });
  await joe.subscribe("com.shop.sensor.", () => {}, { match: "prefix" });
  await joe.subscribe("com.shop..temperature", () => {}, { match: "wildcard" });
  await joe.subscribe("com.shop.order", () => {});
  const odd = await joinAs(origin, MARKUP, "markup-ticket");
  await odd.subscribe(
    "com.shop.announcement.for.all.customers.who.like.very.long.addresses.of.topics.in.tables",
    () => {},
  );
  const sensors = await Promise.all(range(6).map((n) => joinAs(origin, `sensor-${n}`, "sensor-ticket")));
  for (const authid of ["joe", "mallory"]) await joinAs(origin, authid, "wrong").catch(() => {});
  let tick = 0;
  const timer = setInterval(() => {
    tick++;
    const sensor = sensors[tick % sensors.length]!;
    const ignore = (): void => {};
    sensor.publish(`com.shop.sensor.${tick % 6}.temperature`, [20 + (tick % 7), MARKUP]).catch(ignore);
    if (tick % 2 === 0) sensor.call("com.shop.search", [tick]).catch(ignore);
    if (tick % 5 === 0) sensor.publish("com.shop.order", [{ order: tick }], {}, { retain: true }).catch(ignore);
    if (tick % 9 === 0) sensor.call("com.shop.invoice.cancel").catch(ignore);
    if (tick % 11 === 0) sensor.call("com.shop.invioce.create", [tick]).catch(ignore);
  }, intervalMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all([billing, joe, odd, ...sensors].map((session) => session.disconnect()));
    },
  };
}
