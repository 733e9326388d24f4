/** The realm of the chat: guests may call the component, and the component may use the meta API. */

import { defineConfig } from "wamp-edge";

export const config = defineConfig({
  version: 1,
  realms: [
    {
      name: "chat",
      roles: [
        {
          name: "guest",
          permissions: [{ uri: "com.chat.*", allow: { call: true, subscribe: true }, disclose: { caller: true } }],
        },
        {
          name: "room",
          permissions: [
            { uri: "com.chat.*", allow: { register: true, publish: true, subscribe: true } },
            { uri: "wamp.session.*", allow: { call: true, subscribe: true } },
            { uri: "wamp.subscription.*", allow: { call: true } },
          ],
        },
      ],
      auth: {
        ticket: {
          type: "static",
          principals: {
            ann: { ticket: "ann's secret", role: "guest" },
            ben: { ticket: "ben's secret", role: "guest" },
          },
        },
      },
      store: { "event-history": [{ uri: "com.chat.said", limit: 1000 }] },
      components: [{ name: "chat", role: "room" }],
    },
  ],
});
