/** Leaves the globals, which the files of a project without isolation share, as a file has found them. */

import { afterAll, vi } from "vitest";

afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
