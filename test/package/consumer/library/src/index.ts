/** A program without types of the Workers runtime: entries that need none. */

import { type ConfigInput, defineConfig, VERSION } from "wamp-edge";
import { ApplicationError, type Component, defineComponent, Result } from "wamp-edge/component";
import { type Callee, type DeadLetter, ServiceError, type WampService } from "wamp-edge/service";

export const config: ConfigInput = defineConfig({ version: 1, realms: [{ name: `v${VERSION}`, roles: [] }] });

export const sum: Component = defineComponent({
  async onJoin(session, { realm }) {
    await session.subscribe("com.example.reset", (args, _kwargs, { publication }) => {
      const logged: readonly unknown[] = [realm, publication, ...args];
      return logged;
    });
    await session.register("com.example.sum", ([left, right]) => new Result([Number(left) + Number(right)]));
  },
});

export const echo: Callee = { call: ({ args }) => args };

export async function lost(service: WampService): Promise<readonly DeadLetter[]> {
  try {
    return await service.deadLetters("realm1", "orders");
  } catch (error) {
    if (error instanceof ServiceError) throw new ApplicationError(error.uri, error.args);
    throw error;
  }
}
