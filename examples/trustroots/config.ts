/** A realm of devices: admits all that the owner of the trustroot has certified, without listing them here. */

import { defineConfig } from "wamp-edge";

export const config = defineConfig({
  version: 1,
  realms: [
    {
      name: "devices",
      roles: [
        {
          name: "device",
          permissions: [{ uri: "com.example.*", allow: { call: true, register: true, publish: true } }],
        },
        { name: "gatekeeper", permissions: [{ uri: "com.trustroots.*", allow: { register: true, call: true } }] },
      ],
      auth: { cryptosign: { type: "dynamic", authenticator: "com.trustroots.authenticate" } },
      components: [
        {
          name: "trustroots",
          role: "gatekeeper",
          extra: {
            role: "device",
            chain_id: 1,
            verifying_contract: "0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57",
            realm: "0xA6e693CC4A2b4F1400391a728D26369D9b82ef96",
            block_number: 15_300_000,
            trustroots: ["0xf766Dc789CF04CD18aE75af2c5fAf2DA6650Ff57"],
          },
        },
      ],
    },
  ],
});
