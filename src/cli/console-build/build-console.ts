/** `npm run build:console`: bundles the console for browsers into modules of bytes, which the Worker imports on demand. */

import { join } from "node:path";
import { exitWithError, UserError } from "../project/user-error.ts";
import { buildConsole } from "./console-bundle.ts";

/** KiB of compressed code and styles. The page is fetched over any network. */
const MAX_CONSOLE_KIB = 80;

const bytes = await buildConsole(join(import.meta.dirname, "../../worker/web")).catch(exitWithError);
const kib = bytes / 1024;
process.stdout.write(`console: ${kib.toFixed(1)} KiB gzip\n`);
if (kib > MAX_CONSOLE_KIB) exitWithError(new UserError(`the console is larger than ${MAX_CONSOLE_KIB} KiB gzip`));
