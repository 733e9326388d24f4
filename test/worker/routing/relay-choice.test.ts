/** The relays that a client may connect to, in order. */

import { describe, expect, it } from "vitest";
import { type Client, queryFault, readClient, relaysFor } from "../../../src/worker/routing/relay-choice.ts";
import type { Relays } from "../../../src/worker/routing/relay-names.ts";

const CLIENT: Client = { region: undefined, place: {}, key: "203.0.113.7" };

/** `weur.0 weur.1 apac.0`. */
function order(client: Partial<Client>, relays: Relays): string {
  return relaysFor({ ...CLIENT, ...client }, relays)
    .map(({ region, index }) => `${region}.${index}`)
    .join(" ");
}

describe("a client", () => {
  it("tries the nearest region first, then the others by distance", () => {
    const relays = { apac: 1, weur: 1, wnam: 1 };
    expect(order({ place: { continent: "SA" } }, relays)).toBe("wnam.0 weur.0 apac.0");
    expect(order({ place: { continent: "AS", country: "SG" } }, relays)).toBe("apac.0 wnam.0 weur.0");
  });

  it("of an unknown place tries the regions as they are written", () => {
    expect(order({}, { apac: 1, weur: 1 })).toBe("apac.0 weur.0");
  });

  it("that asks for a region tries it first, then those near it", () => {
    expect(order({ region: "apac", place: { continent: "EU" } }, { weur: 1, oc: 1, apac: 1 })).toBe(
      "apac.0 oc.0 weur.0",
    );
  });

  it("tries four relays of a region and eight at all", () => {
    const tried = relaysFor(CLIENT, { weur: 100, enam: 3, apac: 9 });
    expect(tried.map(({ region }) => region).join(" ")).toBe("weur weur weur weur enam enam enam apac");
  });
});

describe("the first relay of a client", () => {
  const first = (key: string, count: number) => order({ key }, { weur: count }).split(" ")[0];
  const keys = Array.from({ length: 1000 }, (_, index) => `10.0.${Math.floor(index / 256)}.${index % 256}`);

  it("is always the same", () => {
    for (const key of keys) expect(first(key, 5)).toBe(first(key, 5));
  });

  it("is each relay of the region for about as many clients", () => {
    const counts = Map.groupBy(keys, (key) => first(key, 5));
    for (const { length } of counts.values()) expect(Math.abs(length - 200)).toBeLessThan(60);
    expect(counts.size).toBe(5);
  });

  it("changes only for clients that a new relay takes over", () => {
    const moved = keys.filter((key) => first(key, 5) !== first(key, 6));
    expect(moved.every((key) => first(key, 6) === "weur.5")).toBe(true);
    expect(moved.length).toBeLessThan(230);
  });
});

describe("the clients of a group", () => {
  const at = (query: string, address: string, relays: Relays) => {
    const request = new Request(`https://router.test/ws/world${query}`, { headers: { "CF-Connecting-IP": address } });
    return relaysFor(readClient(request), relays).map(({ region, index }) => `${region}.${index}`);
  };
  const addresses = ["203.0.113.7", "198.51.100.1", "2001:db8::1"];

  it.each(["weur", "apac"])("in %s try the same relays in the same order, whatever their addresses", (region) => {
    const query = `?group=room-7&region=${region}`;
    const orders = addresses.map((address) => at(query, address, { weur: 50, apac: 50 }));
    expect(orders[0]!.slice(0, 4).join(" ")).toMatch(new RegExp(`^(${region}\\.\\d+ ?){4}$`));
    for (const order of orders) expect(order).toStrictEqual(orders[0]);
  });

  it("are spread over the relays of the region with the names of their groups", () => {
    const rooms = Array.from({ length: 1000 }, (_, room) => at(`?group=room-${room}`, addresses[0]!, { weur: 5 })[0]);
    for (const { length } of Map.groupBy(rooms, (relay) => relay).values()) {
      expect(Math.abs(length - 200)).toBeLessThan(60);
    }
  });
});

describe("the query of a request", () => {
  const fault = (query: string) =>
    queryFault(new Request(`https://router.test/ws/world${query}`), { weur: 1, apac: 2 });

  it.each(["", "?region=apac", "?group=room-7", `?group=${"x".repeat(128)}`, "?group=R%C3%A4ume%2F7&region=weur"])(
    "may be %s",
    (query) => {
      expect(fault(query)).toBeUndefined();
    },
  );

  it("has a fault if the realm has no relays in the region", () => {
    expect(fault("?region=enam")).toStrictEqual({ error: "region must be weur or apac", regions: ["weur", "apac"] });
  });

  it.each(["?group=", `?group=${"x".repeat(129)}`])(
    "has a fault if the group has no name of a valid length: %s",
    (query) => {
      expect(fault(query)).toStrictEqual({ error: "group must have 1 to 128 characters" });
    },
  );
});

describe("of a request", () => {
  const read = (headers: Record<string, string>, query = "", cf: CfProperties = {}) =>
    readClient(new Request(`https://router.test/ws/world${query}`, { headers, cf }));

  it("region, place and address are read", () => {
    const cf = { continent: "EU", country: "DE", longitude: "13.4" };
    expect(read({ "CF-Connecting-IP": "203.0.113.7" }, "?region=apac", cf)).toMatchObject({
      region: "apac",
      place: cf,
      key: "203.0.113.7",
    });
  });

  it("an IPv6 address counts by its first 64 bits, which a client keeps", () => {
    const key = read({ "CF-Connecting-IP": "2001:db8:1:2::a" }).key;
    expect(read({ "CF-Connecting-IP": "2001:DB8:1:2:ffff::b" }).key).toBe(key);
  });

  it("each connection is a client of its own where no address is known", () => {
    expect(read({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" })).toStrictEqual({
      region: undefined,
      place: {},
      key: "dGhlIHNhbXBsZSBub25jZQ==",
    });
  });
});
