/** `wamp-edge principal`: creates credentials of a principal for the configuration. */

import { Argument, type Command } from "commander";
import { readPassword } from "./client/password-prompt.ts";
import { CREDENTIAL_METHODS, type CredentialMethod, createCredentials } from "./credentials.ts";
import { UserError } from "./project/user-error.ts";

/** Adds the command to the program. */
export function addPrincipalCommand(program: Command): void {
  program
    .command("principal")
    .description("print the configuration entry of a principal: keys derived from a password, or a new key pair")
    .addArgument(new Argument("<method>", "the method to log in with").choices(CREDENTIAL_METHODS))
    .option("--salt <text>", "wampcra: the salt that the user has, for a second secret beside the present one")
    .action(async (method: CredentialMethod, { salt }: { salt?: string }) => printPrincipal(method, salt));
}

async function printPrincipal(method: CredentialMethod, salt: string | undefined): Promise<void> {
  if (salt !== undefined && method !== "wampcra") throw new UserError(`--salt is for wampcra, not for ${method}`);
  const prompt = (text: string) => process.stderr.write(text);
  const password = method === "cryptosign" ? "" : await readPassword(process.stdin, prompt);
  const { entry, privateKey } = createCredentials(method, password, salt);
  if (privateKey !== undefined) process.stderr.write(`private key (only for the client): ${privateKey}\n`);
  process.stdout.write(`${JSON.stringify(entry, null, 2)}\n`);
}
