/** A realm with the authenticator of examples/trustroots, for the tests of certificates. */

import { vi } from "vitest";
import { trustroots } from "../../../examples/trustroots/trustroots.ts";
import type { Component } from "../../../src/wamp/local/component.ts";
import { HostedComponent } from "../../../src/wamp/local/hosted-component.ts";
import type { Dict } from "../../../src/wamp/protocol/values.ts";
import type { Line } from "../host/test-realm.ts";
import { AuthTestRealm, type Extra } from "./auth-test-realm.ts";
import {
  authority,
  CONTRACT,
  DELEGATE,
  DEVICE_SEED,
  delegate,
  OWNER,
  REALM,
  ROOT,
  type SignedCertificate,
} from "./certificates.ts";
import { SigningKey } from "./proofs.ts";

export const KEY = new SigningKey(DEVICE_SEED);
/** A block after those of all certificates, and one before some. */
export const BLOCK = 15_300_000;
export const OLDER = 15_212_000;

const EXTRA = {
  role: "user",
  chain_id: 1,
  verifying_contract: CONTRACT,
  realm: REALM,
  block_number: BLOCK,
  trustroots: [ROOT],
};

/** What the delegate's certificate says here: JSON as Node writes it has no integers beyond 2^53. */
export const BOOTED = { bootedAt: 1658765756680 };

/** A realm with the authenticator of the example. */
export class TrustrootsTestRealm extends AuthTestRealm {
  constructor(extra: Extra = {}, others: Readonly<Record<string, Component<Dict>>> = {}, name = "realm1") {
    super({ cryptosign: { type: "dynamic", authenticator: "com.trustroots.authenticate" } }, { name });
    this.joinLocalSessions = (realm) => {
      const home = { realm, host: this, env: {}, keepAwake: () => {}, onLeave: () => {} };
      for (const [name, component] of Object.entries({ trustroots, ...others })) {
        const settings = Object.entries({ ...EXTRA, ...extra }).filter(([, value]) => value !== undefined);
        const config = { name, role: "admin", extra: Object.fromEntries(settings) };
        new HostedComponent(component, config, home).join();
      }
    };
    this.restart();
  }

  /** Logs in with certificates and a key; returns WELCOME or ABORT. */
  async logIn(certificates: unknown, trustroot: unknown = ROOT, key = KEY, details: Extra = {}): Promise<Line> {
    const authextra = { pubkey: key.publicKey, trustroot, certificates };
    const client = await this.sendHello({ authmethods: ["cryptosign"], authextra, ...details });
    await vi.waitUntil(() => client.peer.state.kind !== "authenticating");
    const reply = this.takeReply(client);
    if (reply[0] !== 4) return reply;
    await this.sendFrom(client, [5, key.signChallenge(reply[2] as Extra), {}]);
    return this.takeReply(client);
  }
}

export function refusal(message: unknown): Line {
  return [3, { message }, "wamp.error.authentication_denied"];
}

export const intermediate = (message = {}, signer = OWNER) =>
  authority({ subject: DELEGATE, capabilities: 12, ...message }, signer);
export const root = authority;

/** Certificates of a delegate, an intermediate authority and the root. */
export function goodChain(): SignedCertificate[] {
  return [delegate(BOOTED), intermediate(), root()];
}
