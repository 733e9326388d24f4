/** The import of @msgpack/msgpack, for which stack traces are off. */

import { expect, it } from "vitest";

it("leaves errors with their stack traces", async () => {
  const limit = (Error as { stackTraceLimit?: number }).stackTraceLimit;
  await import("../../../src/wamp/serializers/msgpack.ts");
  expect((Error as { stackTraceLimit?: number }).stackTraceLimit).toBe(limit);
  expect(new Error("after the import").stack).toMatch(/\n\s+at /);
});
