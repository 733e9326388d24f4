/** The router's Worker uses its own service binding, as `wrangler types` types it. */

import type { WampService } from "wamp-edge/service";

export async function ask(env: Env): Promise<unknown> {
  const service: WampService = env.WAMP;
  const { args } = await service.call("realm1", "com.example.visits", ["/"]);
  return args[0];
}

export async function put(env: Env): Promise<void> {
  await env.WEBHOOKS.send({});
  await env.REALM.getByName("realm1").fetch("http://realm/");
}
