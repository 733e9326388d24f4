/** `wamp-edge context`: names routers, realms and logins, so that commands need no options for them. */

import { resolve } from "node:path";
import type { Command } from "commander";
import { addPlaceOptions, type PlaceFlags, secretReference } from "../client/connection-settings.ts";
import { type Context, contextPath, findContext, readContexts, writeContexts } from "../client/context-file.ts";
import { formatTable, printJson, printLine, printNotice, withValues } from "../client/printing.ts";
import { realmUrl } from "../client/router-url.ts";

/** Adds the command to the program. */
export function addContextCommand(program: Command): void {
  const context = program.command("context").description("name a router, a realm and a login for the other commands");
  const set = context.command("set").description("create or change a context, and use it").argument("<name>");
  addPlaceOptions(set).action(setContext);
  context.command("use").description("use a context from now on").argument("<name>").action(useContext);
  context
    .command("list")
    .description("list the contexts; the one in use has a star")
    .option("--json", "print JSON")
    .action(listContexts);
  context.command("remove").description("remove a context").argument("<name>").action(removeContext);
}

function setContext(name: string, flags: PlaceFlags): void {
  const file = readContexts(process.env);
  const former = Object.hasOwn(file.contexts, name) ? file.contexts[name] : {};
  const { url, realm, authmethod, authid, role } = flags;
  const reference = secretReference(flags);
  // Commands run in other folders.
  const secret = reference !== undefined && "file" in reference ? { file: resolve(reference.file) } : reference;
  const given = { url, realm, authmethod, authid, role, secret };
  const context = {
    ...former,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
  if (url !== undefined) realmUrl(url, "realm1");
  writeContexts(process.env, { current: name, contexts: { ...file.contexts, [name]: context as Context } });
  printLine(`${name} is in use; ${contextPath(process.env)} has it`);
}

function useContext(name: string): void {
  const file = readContexts(process.env);
  findContext(file, name);
  writeContexts(process.env, { ...file, current: name });
  printLine(`${name} is in use`);
}

function listContexts({ json }: { readonly json?: boolean }): void {
  const { current, contexts } = readContexts(process.env);
  if (json) return printJson({ current: current ?? null, contexts });
  const rows = Object.entries(contexts).map(([name, { secret, ...context }]) => {
    const place = secret && ("env" in secret ? `variable ${secret.env}` : `file ${secret.file}`);
    return { "": name === current ? "*" : "", name, ...context, secret: place };
  });
  const columns = ["", "name", "url", "realm", "authmethod", "authid", "role", "secret"];
  if (rows.length === 0) printNotice('no context yet; "wamp-edge context set NAME --url URL" creates one');
  else for (const line of formatTable(rows, withValues(rows, columns)).split("\n")) printLine(line);
}

function removeContext(name: string): void {
  const file = readContexts(process.env);
  findContext(file, name);
  const { [name]: _, ...contexts } = file.contexts;
  const isCurrent = file.current === name;
  writeContexts(process.env, { contexts, ...(file.current !== undefined && !isCurrent && { current: file.current }) });
  printLine(`${name} is removed`);
}
