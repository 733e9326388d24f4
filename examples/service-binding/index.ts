/** A Worker that calls and publishes in realms of the router, without a socket and without a token. */

import type { ServiceError, WampService } from "wamp-edge/service";

interface Env {
  readonly WAMP: WampService;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const realm = searchParams.get("realm") ?? "realm1";
    try {
      switch (pathname) {
        case "/sum":
          return Response.json(await env.WAMP.call(realm, "com.example.sum", [1, 2], { exact: true }));
        case "/count":
          return Response.json(await count(env, realm));
        case "/order":
          return Response.json({ publication: await env.WAMP.publish(realm, "com.example.ordered", ["tea"]) });
        case "/sessions":
          return Response.json(await env.WAMP.sessions(realm));
        default:
          return new Response("not found", { status: 404 });
      }
    } catch (error) {
      const { name, message, uri, args, kwargs } = error as ServiceError;
      return Response.json({ name, message, uri, args, kwargs }, { status: 502 });
    }
  },
};

/** All results of a procedure with progressive results. */
async function count(env: Env, realm: string): Promise<unknown[]> {
  const parts: unknown[] = [];
  const onProgress = (args: readonly unknown[]): void => void parts.push(args[0]);
  const { args } = await env.WAMP.call(realm, "com.example.count", [], {}, { onProgress });
  return [...parts, args[0]];
}
