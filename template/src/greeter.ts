/** A component: code that runs inside the realm, with a session and a role of its own. */

import { ApplicationError, defineComponent } from "wamp-edge/component";

export const greeter = defineComponent({
  // Runs again whenever the realm wakes; variables are lost while it sleeps.
  onJoin(session) {
    session.register("com.example.greet", async ([name]) => {
      if (typeof name !== "string" || name === "") {
        throw new ApplicationError("com.example.error.no_name", ["greet needs a name"]);
      }
      await session.publish("com.example.greeted", [name]);
      return `Hello, ${name}!`;
    });

    session.subscribe("wamp.session.on_join", ([joined]) => {
      const { authid } = joined as { authid: string };
      return session.publish("com.example.arrived", [authid]);
    });
  },
});
