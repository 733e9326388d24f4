/** The configuration: the realms, how clients log in to them, and what each role may do. */

import { defineConfig } from "wamp-edge";

export default defineConfig({
  version: 1,
  realms: [
    {
      name: "realm1",
      // What no rule allows is refused.
      roles: [
        {
          // Clients. They cannot publish or register until a rule allows it.
          name: "anonymous",
          permissions: [{ uri: "com.example.*", allow: { call: true, subscribe: true } }],
        },
        {
          // Your components.
          name: "backend",
          permissions: [
            { uri: "com.example.*", allow: { call: true, register: true, publish: true, subscribe: true } },
            { uri: "wamp.session.on_join", allow: { subscribe: true } },
          ],
        },
      ],
      auth: { anonymous: { type: "static", role: "anonymous" } },
      components: [{ name: "greeter", role: "backend" }],
    },
  ],
});
