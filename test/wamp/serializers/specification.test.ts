/** The specification's own samples, where they lie beside the project; nothing of them is part of it. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Message } from "../../../src/wamp/protocol/message.ts";
import { Payload } from "../../../src/wamp/protocol/payload.ts";
import type { Frame, Serializer } from "../../../src/wamp/serializers/serializer.ts";
import { bytes, decoded, hex, PAIRS, payloadOf, plain, SERIALIZERS } from "./samples.ts";

const FOLDER = join(import.meta.dirname, "../../../../shared/wamp-vectors/singlemessage");
const HAS_SAMPLES = existsSync(FOLDER);

interface Form {
  readonly bytes_hex: string;
}
interface Sample {
  readonly description: string;
  readonly serializers?: { readonly [name: string]: readonly Form[] };
  readonly expected_attributes?: { readonly [name: string]: unknown };
}
interface SampleFile {
  readonly wamp_message_type: string;
  readonly wamp_message_code: number;
  readonly samples: readonly Sample[];
}

/** Message name → the names the samples give to its elements, in order; a list holds the aliases of one. */
const ELEMENTS: { readonly [message: string]: readonly (readonly string[])[] } = {
  HELLO: [["realm"], ["details"]],
  WELCOME: [["session_id"], ["details"]],
  ABORT: [["details"], ["reason"]],
  CHALLENGE: [["method"], ["extra"]],
  AUTHENTICATE: [["signature"], ["extra"]],
  GOODBYE: [["details"], ["reason"]],
  ERROR: [["request_type"], ["request_id"], ["details"], ["error"]],
  PUBLISH: [["request_id"], ["options"], ["topic"], ["args", "payload"], ["kwargs"]],
  PUBLISHED: [["request_id"], ["publication_id"]],
  SUBSCRIBE: [["request_id"], ["options"], ["topic"]],
  SUBSCRIBED: [["request_id"], ["subscription_id"]],
  UNSUBSCRIBE: [["request_id"], ["subscription_id"]],
  UNSUBSCRIBED: [["request_id"]],
  EVENT: [["subscription"], ["publication"], ["details"], ["args", "payload"], ["kwargs"]],
  EVENT_RECEIVED: [["publication_id"]],
  CALL: [["request_id"], ["options"], ["procedure"], ["args"], ["kwargs"]],
  CANCEL: [["request_id"], ["options"]],
  RESULT: [["request_id"], ["details"], ["args"], ["kwargs"]],
  REGISTER: [["request_id"], ["options"], ["procedure"]],
  REGISTERED: [["request_id"], ["registration_id"]],
  UNREGISTER: [["request_id"], ["registration_id"]],
  UNREGISTERED: [["request_id"]],
  INVOCATION: [["request_id"], ["registration_id"], ["details"], ["args"], ["kwargs"]],
  INTERRUPT: [["request_id"], ["options"]],
  YIELD: [["request_id"], ["options"], ["args"], ["kwargs"]],
};

describe.skipIf(!HAS_SAMPLES)(
  HAS_SAMPLES
    ? "the specification's samples"
    : "the specification's samples (skipped: no folder ../shared/wamp-vectors)",
  () => {
    const cases = HAS_SAMPLES ? samples() : [];

    test("there are 35 of them, 129 forms altogether", () => {
      expect(cases).toHaveLength(35);
      expect(
        cases.flatMap(([, , sample]) => SERIALIZERS.flatMap(({ name }) => sample.serializers?.[name] ?? [])),
      ).toHaveLength(129);
    });

    test.each(cases)(
      "%s: every form is the same message, with the attributes named [SER-26]",
      (_name, file, sample) => {
        const messages = SERIALIZERS.flatMap((serializer) =>
          formsOf(sample, serializer).map((frame) => plain(decoded(serializer, frame))),
        );
        for (const message of messages) {
          expect(message).toStrictEqual(messages[0]);
          expect(message[0]).toBe(file.wamp_message_code);
          expectAttributes(file, sample, message);
        }
      },
    );

    test.each(cases)(
      "%s: what is written is one of the forms, whatever was read [SER-01][SER-26]",
      (_name, _file, sample) => {
        for (const [from, to] of PAIRS) {
          const accepted = formsOf(sample, to).map(comparable);
          for (const frame of formsOf(sample, from)) {
            const message = decoded(from, frame) as unknown as Message;
            expect(accepted).toContain(comparable(to.encode(message)));
            expect(accepted).toContain(comparable(to.encode(withoutRawPayload(message))));
          }
        }
      },
    );
  },
);

function samples(): [name: string, file: SampleFile, sample: Sample][] {
  const names = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".json"));
  return names.sort().flatMap((name) => {
    const file = JSON.parse(readFileSync(join(FOLDER, name), "utf8")) as SampleFile;
    const serializable = file.samples.filter((sample) => sample.serializers !== undefined);
    return serializable.map((sample): [string, SampleFile, Sample] => [`${name}, ${sample.description}`, file, sample]);
  });
}

function formsOf(sample: Sample, { name, isBinary }: Serializer): Frame[] {
  const forms = (sample.serializers?.[name] ?? []).map((form) => bytes(form.bytes_hex));
  return isBinary ? forms : forms.map((form) => new TextDecoder().decode(form));
}

function comparable(frame: Frame): string {
  return typeof frame === "string" ? frame : hex(frame);
}

/** The message as if the router had made it: nothing is forwarded byte for byte. */
function withoutRawPayload(message: Message): Message {
  if (!message.some((element) => element instanceof Payload)) return message;
  const { length, args, kwargs, values } = payloadOf(message);
  // Payload transparency puts bytes in the place of Arguments, which the router never makes itself.
  if (length === 0 || !Array.isArray(values.args)) return message;
  return message.map((element) =>
    element instanceof Payload ? Payload.of(args, kwargs) : element,
  ) as unknown as Message;
}

/** Attributes that are no element of the message (say, `roles`) are keys of its details or options. */
function expectAttributes(file: SampleFile, sample: Sample, message: readonly unknown[]): void {
  const elements = ELEMENTS[file.wamp_message_type] ?? expect.fail(`no elements for ${file.wamp_message_type}`);
  for (const [name, expected] of Object.entries(sample.expected_attributes ?? {})) {
    if (name === "message_type") expect(expected).toBe(message[0]);
    else expect(attribute(elements, message, name), name).toStrictEqual(expected ?? undefined);
  }
}

function attribute(elements: readonly (readonly string[])[], message: readonly unknown[], name: string): unknown {
  const index = elements.findIndex((aliases) => aliases.includes(name));
  if (index < 0) {
    const options = message.slice(1).find((element) => typeof element === "object" && !Array.isArray(element));
    return (options as Record<string, unknown> | undefined)?.[name];
  }
  const value = message[index + 1];
  // Of bytes in the place of Arguments the samples say `args: null` and `payload: "<hex>"`.
  if (name === "args") return value instanceof Uint8Array ? undefined : value;
  if (name === "payload") return value instanceof Uint8Array ? hex(value) : undefined;
  return value;
}
