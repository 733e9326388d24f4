/** Which router, which realm and as which principal: from options, variables, a context and defaults, in this order. */

import { type Command, Option } from "commander";
import type { Login } from "../../client/login.ts";
import { UserError } from "../project/user-error.ts";
import { AUTH_METHODS, type AuthMethod } from "./auth-methods.ts";
import { type Context, findContext, readContexts, type SecretReference } from "./context-file.ts";
import { parseDict } from "./json-text.ts";
import { DEFAULT_URL, realmUrl } from "./router-url.ts";
import { credentialsOf, readSecret } from "./secret.ts";

const DEFAULT_REALM = "realm1";

/** The options that a context may hold, too. */
export interface PlaceFlags {
  readonly url?: string;
  readonly realm?: string;
  readonly authmethod?: AuthMethod;
  readonly authid?: string;
  readonly role?: string;
  readonly secretEnv?: string;
  readonly secretFile?: string;
}

/** The options of every command that connects. */
export interface ConnectionFlags extends PlaceFlags {
  readonly context?: string;
  readonly authextra?: string;
  readonly json?: boolean;
}

/** A connection to make. */
export interface ConnectionSettings {
  /** The WebSocket URL of the realm. */
  readonly url: string;
  readonly realm: string;
  readonly login: Login;
}

/** Adds the options that a context may hold, too. */
export function addPlaceOptions(command: Command): Command {
  return command
    .option("--url <url>", `router: ws, wss, http or https (variable WAMP_URL; default ${DEFAULT_URL})`)
    .option("--realm <name>", `realm (variable WAMP_REALM; default ${DEFAULT_REALM})`)
    .addOption(
      new Option("--authmethod <method>", "how to log in (default: ticket with --authid, else anonymous)").choices(
        AUTH_METHODS,
      ),
    )
    .option("--authid <id>", "as whom to log in")
    .option("--role <name>", "role to ask for (authrole)")
    .option("--secret-env <name>", "variable with the ticket, token, password or private key (default WAMP_SECRET)")
    .option("--secret-file <file>", "file with the ticket, token, password or private key");
}

/** Adds the options of a command that connects. */
export function addConnectionOptions(command: Command): Command {
  return addPlaceOptions(command)
    .option("--context <name>", "a context of `wamp-edge context` (variable WAMP_CONTEXT)")
    .option("--authextra <json>", "HELLO.Details.authextra, an object")
    .option("--json", "print JSON, one value a line");
}

/** Resolves the settings of a connection; asks for the secret where it must. Rejects with UserError. */
export async function resolveSettings(flags: ConnectionFlags, env: NodeJS.ProcessEnv): Promise<ConnectionSettings> {
  const name = flags.context || env.WAMP_CONTEXT;
  const context = name ? findContext(readContexts(env), name) : currentContext(flags, env);
  const variables = { url: env.WAMP_URL || undefined, realm: env.WAMP_REALM || undefined };
  // A context that is named goes before variables; the one in use goes after them.
  const [first, second] = name ? [context, variables] : [variables, context];
  const realm = flags.realm ?? first.realm ?? second.realm ?? DEFAULT_REALM;
  const url = realmUrl(flags.url ?? first.url ?? second.url ?? DEFAULT_URL, realm);
  return { url, realm, login: await resolveLogin(flags, context, env) };
}

/**
 * Returns the context in use, but an empty one where an option or a variable names the router: another router must not
 * get the secret.
 */
function currentContext({ url }: ConnectionFlags, env: NodeJS.ProcessEnv): Context {
  if (url !== undefined || env.WAMP_URL) return {};
  const file = readContexts(env);
  return file.current === undefined ? {} : findContext(file, file.current);
}

async function resolveLogin(flags: ConnectionFlags, context: Context, env: NodeJS.ProcessEnv): Promise<Login> {
  const authid = flags.authid ?? context.authid;
  const authrole = flags.role ?? context.role;
  const reference = secretReference(flags) ?? context.secret;
  const hasSecret = authid !== undefined || reference !== undefined;
  const method = flags.authmethod ?? context.authmethod ?? (hasSecret ? "ticket" : "anonymous");
  const secret = method === "anonymous" ? "" : await readSecret(method, authid, reference, env);
  return {
    ...credentialsOf(method, secret),
    ...(authid !== undefined && { authid }),
    ...(authrole !== undefined && { authrole }),
    ...(flags.authextra !== undefined && { authextra: parseDict(flags.authextra, "--authextra") }),
  };
}

/** Returns where the options say that the secret is. */
export function secretReference({ secretEnv, secretFile }: PlaceFlags): SecretReference | undefined {
  if (secretEnv !== undefined && secretFile !== undefined) {
    throw new UserError("--secret-env and --secret-file exclude each other; give one of them");
  }
  if (secretFile !== undefined) return { file: secretFile };
  return secretEnv === undefined ? undefined : { env: secretEnv };
}
