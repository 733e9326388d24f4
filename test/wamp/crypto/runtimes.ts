/** Loads modules that use functions of Node where they exist, as they are with and without these. */

import { onTestFinished, vi } from "vitest";

/** For `describe.each`: a title, and the global `process`. */
export const RUNTIMES: readonly (readonly [title: string, process: unknown])[] = [
  ["with the function of Node", process],
  ["without it", undefined],
];

/** Loads a module anew, with this global `process` until the test ends. */
export function loadWith<M>(process: unknown, load: () => Promise<M>): Promise<M> {
  onTestFinished(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });
  vi.stubGlobal("process", process);
  vi.resetModules();
  return load();
}
