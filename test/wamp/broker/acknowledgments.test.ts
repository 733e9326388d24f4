/** PUBLISHED for stored events: it is sent after the write, and ERROR is sent if the write fails. */

import { beforeEach, describe, expect, test } from "vitest";
import { ALL_ROLES, type Client, TestRealm } from "../host/test-realm.ts";

const KEPT = "log.kept";
const STORAGE_FULL = "wamp.edge.error.storage_full";
const STORE = {
  "event-history": [{ uri: "log.", match: "prefix" }],
  retain: { decline: [{ uri: "declined" }] },
} as const;

let realm: TestRealm;
let publisher: Client;

beforeEach(() => {
  realm = new TestRealm({ store: STORE });
  publisher = realm.join("publisher");
});

let request = 0;
const publish = (topic: string, arg: unknown, options = {}, from = publisher) => {
  from.send([16, ++request, { acknowledge: true, ...options }, topic, [arg]]);
  return request;
};
const published = (of: number) => ["publisher", [17, of, expect.any(Number)]];
const refused = (of: number, why: string) => ["publisher", [8, 16, of, {}, STORAGE_FULL, [why]]];

/** Takes the recorded messages, as pairs of receiver and message type. */
const takeTypes = () => realm.take().map(([name, [type]]) => [name, type]);

/** Returns the Arguments of the answer to a CALL. */
function call(caller: Client, procedure: string, args: unknown[]): unknown[] {
  realm.take();
  caller.send([48, 1, {}, procedure, args]);
  return (realm.take().at(-1)?.[1][3] ?? []) as unknown[];
}

/** Returns the events in the history after the object has ended without notice. */
function keptAfterCrash(): unknown[] {
  realm.restart();
  const caller = realm.join("caller");
  const id = call(caller, "wamp.subscription.lookup", ["log.", { match: "prefix" }]);
  return call(caller, "wamp.subscription.get_events", id).map((event) => (event as { args: unknown[] }).args[0]);
}

/** Returns the retained events of a topic after the object has ended without notice. */
function retainedAfterCrash(topic: string, match = "exact"): unknown[] {
  realm.restart();
  const subscriber = realm.join("subscriber");
  realm.take();
  subscriber.send([32, 1, { get_retained: true, match }, topic]);
  return realm.take().flatMap(([, message]) => (message[0] === 36 ? [(message as unknown[][])[4]?.[0]] : []));
}

describe("PUBLISHED", () => {
  test("PUBLISHED for an event of a history is sent after the event is stored, together with those of other turns", () => {
    realm.isUnderLoad = true;
    const requests = [publish(KEPT, 1), publish(KEPT, 2)];
    expect(realm.take()).toStrictEqual([]);
    realm.storeGroup();
    expect(realm.take()).toStrictEqual(requests.map(published));
    expect(keptAfterCrash()).toStrictEqual([1, 2]);
  });

  test("PUBLISHED for a retained event is sent after the event is stored", () => {
    realm.isUnderLoad = true;
    const sent = publish("temperature", 21, { retain: true });
    expect(realm.take()).toStrictEqual([]);
    realm.storeGroup();
    expect(realm.take()).toStrictEqual([published(sent)]);
    expect(retainedAfterCrash("temperature")).toStrictEqual([21]);
  });

  test.each([
    ["of a topic that is not kept", "plain", {}],
    ["that is to be retained where that is declined", "declined", { retain: true }],
  ])("PUBLISHED for an event %s is sent at once, and nothing is stored", (_, topic, options) => {
    realm.isUnderLoad = true;
    expect([publish(topic, 1, options)].map(published)).toStrictEqual(realm.take());
  });

  test("PUBLISHED does not wait for unacknowledged events, which are written later", () => {
    publisher.send([16, ++request, {}, KEPT, ["lazy"]]);
    expect(realm.take()).toStrictEqual([]);
    expect(keptAfterCrash()).toStrictEqual([]);
  });

  test("PUBLISHED is sent before the GOODBYE of the publisher and before the GOODBYE of the router", () => {
    realm.isUnderLoad = true;
    const first = publish(KEPT, 1);
    publisher.send([6, {}, "wamp.close.close_realm"]);
    expect(realm.take()).toStrictEqual([published(first), ["publisher", [6, {}, "wamp.close.goodbye_and_out"]]]);
    const other = realm.join("other");
    publish(KEPT, 2, {}, other);
    const killer = realm.join("killer");
    const [session] = [...realm.realm.sessions.byId.values()];
    killer.send([48, 1, {}, "wamp.session.kill", [session!.id]]);
    expect(takeTypes().filter(([name]) => name === "other")).toStrictEqual([
      ["other", 17],
      ["other", 6],
    ]);
    expect(keptAfterCrash()).toStrictEqual([1, 2]);
  });

  test("PUBLISHED is not sent to a publisher that has left; the other publishers get theirs", () => {
    realm.isUnderLoad = true;
    const gone = realm.join("gone");
    publish(KEPT, 1, {}, gone);
    const sent = publish(KEPT, 2);
    gone.disconnect();
    realm.storeGroup();
    expect(realm.take()).toStrictEqual([published(sent)]);
    expect(keptAfterCrash()).toStrictEqual([1, 2]);
  });

  test("PUBLISHED is the first message in a session that is resumed", () => {
    realm = new TestRealm({ store: STORE, options: { resume: { time: 60 } } });
    realm.isUnderLoad = true;
    const first = realm.connect("first");
    first.send([1, "realm1", { roles: ALL_ROLES, resumable: true }]);
    const [, [, session, details]] = realm.take()[0] as [string, [number, number, { resume_token: string }]];
    const sent = publish(KEPT, 1, {}, first);
    first.disconnect();
    const second = realm.connect("second");
    const resumption = { resumable: true, "resume-session": session, "resume-token": details.resume_token };
    second.send([1, "realm1", { roles: ALL_ROLES, ...resumption }], [32, sent + 1, {}, "t"]);
    expect(takeTypes()).toStrictEqual([
      ["second", 2],
      ["second", 17],
      ["second", 33],
    ]);
  });

  test("PUBLISHED is sent before the realm sleeps", () => {
    realm.isUnderLoad = true;
    const sent = publish(KEPT, 1);
    realm.sleepAndWake();
    expect(realm.take()).toStrictEqual([published(sent)]);
  });
});

describe("while storage is full", () => {
  test("an acknowledged PUBLISH of a stored event is refused and not delivered; other topics are not affected", () => {
    const bystander = realm.join("bystander");
    for (const topic of [KEPT, "plain", "temperature"]) bystander.send([32, 1, {}, topic]);
    realm.take();
    realm.store.isFull = true;
    const requests = [publish(KEPT, 1), publish("temperature", 2, { retain: true })];
    expect(realm.take()).toStrictEqual(requests.map((each) => refused(each, "the event cannot be stored")));
    publish("plain", 3);
    expect(takeTypes()).toStrictEqual([
      ["publisher", 17],
      ["bystander", 36],
    ]);
    realm.store.isFull = false;
    publish(KEPT, 4);
    expect(takeTypes()).toStrictEqual([
      ["bystander", 36],
      ["publisher", 17],
    ]);
    expect(keptAfterCrash()).toStrictEqual([4]);
  });

  test("an unacknowledged event is delivered and not stored; events accepted earlier are written when storage has room", () => {
    const bystander = realm.join("bystander");
    bystander.send([32, 1, {}, KEPT]);
    publisher.send([16, ++request, {}, KEPT, ["before"]]);
    realm.take();
    realm.store.isFull = true;
    publisher.send([16, ++request, { retain: true }, KEPT, ["while"]]);
    expect(takeTypes()).toStrictEqual([["bystander", 36]]);
    realm.flush();
    realm.store.isFull = false;
    publish(KEPT, "after");
    expect(keptAfterCrash()).toStrictEqual(["before", "after"]);
    expect(retainedAfterCrash(KEPT)).toStrictEqual([]);
  });

  test("a subscriber to a pattern gets retained events that are not written yet", () => {
    publish("temperature.in", 1, { retain: true });
    publisher.send([16, ++request, { retain: true }, "temperature.out", [2]]);
    publisher.send([16, ++request, { retain: true }, "temperature.in", [3]]);
    realm.store.isFull = true;
    realm.take();
    publisher.send([32, 1, { get_retained: true, match: "prefix" }, "temperature."]);
    const events = realm
      .take()
      .slice(1)
      .map(([, message]) => (message as unknown[][])[4]?.[0]);
    expect(events).toStrictEqual([]); // The publisher gets no event of its own.
    const subscriber = realm.join("subscriber");
    subscriber.send([32, 1, { get_retained: true, match: "prefix" }, "temperature."]);
    expect(
      realm
        .take()
        .slice(1)
        .map(([, message]) => (message as unknown[][])[4]?.[0]),
    ).toStrictEqual([2, 3]);
  });

  test("events accepted earlier are written without another PUBLISH once storage has room", () => {
    publisher.send([16, ++request, {}, KEPT, ["before"]]);
    realm.store.isFull = true;
    realm.flush();
    realm.store.isFull = false;
    realm.flush();
    expect(keptAfterCrash()).toStrictEqual(["before"]);
  });

  test("the router logs the full storage once a minute, with the number of refusals", () => {
    realm.store.isFull = true;
    for (let n = 0; n < 5; n++) publish(KEPT, n);
    realm.advance(60_000);
    publish(KEPT, 5);
    expect(realm.logged).toStrictEqual([
      { level: "error", event: "storage.full", cause: STORAGE_FULL, refused: 1 },
      { level: "error", event: "storage.full", cause: STORAGE_FULL, refused: 5 },
    ]);
  });
});

describe("a failed write", () => {
  test("each publisher that waits for a failed write gets an ERROR, and nothing of the batch is stored", () => {
    realm.isUnderLoad = true;
    const requests = [publish(KEPT, 1), publish(KEPT, 2, { retain: true })];
    realm.store.failsNext = true;
    realm.storeGroup();
    expect(realm.take()).toStrictEqual(requests.map((each) => refused(each, "the event could not be stored")));
    const sent = publish(KEPT, 3);
    realm.storeGroup();
    expect(realm.take()).toStrictEqual([published(sent)]);
    expect(keptAfterCrash()).toStrictEqual([3]);
    expect(retainedAfterCrash(KEPT)).toStrictEqual([]);
  });

  test("a publisher gets the same ERROR if the storage turns out to be full during the write", () => {
    realm.isUnderLoad = true;
    const sent = publish(KEPT, 1);
    realm.store.isFull = true;
    realm.storeGroup();
    expect(realm.take()).toStrictEqual([refused(sent, "the event could not be stored")]);
    realm.store.isFull = false;
    realm.flush();
    expect(keptAfterCrash()).toStrictEqual([]);
  });
});
