/** Clients with TLS certificates that Cloudflare has verified. */

import { exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { connect, type TestClient } from "../socket.ts";

const VALID = {
  certPresented: "1",
  certVerified: "SUCCESS",
  certRevoked: "0",
  certSubjectDN: "CN=device-7",
  certFingerprintSHA256: "ab".repeat(32),
};
const ROLES = { roles: { caller: {}, callee: {} } };

/** A Worker whose requests carry the properties of a client certificate. */
function withCertificate(tlsClientAuth: object | undefined): Pick<Fetcher, "fetch"> {
  return { fetch: (url, init) => exports.default.fetch(new Request(url, { ...init, cf: { tlsClientAuth } })) };
}

/** Joins the authenticator of a realm with a ticket. */
async function authenticatorOf(realm: string): Promise<TestClient> {
  const clerk = await connect(realm);
  clerk.send([1, realm, { ...ROLES, authid: "clerk", authmethods: ["ticket"] }]);
  expect((await clerk.next())[0]).toBe(4);
  clerk.send([5, "clerks-ticket", {}]);
  expect((await clerk.next())[0]).toBe(2);
  clerk.send([64, 1, {}, "com.app.authenticate"]);
  expect((await clerk.next())[0]).toBe(65);
  return clerk;
}

describe("an authenticator", () => {
  it("gets the certificate that the edge has verified [AUTH-16][WS-29]", async () => {
    const realm = "certified-valid";
    const clerk = await authenticatorOf(realm);
    const device = await connect(realm, withCertificate(VALID));
    device.send([1, realm, { ...ROLES, authextra: { transport: { client_cert: "forged" } } }]);
    const [, request, , , args] = await clerk.next();
    expect((args as [string, string, object])[2]).toMatchObject({ transport: { client_cert: VALID } });
    clerk.send([70, request, {}, [{ authid: "device-7", role: "anonymous" }]]);
    expect((await device.next())[2]).toMatchObject({ authid: "device-7", authmethod: "anonymous" });
  });

  it.each([
    ["revoked", { ...VALID, certRevoked: "1" }],
    ["invalid", { ...VALID, certVerified: "FAILED:self signed certificate" }],
    ["absent", { certPresented: "0", certVerified: "NONE" }],
    ["unheard of", undefined],
  ])("is told of no certificate that is %s [AUTH-16]", async (name, tlsClientAuth) => {
    const realm = `certified-${name.replace(" ", "-")}`;
    const clerk = await authenticatorOf(realm);
    const device = await connect(realm, withCertificate(tlsClientAuth));
    device.send([1, realm, ROLES]);
    const [, request, , , args] = await clerk.next();
    const [, , details] = args as [string, string, { transport: object }];
    expect(details.transport).toHaveProperty("is_secure");
    expect(details.transport).not.toHaveProperty("client_cert");
    clerk.send([8, 68, request, {}, "com.app.error.no_certificate"]);
    expect((await device.next())[2]).toBe("com.app.error.no_certificate");
  });
});
