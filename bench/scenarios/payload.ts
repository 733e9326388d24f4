/** Arguments of the messages that scenarios send. */

import { BLANK_STAMP } from "../client/stamp.ts";
import type { Settings } from "./settings.ts";

/** Returns Arguments of about that many bytes of JSON; a stamp, if wanted, is the last thing in them. */
export function makeArguments({ payload, shape }: Settings, isStamped = false): readonly unknown[] {
  const stamp = isStamped ? BLANK_STAMP : "";
  const size = Math.max(0, payload - stamp.length);
  if (shape === "text") return [`${"x".repeat(size)}${stamp}`];
  return isStamped ? [smallObjects(size), stamp] : [smallObjects(size)];
}

function smallObjects(size: number): readonly unknown[] {
  const objects: unknown[] = [];
  let bytes = 2;
  for (let index = 0; bytes < size; index++) {
    const object = { id: 1000 + index, name: `item ${100 + (index % 900)}`, on: index % 2 === 0 };
    objects.push(object);
    bytes += JSON.stringify(object).length + 1;
  }
  return objects;
}
