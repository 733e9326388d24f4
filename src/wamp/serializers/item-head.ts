/** What the first byte of an item of MessagePack or CBOR tells. */

/** What the header of an encoded item announces. `SCALAR` is a number, boolean, null or other single value. */
export const Kind = { SCALAR: 0, TEXT: 1, BYTES: 2, EXTENSION: 3, LIST: 4, DICT: 5, TAG: 6 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** First byte of an item → 0, or its kind × 256 + its size + 1. */
export type HeadTable = Uint16Array;

/** The entry of a table. */
export function head(kind: Kind, size: number): number {
  return (kind << 8) | (size + 1);
}
