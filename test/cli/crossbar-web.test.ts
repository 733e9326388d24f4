/** The import of Crossbar.io web services: paths, settings and notes. */

import { describe, expect, test } from "vitest";
import { importCrossbar } from "../../src/cli/crossbar/import.ts";
import { loadConfig } from "../../src/worker/config/load-config.ts";

const REALM = { name: "realm1", roles: [{ name: "anonymous" }] };

/** Imports paths into a configuration that must be valid; returns its paths and the notes about them. */
function imported(paths: object) {
  const transports = [{ type: "web", endpoint: {}, paths: { ws: { type: "websocket" }, ...paths } }];
  const input = { workers: [{ type: "router", realms: [REALM], transports }] };
  const { config, notes } = importCrossbar(input, { hasPlainSecrets: false });
  expect(loadConfig({ module: config, env: {}, isDevelopment: false })).toMatchObject({ ok: true });
  const lines = notes.map(({ path, reason }) => `${path.replace("workers[0].transports[0].paths.", "")}: ${reason}`);
  const own = lines.filter((line) => !line.startsWith("ws:") && !line.startsWith("workers"));
  return { paths: (config.http as { paths?: unknown } | undefined)?.paths, notes: own };
}

describe("a service with a counterpart", () => {
  test("keeps its path, its settings and its options", () => {
    const paths = {
      info: { type: "json", value: { a: [1] }, options: { prettify: true } },
      old: { type: "redirect", url: "https://example.com" },
      about: { type: "nodeinfo" },
      off: { type: "none" },
      legacy: { type: "reverseproxy", host: "10.0.0.1", port: 8000, path: "/app" },
    };
    expect(imported(paths)).toEqual({ paths, notes: [] });
  });

  test("stays nested", () => {
    const value = (value: number) => ({ type: "json", value });
    const paths = {
      "/": value(0),
      a: { type: "path", paths: { "/": value(1), b: value(2), c: { type: "path", paths: { d: value(3) } } } },
    };
    expect(imported(paths)).toEqual({ paths, notes: [] });
    const later = { a: { type: "path", paths: { b: value(2), "/": value(1) } } };
    expect(imported(later).paths).toEqual(later);
  });

  test("gets its files from the assets folder, at its path", () => {
    const options = { default_file: "app.html", cache_timeout: 60, mime_types: { ".x": "text/x" } };
    const paths = {
      "/": { type: "static", directory: "../web", options: { ...options, enable_directory_listing: true } },
      api: { type: "path", paths: { docs: { type: "static", package: "shop", resource: "docs" } } },
    };
    expect(imported(paths)).toEqual({
      paths: {
        "/": { type: "static", options },
        api: { type: "path", paths: { docs: { type: "static", directory: "api/docs" } } },
      },
      notes: [
        '"/": put the files of ../web into the assets folder (docs/web-services.md)',
        '"/".options.enable_directory_listing: directory listings are not supported',
        "api.paths.docs: put the files of shop/docs into the folder api/docs of the assets folder (docs/web-services.md)",
      ],
    });
  });

  test("lists its differences", () => {
    const proxy = { type: "reverseproxy", host: "h", forwarded_port: 443, forwarded_proto: "https", odd: 1 };
    expect(imported({ p: proxy })).toEqual({
      paths: { p: { type: "reverseproxy", host: "h" } },
      notes: [
        "p.forwarded_port: the router sends what the client used",
        "p.forwarded_proto: the router sends what the client used",
        "p.odd: has no counterpart",
      ],
    });
  });
});

test.each(["archive", "resource", "wsgi", "cgi", "wap", "catalog", "upload", "websocket-reverseproxy", "invented"])(
  "a service of type %s is listed with an alternative",
  (type) => {
    const { paths, notes } = imported({ x: { type, other: 1 } });
    expect(paths).toBeUndefined();
    expect(notes).toEqual([expect.stringMatching(/^x: .{10,}/)]);
  },
);

test("of two services at one path the first one is imported", () => {
  const web = (value: string) => ({ type: "web", endpoint: {}, paths: { a: { type: "json", value } } });
  const workers = [{ type: "router", realms: [REALM], transports: [web("first"), web("second")] }];
  const { config, notes } = importCrossbar({ workers }, { hasPlainSecrets: false });
  expect(config.http).toEqual({ paths: { a: { type: "json", value: "first" } } });
  expect(notes.map(({ reason }) => reason)).toContain("another service has the same path");
});
