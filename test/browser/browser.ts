/** Starts a browser from npm, and serves pages to it. */

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** Starts a headless Chromium. */
export async function startBrowser(): Promise<Browser> {
  const args = chromium.args.filter((arg) => !UNWANTED.has(arg));
  return playwright.launch({ executablePath: await chromium.executablePath(), args, headless: true });
}

/** For small functions in the cloud: the browser would end with its first context, and accept what browsers refuse. */
const UNWANTED: ReadonlySet<string> = new Set([
  "--single-process",
  "--disable-web-security",
  "--allow-running-insecure-content",
]);

/** Serves files from memory: path → text. Returns the origin. */
export async function servePages(pages: Readonly<Record<string, string>>) {
  const server = createServer(({ url }, response) => {
    const page = pages[url ?? ""];
    const type = url?.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
    response.writeHead(page === undefined ? 404 : 200, { "Content-Type": type }).end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}
