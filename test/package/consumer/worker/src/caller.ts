/** Another Worker, which calls through the service binding and serves calls. */

import { WorkerEntrypoint } from "cloudflare:workers";
import { type Callee, type CalleeInvocation, ServiceError, type WampService } from "wamp-edge/service";

interface CallerEnv {
  readonly WAMP: WampService;
}

export class Weather extends WorkerEntrypoint<CallerEnv> implements Callee {
  async call({ args: [city], kwargs, progress }: CalleeInvocation): Promise<unknown> {
    await progress?.([0]);
    if (typeof city !== "string") throw new ServiceError("com.example.error.no_city", [], { kwargs });
    const { args } = await this.env.WAMP.call("realm1", "com.example.forecast", [city], {}, { timeout: 1000 });
    return args[0];
  }
}

export default {
  async fetch(_request, env): Promise<Response> {
    const publication: number = await env.WAMP.publish("realm1", "com.example.asked");
    const [letter] = await env.WAMP.deadLetters("realm1", "orders", { limit: 1 });
    return Response.json({ publication, sessions: await env.WAMP.sessions("realm1"), reason: letter?.reason });
  },
} satisfies ExportedHandler<CallerEnv>;
