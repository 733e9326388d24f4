/** Opens the session of a command; says in one line why a router refuses it. */

import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { ChannelSession, type ChannelSessionContext } from "../../client/channel-session.ts";
import { openWebSocket } from "../../client/web-socket-channel.ts";
import { VERSION } from "../../public/config.ts";
import { ApplicationError } from "../../wamp/local/application-error.ts";
import { WampUri } from "../../wamp/protocol/errors.ts";
import { UserError } from "../project/user-error.ts";
import type { ConnectionSettings } from "./connection-settings.ts";
import { printNotice } from "./printing.ts";

/** Longer than a router waits for its authenticators. */
const TIMEOUT_MS = 20_000;

/** A session of a command. */
export type Session = ChannelSession;

/** No session was opened, because no router answered: later one may. */
export class Unreachable extends UserError {}

/**
 * Opens a session. Rejects with UserError: no router (`Unreachable`), no such realm, wrong credentials and so on; an
 * ABORT is its cause. `stop` ends the attempt.
 */
export async function openSession(settings: ConnectionSettings, stop?: AbortSignal): Promise<Session> {
  const { url, realm, login } = settings;
  const ended = Promise.withResolvers<never>();
  const attempt = new AbortController();
  const end = (error: Error): void => {
    ended.reject(error);
    attempt.abort();
  };
  const timeout = setTimeout(() => {
    end(new Unreachable(`${url} has not answered for ${TIMEOUT_MS / 1000} seconds; check --url`));
  }, TIMEOUT_MS);
  const onStop = (): void => end(new Unreachable(`the connection to ${url} was given up`));
  stop?.addEventListener("abort", onStop);
  try {
    return await Promise.race([ChannelSession.open(contextOf(settings, attempt.signal), login), ended.promise]);
  } catch (error) {
    if (error instanceof ApplicationError) {
      throw new UserError(describeAbort(error, realm, login.authid), { cause: error });
    }
    throw error;
  } finally {
    clearTimeout(timeout);
    stop?.removeEventListener("abort", onStop);
  }
}

function contextOf({ url, realm }: ConnectionSettings, signal: AbortSignal): ChannelSessionContext {
  return {
    realm,
    agent: `wamp-edge/${VERSION} (command line)`,
    connect: (receiver) => {
      return openWebSocket(url, receiver, signal).catch(async (error: Error) => {
        const reason = signal.aborted ? error.message : await findRefusal(url);
        throw new Unreachable(`cannot connect to ${url}: ${reason}`);
      });
    },
    onThrown: (error) => printNotice(error instanceof Error ? error.message : String(error)),
  };
}

/** Remedy for each ABORT that has one. */
const REMEDIES: Readonly<Record<string, string>> = {
  [WampUri.NO_SUCH_REALM]: "--realm NAME names another realm",
  [WampUri.NO_MATCHING_AUTH_METHOD]: "--authmethod and --authid choose another login",
  [WampUri.AUTHENTICATION_REQUIRED]: "--authid ID logs in with a ticket, --authmethod with another secret",
  [WampUri.AUTHENTICATION_DENIED]: "check --authid, --authmethod and the secret",
  [WampUri.AUTHENTICATION_FAILED]: "check --authid, --authmethod and the secret; the router's log has the cause",
  [WampUri.NO_SUCH_PRINCIPAL]: "check --authid",
  [WampUri.NO_SUCH_ROLE]: "check --role",
  [WampUri.NETWORK_FAILURE]: "the connection was lost before the router answered; try again",
};

function describeAbort({ uri, args }: ApplicationError, realm: string, authid: string | undefined): string {
  const who = authid === undefined ? "" : ` as ${authid}`;
  const [message] = args;
  const reason = typeof message === "string" && message !== "" ? `${uri}, ${message.replace(/\.$/, "")}` : uri;
  const remedy = REMEDIES[uri];
  return `the router refused realm ${realm}${who}: ${reason}${remedy === undefined ? "" : `; ${remedy}`}`;
}

/** For a certificate that this machine does not know. */
const TRUST = "set the variable NODE_EXTRA_CA_CERTS to its PEM file";

/** What the codes of Node mean for a user. */
const CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there; start a router ("npx wamp-edge serve") or give another --url',
  ENOTFOUND: "the host has no address; check --url",
  EAI_AGAIN: "the name of the host cannot be resolved now; check --url and the network",
  ETIMEDOUT: "the host does not answer; check --url",
  EHOSTUNREACH: "no way leads to the host; check --url and the network",
  ENETUNREACH: "no way leads to the host; check --url and the network",
  ECONNRESET: "the connection was closed; check --url, ws or wss",
  EPROTO: "the port does not speak TLS; use a URL with ws",
  HPE_INVALID_CONSTANT: "the port does not speak HTTP; check --url",
  DEPTH_ZERO_SELF_SIGNED_CERT: `the certificate signs itself; if you trust it, ${TRUST}`,
  SELF_SIGNED_CERT_IN_CHAIN: `the authority of the certificate is unknown; if you trust it, ${TRUST}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the authority of the certificate is unknown; if you trust it, ${TRUST}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the authority of the certificate is unknown; if you trust it, ${TRUST}`,
  ERR_TLS_CERT_ALTNAME_INVALID: "the certificate is for another host; check --url",
  CERT_HAS_EXPIRED: "the certificate has expired; the operator of the router must renew it",
  CERT_NOT_YET_VALID: "the certificate is not valid yet; check the clock of this machine",
};

const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
  "Sec-WebSocket-Protocol": "wamp.2.json",
};
const PROBE_TIMEOUT_MS = 5_000;

/** Finds why no WebSocket was opened, which the WebSocket of the runtime does not tell: makes the request again. */
function findRefusal(url: string): Promise<string> {
  const request = url.startsWith("wss:") ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const probe = request(url.replace(/^ws/, "http"), { headers: UPGRADE, timeout: PROBE_TIMEOUT_MS });
    probe.on("error", (error: NodeJS.ErrnoException) => resolve(CAUSES[error.code ?? ""] ?? error.message));
    probe.on("timeout", () => {
      resolve(CAUSES.ETIMEDOUT!);
      probe.destroy();
    });
    probe.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve("the server took a second try; run the command again");
    });
    probe.on("response", async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      const [line = ""] = text.split("\n");
      resolve(`HTTP ${response.statusCode}${line === "" ? "" : `, ${line.slice(0, 200)}`}; check --url and --realm`);
    });
    probe.end();
  });
}
