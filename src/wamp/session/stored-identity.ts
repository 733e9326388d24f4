/** Codecs of stored identities. */

import { type Codec, type Field, field, optional, record } from "../stored-records/stored-record.ts";
import * as is from "../stored-records/stored-values.ts";
import type { Identity } from "./session.ts";

const authextra = (key: string) => optional(key, is.dict) as Field<Identity["authextra"]>;

/** For records of sessions, which have to be small. */
export const storedIdentity: Codec<Identity> = record<Identity>({
  authid: field("i", is.text),
  authrole: field("r", is.text),
  authmethod: field("m", is.text),
  authprovider: field("p", is.text),
  authextra: authextra("x"),
});

/** For rows that release 0.1.0 must be able to read after a rollback. */
export const namedIdentity: Codec<Identity> = record<Identity>({
  authid: field("authid", is.text),
  authrole: field("authrole", is.text),
  authmethod: field("authmethod", is.text),
  authprovider: field("authprovider", is.text),
  authextra: authextra("authextra"),
});
