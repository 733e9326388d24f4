/** The built-in role; apart from the schemas, so that the console has the rules of roles without them. */

/** The role of the router's own sessions: it has every permission, and no client can have it. */
export const TRUSTED = "trusted";
