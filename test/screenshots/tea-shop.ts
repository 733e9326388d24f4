/** A realm as a user has it: a chain of tea shops with tills, sensors, displays, suppliers, and what goes wrong there. */

import { readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import { WebSocket } from "ws";
import type { Channel, Connect } from "../../src/client/channel.ts";
import { ChannelSession } from "../../src/client/channel-session.ts";
import { openWebSocket } from "../../src/client/web-socket-channel.ts";
import { ApplicationError } from "../../src/wamp/local/application-error.ts";

/** Name of the realm. */
export const REALM = "teashop";

const TICKET = "a ticket for tests";

const CALL = { call: true };
const SHOW = { caller: true, publisher: true };

/** The role of docs/console.md, which may use all pages of the console. */
const OPERATOR_ROLE = roleOf("../../docs/console.md");

function roleOf(page: string): { readonly permissions: readonly object[] } {
  const text = readFileSync(joinPath(import.meta.dirname, page), "utf8");
  return JSON.parse(/```json config\n(.+?)```/s.exec(text)![1]!);
}

/** Roles of the realm, as an owner of shops would write them. */
const ROLES = [
  {
    ...OPERATOR_ROLE,
    permissions: [
      ...OPERATOR_ROLE.permissions,
      {
        uri: "com.teashop.",
        match: "prefix",
        allow: { call: true, publish: true, subscribe: true, register: true },
        disclose: SHOW,
      },
    ],
  },
  {
    name: "service",
    permissions: [
      {
        uri: "com.teashop.",
        match: "prefix",
        allow: { call: true, register: true, publish: true, subscribe: true },
        disclose: SHOW,
      },
    ],
  },
  {
    name: "cashier",
    permissions: [
      { uri: "com.teashop.order.", match: "prefix", allow: { call: true, subscribe: true } },
      { uri: "com.teashop.stock.get", match: "exact", allow: CALL },
      { uri: "com.teashop.payment.charge", match: "exact", allow: CALL },
      { uri: "com.teashop.price.changed", match: "exact", allow: { subscribe: true } },
    ],
  },
  {
    name: "device",
    permissions: [
      { uri: "com.teashop.sensor.", match: "prefix", allow: { publish: true } },
      { uri: "com.teashop.display.", match: "prefix", allow: { register: true } },
      { uri: "com.teashop..changed", match: "wildcard", allow: { subscribe: true } },
      { uri: "com.teashop.order.placed", match: "exact", allow: { subscribe: true } },
    ],
  },
  {
    name: "web",
    permissions: [
      { uri: "com.teashop.catalog.", match: "prefix", allow: CALL },
      { uri: "com.teashop.price.changed", match: "exact", allow: { subscribe: true } },
    ],
  },
];

const SHOPS = ["hamburg", "lisbon", "porto"] as const;
const SENSORS = SHOPS.flatMap((shop) => [`${shop}-cellar`, `${shop}-fridge`]);
const DISPLAYS = SHOPS.map((shop) => `display-${shop}`);
const CASHIERS = ["ana", "joe", "mika"];

function principals(role: string, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, { ticket: TICKET, role }]));
}

/** The configuration; `ops` may use the console. */
export const CONFIG = {
  version: 1,
  realms: [
    {
      name: REALM,
      roles: ROLES,
      auth: {
        ticket: {
          type: "static",
          principals: {
            ...principals("operator", ["ops"]),
            ...principals("service", ["orders", "payments", "catalog-1", "catalog-2", "dashboard", "ledger"]),
            ...principals("cashier", CASHIERS),
            ...principals("device", [...SENSORS, ...DISPLAYS]),
          },
        },
        anonymous: { type: "static", role: "web" },
      },
      options: { call_timeout: { default: 15_000 } },
      limits: { outgoing_bytes: 4_000_000 },
      store: {
        "event-history": [
          { uri: "com.teashop.order.placed", match: "exact", limit: 200 },
          { uri: "com.teashop.sensor.", match: "prefix", limit: 500 },
        ],
      },
    },
  ],
} as const;

/** Plays until it is stopped. */
export interface TeaShop {
  stop(): Promise<void>;
}

/** Logs in; `authid` undefined is a customer on the web. */
function join(origin: string, agent: string, authid?: string, ticket = TICKET, connect?: Connect) {
  return ChannelSession.open(
    {
      realm: REALM,
      agent,
      connect: connect ?? openWebSocket.bind(undefined, `${origin}/ws/${REALM}`),
      onThrown: (error) => {
        throw error;
      },
    },
    authid === undefined ? { method: "anonymous" } : { method: "ticket", authid, ticket },
  );
}

/** Logs in as the operator of the console. */
export const OPERATOR = { authid: "ops", ticket: TICKET };

const TEAS = [
  ["Assam Mangalam", 11.9],
  ["Darjeeling First Flush", 18.5],
  ["Earl Grey", 8.9],
  ["Genmaicha", 9.8],
  ["Gyokuro", 29.0],
  ["Jasmine Pearls", 16.4],
  ["Lapsang Souchong", 12.2],
  ["Sencha Fukamushi", 14.6],
] as const;

/** Milliseconds between two customers. */
const VISIT_MS = 7_000;

/** Calls and publications fail where the realm refuses them, which is part of the picture. */
function ignore(): void {}

/** Starts all clients. `intervalMs` is the time between two steps of the traffic. */
export async function openTeaShop(origin: string, intervalMs = 100): Promise<TeaShop> {
  const services = await openServices(origin);
  const stalled = await openDisplays(origin);
  const cashiers = await Promise.all(CASHIERS.map((name) => join(origin, "till/3.2 (android)", name)));
  const sensors = await Promise.all(SENSORS.map((name) => join(origin, "thermo/1.4", name)));
  const customers = await Promise.all(Array.from({ length: 8 }, () => visit(origin)));
  for (const each of cashiers) await each.subscribe("com.teashop.price.changed", ignore);
  for (const [authid, ticket] of [
    ["mika", "tea-2024"],
    ["admin", "admin"],
    ["lisbon-cellar", "expired ticket"],
  ] as const)
    await join(origin, "unknown", authid, ticket).catch(ignore);
  const timer = setInterval(trade({ services, cashiers, sensors, customers }), intervalMs);
  const stopVisits = startVisits(origin, customers);
  return {
    stop: async () => {
      clearInterval(timer);
      stalled();
      await stopVisits();
      const all = [...services, ...cashiers, ...sensors, ...customers];
      await Promise.all(all.map((session) => session.disconnect()));
    },
  };
}

/** Logs in as a customer on the web. */
async function visit(origin: string): Promise<ChannelSession> {
  const customer = await join(origin, "web/2026.11");
  await customer.subscribe("com.teashop.price.changed", ignore);
  return customer;
}

/** Customers leave and others come; now and then a stranger guesses a password. Returns a function that ends this. */
function startVisits(origin: string, customers: ChannelSession[]): () => Promise<unknown> {
  let visits = 0;
  let current: Promise<unknown> = Promise.resolve();
  const next = async (): Promise<void> => {
    const index = visits++ % customers.length;
    const former = customers[index]!;
    customers[index] = await visit(origin);
    await (visits % 3 === 0 ? former.disconnect() : former.leave());
    if (visits % 9 === 4) await join(origin, "python-requests/2.31", "root", `guess ${visits}`).catch(ignore);
  };
  const timer = setInterval(() => {
    current = current.then(next);
  }, VISIT_MS);
  return () => {
    clearInterval(timer);
    return current;
  };
}

interface Clients {
  readonly services: readonly ChannelSession[];
  readonly cashiers: readonly ChannelSession[];
  readonly sensors: readonly ChannelSession[];
  readonly customers: readonly ChannelSession[];
}

/** Returns one step of the traffic: more sensors and customers than orders, and mistakes now and then. */
function trade({ services, cashiers, sensors, customers }: Clients): () => void {
  let step = 0;
  const nth = <T>(list: readonly T[], n = step): T => list[n % list.length]!;
  const every = (steps: number): boolean => step % steps === 0;
  return () => {
    step++;
    const [name] = nth(TEAS, step * 7);
    const [shop, place] = nth(SENSORS).split("-");
    const warmth = place === "fridge" ? 4 : 17;
    const reading = { celsius: warmth + (step % 13) / 10, humidity: 55 + (step % 9), battery: 97 - (step % 5) };
    const order = {
      order: 41_000 + step,
      shop: nth(SHOPS, step * 5 + (step >> 3)),
      tea: name,
      grams: 50 * (1 + (step % 4)),
    };
    const isBusy = noiseAt(step) < demandAt(step);
    nth(sensors).publish(`com.teashop.sensor.${shop}.${place}`, [], reading, { retain: true }).catch(ignore);
    if (isBusy)
      nth(customers)
        .call("com.teashop.catalog.search", [name.slice(0, 4).toLowerCase()])
        .catch(ignore);
    if (isBusy && every(3)) nth(cashiers).call("com.teashop.order.place", [], order).catch(ignore);
    if (every(4)) nth(cashiers).call("com.teashop.stock.get", [name], {}).catch(ignore);
    if (every(7)) nth(cashiers).call("com.teashop.payment.charge", [order.order, 12.4]).catch(ignore);
    if (every(50)) cashiers[1]!.call("com.teashop.payment.refund", [order.order]).catch(ignore);
    if (every(80)) services[5]!.call("com.teashop.ledger.bok", [order.order]).catch(ignore);
    if (every(60)) services[0]!.publish("com.teashop.price.changed", [name, 9.9 + (step % 7)], {}, { retain: true });
    if (every(170)) services[5]!.publish("com.teashop.stok.low", [name]).catch(ignore);
  };
}

/** Customers come in waves: part of the steps in which one searches, 0 to 1. */
function demandAt(step: number): number {
  return 0.55 + 0.25 * Math.sin(step / 900) + 0.15 * Math.sin(step / 260 + 1);
}

/** A number from 0 to 1 that looks random, and is the same in each run. */
function noiseAt(step: number): number {
  const value = Math.sin(step * 12.9898) * 43_758.5453;
  return value - Math.floor(value);
}

/** Services that answer calls, and those that follow events. */
async function openServices(origin: string): Promise<ChannelSession[]> {
  const names = ["orders", "payments", "catalog-1", "catalog-2", "dashboard", "ledger"];
  const services = await Promise.all(names.map((name) => join(origin, "node/24 wamp-edge", name)));
  const [orders, payments, first, second, dashboard, ledger] = services as [
    ChannelSession,
    ChannelSession,
    ChannelSession,
    ChannelSession,
    ChannelSession,
    ChannelSession,
  ];
  await orders.register("com.teashop.order.place", (_, order) => {
    orders.publish("com.teashop.order.placed", [], { ...order, at: new Date().toISOString() }).catch(ignore);
    return { accepted: true, order: order.order };
  });
  await orders.register("com.teashop.stock.get", ([tea]) => ({ tea, grams: 50 * (String(tea).length % 40) }));
  await payments.register("com.teashop.payment.charge", async ([order]) => {
    await new Promise((resolve) => setTimeout(resolve, 20 + (Number(order) % 7) * 12));
    if (Number(order) % 9 === 0)
      throw new ApplicationError("com.teashop.error.card_declined", ["the card was declined"]);
    return { receipt: `R-${order}` };
  });
  await payments.register("com.teashop.payment.refund", ([order]) => ({ refunded: order }));
  for (const catalog of [first, second]) {
    const search = ([word]: readonly unknown[]) => TEAS.filter(([tea]) => tea.toLowerCase().includes(String(word)));
    await catalog.register("com.teashop.catalog.search", search, { invoke: "roundrobin" });
  }
  await ledger.register("com.teashop.ledger.book", ([order]) => ({ booked: order }));
  await ledger.register("com.teashop.report.", () => [], { match: "prefix" });
  await ledger.subscribe("com.teashop.order.", ignore, { match: "prefix" });
  await ledger.subscribe("com.teashop.stock.low", ignore);
  await dashboard.subscribe("com.teashop.sensor.", ignore, { match: "prefix" });
  await dashboard.subscribe("com.teashop.sensor..fridge", ignore, { match: "wildcard" });
  await dashboard.subscribe("com.teashop.order.placed", ignore);
  return services;
}

/**
 * Displays in the windows of the shops: they show orders. The last one stops reading, once it has proved that it read.
 * Returns a function that ends them.
 */
async function openDisplays(origin: string): Promise<() => void> {
  const ends = await Promise.all(
    DISPLAYS.map(async (name) => {
      const { connect, socket } = pausable(`${origin}/ws/${REALM}`);
      const display = await join(origin, "display/0.9 (esp32)", name, TICKET, connect);
      const shop = name.split("-")[1]!;
      await display.register(`com.teashop.display.${shop}.show`, () => true);
      await display.subscribe("com.teashop.order.placed", ignore);
      return { name, display, socket, procedure: `com.teashop.display.${shop}.show` };
    }),
  );
  const dashboard = await join(origin, "signage/1.0", "dashboard");
  const picture = "#".repeat(20_000);
  const show = (procedure: string): Promise<unknown> => dashboard.call(procedure, [picture]).catch(ignore);
  for (const { procedure } of ends) await show(procedure);
  const slow = ends.at(-1)!;
  slow.socket().pause();
  // As many bytes as make a session slow, at once.
  for (let count = 0; count < 5; count++) void show(slow.procedure);
  const timer = setInterval(() => ends.forEach(({ procedure }) => void show(procedure)), 10_000);
  return () => {
    clearInterval(timer);
    for (const { socket } of ends) socket().terminate();
    dashboard.disconnect().catch(ignore);
  };
}

/** Opens the WebSocket of a client that can stop reading. */
function pausable(url: string): { readonly connect: Connect; socket(): WebSocket } {
  let socket: WebSocket;
  const connect: Connect = (receiver) => {
    socket = new WebSocket(url, "wamp.2.json");
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("message", (data) => receiver.onText(String(data)));
    socket.on("close", (code, reason) => receiver.onClose(code, String(reason)));
    const channel: Channel = {
      send: (text) => socket.send(text),
      close: () => {
        socket.close();
        return closed;
      },
    };
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(channel));
      socket.once("error", reject);
    });
  };
  return { connect, socket: () => socket };
}
