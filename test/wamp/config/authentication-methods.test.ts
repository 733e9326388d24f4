/** The authentication methods in the configuration of a realm. */

import { describe, expect, it } from "vitest";
import { faultsWith, ROLES, realm } from "./realm-settings.ts";

describe("authentication methods", () => {
  it("give a principal without a role the role of the method", () => {
    const { ticket } = realm({
      roles: [...ROLES, { name: "admin" }],
      auth: {
        ticket: {
          type: "static",
          "default-role": "user",
          principals: { joe: { ticket: "a" }, amy: { ticket: ["b"], role: "admin" } },
        },
      },
    }).auth;
    expect(ticket).toEqual({
      type: "static",
      require_tls: false,
      principals: new Map([
        ["joe", { ticket: ["a"], role: "user" }],
        ["amy", { ticket: ["b"], role: "admin" }],
      ]),
    });
  });

  it("have only the configured principals, for any name from a client", () => {
    const { ticket } = realm({ roles: ROLES, auth: { ticket: { type: "static", principals: {} } } }).auth;
    if (ticket?.type !== "static") throw new Error("not static");
    expect(ticket.principals.get("toString")).toBeUndefined();
    expect(ticket.principals.size).toBe(0);
  });

  it("accept static and dynamic shapes", () => {
    const role = "user";
    const key = "ab".repeat(32);
    const auth = {
      anonymous: { type: "dynamic", authenticator: "com.auth", "authenticator-role": "trusted" },
      ticket: { type: "static", principals: { joe: { ticket: "secret", role } } },
      wampcra: {
        type: "static",
        users: {
          ann: { secret: "s", salt: "x1", iterations: 1000, keylen: 32, role },
          eve: { secret: "s", role },
          old: { "salted-key": "LG5/FwnS5WvgmlEyLPk/pQ==", salt: "salt123", iterations: 100, keylen: 16, role },
        },
      },
      scram: {
        type: "static",
        principals: {
          bob: { kdf: "pbkdf2", iterations: 4096, memory: 0, salt: key, "stored-key": key, "server-key": key, role },
        },
      },
      cryptosign: { type: "static", principals: { eve: { authorized_keys: [key], role } } },
      jwt: {
        type: "static",
        jwks: "https://issuer.example/jwks.json",
        issuer: "i",
        audience: ["a", "b"],
        "role-claim": "role",
      },
      cookie: {},
    };
    expect(faultsWith({ roles: ROLES, auth })).toEqual([]);
  });
});
