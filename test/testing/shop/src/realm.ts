/** The configuration of the Worker. */

import { defineConfig } from "wamp-edge";

export default defineConfig({
  version: 1,
  realms: [
    {
      name: "shop",
      roles: [
        {
          name: "customer",
          permissions: [
            { uri: "shop.order", allow: { call: true } },
            { uri: "shop.ordered", allow: { subscribe: true } },
          ],
        },
        {
          name: "clerk",
          permissions: [
            { uri: "shop.*", allow: { call: true, register: true, publish: true, subscribe: true } },
            { uri: "wamp.session.*", allow: { call: true } },
          ],
        },
      ],
      auth: { ticket: { type: "static", principals: { joe: { ticket: "secret!!!", role: "customer" } } } },
      components: [{ name: "orders", role: "clerk" }],
    },
  ],
});
