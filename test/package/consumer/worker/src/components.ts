/** Components with the bindings they use. */

import { ApplicationError, type Components, defineComponent, Result } from "wamp-edge/component";

const visits = defineComponent<{ VISITS: KVNamespace }>({
  async onJoin(session) {
    const registration = await session.register("com.example.visits", async ([page], kwargs, { signal, progress }) => {
      if (typeof page !== "string") throw new ApplicationError("com.example.error.no_page", [], { kwargs });
      progress?.([0]);
      return signal.aborted ? undefined : new Result([await session.env.VISITS.get(page)]);
    });
    const id: number = registration.id;
    await session.publish("com.example.ready", [id]);
  },
});

const components: Components = { visits };

export default components;
