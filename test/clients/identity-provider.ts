/** An identity provider on this machine: key sets, OpenID Connect metadata, and tokens in the form of real providers. */

import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

const KEY_ID = "the only key";

/** The providers whose tokens the server signs; each is a folder of its origin. */
export type ProviderName = "oidc" | "auth0" | "clerk" | "access";

/** A running provider. */
export interface IdentityProvider {
  /** `http://host:port`. */
  readonly origin: string;
  /** Signs claims; `exp` is in an hour unless they say otherwise. */
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>;
  close(): void;
}

/** Where each provider publishes its keys. */
const KEY_PATHS: Readonly<Record<string, string>> = {
  "/oidc/protocol/openid-connect/certs": "oidc",
  "/auth0/.well-known/jwks.json": "auth0",
  "/clerk/.well-known/jwks.json": "clerk",
  "/access/cdn-cgi/access/certs": "access",
};

/** Starts a provider with a fresh RS256 key. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const { privateKey, publicKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: "RS256", use: "sig" };
  const server = createServer(({ url = "" }, response) => {
    const { port } = server.address() as AddressInfo;
    const answer = answerTo(url, `http://127.0.0.1:${port}`, jwk);
    response.writeHead(answer === undefined ? 404 : 200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer ?? null));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sign: (claims) =>
      new SignJWT({ iat: now(), exp: now() + 3600, ...claims })
        .setProtectedHeader({ alg: "RS256", kid: KEY_ID, typ: "JWT" })
        .sign(privateKey),
    close: () => server.close(),
  };
}

function answerTo(path: string, origin: string, jwk: object): object | undefined {
  if (path === "/oidc/.well-known/openid-configuration") {
    return { issuer: `${origin}/oidc`, jwks_uri: `${origin}/oidc/protocol/openid-connect/certs` };
  }
  if (path === "/auth0/.well-known/openid-configuration") {
    return { issuer: `${origin}/auth0/`, jwks_uri: `${origin}/auth0/.well-known/jwks.json` };
  }
  return path in KEY_PATHS ? { keys: [jwk] } : undefined;
}

/** Seconds since the epoch. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}

/**
 * Stands in for Cloudflare Access in front of the router at `origin`: an upgrade request with the client id of a service
 * token, or with the cookie, gets the header with the token; another one gets it not.
 */
export async function startAccess(origin: string, tokens: Readonly<Record<string, string>>) {
  const { hostname, port } = new URL(origin);
  const server = createServer();
  server.on("upgrade", ({ url = "", headers }, socket) => {
    const credentials = headers["cf-access-client-id"] ?? headers.cookie?.replace("CF_Authorization=", "") ?? "";
    const token = tokens[String(credentials)];
    const upstream = request({
      ...{ hostname, port, path: url },
      headers: { ...headers, ...(token !== undefined && { "cf-access-jwt-assertion": token }) },
    });
    upstream.on("upgrade", ({ rawHeaders }, other) => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}`] : []));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
      for (const end of [socket, other]) end.on("error", () => [socket, other].map((it) => it.destroy()));
      socket.pipe(other).pipe(socket);
    });
    upstream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { origin: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}
