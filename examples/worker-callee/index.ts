/** A Worker that serves a procedure of a realm: the router binds it and calls its method `call`. */

import { WorkerEntrypoint } from "cloudflare:workers";
import type { Callee, CalleeInvocation } from "wamp-edge/service";

export class Weather extends WorkerEntrypoint implements Callee {
  async call({ args: [city], kwargs }: CalleeInvocation): Promise<unknown> {
    if (typeof city !== "string") throw Object.assign(new Error("which city?"), { uri: "com.example.error.no_city" });
    const celsius = 10 + city.length;
    return { city, degrees: kwargs.unit === "F" ? celsius * 1.8 + 32 : celsius };
  }
}

export default { fetch: () => new Response("not found", { status: 404 }) };
