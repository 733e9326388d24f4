/** A configuration with defaults, a secret of the environment and a component. */

import { type ConfigInput, defineConfig, type EnvName, VERSION } from "wamp-edge";

const secret: EnvName = { env: "TICKET" };
const version: string = VERSION;

const realms: ConfigInput = defineConfig({
  version: 1,
  realms: [
    {
      name: "realm1",
      roles: [{ name: "user", permissions: [{ uri: "com.example.*", match: "wildcard", allow: { call: true } }] }],
      auth: { ticket: { type: "static", principals: { alice: { ticket: secret, role: "user" } } } },
      components: [{ name: "visits", role: "user", extra: { version } }],
    },
  ],
});

export default realms;

// @ts-expect-error A configuration has a version.
defineConfig({ realms: [] });
// @ts-expect-error The setting is spelled `realms`.
defineConfig({ version: 1, realms: [], realm: [] });
