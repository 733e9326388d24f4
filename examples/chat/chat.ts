/** A chat room: presence, messages and history. */

import { ApplicationError, defineComponent } from "wamp-edge/component";

const LONGEST_TEXT = 1000;

/** Details of a session in the meta API, as far as the chat uses them. */
interface Guest {
  readonly authid: string;
  readonly authrole: string;
}

export const chat = defineComponent({
  onJoin(session) {
    session.register("com.chat.say", async ([text], _kwargs, { caller_authid }) => {
      if (typeof text !== "string" || text.length > LONGEST_TEXT) {
        throw new ApplicationError("com.chat.error.no_text", [`say something in ${LONGEST_TEXT} characters`]);
      }
      await session.publish("com.chat.said", [], { who: caller_authid, text });
    });

    // The realm keeps the events: `store` in its configuration.
    session.register("com.chat.history", async ([limit = 10]) => {
      const subscription = await session.call("wamp.subscription.lookup", ["com.chat.said"]);
      const last = await session.call("wamp.subscription.get_events", subscription.args, { limit, reverse: true });
      return last.args.map((event) => (event as { kwargs: object }).kwargs).reverse();
    });

    // The router has the list of sessions; variables of a component are lost when the realm sleeps.
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
