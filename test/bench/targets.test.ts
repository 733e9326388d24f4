/** The forms of `--target` of the benchmark, and what is said about those that are wrong. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canRelay, defaultTargets, OWN_FOLDER, parseTarget } from "../../bench/targets/target.ts";

const folder = mkdtempSync(join(tmpdir(), "wamp-edge-targets-"));
const pidFile = join(folder, "router.pid");
writeFileSync(pidFile, `${process.pid}\n`);
afterAll(() => rmSync(folder, { recursive: true }));

const URL = "ws://127.0.0.1:9000/ws";
const SERIALIZERS = ["json", "msgpack", "cbor"];

describe("parseTarget", () => {
  it.each([
    ["this", { kind: "checkout", name: "this", folder: OWN_FOLDER }],
    ["relay-defer", { kind: "relay", name: "relay-defer" }],
    ["core", { kind: "core", name: "core" }],
    [`base,${OWN_FOLDER}`, { kind: "checkout", name: "base", folder: OWN_FOLDER }],
    [`nexus,${URL}`, { kind: "url", name: "nexus", url: URL, pid: undefined, serializers: SERIALIZERS }],
    [
      `nexus,${URL}/{realm},${process.pid}`,
      { kind: "url", name: "nexus", url: `${URL}/{realm}`, pid: process.pid, serializers: SERIALIZERS },
    ],
    [
      `nexus,${URL},@${pidFile},json,msgpack.batched`,
      { kind: "url", name: "nexus", url: URL, pid: process.pid, serializers: ["json", "msgpack.batched"] },
    ],
    [`fox,${URL},,json`, { kind: "url", name: "fox", url: URL, pid: undefined, serializers: ["json"] }],
  ])("reads %s", (text, target) => {
    expect(parseTarget(text)).toStrictEqual(target);
  });

  it.each([
    ["nexus", "must be one of this, relay"],
    [",ws://127.0.0.1/ws", "the name before the first comma is missing"],
    ["relay,ws://127.0.0.1/ws", "the name relay is taken"],
    ["core,ws://127.0.0.1/ws", "the name core is taken"],
    ["nexus,http://127.0.0.1/ws", "http://127.0.0.1/ws is not a ws: URL such as"],
    [`nexus,${URL},abc`, "the process id must be a whole number from 1, not abc"],
    [`nexus,${URL},@${folder}/missing.pid`, "no such file"],
    [`nexus,${URL},,bson`, "the serializer must be one of json, json.batched"],
    [`base,${folder}`, "no router there"],
    [`base,${OWN_FOLDER},1`, "a folder takes neither pid nor serializers"],
  ])("refuses %s: %s", (text, reason) => {
    expect(() => parseTarget(text)).toThrow(`--target ${text}: `);
    expect(() => parseTarget(text)).toThrow(reason);
  });
});

describe("the default targets", () => {
  const relays = ["relay", "relay-parse", "relay-batch"] as const;

  it("are the relays that know the serializer, and this checkout", () => {
    const names = (serializer: string) => defaultTargets(relays, [serializer, serializer]).map(({ name }) => name);
    expect(names("json")).toStrictEqual(["relay", "relay-parse", "this"]);
    expect(names("cbor")).toStrictEqual(["relay", "this"]);
    expect(names("msgpack.batched")).toStrictEqual(["relay-batch", "this"]);
  });

  it("have no relay where messages change their serializer", () => {
    expect(canRelay("relay", ["json", "msgpack"])).toBe(false);
  });
});
