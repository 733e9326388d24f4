/** Real time, also in a test that replaces the timers of its runner. */

const { setTimeout } = globalThis;
const setImmediate: ((act: () => void) => unknown) | undefined = globalThis.setImmediate;

/** Real time. */
export const realTime = {
  /** Resolves when all microtasks have run, and those that they have queued. */
  turn: (): Promise<void> => {
    return new Promise((resolve) => {
      if (setImmediate === undefined) setTimeout(resolve, 0);
      else setImmediate(resolve);
    });
  },

  /** Resolves after so many milliseconds; does not keep a process alive. */
  wait: (milliseconds: number): Promise<void> => {
    return new Promise((resolve) => {
      const timer: unknown = setTimeout(resolve, milliseconds);
      (timer as { unref?(): void }).unref?.();
    });
  },
};
