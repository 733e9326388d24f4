/** A chat room: who is there, what they say, and what they said before. */

import { ApplicationError, defineComponent } from "../../src/public/component.ts";

const LONGEST_TEXT = 1000;

/** What the router tells of a session, as far as a chat cares. */
interface Guest {
  readonly authid: string;
  readonly authrole: string;
}

export const chat = defineComponent({
  onJoin(session) {
    session.register("com.chat.say", async ([text], _kwargs, { caller_authid: who }) => {
      if (typeof text !== "string" || text.length > LONGEST_TEXT) {
        throw new ApplicationError("com.chat.error.no_text", [`say something in ${LONGEST_TEXT} characters`]);
      }
      await session.publish("com.chat.said", [], { who, text });
    });

    // The realm keeps the events: `store` in its configuration.
    session.register("com.chat.history", async ([limit = 10]) => {
      const subscription = await session.call("wamp.subscription.lookup", ["com.chat.said"]);
      const last = await session.call("wamp.subscription.get_events", subscription.args, { limit, reverse: true });
      return last.args.map((event) => (event as { kwargs: object }).kwargs).reverse();
    });

    // The router knows who is there; what a component remembers would be gone when the realm has slept.
    session.register("com.chat.present", async () => {
      const { args } = await session.call("wamp.session.list", [["guest"]]);
      const guests = (args[0] as number[]).map((id) => session.call("wamp.session.get", [id]));
      return (await Promise.all(guests)).map((guest) => (guest.args[0] as Guest).authid).sort();
    });

    session.subscribe("wamp.session.on_join", ([guest]) => announce("came", guest as Guest));
    session.subscribe("wamp.session.on_leave", ([_id, authid, authrole]) =>
      announce("left", { authid, authrole } as Guest),
    );
    const announce = (what: string, { authid, authrole }: Guest): unknown =>
      authrole === "guest" && session.publish(`com.chat.${what}`, [authid]);
  },
});
