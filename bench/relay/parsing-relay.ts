/** A relay that parses and stringifies each message: what the JSON of a router costs beside its sockets. */

import { type Receiver, Relay } from "./relay.ts";

type Call = [type: 48, request: number, options: object, procedure: string, args: unknown];
type Yield = [type: 70, invocation: number, options: object, args: unknown];
type Publish = [type: 16, request: number, options: { acknowledge?: boolean }, topic: string, args: unknown];

/** The same messages as of `Relay`. */
export class ParsingRelay extends Relay {
  override receive(from: Receiver, text: string): void {
    const message = JSON.parse(text) as Call | Yield | Publish;
    switch (message[0]) {
      case 48: {
        const [, request, , procedure, args] = message;
        const invocation = this.openInvocation(from, request);
        this.procedures.get(procedure)?.send(JSON.stringify([68, invocation, 1, {}, args]));
        return;
      }
      case 70: {
        const [, invocation, , args] = message;
        this.callerOf(invocation)?.send(JSON.stringify([50, this.requestOf(invocation), {}, args]));
        return;
      }
      case 16: {
        const [, request, options, topic, args] = message;
        const publication = this.nextPublication();
        const event = JSON.stringify([36, 1, publication, {}, args]);
        for (const receiver of this.topics.get(topic) ?? []) receiver.send(event);
        if (options.acknowledge) from.send(JSON.stringify([17, request, publication]));
        return;
      }
      default:
        super.receive(from, text);
    }
  }
}
