/** A configuration with a component, for the tests of testRealm. */

import type { ConfigInput } from "wamp-edge";
import { ApplicationError, type Component, type Components } from "wamp-edge/component";

const ALL = { call: true, register: true, publish: true, subscribe: true };

/** A realm in which `user` may do everything, and the component `greeter` runs. */
export const CONFIG: ConfigInput = {
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [
        {
          name: "user",
          permissions: [{ uri: "com.example.*", allow: ALL, disclose: { caller: true, publisher: true } }],
        },
        { name: "guest", permissions: [{ uri: "com.example.greet", match: "exact", allow: { call: true } }] },
        { name: "backend", permissions: [{ uri: "com.example.*", allow: ALL }] },
      ],
      auth: {
        ticket: { type: "static", principals: { bob: { ticket: "bobs-ticket", role: "user" } } },
      },
      options: { resume: { time: 60 } },
      components: [{ name: "greeter", role: "backend", extra: { greeting: "Hello" } }],
    },
  ],
};

/** Counts its greetings in memory, and publishes each. */
export const greeter: Component = {
  onJoin(session) {
    let count = 0;
    session.register("com.example.greet", async ([name]) => {
      if (name === undefined) throw new ApplicationError("com.example.error.no_name", ["who?"]);
      await session.publish("com.example.greeted", [name]);
      return `${session.extra.greeting}, ${name}!`;
    });
    session.register("com.example.count", () => ++count);
    session.register("com.example.break", () => {
      throw new Error("broken");
    });
    session.register("com.example.hang", () => new Promise(() => {}));
  },
};

export const components: Components = { greeter };
