/** The Durable Object of one webhook of one realm: delivers events, with retries, while the realm sleeps. */

import { DurableObject } from "cloudflare:workers";
import { type LogLine, thrown } from "../../wamp/host/log-line.ts";
import type { Uri } from "../../wamp/protocol/values.ts";
import { deploymentOf } from "../config/deployment.ts";
import { realmFor } from "../config/realm-lookup.ts";
import type { WebhookOutConfig } from "../config/webhook-config.ts";
import type { Env } from "../platform/env.ts";
import { writeLog } from "../platform/log.ts";
import { isDiskFull, untilWritable } from "../storage/free-space.ts";
import { openStorage } from "../storage/schema.ts";
import { Tables } from "../storage/tables.ts";
import type { DeadLetter } from "./dead-letter.ts";
import { deliver, retryDelay, type Verdict } from "./delivery.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { readBatch, type WebhookBatch } from "./webhook-batch.ts";

/** Topics delivered concurrently: the platform's limit of connections per event. */
const LANES = 6;
/** Events of one topic before other topics are served. */
const TURN = 20;
/** Milliseconds per alarm, which the platform ends after 15 minutes; the next alarm continues. */
const RUN_MS = 300_000;
/** Milliseconds between checks for topics that become due during deliveries. */
const LOOK_MS = 1_000;
/** Milliseconds until the next attempt if the configuration is faulty or storage fails. */
const TROUBLE_MS = 60_000;
/** Characters of a body in the queue of dead letters, whose messages are limited to 128 kB. */
const MOST_QUEUED = 40_000;

const NOT_CONFIGURED: Verdict = { kind: "dead", reason: "the configuration has no such webhook" };

/** Stores events only: URL and secret are read from the configuration at each delivery. */
export class WebhookObject extends DurableObject<Env> {
  readonly #opened: DeliveryQueue | undefined;
  /** Why the storage cannot be used. */
  readonly #fault: string | undefined;
  readonly #realm: string;
  readonly #name: string;
  #isRunning = false;
  #wake = (): void => {};

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    [this.#realm, this.#name] = JSON.parse(ctx.id.name ?? "[]") as [string, string];
    const tables = new Tables(ctx.storage.sql);
    this.#fault = openStorage(ctx.storage, tables, []);
    if (this.#fault !== undefined) return;
    this.#opened = new DeliveryQueue(ctx.storage.sql, (line) => this.#log(line));
    if (tables.storedSchema() === undefined) tables.writeSchema();
  }

  /** Stores a batch; resolves once it is stored. A duplicate has no effect. */
  async accept(batch: WebhookBatch): Promise<void> {
    if (isDiskFull()) throw new Error("the disk is full");
    const now = Date.now();
    const read = readBatch(batch, now, (line) => this.#log(line));
    const lost = this.ctx.storage.transactionSync(() => this.#queue.accept(read, now));
    await this.#setAlarm();
    await this.#report(lost);
  }

  /** The tables; throws if a newer version of the router has written them. */
  get #queue(): DeliveryQueue {
    if (this.#opened === undefined) throw new Error(this.#fault);
    return this.#opened;
  }

  /** Dead letters with ids above `after`, oldest first. */
  deadLetters(after: number, limit: number): DeadLetter[] {
    return this.#queue.deadLetters(after, limit);
  }

  /** Makes dead letters pending again, by default all of them; resolves to their number. */
  async redeliver(ids?: readonly number[]): Promise<number> {
    const count = this.ctx.storage.transactionSync(() => this.#queue.redeliver(ids, Date.now()));
    await this.#setAlarm();
    return count;
  }

  override async alarm(): Promise<void> {
    const { config, faults } = deploymentOf(this.env);
    if (faults.length > 0) return this.ctx.storage.setAlarm(Date.now() + TROUBLE_MS);
    const webhook = realmFor(config, this.#realm)?.webhooks_out?.find(({ name }) => name === this.#name);
    this.#isRunning = true;
    try {
      await untilWritable();
      await this.#run(webhook);
      this.#isRunning = false;
      await this.#setAlarm();
    } catch (error) {
      this.#log({ level: "error", event: "webhook.failed", ...thrown(error) });
      await this.ctx.storage.setAlarm(Date.now() + TROUBLE_MS);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Wakes a running alarm, which sets the next one when it ends, or sets an alarm. */
  async #setAlarm(): Promise<void> {
    if (this.#isRunning) return this.#wake();
    const { dueAt } = this.#queue;
    if (dueAt !== undefined) await this.ctx.storage.setAlarm(dueAt);
  }

  /** Serves all topics that are or become due, concurrently, so that a slow topic delays no other. */
  async #run(webhook: WebhookOutConfig | undefined): Promise<void> {
    const endsAt = Date.now() + RUN_MS;
    const turns = new Map<Uri, Promise<void>>();
    const faults: unknown[] = [];
    for (;;) {
      const isOver = Date.now() >= endsAt || faults.length > 0;
      const due = isOver ? [] : this.#queue.due(Date.now(), LANES + turns.size);
      for (const topic of due.filter((topic) => !turns.has(topic)).slice(0, LANES - turns.size)) {
        const turn = this.#turn(topic, webhook, endsAt).catch((error: unknown) => void faults.push(error));
        turns.set(
          topic,
          turn.then(() => {
            turns.delete(topic);
            this.#wake();
          }),
        );
      }
      if (turns.size === 0) break;
      await this.#waitForWake();
    }
    if (faults.length > 0) throw faults[0];
  }

  /** Waits for `#wake`, at most LOOK_MS. */
  async #waitForWake(): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, LOOK_MS);
    });
    clearTimeout(timer);
  }

  /** Delivers the next events of a topic, up to TURN, until one fails. */
  async #turn(topic: Uri, webhook: WebhookOutConfig | undefined, endsAt: number): Promise<void> {
    for (let count = 0; count < TURN && Date.now() < endsAt; count++) {
      await untilWritable();
      const event = this.#queue.head(topic);
      if (event === undefined) return;
      const verdict = webhook === undefined ? NOT_CONFIGURED : await deliver(webhook, event, Date.now());
      const now = Date.now();
      const tries = event.tries + 1;
      if (verdict.kind === "delivered") this.#queue.delivered(event, now);
      else if (verdict.kind === "dead" || webhook === undefined || tries > webhook.retries) {
        await this.#report([this.#queue.giveUp({ ...event, tries }, verdict.reason, now)]);
      } else {
        const wait = Math.max(retryDelay(tries, Math.random()), verdict.waitMs ?? 0);
        return this.#queue.postpone(topic, tries, now + wait);
      }
    }
    this.#queue.postpone(topic, 0, Date.now());
  }

  /** Logs dead letters and sends them to their queue. The table keeps them, so a failing queue loses none. */
  async #report(letters: readonly DeadLetter[]): Promise<void> {
    for (const { body, ...letter } of letters) {
      const { publication, reason } = letter;
      this.#log({ level: "error", event: "webhook.abandoned", cause: reason, publication });
      const told = {
        realm: this.#realm,
        webhook: this.#name,
        ...letter,
        body: body.length > MOST_QUEUED ? null : body,
      };
      await this.env.WEBHOOK_DEAD_LETTERS?.send(told).catch((error: unknown) => {
        this.#log({ level: "error", event: "queue.failed", queue: "WEBHOOK_DEAD_LETTERS", ...thrown(error) });
      });
    }
  }

  #log(line: LogLine): void {
    writeLog({ ...line, realm: this.#realm, webhook: this.#name });
  }
}
