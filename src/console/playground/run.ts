/** Runs requests of the playground over the session of the console, with their time and their frames. */

import type { ChannelSession } from "../../client/channel-session.ts";
import type { Dict, List, Uri } from "../../wamp/protocol/values.ts";
import { MessageLog } from "../live/message-log.ts";
import { type Fault, faultOf } from "../session/connection.ts";
import { type Frame, listenToFrames } from "../session/frames.ts";
import type { PlaygroundRequest } from "./form.ts";

/** Frames that a run keeps. */
const MOST_FRAMES = 200;

/** What a request is answered with. */
export interface RunAnswer {
  readonly args: List;
  readonly kwargs: Dict;
}

/** The states of a run; a subscription or a registration is active until it is stopped. */
export type RunState = "running" | "active" | "done" | "failed";

let count = 0;

/** One request, its answers and its frames. */
export class Run {
  readonly id = ++count;
  readonly request: PlaygroundRequest;
  /** Events, invocations and progressive results. */
  readonly log = new MessageLog();
  /** The result of a call, or the publication. */
  answer: RunAnswer | undefined;
  state: RunState = "running";
  /** Milliseconds until the answer. */
  ms: number | undefined;
  fault: Fault | undefined;
  readonly startedAt = performance.now();
  readonly #trace: FrameTrace;
  readonly #changed: () => void;
  #stop: (() => void) | undefined;

  constructor(session: ChannelSession, request: PlaygroundRequest, changed: () => void) {
    this.request = request;
    this.#changed = changed;
    this.#trace = new FrameTrace();
    // The request is sent before the first await, so the next frame sent is its frame.
    this.#start(session).then(
      () => this.#settle(this.#stop !== undefined && this.state === "running" ? "active" : "done"),
      (error) => {
        this.fault = faultOf(error);
        this.#settle("failed");
      },
    );
    this.#trace.requestIsSent();
  }

  get frames(): readonly Frame[] {
    return this.#trace.frames;
  }

  /** Cancels a call; ends a subscription or a registration. */
  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  /** Stops, and listens to no more frames. */
  close(): void {
    this.stop();
    this.#trace.close();
  }

  async #start(session: ChannelSession): Promise<void> {
    const { action, uri, args, kwargs, options } = this.request;
    if (action === "call") return this.#call(session);
    if (action === "publish") {
      const publication = await session.publish(uri, args, kwargs, options);
      this.answer = { args: [], kwargs: { publication } };
      return;
    }
    if (action === "subscribe") return this.#subscribe(session);
    const registration = await session.register(
      uri,
      (given, named, { signal, progress, ...details }) => {
        this.#add("invocation", given, named, details);
        return this.request.answer;
      },
      options,
    );
    this.#stop = () => this.#end(session.unregister(registration));
  }

  async #call(session: ChannelSession): Promise<void> {
    const { uri, args, kwargs, options } = this.request;
    const { receive_progress, ...rest } = options;
    const canceling = new AbortController();
    this.#stop = () => canceling.abort();
    const onProgress = (part: List, named: Dict): void => this.#add("progress", part, named);
    const all = { ...rest, signal: canceling.signal, ...(receive_progress === true && { onProgress }) };
    const result = await session.call(uri, args, kwargs, all);
    this.#stop = undefined;
    this.answer = result;
  }

  async #subscribe(session: ChannelSession): Promise<void> {
    const { uri, options } = this.request;
    const subscription = await session.subscribe(
      uri,
      (args, kwargs, { topic, ...details }) => this.#add("event", args, kwargs, details, topic),
      options,
    );
    this.#stop = () => this.#end(session.unsubscribe(subscription));
  }

  /** Shows how the end of a subscription or a registration goes. */
  #end(ending: Promise<void>): void {
    ending.then(
      () => this.#settle("done"),
      (error) => {
        this.fault = faultOf(error);
        this.#settle("failed");
      },
    );
  }

  #add(type: string, args: List, kwargs: Dict, facts: Dict = {}, uri?: Uri): void {
    const time = `after ${(performance.now() - this.startedAt).toFixed(1)} ms`;
    this.log.add({ time, type, args, kwargs, facts, ...(uri !== undefined && { uri }) });
    this.#changed();
  }

  #settle(state: RunState): void {
    this.ms ??= performance.now() - this.startedAt;
    this.state = state;
    if (state !== "active") this.#trace.close();
    this.#changed();
  }
}

/** Message types of which the second element is a request of this side: PUBLISHED, SUBSCRIBED, REGISTERED and so on. */
const REPLIES: ReadonlySet<unknown> = new Set([17, 33, 35, 50, 65, 67]);
const ERROR = 8;
const EVENT = 36;
const INVOCATION = 68;
const YIELD = 70;

/** Collects the frames that belong to one request. */
class FrameTrace {
  readonly frames: Frame[] = [];
  #isRequest = true;
  #request: unknown;
  /** Id of the subscription or the registration. */
  #object: unknown;
  readonly #invocations = new Set<unknown>();
  readonly close = listenToFrames((frame) => {
    if (!this.#belongs(frame)) return;
    this.frames.push(frame);
    if (this.frames.length > MOST_FRAMES) this.frames.shift();
  });

  requestIsSent(): void {
    this.#isRequest = false;
  }

  #belongs({ direction, text }: Frame): boolean {
    const [type, first, second, third] = JSON.parse(text) as unknown[];
    if (direction === "sent") {
      if (this.#isRequest) {
        this.#isRequest = false;
        this.#request = first;
        return true;
      }
      // CANCEL, UNSUBSCRIBE and UNREGISTER; the answers of a callee.
      if (type === YIELD) return this.#invocations.has(first);
      if (type === ERROR) return this.#invocations.has(second);
      return first === this.#request || (second !== undefined && second === this.#object);
    }
    if (type === ERROR) return second === this.#request;
    if (type === EVENT) return first === this.#object;
    if (type === INVOCATION && second === this.#object) return this.#invocations.add(first) !== undefined;
    if (!REPLIES.has(type) || first !== this.#request) return false;
    if (type === 33 || type === 65) this.#object = second;
    return third !== this;
  }
}
