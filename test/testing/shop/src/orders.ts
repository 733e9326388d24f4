/** A component: takes orders and tells subscribers. */

import { ApplicationError, defineComponent } from "wamp-edge/component";

export const orders = defineComponent({
  onJoin(session) {
    session.register("shop.order", async ([item]) => {
      if (typeof item !== "string") throw new ApplicationError("shop.error.no_item", ["order needs an item"]);
      await session.publish("shop.ordered", [item]);
      return `ordered ${item}`;
    });
  },
});
