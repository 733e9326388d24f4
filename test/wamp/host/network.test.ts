/** The network of an address. */

import { expect, test } from "vitest";
import { networkOf } from "../../../src/wamp/host/network.ts";

test.each([
  ["203.0.113.7", "203.0.113.0/24"],
  ["::ffff:203.0.113.7", "203.0.113.0/24"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"],
  ["2001:DB8:0001::6", "2001:db8:1::/48"],
  ["2001:db8::1", "2001:db8::/48"],
  ["2001::1", "2001::/48"],
  ["::1", "::/48"],
  ["1:0:2::", "1:0:2::/48"],
])("%s is in %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test.each(["", "unknown", "1.2.3", "12345::", "::x", "203.0.113.7, 198.51.100.1", "f".repeat(100)])(
  "%s is in none",
  (address) => {
    expect(networkOf(address)).toBe(undefined);
  },
);
