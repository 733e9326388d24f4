/** A message that is sent many times: encoded, framed and masked once, but for its id and its time stamp. */

import { headSize, MASK, mask, maskedFrame, writeHead } from "./frame.ts";
import { BLANK_STAMP } from "./stamp.ts";
import { LENGTH_SIZE, RECORD_SEPARATOR, type WireFormat } from "./wire-format.ts";

/** The bytes of a template for one size of the id and one phase of the mask. */
export interface Stencil {
  /** The frame, or the message's part of a batch. */
  readonly bytes: Buffer;
  /** Where the id goes. */
  readonly idAt: number;
  /** The position of the id in the frame's payload, for the mask. */
  readonly idPhase: number;
  /** Where the digits of the time stamp go; -1 without one. */
  readonly stampAt: number;
  readonly stampPhase: number;
}

/** Stands for the id while a message is encoded. No other part of a message has its bytes: 0xfe is not UTF-8. */
const ID_MARK = 0xfefe_fefe;

/** One kind of message: its type, and its elements behind the id. */
export class Template {
  readonly #format: WireFormat;
  readonly #beforeId: Buffer;
  readonly #afterId: Buffer;
  /** Where the digits of the stamp are in `#afterId`; -1 without a stamp. */
  readonly #stampAt: number;
  /** By size of the id × 4 + phase. */
  readonly #stencils: (Stencil | undefined)[] = [];

  constructor(format: WireFormat, type: number, rest: readonly unknown[]) {
    const message = format.encode([type, ID_MARK, ...rest]);
    const id = format.encode([ID_MARK]).subarray(1).subarray(0, format.idSize(ID_MARK));
    const at = message.indexOf(id);
    this.#format = format;
    this.#beforeId = message.subarray(0, at);
    this.#afterId = message.subarray(at + id.length);
    const stamp = this.#afterId.lastIndexOf(BLANK_STAMP);
    this.#stampAt = stamp < 0 ? -1 : stamp + 1;
  }

  /** Returns the bytes for an id of that size; `phase` is where in the mask a message of a batch starts, else 0. */
  stencil(idSize: number, phase: number): Stencil {
    const key = idSize * MASK.length + phase;
    this.#stencils[key] ??= this.#build(idSize, phase);
    return this.#stencils[key];
  }

  #build(idSize: number, phase: number): Stencil {
    const { batching, opcode } = this.#format;
    const payload = delimit(this.#format, Buffer.concat([this.#beforeId, Buffer.alloc(idSize), this.#afterId]));
    const head = batching === "none" ? headSize(payload.length) : 0;
    const bytes = Buffer.concat([Buffer.alloc(head), mask(payload, phase)]);
    if (batching === "none") writeHead(bytes, head, opcode, payload.length);
    const idAt = head + (batching === "binary" ? LENGTH_SIZE : 0) + this.#beforeId.length;
    const stampAt = this.#stampAt < 0 ? -1 : idAt + idSize + this.#stampAt;
    return { bytes, idAt, idPhase: phase + idAt - head, stampAt, stampPhase: phase + stampAt - head };
  }
}

/** Returns the frame of one message that is sent once. */
export function messageFrame(format: WireFormat, message: readonly unknown[]): Buffer {
  return maskedFrame(format.opcode, delimit(format, format.encode(message)));
}

/** Returns a message as a batch of one, where the format is batched. */
function delimit({ batching }: WireFormat, message: Buffer): Buffer {
  if (batching === "none") return message;
  if (batching === "text") return Buffer.concat([message, Buffer.of(RECORD_SEPARATOR)]);
  const size = Buffer.alloc(LENGTH_SIZE);
  size.writeUInt32BE(message.length);
  return Buffer.concat([size, message]);
}
