/** Node's module `buffer`, which Workers have, too: some of its functions are quicker than what the language has. */

/** The functions in use. */
export interface NodeBuffer {
  /** Whether bytes are UTF-8. */
  isUtf8(bytes: Uint8Array): boolean;
  readonly Buffer: {
    /** Bytes that text takes in UTF-8. */
    byteLength(text: string): number;
  };
}

/** Returns the module; undefined in a browser, and in a Worker without nodejs_compat. */
export function findNodeBuffer(): NodeBuffer | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  return process?.getBuiltinModule?.("node:buffer") as NodeBuffer | undefined;
}
